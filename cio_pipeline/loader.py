"""The loading stage: records are read, mapped, and put into the queue in chunks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from threading import Event
from typing import Protocol

from cio_pipeline.config import Config
from cio_pipeline.errors import DataFileError, RecordError
from cio_pipeline.json_text import encode, encode_lenient
from cio_pipeline.mapping import Mapper
from cio_pipeline.model import INVALID_RECORD, NewJob, Record
from cio_pipeline.shard import WHOLE, Shard
from cio_pipeline.store import Load, NewDeadLetter, Store

# A chunk is one commit: large enough that the commit costs little beside the
# records, small enough that a slow source's records soon are on their way.
CHUNK_RECORDS = 500
CHUNK_BYTES = 1_000_000
# Records of other shards cost a chunk nothing but time; past so many it is
# committed all the same, so that progress and a stop are not held up.
CHUNK_PASSED_OVER = 20_000


# Which of a file's records are a shard's. An unfinished load of another rule must not
# be continued: a record that it passed over may be in no other shard's load.
_SHARD_RULE = "by identity"


def mapping_digest(config: Config, *, changed_only: bool, shard: Shard = WHOLE) -> str:
    """Return what tells one way of loading records from another."""
    rules: tuple[object, ...] = (config.user_id, config.mappings, changed_only)
    if not shard.is_whole:
        rules += (_SHARD_RULE,)
    return hashlib.sha256(repr(rules).encode()).hexdigest()


class LoadListener(Protocol):
    """Who is told of each committed chunk."""

    def chunk_loaded(self, jobs: int, unmappable: int, skipped: int) -> None:
        """So many jobs were queued, records dead, and records skipped by a commit."""


class _Chunk:
    """Mapped records on their way to one commit.

    Args:
        next_index: the place in the file of the record after the last one.
    """

    def __init__(self, next_index: int) -> None:
        self.jobs: list[NewJob] = []
        self.unmappable: list[NewDeadLetter] = []
        self.next_index = next_index
        self._bytes = 0
        self._passed_over = 0

    @property
    def is_full(self) -> bool:
        count = len(self.jobs) + len(self.unmappable)
        return (
            count >= CHUNK_RECORDS
            or self._bytes >= CHUNK_BYTES
            or self._passed_over >= CHUNK_PASSED_OVER
        )

    def add_job(self, job: NewJob) -> None:
        self.jobs.append(job)
        self._bytes += len(job.body)
        self.next_index = job.record_index + 1

    def add_unmappable(self, letter: NewDeadLetter, record_index: int) -> None:
        self.unmappable.append(letter)
        self._bytes += len(letter.payload)
        self.next_index = record_index + 1

    def pass_over(self, record_index: int) -> None:
        self._passed_over += 1
        self.next_index = record_index + 1


class Loader:
    """Puts one data file's records into the queue.

    Args:
        store: where to.
        load: how far the load is.
        mapper: what makes payloads of records.
        run_id: the run, for dead letters.
        utc_now: the time as ISO 8601, for dead letters.
        listener: told of each chunk after its commit.
        changed_only: leave out what Customer.io was told last.
        shard: whose records to load; all others are passed over, uncounted.
    """

    def __init__(
        self,
        *,
        store: Store,
        load: Load,
        mapper: Mapper,
        run_id: str,
        utc_now: Callable[[], str],
        listener: LoadListener,
        changed_only: bool,
        shard: Shard = WHOLE,
    ) -> None:
        self._store = store
        self._shard = shard
        self._changed_only = changed_only
        self._load = load
        self._mapper = mapper
        self._run_id = run_id
        self._utc_now = utc_now
        self._listener = listener

    def run(self, records: Iterable[Record], stop: Event) -> bool:
        """Load the records that are not in the queue yet.

        Args:
            records: from the load's next record on.
            stop: looked at between chunks.

        Returns:
            Whether all of them are in the queue now; False if told to stop first.

        Raises:
            DataFileError: the data broke off; what stands before the break is
                in the queue.
        """
        chunk = _Chunk(self._load.next_index)
        try:
            for record in records:
                if self._shard.takes(record, self._mapper):
                    self._map_into(chunk, record)
                else:
                    chunk.pass_over(record.record_index)
                if chunk.is_full:
                    self._commit(chunk)
                    chunk = _Chunk(chunk.next_index)
                    if stop.is_set():
                        return False
        except DataFileError:
            self._commit(chunk)
            raise
        self._commit(chunk)
        self._store.finish_load(self._load, chunk.next_index)
        return True

    def _commit(self, chunk: _Chunk) -> None:
        queued = self._store.enqueue(
            self._load,
            chunk.jobs,
            chunk.unmappable,
            next_index=chunk.next_index,
            changed_only=self._changed_only,
        )
        skipped = len(chunk.jobs) - queued
        self._listener.chunk_loaded(queued, len(chunk.unmappable), skipped)

    def _map_into(self, chunk: _Chunk, record: Record) -> None:
        try:
            payload = self._mapper.map(record)
            body = encode(payload.attributes)
        except (RecordError, ValueError) as error:
            letter = self._dead_letter(record, str(error))
            chunk.add_unmappable(letter, record.record_index)
        else:
            chunk.add_job(NewJob(payload.user_id, body, record.record_index))

    def _dead_letter(self, record: Record, message: str) -> NewDeadLetter:
        return NewDeadLetter(
            job_id=None,
            load_id=self._load.id,
            user_id=None,
            record_index=record.record_index,
            source=self._load.source,
            payload=encode_lenient(record.value),
            reason=INVALID_RECORD,
            http_status=None,
            message=message,
            attempts=0,
            failed_at=self._utc_now(),
            run_id=self._run_id,
        )
