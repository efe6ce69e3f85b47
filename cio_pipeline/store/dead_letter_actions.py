"""Reading, requeueing and discarding dead letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cio_pipeline.core.jobs import DeadLetter
from cio_pipeline.store.dead_letters.statistics import (
    DeadLetterStatistics,
    read_statistics,
)
from cio_pipeline.store.dead_letters.table import (
    Requeued,
    Selection,
    list_dead_letters,
    newest_id,
)
from cio_pipeline.store.reader import open_reader
from cio_pipeline.store.run_lock import RunLock

if TYPE_CHECKING:
    from cio_pipeline.store.store import Store

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class DeadLetterReport:
    """The dead letters that a command shows.

    Args:
        selection: which ones; later ones are excluded.
        statistics: reads their statistics.
        letters: the letters, read from disk during the iteration.
    """

    selection: Selection
    statistics: Callable[[], DeadLetterStatistics]
    letters: Iterator[DeadLetter]


@contextmanager
def open_report(
    folder: Path, selection: Selection, limit: int | None = None
) -> Iterator[DeadLetterReport]:
    """Open the selected dead letters; they are read when they are used.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    with open_reader(folder) as connection:
        if connection is None:
            yield DeadLetterReport(selection, DeadLetterStatistics, iter(()))
            return
        selected = replace(selection, up_to_id=newest_id(connection))
        yield DeadLetterReport(
            selected,
            partial(read_statistics, connection, selected),
            list_dead_letters(connection, selected, limit),
        )


def statistics_of(folder: Path, run_id: str) -> DeadLetterStatistics:
    """Return the statistics of one run's dead letters.

    Raises:
        StateError: the state is damaged.
    """
    with open_report(folder, Selection(run_id=run_id), 0) as report:
        return report.statistics()


def requeue(folder: Path, selection: Selection) -> Requeued:
    """Put dead letters back in the queue (`Store.requeue`).

    Not during a run: a job at its old position would be sent after newer ones of its
    user that the run is sending.

    Raises:
        QueueInUse: a run is active.
        StateUnwritable, StateError: nothing was changed.
    """
    return _change(folder, lambda store: store.requeue(selection), Requeued(0, 0))


def discard(folder: Path, selection: Selection) -> int:
    """Delete dead letters; return how many.

    Raises:
        QueueInUse: a run is active.
        StateUnwritable, StateError: nothing was changed.
    """
    return _change(folder, lambda store: store.discard(selection), 0)


def _change(folder: Path, change: Callable[[Store], _T], nothing: _T) -> _T:
    if not folder.exists():
        return nothing
    # Imported here, because persist-queue takes long and a list does not need it.
    from cio_pipeline.store.store import Store  # noqa: PLC0415  # see above

    with RunLock(folder), Store(folder) as store:
        return change(store)
