from __future__ import annotations

from dataclasses import replace

import pytest

from cio_pipeline.commands.next_commands import NextCommands
from cio_pipeline.commands.sync.summary import summary_text
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.latency import Percentiles
from cio_pipeline.core.runs import RunSummary
from cio_pipeline.store import CauseCount, DeadLetterStatistics, ReasonCount

COMMANDS = NextCommands(dead_letters="SHOW", resume="RESUME", again="AGAIN")
DONE = RunSummary(
    run_id="r",
    status="completed",
    reason=None,
    counts=Counts(records=1000, synced=1000, requests=1000),
    duration_seconds=2.0,
)
WITH_DEAD = replace(
    DONE,
    status="completed_with_dead_letters",
    counts=Counts(records=1000, synced=988, dead_lettered=12, requests=1000),
)


def text(
    summary: RunSummary,
    statistics: DeadLetterStatistics | None = None,
    *,
    is_loaded: bool = True,
) -> str:
    """Write a summary at 80 columns."""
    return summary_text(
        summary, statistics=statistics, is_loaded=is_loaded, commands=COMMANDS, width=80
    )


def test_a_good_run_asks_nothing_of_anybody() -> None:
    """Counts and how long; no next step."""
    lines = text(DONE).splitlines()

    assert lines[0] == "Done: all synced."
    assert lines[-1].split() == ["took", "2.0", "s", "(500", "users/s)"]


def test_the_figures_stand_under_one_another() -> None:
    """How long it took is one of them; the speed comes after it."""
    figures = text(DONE).splitlines()[2:]

    assert {len(line.partition("  (")[0]) for line in figures} == {28}


def test_how_long_answers_took_comes_last() -> None:
    """The first question after a slow night: was it us or Customer.io?"""
    slow = replace(DONE, latency_ms=Percentiles(20.6, 41.0, 1300.0))

    words = text(slow).splitlines()[-1].split()

    assert " ".join(words) == "answers 21 ms (95 % within 41 ms, 99 % within 1.3 s)"


def test_a_run_that_found_nothing_says_so() -> None:
    """`resume` on an empty queue: "all synced" would claim what did not happen."""
    nothing = replace(DONE, counts=Counts())

    assert text(nothing).startswith("Done: there was nothing to send.")


def test_the_first_three_causes_are_named_and_the_rest_counted() -> None:
    """Why, most frequent first; a screen must hold it whatever the messages are."""
    causes = [CauseCount("rejected", 400, "long " * 60, n) for n in (9, 7, 5, 3, 1)]

    reasons = (ReasonCount("rejected", 25, 30),)
    statistics = DeadLetterStatistics(reasons=reasons, causes=tuple(causes))

    lines = text(WITH_DEAD, statistics).splitlines()

    assert max(map(len, lines)) <= 80
    assert len(lines) < 24
    assert [line.split()[0] for line in lines if "rejected" in line] == ["9", "7", "5"]
    assert "  and 27 rarer causes" in lines
    assert lines[-2:] == ["To see these records:", "  SHOW"]


def test_a_run_that_changed_nothing_says_so() -> None:
    """-changed-only on an unchanged file: "all synced" with 0 synced would puzzle."""
    unchanged = replace(DONE, counts=Counts(records=1000, skipped=1000))

    assert text(unchanged).startswith("Done: nothing has changed")
    assert "users/s" not in text(unchanged)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("interrupted", "To continue where it stopped"),
        ("keys_rejected", "When siteId, apiKey and region are correct, continue with"),
        ("unreachable", "When it can be reached, continue with"),
        ("state_unwritable", "When it can be written to, continue with"),
        ("invalid_state", "When it is restored, continue with"),
        ("a reason of tomorrow", "To continue where it stopped"),
    ],
)
def test_a_stopped_run_says_how_to_go_on(reason: str, words: str) -> None:
    """All loaded: `resume`. Else the same command again, which loads the rest."""
    counts = Counts(records=1000, synced=900, pending=100, requests=900)
    stopped = replace(DONE, status="stopped", reason=reason, counts=counts)

    assert text(stopped).endswith(f"\n{words}:\n  RESUME")
    assert text(stopped, is_loaded=False).endswith(
        f"\n{words} (some data is not read yet):\n  AGAIN"
    )


def test_a_broken_file_is_mended_and_run_again() -> None:
    """What stands before the break is synced; there may be nothing to resume."""
    broken = replace(DONE, status="stopped", reason="invalid_data")

    ending = "\nWhen the file is fixed, run this again:\n  AGAIN"
    assert text(broken, is_loaded=False).endswith(ending)
    assert "0 jobs" not in text(broken, is_loaded=False)


def test_users_that_were_refused_later_are_named() -> None:
    """The first of them; control characters of an id cannot reach the terminal."""
    counts = Counts(records=30, synced=30, refused_later=30)
    summary = replace(WITH_DEAD, counts=counts)
    statistics = DeadLetterStatistics()

    shown = summary_text(
        summary,
        statistics=statistics,
        refused=["a", "b\x1b[2J", *"cdefghij"],
        is_loaded=True,
        commands=COMMANDS,
        width=80,
    )

    assert shown.startswith(
        "Done, but Customer.io refused 30 changes after it had accepted them."
    )
    assert "users/s" not in shown  # most of the time was that of reading the log
    assert "Refused later: a, b\\x1b[2J, c, d, e, f, g, h, i, j and 20 more" in shown


def test_what_failed_and_what_was_refused_later_are_both_in_the_first_line() -> None:
    """They have different causes."""
    counts = Counts(records=9, synced=8, dead_lettered=1, refused_later=1)

    assert text(replace(WITH_DEAD, counts=counts)).startswith(
        "Done, but 1 record could not be delivered and Customer.io refused 1 change"
    )
