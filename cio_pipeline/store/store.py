"""The store: everything that a run writes to disk."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from cio_pipeline.core.errors import StateUnwritable
from cio_pipeline.core.jobs import Job, NewJob
from cio_pipeline.core.runs import RunRecord, RunSummary
from cio_pipeline.core.timeline import TimelineChange
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
from cio_pipeline.store.queue.job_queue import JobQueue
from cio_pipeline.store.queue.load_plan import Load, LoadIdentity
from cio_pipeline.store.queue.loads import LoadSet
from cio_pipeline.store.reader import Totals
from cio_pipeline.store.refused_later import LaterRefusal, add_refused_later
from cio_pipeline.store.runs import Heartbeat
from cio_pipeline.store.schema import prepare


class Store:
    """One workspace's state, open for writing. Each method is one commit.

    Args:
        folder: the workspace's folder, which exists and is locked.

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
        """Return the counters."""
        return self.queue.totals()

    def begin_loads(self, identities: Sequence[LoadIdentity]) -> LoadSet:
        """Continue the loads of files, or start new ones (`loads.begin_loads`)."""
        return loads.begin_loads(self.queue, identities)

    def enqueue(
        self,
        load: Load,
        jobs: Sequence[NewJob],
        unmappable: Sequence[NewDeadLetter],
        *,
        next_index: int,
        changed_only: bool = False,
    ) -> list[Job]:
        """Commit a chunk of a load: its jobs, its dead letters, its progress.

        After a crash just before the commit, the entire chunk is repeated; just after
        it, nothing is.

        Args:
            load: the load.
            jobs: the jobs to add.
            unmappable: dead letters of the records that could not be mapped.
            next_index: the index of the record after the chunk.
            changed_only: whether to skip what was acked last; needs
                `keep_deliveries`.

        Returns:
            The jobs that were enqueued, with their ids.
        """
        deliveries, users = self.queue.deliveries, None
        # A payload may be sent as soon as it is queued. If a power cut could undo that,
        # the payload before it would still count as the one that Customer.io has.
        with self.queue.transaction(is_durable=changed_only) as tx:
            if changed_only:
                jobs, users = deliveries.changed_only(tx, jobs)
            enqueued = self.queue.insert(tx, jobs, load.id)
            deliveries.note_enqueued(tx, enqueued, users)
            insert_dead_letters(tx, unmappable)
            loads.save_progress(tx, load.id, next_index, is_finished=False)
        return enqueued

    def keep_deliveries(self) -> None:
        """From now on, remember what each user was last sent (see `deliveries`)."""
        self.queue.keep_deliveries()

    def forget_deliveries(self) -> None:
        """Forget what each user was last sent, because it is out of date."""
        self.queue.forget_deliveries()

    def finish_load(self, load: Load, next_index: int) -> None:
        """Commit that all of a load's data is in the queue, and sync it to disk.

        After this, the data file is no longer needed.
        """
        with self.queue.transaction() as tx:
            loads.save_progress(tx, load.id, next_index, is_finished=True)
        self.queue.sync_to_disk()

    def start_run(self, run: RunRecord) -> None:
        """Add a run to the history (`runs.start_run`)."""
        runs.start_run(self.queue, run)

    def beat(
        self,
        summary: RunSummary,
        heartbeat: Heartbeat,
        timeline: TimelineChange | None = None,
    ) -> None:
        """Write the state of the active run."""
        runs.save_run(self.queue, summary, heartbeat=heartbeat, timeline=timeline)

    def end_run(
        self,
        summary: RunSummary,
        ended_at: str,
        timeline: TimelineChange | None = None,
    ) -> None:
        """Write how the run ended."""
        runs.save_run(self.queue, summary, ended_at=ended_at, timeline=timeline)

    def requeue(self, selection: Selection) -> Requeued:
        """Put dead letters back in the queue."""
        with self.queue.transaction(is_durable=True) as tx:
            overtaken = self.queue.deliveries.note_requeued(tx, selection)
            return Requeued(requeue_dead_letters(tx, selection), overtaken)

    def discard(self, selection: Selection) -> int:
        """Delete dead letters; return how many."""
        with self.queue.transaction() as tx:
            return discard_dead_letters(tx, selection)

    def keep_sent(self, since: float) -> None:
        """From now on, note who is sent, for `add_refused_later` (`SentLog.begin`)."""
        with self.queue.transaction() as tx:
            self.queue.sent_log.begin(tx, since)

    def sent_since(self) -> float | None:
        """Return where to begin reading refusals (`SentLog.since`)."""
        with self.queue.transaction() as tx:
            return self.queue.sent_log.since(tx)

    def add_refused_later(
        self, refusals: Sequence[LaterRefusal], run_id: str
    ) -> list[NewDeadLetter]:
        """Make dead letters of what was refused after a 200, once for each refusal.

        Refusals of people whom no run with `keep_sent` has sent are left out.

        Returns:
            The new dead letters.
        """
        with self.queue.transaction() as tx:
            return add_refused_later(tx, self.queue, refusals, run_id)

    def forget_sent(self) -> None:
        """Forget who was sent: all refusals of these people have been read."""
        with self.queue.transaction() as tx:
            self.queue.sent_log.end(tx)

    def close(self) -> None:
        """Write the log back into the file, free unused space, and close."""
        try:
            # If the disk has no room for that, all commits are still safe.
            with suppress(StateUnwritable):
                self.queue.shrink()
        finally:
            self.queue.close()
