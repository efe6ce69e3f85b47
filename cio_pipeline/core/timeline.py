"""What a run did over time, in little space. Pure.

A step is a second long at first. When a run has many steps, two of them become one
that is twice as long, again and again. So a day takes as much space as ten minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cio_pipeline.core.counts import Counts
from cio_pipeline.core.progress import Hold, HoldKind
from cio_pipeline.core.text import shortened

MOST_STEPS = 720
_MOST_OF_A_PROBLEM = 200
# Holds of one kind that are closer than this, or than two steps, become one.
_NEAR_SECONDS = 1.0


class Step(NamedTuple):
    """A part of a run.

    Args:
        at: when it begins, in seconds since the run's start; a multiple of the length
            of a step.
        counts: what the run did in it.
        latencies: bucket -> answers (`latency`).
    """

    at: int
    counts: Counts
    latencies: Mapping[int, int]

    def with_more(self, later: Step) -> Step:
        """Return one step of both; it begins with this one."""
        latencies = Counter(self.latencies) + Counter(later.latencies)
        return Step(self.at, self.counts + later.counts, latencies)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSpan:
    """A time in which a run made no progress, or several that are close.

    Args:
        kind: why (`Hold`).
        start: when it began, in seconds since the run's start.
        end: when it was last seen.
        problem: what went wrong; empty if nothing did.
        times: how many they are.
    """

    kind: HoldKind
    start: float
    end: float
    problem: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What a run did over time.

    Args:
        step_seconds: the length of a step.
        steps: in order; those in which nothing happened may be missing.
        holds: in order of their start.
    """

    step_seconds: int = 1
    steps: tuple[Step, ...] = ()
    holds: tuple[HoldSpan, ...] = ()

    def merged(self, step_seconds: int) -> Timeline:
        """Return the timeline with longer steps, a multiple of these."""
        return replace(
            self,
            step_seconds=step_seconds,
            steps=tuple(merge(self.steps, step_seconds)),
        )

    def latencies(self) -> Counter[int]:
        """Return bucket -> answers of the entire run."""
        total: Counter[int] = Counter()
        for step in self.steps:
            total.update(step.latencies)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineChange:
    """What is different from the last time; see `Timeline`.

    Args:
        step_seconds: the length of a step.
        steps: the steps that are new or changed.
        replaces_all: whether they replace all earlier steps.
        holds: all holds.
    """

    step_seconds: int
    steps: tuple[Step, ...]
    replaces_all: bool
    holds: tuple[HoldSpan, ...]


@dataclass(slots=True)
class TimelineBuilder:
    """Makes a timeline while a run lasts. Not thread-safe."""

    _step_seconds: int = 1
    _steps: dict[int, Step] = field(default_factory=dict)
    _holds: list[HoldSpan] = field(default_factory=list)
    _is_held: HoldKind | None = None
    _changed: set[int] = field(default_factory=set)
    _replaces_all: bool = False

    def add(self, at: float, counts: Counts, latencies: Mapping[int, int]) -> None:
        """Add what a run did shortly before a time, in seconds since its start."""
        start = int(at) // self._step_seconds * self._step_seconds
        step = Step(start, counts, latencies)
        known = self._steps.get(start)
        self._steps[start] = step if known is None else known.with_more(step)
        self._changed.add(start)
        if len(self._steps) > MOST_STEPS:
            self._step_seconds *= 2
            merged = merge(self._steps.values(), self._step_seconds)
            self._steps = {each.at: each for each in merged}
            self._changed = set(self._steps)
            self._replaces_all = True

    def note_hold(self, at: float, hold: Hold | None) -> None:
        """Note why a run makes no progress at a time; None if it does."""
        kind = hold.kind if hold else None
        if hold is not None:
            # What lasted before it, such as a pause, is not also a part of this one.
            ended = max((e.end for e in self._holds if e.kind != kind), default=0.0)
            start = min(at, max(ended, at - (hold.since_seconds or 0.0)))
            self._extend(hold, start, at, is_same=kind == self._is_held)
        self._is_held = kind

    def _extend(self, hold: Hold, start: float, at: float, *, is_same: bool) -> None:
        problem = shortened(hold.problem, _MOST_OF_A_PROBLEM)
        near = max(_NEAR_SECONDS, 2.0 * self._step_seconds)
        for index in reversed(range(len(self._holds))):
            last = self._holds[index]
            if last.kind == hold.kind:
                if is_same or start - last.end <= near:
                    self._holds[index] = replace(
                        last,
                        end=round(at, 1),
                        problem=problem or last.problem,
                        times=last.times + (not is_same),
                    )
                    return
                break
        self._holds.append(
            HoldSpan(
                kind=hold.kind, start=round(start, 1), end=round(at, 1), problem=problem
            )
        )

    def take_change(self) -> TimelineChange:
        """Return what is different from the last time."""
        change = TimelineChange(
            step_seconds=self._step_seconds,
            steps=tuple(self._steps[at] for at in sorted(self._changed)),
            replaces_all=self._replaces_all,
            holds=tuple(self._holds),
        )
        self._changed.clear()
        self._replaces_all = False
        return change


def merge(steps: Iterable[Step], step_seconds: int) -> Iterable[Step]:
    """Return longer steps, in order."""
    merged: dict[int, Step] = {}
    for step in sorted(steps, key=lambda step: step.at):
        start = step.at // step_seconds * step_seconds
        known = merged.get(start)
        moved = step._replace(at=start)
        merged[start] = moved if known is None else known.with_more(moved)
    return merged.values()
