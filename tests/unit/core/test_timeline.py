"""What a run did over time: bounded, and nothing is lost when steps are merged."""

from __future__ import annotations

from collections import Counter

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.progress import Hold
from cio_pipeline.core.timeline import (
    MOST_STEPS,
    HoldSpan,
    Step,
    Timeline,
    TimelineBuilder,
)

DAY = 86_400


def build(seconds: int) -> tuple[TimelineBuilder, dict[int, Step]]:
    """Build a timeline second by second, and apply each change as the store does."""
    builder = TimelineBuilder()
    written: dict[int, Step] = {}
    for second in range(seconds):
        builder.add(second + 0.5, Counts(synced=second, requests=1), {second % 7: 1})
        change = builder.take_change()
        if change.replaces_all:
            written.clear()
        written |= {step.at: step for step in change.steps}
    return builder, written


def test_a_short_run_has_a_step_for_each_second() -> None:
    """And each change is only the last one."""
    _, written = build(3)

    assert list(written) == [0, 1, 2]
    assert written[2] == Step(2, Counts(synced=2, requests=1), {2: 1})


def test_a_day_has_no_more_steps_than_ten_minutes() -> None:
    """And every count is still in one of them."""
    builder, written = build(DAY)

    assert MOST_STEPS / 2 <= len(written) <= MOST_STEPS
    assert sum(step.counts.requests for step in written.values()) == DAY
    assert sum(step.counts.synced for step in written.values()) == sum(range(DAY))
    answers = Counter[int]()
    for step in written.values():
        answers.update(step.latencies)
    assert answers.total() == DAY
    assert all(at % builder.take_change().step_seconds == 0 for at in written)


def test_a_hold_lasts_until_another_is_seen() -> None:
    """From when it began, not from when it was noticed."""
    builder = TimelineBuilder()
    outage = Hold(kind="outage", since_seconds=3.0, problem="503")
    builder.note_hold(10.0, outage)
    builder.note_hold(12.0, Hold(kind="outage", since_seconds=5.0, problem="timeout"))
    builder.note_hold(13.0, None)
    builder.note_hold(20.0, Hold(kind="throttled", next_seconds=1.0))

    assert builder.take_change().holds == (
        HoldSpan(kind="outage", start=7.0, end=12.0, problem="timeout"),
        HoldSpan(kind="throttled", start=20.0, end=20.0),
    )


def test_a_hold_does_not_reach_back_into_another() -> None:
    """Right after a pause, no answer has come for the time of the pause, too."""
    builder = TimelineBuilder()
    builder.note_hold(10.0, Hold(kind="throttled"))
    builder.note_hold(13.0, Hold(kind="throttled"))
    builder.note_hold(13.2, Hold(kind="answers", since_seconds=3.0))

    pause, silence = builder.take_change().holds
    assert (pause.start, pause.end) == (10.0, 13.0)
    assert (silence.start, silence.end) == (13.0, 13.2)


def test_holds_that_are_close_become_one() -> None:
    """A storm of pauses is one band, not a thousand."""
    builder = TimelineBuilder()
    for second in range(1000):
        builder.note_hold(second, Hold(kind="throttled"))
        builder.note_hold(second + 0.5, None)

    (hold,) = builder.take_change().holds
    assert (hold.start, hold.end, hold.times) == (0.0, 999.0, 1000)


def test_a_timeline_can_have_longer_steps() -> None:
    """For a plot that has fewer bars than there are seconds."""
    steps = tuple(Step(n, Counts(synced=1), {n: 1}) for n in (0, 1, 2, 9))

    merged = Timeline(steps=steps).merged(5)

    assert [(step.at, step.counts.synced) for step in merged.steps] == [(0, 3), (5, 1)]
    assert merged.latencies() == {0: 1, 1: 1, 2: 1, 9: 1}
