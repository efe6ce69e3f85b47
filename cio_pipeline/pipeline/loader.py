"""The loading stage: records are read, mapped, and put into the queue in chunks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import DataFileError, RecordError
from cio_pipeline.core.jobs import INVALID_RECORD, NewJob, Record
from cio_pipeline.core.json_text import encode_lenient
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.core.shard import WHOLE, Shard
from cio_pipeline.pipeline.parts import RunParts
from cio_pipeline.source import Source
from cio_pipeline.store import Load, LoadIdentity, NewDeadLetter

# A chunk is one commit: large enough that the commit costs little beside the
# records, small enough that a slow source's records soon are on their way.
CHUNK_RECORDS = 500
CHUNK_BYTES = 1_000_000
# Records of other shards cost a chunk nothing but time; past so many it is
# committed all the same, so that progress and a stop are not held up.
CHUNK_PASSED_OVER = 20_000
# A slow source's records are committed when they have waited this long for more.
CHUNK_SECONDS = 0.2
# A source that gives nothing while the run stops is not waited for.
_STOP_WAIT_SECONDS = 0.2


# Which of a file's records are a shard's. An unfinished load of another rule must not
# be continued: a record that it passed over may be in no other shard's load.
_SHARD_RULE = "by identity"


def mapping_digest(config: Config, *, changed_only: bool, shard: Shard = WHOLE) -> str:
    """Return what tells one way of loading records from another."""
    rules: tuple[object, ...] = (config.user_id, config.mappings, changed_only)
    if not shard.is_whole:
        rules += (_SHARD_RULE,)
    return hashlib.sha256(repr(rules).encode()).hexdigest()


class _LoadStopped(Exception):
    """The load was asked to stop while the source gave nothing."""


class _Chunk:
    """Mapped records on their way to one commit.

    Args:
        next_index: the place in the file of the record after the last one.
        began_at: when the chunk before it was committed.
    """

    def __init__(self, next_index: int, began_at: float) -> None:
        self.began_at = began_at
        self.jobs: list[NewJob] = []
        self.unmappable: list[NewDeadLetter] = []
        self.next_index = next_index
        self._bytes = 0
        self._passed_over = 0

    @property
    def is_empty(self) -> bool:
        return not (self.jobs or self.unmappable or self._passed_over)

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


@dataclass(slots=True)
class Loader:
    """What the loader thread does: it puts the data file's records into the queue.

    Its results are read when the thread has ended.

    Args:
        run: the parts of the run.
        source: the data.
        changed_only: leave out what Customer.io was told last.
        shard: whose records to load; all others are passed over, uncounted.
        is_finished: whether all of the data is in the queue (a result).
        broken: what broke the data off (a result); None where nothing did.
        unused: mapped keys that no record of the data had (a result).
    """

    run: RunParts
    source: Source
    changed_only: bool
    shard: Shard
    is_finished: bool = False
    broken: DataFileError | None = None
    unused: tuple[str, ...] = ()
    _mapper: Mapper = field(init=False)
    _load: Load = field(init=False)
    _chunk: _Chunk = field(init=False)

    def work(self, stop: Event) -> None:
        """Load what is not in the queue yet.

        Data that breaks off is noted in ``broken``: what stands before the break
        is in the queue, and is sent.

        Args:
            stop: ends the load; looked at between chunks and before each read. Where
                only the run stops, what has come is still loaded, but a source that
                gives nothing is not waited for.
        """
        self._begin()
        if self._load.is_finished:
            self.is_finished = True
            self.run.log.info("load_found_finished", source=self.source.name)
            self.run.leases.all_loaded()
            return
        if self._load.next_index:
            self.run.counters.passed_over = self._load.next_index
            self.run.log.info("load_resumed", next_index=self._load.next_index)
        try:
            self.is_finished = self._read_to_end(stop)
        except DataFileError as error:
            self.broken = error
        finally:
            self.run.leases.all_loaded()
        if self.broken is not None:
            self.run.log.error("data_broken", problem=str(self.broken))
        self.run.log.info("load_ended", records=self.run.counters.loaded.records)
        self._note_unused()

    def _begin(self) -> None:
        if self.changed_only:
            self.run.store.keep_deliveries()
        config = self.run.config
        self._load = self.run.store.begin_load(
            LoadIdentity(
                source=self.source.name,
                fingerprint=self.source.fingerprint,
                mapping=mapping_digest(
                    config, changed_only=self.changed_only, shard=self.shard
                ),
            )
        )
        self._mapper = Mapper(config.user_id, config.mappings)
        self._chunk = _Chunk(self._load.next_index, self.run.clock.monotonic())

    def _read_to_end(self, stop: Event) -> bool:
        """Load the records that are not in the queue yet.

        Returns:
            Whether all of them are in the queue now; False if told to stop first.

        Raises:
            DataFileError: the data broke off; what stands before the break is
                in the queue.
        """
        on_wait = partial(self._source_waits, stop)
        try:
            for record in self.source.records(self._load.next_index, on_wait):
                self._take(record)
                if self._chunk.is_full:
                    self._commit()
                    if stop.is_set():
                        return False
        except _LoadStopped:
            self._commit()
            return False
        except DataFileError:
            self._commit()
            raise
        self._commit()
        self.run.store.finish_load(self._load, self._chunk.next_index)
        return True

    def _source_waits(self, stop: Event, waited_seconds: float) -> None:
        """Commit what has come; end the reading where the load has to stop."""
        age = self.run.clock.monotonic() - self._chunk.began_at
        if (waited_seconds or age >= CHUNK_SECONDS) and not self._chunk.is_empty:
            self._commit()
        is_dry = waited_seconds >= _STOP_WAIT_SECONDS
        if stop.is_set() or (is_dry and self.run.stop.is_set()):
            raise _LoadStopped

    def _take(self, record: Record) -> None:
        if self.shard.takes(record, self._mapper):
            self._map(record)
        else:
            self._chunk.pass_over(record.record_index)

    def _commit(self) -> None:
        chunk = self._chunk
        queued = self.run.store.enqueue(
            self._load,
            chunk.jobs,
            chunk.unmappable,
            next_index=chunk.next_index,
            changed_only=self.changed_only,
        )
        skipped = len(chunk.jobs) - queued
        self.run.counters.records_loaded(queued, len(chunk.unmappable), skipped)
        self.run.leases.jobs_came()
        self._chunk = _Chunk(chunk.next_index, self.run.clock.monotonic())

    def _map(self, record: Record) -> None:
        try:
            payload, body = self._mapper.map_to_json(record)
        except RecordError as error:
            letter = self._dead_letter(record, str(error))
            self._chunk.add_unmappable(letter, record.record_index)
        else:
            self._chunk.add_job(NewJob(payload.user_id, body, record.record_index))

    def _dead_letter(self, record: Record, message: str) -> NewDeadLetter:
        return NewDeadLetter(
            job_id=None,
            load_id=self._load.id,
            user_id=None,
            record_index=record.record_index,
            payload=encode_lenient(record.value),
            reason=INVALID_RECORD,
            http_status=None,
            message=message,
            attempts=0,
            failed_at=self.run.clock.timestamp(),
            run_id=self.run.run_id,
        )

    def _note_unused(self) -> None:
        """Note mapped keys that no record had, where all records were seen."""
        loaded = self.run.counters.loaded
        is_whole = self.is_finished and not self._load.next_index
        if not is_whole or loaded.records == loaded.dead_lettered:
            return
        self.unused = tuple(self._mapper.unused)
        if self.unused:
            self.run.log.warning("mapped_keys_not_found", keys=list(self.unused))
