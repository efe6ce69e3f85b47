"""The store: the one door to everything a run writes to disk."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from cio_pipeline.core.errors import StateUnwritable
from cio_pipeline.core.jobs import NewJob
from cio_pipeline.core.runs import RunRecord, RunSummary
from cio_pipeline.store import runs
from cio_pipeline.store.dead_letters.table import (
    NewDeadLetter,
    Requeued,
    Selection,
    discard_dead_letters,
    insert_dead_letters,
    requeue_dead_letters,
)
from cio_pipeline.store.queue import loads
from cio_pipeline.store.queue.job_queue import JobQueue, Totals
from cio_pipeline.store.queue.loads import Load, LoadIdentity
from cio_pipeline.store.runs import Heartbeat
from cio_pipeline.store.schema import prepare


class Store:
    """One workspace's state, open for writing. Each method is one commit.

    Args:
        folder: the workspace's folder, made and locked already.

    Raises:
        StateError: the file is damaged, something else, or of a newer version.
        StateUnwritable: it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        prepare(folder)
        self.queue = JobQueue(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def totals(self) -> Totals:
        """What is pending, synced so far and dead."""
        return self.queue.totals()

    def begin_load(self, identity: LoadIdentity) -> Load:
        """Go on with this data's load, or begin one (`loads.begin_load`)."""
        return loads.begin_load(self.queue, identity)

    def enqueue(
        self,
        load: Load,
        jobs: Sequence[NewJob],
        unmappable: Sequence[NewDeadLetter],
        *,
        next_index: int,
        changed_only: bool = False,
    ) -> int:
        """Commit a chunk of a load: its jobs, its dead letters, its progress.

        A crash just before repeats the whole chunk; just after, none of it.

        Args:
            load: the load.
            jobs: what is to be sent.
            unmappable: the records that cannot be.
            next_index: the place of the record after the chunk.
            changed_only: leave out what was acked last, after `keep_deliveries`.

        Returns:
            How many jobs were enqueued.
        """
        with self.queue.transaction() as tx:
            if changed_only:
                jobs = self.queue.deliveries.changed_only(tx, jobs)
            self.queue.insert(tx, jobs, load.id)
            insert_dead_letters(tx, unmappable)
            loads.save_progress(tx, load.id, next_index, is_finished=False)
        return len(jobs)

    def keep_deliveries(self) -> None:
        """From now on, keep what each user was last sent (see `deliveries`)."""
        self.queue.keep_deliveries()

    def forget_deliveries(self) -> None:
        """Drop what each user was last sent; it is no longer true."""
        self.queue.forget_deliveries()

    def finish_load(self, load: Load, next_index: int) -> None:
        """Commit that all of a load's data is in the queue, safe on the disk.

        From here on the data file is no longer needed.
        """
        with self.queue.transaction() as tx:
            loads.save_progress(tx, load.id, next_index, is_finished=True)
        self.queue.sync_to_disk()

    def start_run(self, run: RunRecord) -> None:
        """Write a run down (`runs.start_run`)."""
        runs.start_run(self.queue, run)

    def beat(self, summary: RunSummary, heartbeat: Heartbeat) -> None:
        """Write down how the run that is going stands."""
        runs.save_run(self.queue, summary, heartbeat=heartbeat)

    def end_run(self, summary: RunSummary, ended_at: str) -> None:
        """Write down how the run ended."""
        runs.save_run(self.queue, summary, ended_at=ended_at)

    def requeue(self, selection: Selection) -> Requeued:
        """Put dead letters back in the queue."""
        with self.queue.transaction() as tx:
            overtaken = self.queue.deliveries.note_requeued(tx, selection)
            return Requeued(requeue_dead_letters(tx, selection), overtaken)

    def discard(self, selection: Selection) -> int:
        """Drop dead letters; how many."""
        with self.queue.transaction() as tx:
            return discard_dead_letters(tx, selection)

    def close(self) -> None:
        """Fold the log back into the file, give unused space back, and close."""
        try:
            # A disk without room for that holds all that was committed all the same.
            with suppress(StateUnwritable):
                self.queue.shrink()
        finally:
            self.queue.close()
