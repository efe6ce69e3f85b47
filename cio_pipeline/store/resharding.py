"""The queues of a workspace that was split into shards, and then otherwise.

Three shards have three queues beside each other, apart from those of four shards
and from the one queue of a run of the whole. A user is in one queue of each
split. So work left by one split is finished before another split loads newer
data, and what one split remembers as delivered last (``-changed-only``) is void
once another has sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cio_pipeline.core.errors import QueueInUse, StateUnwritable, UsageError
from cio_pipeline.core.shard import WHOLE, Shard
from cio_pipeline.core.text import counted
from cio_pipeline.store.reader import open_reader, read_totals
from cio_pipeline.store.run_lock import holder
from cio_pipeline.store.store import Store

_OVERTAKEN = "overtaken"  # a file that says: another split has sent since
_NAME = re.compile(r"(.+)-shard-(\d+)-of-(\d+)", re.ASCII)


def other_queues(folder: Path) -> list[Shard]:
    """Name the queues of the workspace's other splits."""
    return [shard for _, shard in _others(folder)]


def take_turn(folder: Path, store: Store, *, is_loading: bool) -> bool:
    """Let a queue's split be the one that sends, if no other is at it.

    The caller holds the queue's run lock, so that of two splits that begin at the
    same moment one at least sees the other.

    Args:
        folder: the queue's folder.
        store: its state.
        is_loading: whether newer data will join it; without, work that another
            split left is not in the way.

    Returns:
        Whether another split has sent since this one did, so that what this one
        remembered as delivered was dropped.

    Raises:
        QueueInUse: another split is being run.
        UsageError: another split has work left.
        StateUnwritable: nothing was changed.
    """
    _refuse_beside_others(folder, is_loading=is_loading)
    _overtake_others(folder)
    return _forget_if_overtaken(folder, store)


def _refuse_beside_others(folder: Path, *, is_loading: bool) -> None:
    for other, shard in _others(folder):
        pid = holder(other)
        if pid is not None:
            raise QueueInUse(
                f"another run (process {pid}) is working on {_named(shard)} of this"
                " workspace, split otherwise than this one. Wait for it to end",
                pid=pid,
            )
        pending = _pending(other) if is_loading else 0
        if pending:
            raise UsageError(
                f"an earlier run left {counted(pending, 'job')} in the queue of"
                f" {_named(shard)}, which would be sent after newer ones. Finish"
                f" them first: `resume` {_how(shard)}"
            )


def _overtake_others(folder: Path) -> None:
    """Note in other splits' queues, before anything is sent, that they are behind."""
    for other, _ in _others(folder):
        try:
            (other / _OVERTAKEN).touch(mode=0o600)
        except OSError as error:
            raise StateUnwritable(
                f"the state folder {other} cannot be written: {error.strerror}"
            ) from error


def _forget_if_overtaken(folder: Path, store: Store) -> bool:
    mark = folder / _OVERTAKEN
    if not mark.exists():
        return False
    store.forget_deliveries()
    mark.unlink()
    return True


def _others(folder: Path) -> Iterator[tuple[Path, Shard]]:
    whole, own = _parse(folder)
    for other in sorted(folder.parent.glob(f"{whole}*")):
        name, shard = _parse(other)
        if name == whole and shard.count != own.count and other.is_dir():
            yield other, shard


def _parse(folder: Path) -> tuple[str, Shard]:
    found = _NAME.fullmatch(folder.name)
    if found is None:
        return folder.name, WHOLE
    return found[1], Shard(int(found[2]), int(found[3]))


def _pending(folder: Path) -> int:
    with open_reader(folder) as connection:
        return read_totals(connection).pending if connection else 0


def _named(shard: Shard) -> str:
    return "the whole" if shard.is_whole else f"shard {shard}"


def _how(shard: Shard) -> str:
    return "without -shard" if shard.is_whole else f"with -shard {shard}"
