"""Records what a run does over time, for the page of the run."""

from __future__ import annotations

from dataclasses import dataclass, field

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.latency import Latencies
from cio_pipeline.core.progress import Progress
from cio_pipeline.core.timeline import TimelineBuilder, TimelineChange


@dataclass(slots=True)
class Recorder:
    """Records a run. Used by the main thread only.

    Args:
        latencies: how long the run's answers take.
    """

    latencies: Latencies
    _timeline: TimelineBuilder = field(default_factory=TimelineBuilder)
    _before: Counts = field(default_factory=Counts)
    _recorded_at: float = 0.0

    def note(self, progress: Progress) -> None:
        """Note whether the run makes progress now."""
        self._timeline.note_hold(progress.seconds, progress.hold)

    def record(self, seconds: float, counts: Counts) -> TimelineChange:
        """Record what was done since the last time, and return what to write.

        Args:
            seconds: the time since the run's start.
            counts: the run's counts so far.
        """
        new, middle = counts - self._before, (self._recorded_at + seconds) / 2
        self._before, self._recorded_at = counts, seconds
        self._timeline.add(middle, new, self.latencies.take())
        return self._timeline.take_change()
