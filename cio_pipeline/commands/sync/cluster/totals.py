"""One result of many shards. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal

from cio_pipeline.commands.sync.cluster.shard_task import ShardEnd
from cio_pipeline.core.counts import Counts, counts_from
from cio_pipeline.core.progress import Progress, sum_of_progress
from cio_pipeline.core.runs import RunSummary
from cio_pipeline.store import CauseCount, DeadLetterStatistics, ReasonCount

# From the best exit code to the worst; a signal's is between 3 and 2.
_ORDER = (0, 1, 3, None, 2, 70)


def worst_code(codes: Collection[int]) -> int:
    """Return the exit code that asks for the most attention.

    Args:
        codes: those of the shards; a negative one is that of a killed process.
    """
    seen = {code if code >= 0 else 128 - code for code in codes}
    return max(seen, default=0, key=_badness)


def _badness(code: int) -> int:
    return _ORDER.index(code if code in _ORDER else None)


def summary_of(
    run_id: str, ends: Mapping[int, ShardEnd], *, code: int, seconds: float
) -> RunSummary:
    """Return the result of all shards.

    Args:
        run_id: its name.
        ends: how each shard ended.
        code: the worst exit code.
        seconds: how long all of it took.
    """
    results = [end.result for end in ends.values() if end.result]
    counts = sum(map(counts_from, results), Counts())
    reasons = [
        end.result["reason"]
        for end in ends.values()
        if end.result and end.result["reason"] and end.code == code
    ]
    is_complete = code in (0, 1)
    status: Literal["completed", "completed_with_dead_letters", "stopped"] = "stopped"
    if is_complete:
        status = "completed_with_dead_letters" if code else "completed"
    return RunSummary(
        run_id=run_id,
        status=status,
        reason=None if is_complete else (reasons or ["interrupted"])[0],
        counts=counts,
        duration_seconds=round(seconds, 3),
    )


def statistics_of_ends(ends: Collection[ShardEnd]) -> DeadLetterStatistics | None:
    """Return the most frequent causes of all shards' dead letters; None without."""
    letters: Counter[tuple[str, int | None, str]] = Counter()
    for end in ends:
        for cause in end.causes:
            letters[cause[:3]] += cause.letters
    if not letters:
        return None
    rarer = max(max(0, end.cause_count - len(end.causes)) for end in ends)
    causes = [CauseCount(*what, count) for what, count in letters.most_common()]
    reasons: Counter[str] = Counter()
    for cause in causes:
        reasons[cause.reason] += cause.letters
    return DeadLetterStatistics(
        causes=tuple(causes),
        reasons=tuple(
            ReasonCount(
                reason,
                count,
                sum(c.reason == reason for c in causes) + (rarer if not n else 0),
            )
            for n, (reason, count) in enumerate(reasons.most_common())
        ),
    )


def progress_of(
    running: Collection[Progress | None],
    ends: Collection[ShardEnd],
    *,
    count: int,
    seconds: float,
) -> Progress | None:
    """Return how far all shards are; None before any of them has begun.

    Args:
        running: the progress of those that run, as far as it is known.
        ends: how the others ended.
        count: how many shards take part.
        seconds: the time since the start.
    """
    known = [progress for progress in running if progress is not None]
    ended = [_ended_progress(end, seconds) for end in ends if end.result]
    total = sum_of_progress([*known, *ended], count)
    holds = [progress.hold for progress in known]
    if total is not None and holds and None not in holds:
        return replace(total, hold=holds[0])
    return total


def _ended_progress(end: ShardEnd, seconds: float) -> Progress:
    counts = counts_from(end.result or {})
    return Progress(
        command="sync",
        source=None,
        seconds=seconds,
        is_loading=False,
        bytes_read=None,
        size_bytes=None,
        total=counts.resumed + counts.records,
        counts=counts,
        in_flight=0,
        rate=0.0,
        eta_seconds=None,
        hold=None,
    )
