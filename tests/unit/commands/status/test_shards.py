"""The sum of several shards' status."""

from __future__ import annotations

from cio_pipeline.commands.status.shards import sum_of_statuses
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.progress import Hold, Progress, sum_of_progress
from cio_pipeline.core.runs import RunningRun, RunRecord, Status
from cio_pipeline.core.shard import Shard


def make_progress(*, records: int, hold: Hold | None = None) -> Progress:
    """Make the progress of one shard that has read half of its file."""
    return Progress(
        command="sync",
        source="users.json",
        seconds=float(records),
        is_loading=True,
        bytes_read=500,
        size_bytes=1000,
        total=2 * records,
        counts=Counts(records=records),
        in_flight=1,
        rate=10.0,
        eta_seconds=float(records),
        hold=hold,
    )


def make_status(index: int, progress: Progress | None) -> Status:
    """Make the status of one shard."""
    started = f"2026-11-2{index}T00:00:00Z"
    running = RunningRun(
        run_id=f"run-{index}",
        pid=index,
        rate=10.0,
        eta_seconds=None,
        heartbeat_at=started,
        heartbeat_age_seconds=float(index),
        progress=progress,
    )
    run = RunRecord(
        run_id=f"run-{index}",
        command="sync",
        source="users.json",
        pid=1,
        started_at=started,
    )
    return Status(
        pending=3,
        in_flight=2,
        dead_letters=1,
        synced_total=10,
        running=running if progress else None,
        runs=(run,),
    )


def test_counts_are_added_and_runs_are_sorted() -> None:
    """The newest run comes first, of whichever shard it is."""
    total = sum_of_statuses(
        {Shard(n, 2): make_status(n, make_progress(records=10)) for n in range(2)}
    )

    assert (total.pending, total.dead_letters, total.synced_total) == (6, 2, 20)
    assert [run.source for run in total.runs] == [
        "users.json (shard 1/2)",
        "users.json (shard 0/2)",
    ]
    assert total.running is not None
    assert (total.running.rate, total.running.run_id) == (20.0, "run-0, run-1")
    assert total.running.heartbeat_age_seconds == 1.0


def test_nothing_runs_if_no_shard_runs() -> None:
    """A finished night shows its history only."""
    total = sum_of_statuses({Shard(n, 2): make_status(n, None) for n in range(2)})

    assert total.running is None


def test_progress_is_added_but_each_shard_reads_the_file() -> None:
    """A share of half stays half; shards without figures are as the others."""
    total = sum_of_progress([make_progress(records=n) for n in (10, 30)], count=4)

    assert total is not None
    assert (total.counts.records, total.total, total.loaded_share) == (40, 160, 0.5)
    assert (total.rate, total.eta_seconds, total.seconds) == (20.0, 30.0, 30.0)


def test_a_sum_waits_only_if_all_wait() -> None:
    """One shard in backoff beside one that sends is no standstill."""
    hold = Hold(kind="backoff")
    some = [make_progress(records=1, hold=hold), make_progress(records=1)]
    both = [make_progress(records=1, hold=hold)] * 2

    assert [p.hold for p in map(sum_of_progress, (some, both)) if p] == [None, hold]
    assert sum_of_progress([]) is None
