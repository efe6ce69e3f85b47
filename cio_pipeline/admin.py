"""What people ask of a queue beside running it: status and dead letters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cio_pipeline.model import DeadLetter, RunningRun, RunRecord, Status
from cio_pipeline.runlock import RunLock, holder
from cio_pipeline.store import (
    KEPT_RUNS,
    CauseCount,
    Heartbeat,
    Selection,
    Store,
    count_causes,
    count_dead_letters,
    list_dead_letters,
    list_runs,
    open_reader,
    read_totals,
)

_SHOWN_RUNS = 10


@dataclass(frozen=True, slots=True)
class DeadLetterReport:
    """What the dead-letter commands show.

    Args:
        total: how many are meant.
        causes: why, the most frequent first.
        letters: each of them, read as they are asked for.
    """

    total: int
    causes: list[CauseCount]
    letters: Iterator[DeadLetter]


def read_status(folder: Path) -> Status:
    """Say where a queue stands; works beside a run, and without one.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    with open_reader(folder) as connection:
        if connection is None:
            return Status(
                pending=0,
                in_flight=0,
                dead_letters=0,
                synced_total=0,
                running=None,
                runs=(),
            )
        totals = read_totals(connection)
        history = list_runs(connection, _SHOWN_RUNS)
    pid = holder(folder)
    running, in_flight = _running(pid, totals.pending, history)
    return Status(
        pending=totals.pending,
        in_flight=in_flight,
        dead_letters=totals.dead_letters,
        synced_total=totals.synced,
        running=running,
        runs=tuple(_as_it_is(run, running) for run, _ in history),
    )


def last_ended_at(folder: Path, statuses: Collection[str]) -> str | None:
    """Say when a run last ended with one of some statuses; None where none did.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    with open_reader(folder) as connection:
        history = list_runs(connection, KEPT_RUNS) if connection else []
    return next((run.ended_at for run, _ in history if run.status in statuses), None)


@contextmanager
def open_report(
    folder: Path, selection: Selection, limit: int | None
) -> Iterator[DeadLetterReport]:
    """Open the dead letters that are meant; they are read as they are used.

    Raises:
        StateError: the state is damaged or of a newer version.
    """
    with open_reader(folder) as connection:
        if connection is None:
            yield DeadLetterReport(0, [], iter(()))
            return
        yield DeadLetterReport(
            count_dead_letters(connection, selection),
            count_causes(connection, selection),
            list_dead_letters(connection, selection, limit),
        )


def requeue(folder: Path, selection: Selection) -> int:
    """Put dead letters back in the queue; how many.

    Not beside a run: a job put back at its old place would come after newer ones
    of its user that the run is sending.

    Raises:
        QueueInUse: a run is going.
        StateUnwritable, StateError: nothing was changed.
    """
    return _change(folder, lambda store: store.requeue(selection))


def discard(folder: Path, selection: Selection) -> int:
    """Drop dead letters; how many.

    Raises:
        QueueInUse: a run is going.
        StateUnwritable, StateError: nothing was changed.
    """
    return _change(folder, lambda store: store.discard(selection))


def _change(folder: Path, change: Callable[[Store], int]) -> int:
    if not folder.exists():
        return 0
    with RunLock(folder), Store(folder) as store:
        return change(store)


def _running(
    pid: int | None, pending: int, history: list[tuple[RunRecord, Heartbeat | None]]
) -> tuple[RunningRun | None, int]:
    if pid is None or not history or history[0][0].status != "running":
        return None, 0
    run, beat = history[0]
    rate = beat.rate if beat else 0.0
    return (
        RunningRun(
            run_id=run.run_id,
            pid=pid,
            rate=rate,
            eta_seconds=pending / rate if rate else None,
        ),
        beat.in_flight if beat else 0,
    )


def _as_it_is(run: RunRecord, running: RunningRun | None) -> RunRecord:
    """Tell a run that was killed from the one that is going."""
    if run.status != "running" or (running and running.run_id == run.run_id):
        return run
    return replace(run, status="stopped", reason="killed")
