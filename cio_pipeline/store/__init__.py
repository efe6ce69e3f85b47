"""Everything on disk: queue, dead letters, load progress, runs.

Only this package uses persist-queue and sqlite3. The process that holds the
workspace's run lock opens a `Store`; all others read with `open_reader`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cio_pipeline.store.dead_letters.statistics import (
    CauseCount,
    DeadLetterStatistics,
    ReasonCount,
    Timeline,
    read_statistics,
)
from cio_pipeline.store.dead_letters.table import (
    NewDeadLetter,
    Requeued,
    Selection,
    list_dead_letters,
    newest_id,
)
from cio_pipeline.store.queue.load_plan import FileChanges, Load, LoadIdentity
from cio_pipeline.store.queue.loads import LoadSet
from cio_pipeline.store.reader import Totals, is_there, open_reader, read_totals
from cio_pipeline.store.runs import KEPT_RUNS, Heartbeat, list_runs
from cio_pipeline.store.workspace import make_private_folder, queue_folder

if TYPE_CHECKING:
    from cio_pipeline.store.queue.leases import Leases
    from cio_pipeline.store.store import Store

__all__ = [
    "KEPT_RUNS",
    "CauseCount",
    "DeadLetterStatistics",
    "FileChanges",
    "Heartbeat",
    "Leases",
    "Load",
    "LoadIdentity",
    "LoadSet",
    "NewDeadLetter",
    "ReasonCount",
    "Requeued",
    "Selection",
    "Store",
    "Timeline",
    "Totals",
    "is_there",
    "list_dead_letters",
    "list_runs",
    "make_private_folder",
    "newest_id",
    "open_reader",
    "queue_folder",
    "read_statistics",
    "read_totals",
]

# These import persist-queue, which takes longer than all else that `status` does.
_WRITERS = {"Leases": ".queue.leases", "Store": ".store"}


def __getattr__(name: str) -> object:
    """Import `Store` and `Leases` when they are first used (PEP 562)."""
    if name not in _WRITERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WRITERS[name], __name__), name)
