"""Reading, requeueing and discarding dead letters."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cio_pipeline.core.jobs import DeadLetter
from cio_pipeline.core.shard import Shard, source_in
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
# What statistics are made of; not the payloads.
_COUNTED = "reason, http_status, message, user_id, run_id, failed_at"


@dataclass(frozen=True, slots=True)
class DeadLetterReport:
    """The dead letters that a command shows.

    Args:
        selections: which ones of each queue; later ones are excluded.
        statistics: reads their statistics.
        letters: the letters, read from disk during the iteration.
    """

    selections: Mapping[Path, Selection]
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
            yield DeadLetterReport({folder: selection}, DeadLetterStatistics, iter(()))
            return
        selected = replace(selection, up_to_id=newest_id(connection))
        yield DeadLetterReport(
            {folder: selected},
            partial(read_statistics, connection, selected),
            list_dead_letters(connection, selected, limit),
        )


@contextmanager
def open_reports(
    folders: Mapping[Shard, Path], selection: Selection, limit: int | None = None
) -> Iterator[DeadLetterReport]:
    """Open those of several shards as one report; their sources name the shard.

    Only one queue is open at a time, however many shards there are.

    Args:
        folders: the queue of each shard.
        selection: which ones.
        limit: how many letters; None for all.

    Raises:
        StateError: the state of one is damaged or of a newer version.
    """
    if len(folders) == 1:
        with open_report(next(iter(folders.values())), selection, limit) as report:
            yield report
        return
    selections: dict[Path, Selection] = {}
    for folder in folders.values():
        with open_report(folder, selection) as report:
            selections |= report.selections
    letters = _letters_of(folders, selections, limit)
    yield DeadLetterReport(selections, partial(_joint_statistics, selections), letters)


def _letters_of(
    folders: Mapping[Shard, Path],
    selections: Mapping[Path, Selection],
    limit: int | None,
) -> Iterator[DeadLetter]:
    def letters() -> Iterator[DeadLetter]:
        for shard, folder in folders.items():
            with open_reader(folder) as connection:
                if connection is None:
                    continue
                for letter in list_dead_letters(connection, selections[folder], limit):
                    yield replace(letter, source=source_in(shard, letter.source))

    return islice(letters(), limit)


def _joint_statistics(selections: Mapping[Path, Selection]) -> DeadLetterStatistics:
    """Copy what is counted into one table, and count it there."""
    # SQLite's own temporary file, so that memory stays bounded; it is deleted at once.
    with closing(sqlite3.connect("")) as joint:
        joint.execute(f"CREATE TABLE dead_letters ({_COUNTED})")
        for folder, selection in selections.items():
            where, values = selection.where()
            with open_reader(folder) as connection:
                if connection is not None:
                    rows = connection.execute(
                        f"SELECT {_COUNTED} FROM dead_letters WHERE {where}",  # noqa: S608  # values are parameters
                        values,
                    )
                    joint.executemany(
                        "INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?, ?)", rows
                    )
        joint.commit()
        return read_statistics(joint, Selection())


def statistics_of(folder: Path, run_id: str) -> DeadLetterStatistics:
    """Return the statistics of one run's dead letters.

    Raises:
        StateError: the state is damaged.
    """
    with open_report(folder, Selection(run_id=run_id), 0) as report:
        return report.statistics()


def requeue(folders: Iterable[Path], selection: Selection) -> Requeued:
    """Put dead letters back in their queues (`Store.requeue`).

    Not during a run: a job at its old position would be sent after newer ones of its
    user that the run is sending.

    Raises:
        QueueInUse: a run is active.
        StateUnwritable, StateError: nothing was changed.
    """
    selections = dict.fromkeys(folders, selection)
    results = _change(selections, lambda store, selection: store.requeue(selection))
    return Requeued(sum(r.moved for r in results), sum(r.overtaken for r in results))


def discard(selections: Mapping[Path, Selection]) -> int:
    """Delete dead letters; return how many.

    Args:
        selections: which ones of each queue.

    Raises:
        QueueInUse: a run is active.
        StateUnwritable, StateError: nothing was changed.
    """
    return sum(_change(selections, lambda store, selection: store.discard(selection)))


def _change(
    selections: Mapping[Path, Selection], change: Callable[[Store, Selection], _T]
) -> list[_T]:
    """Change the queues that exist, while none of them has a run."""
    # Imported here, because persist-queue takes long and a list does not need it.
    from cio_pipeline.store.store import Store  # noqa: PLC0415  # see above

    existing = {folder: each for folder, each in selections.items() if folder.exists()}
    results = []
    with ExitStack() as locks:
        for folder in existing:
            locks.enter_context(RunLock(folder))
        for folder, selection in existing.items():
            with Store(folder) as store:
                results.append(change(store, selection))
    return results
