"""What a run did, recorded at each heartbeat."""

from __future__ import annotations

from dataclasses import replace

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.latency import Latencies
from cio_pipeline.core.progress import Hold
from cio_pipeline.pipeline.recorder import Recorder
from tests.support.builders import LOADING


def test_each_record_has_what_is_new_since_the_last_one() -> None:
    """In the middle of the time in which it was done."""
    recorder = Recorder(Latencies())
    recorder.latencies.add(0.02)
    recorder.record(1.0, Counts(synced=5, requests=6))
    recorder.latencies.add(0.02)

    change = recorder.record(2.02, Counts(synced=9, requests=11, retries=1))

    (step,) = change.steps
    assert step.at == 1
    counts = step.counts
    assert (counts.synced, counts.requests, counts.retries) == (4, 5, 1)
    assert sum(step.latencies.values()) == 1


def test_holds_are_recorded_between_heartbeats() -> None:
    """A pause can be shorter than a second."""
    recorder = Recorder(Latencies())
    recorder.note(replace(LOADING, seconds=1.2, hold=Hold(kind="throttled")))
    recorder.note(replace(LOADING, seconds=1.6, hold=Hold(kind="throttled")))
    recorder.note(replace(LOADING, seconds=1.8, hold=None))

    (hold,) = recorder.record(2.0, Counts()).holds
    assert (hold.kind, hold.start, hold.end) == ("throttled", 1.2, 1.6)
