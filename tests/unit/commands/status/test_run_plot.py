"""What a run did over time, as a plot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cio_pipeline.commands.status.run_plot import run_plot, shown_holds
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.runs import RunRecord
from cio_pipeline.core.timeline import HoldSpan, Step, Timeline

RUN = RunRecord(
    run_id="r",
    command="sync",
    source="users.json",
    pid=1,
    started_at="2026-11-24T12:00:00+00:00",
    counts=Counts(synced=300, retries=2),
    duration_seconds=3.0,
)
STEPS = tuple(
    Step(at, Counts(synced=100, retries=at), {30: 90, 40: 10}) for at in range(3)
)


def number_of(text: str) -> int:
    """Read a count of the table."""
    return int(text.replace(",", ""))


@pytest.mark.parametrize("seconds", [1, 59, 600, 86_400, 10 * 86_400])
def test_the_table_adds_up_to_the_counts(seconds: int) -> None:
    """However long the run is, and with few bars."""
    steps = tuple(Step(at, Counts(synced=7, retries=1), {}) for at in range(seconds))
    run = replace(RUN, duration_seconds=float(seconds))

    plot = run_plot(run, Timeline(steps=steps))

    assert len(plot.rows) <= 120
    assert sum(number_of(row[1]) for row in plot.rows) == 7 * seconds
    assert sum(number_of(row[3]) for row in plot.rows) == seconds


def test_answers_have_three_lines_and_dead_letters_none_if_there_are_none() -> None:
    """A panel without bars says that there were none."""
    synced, retried, dead, answers = run_plot(RUN, Timeline(steps=STEPS)).panels

    assert [len(panel.bars) for panel in (synced, retried, dead)] == [3, 2, 0]
    assert [line.name for line in answers.lines] == ["p50", "p95", "p99"]
    assert all(len(line.runs) == 1 for line in answers.lines)


def test_a_run_without_an_answer_has_no_times() -> None:
    """A logarithm of nothing is no axis."""
    plot = run_plot(RUN, Timeline(steps=(Step(0, Counts(), {}),)))

    assert len(plot.panels) == 3
    assert run_plot(RUN, Timeline()).rows == []


def test_the_seconds_of_an_outage_break_the_lines() -> None:
    """No answer took no time."""
    steps = (STEPS[0], replace_at(STEPS[1], 5))

    answers = run_plot(replace(RUN, duration_seconds=9.0), Timeline(steps=steps)).panels

    assert [len(line.runs) for line in answers[-1].lines] == [2, 2, 2]


def test_a_short_silence_is_not_worth_a_band_but_a_short_pause_is() -> None:
    """What the API asked for is always shown."""
    holds = (
        HoldSpan(kind="answers", start=0.0, end=0.4),
        HoldSpan(kind="throttled", start=0.5, end=0.6),
        HoldSpan(kind="answers", start=1.0, end=2.5),
    )

    shown = shown_holds(RUN, holds)

    assert [(each.mark, each.kind) for each in shown] == [
        ("A", "throttled"),
        ("B", "answers"),
    ]


def replace_at(step: Step, at: int) -> Step:
    """Move a step."""
    return step._replace(at=at)


def test_times_without_progress_are_bands_with_letters_and_words() -> None:
    """What a pattern means is said in words, with the API's own."""
    holds = (
        HoldSpan(kind="throttled", start=0.5, end=1.5, times=3),
        HoldSpan(kind="outage", start=2.0, end=3.0, problem="HTTP 503"),
    )

    plot = run_plot(RUN, Timeline(steps=STEPS, holds=holds))
    first, second = shown_holds(RUN, holds)

    assert [(band.kind, band.mark) for band in plot.bands] == [
        ("throttled", "A"),
        ("outage", "B"),
    ]
    assert (first.mark, first.time) == ("A", "12:00:00 to 12:00:01")
    assert first.about.endswith("slow down (429), 3 times within 1.0 s")
    assert second.about.endswith("only with errors, 1.0 s: HTTP 503")
    assert [row[-1] for row in plot.rows] == ["pause (429)", "pause (429)", "outage"]
