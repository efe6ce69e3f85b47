"""One result of many shards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cio_pipeline.commands.sync.cluster.shard_task import ShardEnd
from cio_pipeline.commands.sync.cluster.totals import (
    progress_of,
    statistics_of_ends,
    summary_of,
    worst_code,
)
from cio_pipeline.core.progress import Hold
from cio_pipeline.store import CauseCount
from tests.support.builders import LOADING

RESULT = {"records": 10, "synced": 8, "dead_lettered": 2, "reason": None}


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 1, 0], 1),
        ([1, 3], 3),
        ([130, 3, 1], 130),
        ([130, 2], 2),
        ([-9, 0], 137),
        ([2, 70], 70),
    ],
)
def test_the_worst_exit_code_is_that_of_all(codes: list[int], worst: int) -> None:
    """A mistake in one shard is not hidden by dead letters in another."""
    assert worst_code(codes) == worst


def test_counts_add_up() -> None:
    """A shard without a result has none."""
    ends = {
        0: ShardEnd(code=1, result=RESULT),
        1: ShardEnd(code=1, result=RESULT),
        2: ShardEnd(code=143),
    }

    summary = summary_of("run", ends, code=1, seconds=2.0)

    assert (summary.counts.records, summary.counts.synced) == (20, 16)
    assert (summary.status, summary.reason) == ("completed_with_dead_letters", None)


def test_the_reason_is_that_of_the_worst_shard() -> None:
    """The summary says what to do next, and that depends on it."""
    stopped = RESULT | {"reason": "unreachable"}
    ends = {0: ShardEnd(code=0, result=RESULT), 1: ShardEnd(code=3, result=stopped)}

    summary = summary_of("run", ends, code=3, seconds=2.0)
    without = summary_of("run", {0: ShardEnd(code=2)}, code=2, seconds=2.0)

    assert (summary.status, summary.reason) == ("stopped", "unreachable")
    assert (without.status, without.reason) == ("stopped", "interrupted")


def test_equal_causes_of_several_shards_are_one() -> None:
    """Sixteen shards with the same mistake have one cause."""
    causes = (
        CauseCount("rejected", 400, "bad", 2),
        CauseCount("not_found", 404, "", 1),
    )
    ends = [
        ShardEnd(code=1, causes=causes, cause_count=2),
        ShardEnd(code=1, causes=causes[:1], cause_count=5),
    ]

    statistics = statistics_of_ends(ends)

    assert statistics is not None
    assert statistics.causes[0] == CauseCount("rejected", 400, "bad", 4)
    assert (statistics.letters, statistics.cause_count) == (5, 6)
    assert statistics_of_ends([ShardEnd(code=0)]) is None


def test_the_display_has_running_and_ended_shards() -> None:
    """Shards that have not started are assumed to be like the others."""
    end = ShardEnd(code=0, result=RESULT)

    progress = progress_of([LOADING, None], [end], count=4, seconds=9.0)

    assert progress is not None
    assert progress.counts.records == LOADING.counts.records + 10
    assert progress.is_loading
    assert progress_of([None], [], count=4, seconds=9.0) is None


def test_the_display_waits_if_all_running_shards_wait() -> None:
    """Shards that have ended wait for nothing."""
    waiting = replace(LOADING, hold=Hold(kind="backoff"))
    end = ShardEnd(code=0, result=RESULT)

    progress = progress_of([waiting], [end], count=2, seconds=9.0)

    assert progress is not None
    assert progress.hold == Hold(kind="backoff")
