"""Everything on disk: queue, dead letters, load progress, runs.

Only this package uses persist-queue and sqlite3. The process that holds the
workspace's run lock opens a `Store`; all others read with `open_reader`.
"""

from __future__ import annotations

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
from cio_pipeline.store.queue.job_queue import Totals
from cio_pipeline.store.queue.leases import Leases
from cio_pipeline.store.queue.loads import Load, LoadIdentity
from cio_pipeline.store.reader import is_there, open_reader, read_totals
from cio_pipeline.store.runs import KEPT_RUNS, Heartbeat, list_runs
from cio_pipeline.store.store import Store
from cio_pipeline.store.workspace import make_private_folder, queue_folder

__all__ = [
    "KEPT_RUNS",
    "CauseCount",
    "DeadLetterStatistics",
    "Heartbeat",
    "Leases",
    "Load",
    "LoadIdentity",
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
