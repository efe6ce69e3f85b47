"""Another number of shards: older jobs first, one split at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import QueueInUse, UsageError
from cio_pipeline.core.jobs import NewJob
from cio_pipeline.core.shard import WHOLE, Shard
from cio_pipeline.store import LoadIdentity, Store
from cio_pipeline.store.resharding import other_queues, take_turn
from cio_pipeline.store.run_lock import RunLock
from cio_pipeline.store.workspace import queue_folder

CONFIG = Config(parallelism=1, user_id="id", mappings=(), site_id="site")
IDENTITY = LoadIdentity(source="data.json", fingerprint=None, mapping="m")


def make_queue(state: Path, shard: Shard, users: str = "") -> Path:
    """Create the queue of a shard, with a job for each letter."""
    folder = queue_folder(CONFIG, "c.json", state, shard)
    folder.mkdir()
    with Store(folder) as store:
        jobs = [NewJob(user, b"{}", n) for n, user in enumerate(users)]
        store.enqueue(
            store.begin_loads([IDENTITY]).loads[0], jobs, [], next_index=len(jobs)
        )
    return folder


def turn(folder: Path, *, is_loading: bool = True) -> bool:
    """Call `take_turn` for a queue."""
    with Store(folder) as store:
        return take_turn(folder, store, is_loading=is_loading)


def test_the_other_queues_are_those_of_another_split(tmp_path: Path) -> None:
    """Shards of one split run at the same time."""
    whole = make_queue(tmp_path, WHOLE)
    first = make_queue(tmp_path, Shard(0, 2))
    make_queue(tmp_path, Shard(1, 2))
    (tmp_path / "another").mkdir()

    assert other_queues(whole) == [Shard(0, 2), Shard(1, 2)]
    assert other_queues(first) == [WHOLE]


def test_work_that_another_split_left_is_finished_first(tmp_path: Path) -> None:
    """Otherwise an older record of a user would be sent after a newer one."""
    make_queue(tmp_path, Shard(0, 2), users="abc")
    whole = make_queue(tmp_path, WHOLE)

    with pytest.raises(UsageError, match=r"3 jobs.*-shard 0/2"):
        turn(whole)

    assert not turn(whole, is_loading=False), "resume loads nothing newer"


def test_two_splits_never_run_at_the_same_time(tmp_path: Path) -> None:
    """Both may have jobs of the same user."""
    other = make_queue(tmp_path, Shard(0, 2))
    whole = make_queue(tmp_path, WHOLE)

    with RunLock(other), pytest.raises(QueueInUse, match="shard 0/2"):
        turn(whole, is_loading=False)


def test_deliveries_are_forgotten_after_another_split_has_sent(
    tmp_path: Path,
) -> None:
    """`-changed-only` would skip a value that Customer.io no longer has."""
    shard = make_queue(tmp_path, Shard(0, 2))
    whole = make_queue(tmp_path, WHOLE)

    turns = [turn(whole), turn(shard), turn(shard), turn(whole), turn(whole)]

    assert turns == [False, True, False, True, False]
