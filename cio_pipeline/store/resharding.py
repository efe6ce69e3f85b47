"""The queues of a workspace whose number of shards changes.

Three shards have three queues. They are not those of four shards, nor the queue of a
run without shards. Each such set of queues is a split. A user is in one queue of each
split. So work left by one split must be finished before another split loads newer
data. And what one split remembers of deliveries (``-changed-only``) is invalid once
another split has sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cio_pipeline.core.errors import QueueInUse, StateUnwritable, UsageError
from cio_pipeline.core.shard import WHOLE, Shard
from cio_pipeline.core.text import counted
from cio_pipeline.store.reader import open_reader, read_totals
from cio_pipeline.store.run_lock import holder

if TYPE_CHECKING:
    from cio_pipeline.store.store import Store

_OVERTAKEN = "overtaken"  # the file that means: another split has sent since
_NAME = re.compile(r"(.+)-shard-(\d+)-of-(\d+)", re.ASCII)


def other_queues(folder: Path) -> list[Shard]:
    """Return the queues of the workspace's other splits."""
    return [shard for _, shard in _others(folder)]


def take_turn(folder: Path, store: Store, *, is_loading: bool) -> bool:
    """Make a queue's split the one that sends, if no other split is running.

    The caller holds the queue's run lock: if two splits start at the same time, at
    least one of them sees the other.

    Args:
        folder: the queue's folder.
        store: its state.
        is_loading: whether newer data will be loaded. Without it, jobs that another
            split left do not matter.

    Returns:
        Whether another split has sent since this one did, so that this one's
        deliveries were forgotten.

    Raises:
        QueueInUse: another split is running.
        UsageError: another split has jobs left.
        StateUnwritable: nothing was changed.
    """
    refuse_beside_others(folder, is_loading=is_loading)
    _overtake_others(folder)
    return _forget_if_overtaken(folder, store)


def refuse_beside_others(folder: Path, *, is_loading: bool) -> None:
    """Raise an error if another split is running or has jobs left (see `take_turn`)."""
    for other, shard in _others(folder):
        pid = holder(other)
        if pid is not None:
            raise QueueInUse(
                f"another run (process {pid}) is working on {_name(shard)} of this"
                " workspace, which is split into a different number of shards. Wait"
                " for it to end",
                pid=pid,
            )
        pending = _pending(other) if is_loading else 0
        if pending:
            raise UsageError(
                f"an earlier run left {counted(pending, 'job')} in {_name(shard)},"
                " which would be sent after newer ones. Finish them first:"
                f" `resume` {_option(shard)}"
            )


def _overtake_others(folder: Path) -> None:
    """Mark other splits' queues, before anything is sent, as out of date."""
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
    workspace, own = _parse(folder)
    for other in sorted(folder.parent.glob(f"{workspace}*")):
        name, shard = _parse(other)
        if name == workspace and shard.count != own.count and other.is_dir():
            yield other, shard


def _parse(folder: Path) -> tuple[str, Shard]:
    found = _NAME.fullmatch(folder.name)
    if found is None:
        return folder.name, WHOLE
    return found[1], Shard(int(found[2]), int(found[3]))


def _pending(folder: Path) -> int:
    with open_reader(folder) as connection:
        return read_totals(connection).pending if connection else 0


def _name(shard: Shard) -> str:
    return f"the queue {'without shards' if shard.is_whole else f'of shard {shard}'}"


def _option(shard: Shard) -> str:
    return "without -shard" if shard.is_whole else f"with -shard {shard}"
