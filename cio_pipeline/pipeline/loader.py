"""The loading stage: reads records, maps them and queues them in chunks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from cio_pipeline.core.config import Config
from cio_pipeline.core.config_records import PLAIN_RECORDS
from cio_pipeline.core.errors import DataFileError, DataUnreachable, RecordError
from cio_pipeline.core.jobs import INVALID_RECORD, NewJob, Record
from cio_pipeline.core.json_text import encode_lenient
from cio_pipeline.core.mapping import Mapper, mapper_for
from cio_pipeline.core.operations import code_or_none
from cio_pipeline.core.shard import WHOLE, Shard
from cio_pipeline.core.text import listed
from cio_pipeline.customerio.senders import SENDERS
from cio_pipeline.pipeline.parts import RunParts
from cio_pipeline.source import Inputs, OpenInput
from cio_pipeline.store import FileChanges, Load, LoadIdentity, NewDeadLetter

if TYPE_CHECKING:
    from cio_pipeline.pipeline.missing import MissingPeople
    from cio_pipeline.store.queue.people_memory import Noted

# A chunk is one commit: large enough that the commit costs little per record, small
# enough that the records of a slow source are sent soon.
CHUNK_RECORDS = 500
CHUNK_BYTES = 1_000_000
# While few of the records have changed, they are compared this many at a time: more of
# them are on the same page of the table.
CHUNK_COMPARED = 10_000
# Records of other shards only cost time. After this many the chunk is committed, so
# that progress is saved and a stop is noticed.
CHUNK_SKIPPED = 20_000
# Records of a slow source are committed at this age.
CHUNK_SECONDS = 0.2
# While the run stops, the loader waits this long for a silent source.
_STOP_WAIT_SECONDS = 0.2
# Files that one log line names.
_MOST_NAMED = 5


# How records are assigned to shards. A load that used another rule must not be
# continued: a record that it skipped may be in no other shard's load.
_SHARD_RULE = "by identity"


def mapping_digest(
    config: Config, *, changed_only: bool, shard: Shard = WHOLE, missing: str = ""
) -> str:
    """Return a digest of everything that decides how records are loaded.

    Args:
        config: the configuration.
        changed_only: whether only changed payloads are queued.
        shard: the shard.
        missing: what is done about people who are missing; empty if nothing, and then
            nobody is noted.
    """
    rules: tuple[object, ...] = (config.user_id, config.mappings, changed_only)
    if config.records != PLAIN_RECORDS:
        rules += (config.records,)
    if not shard.is_whole:
        rules += (_SHARD_RULE,)
    if missing:
        rules += (missing,)
    return hashlib.sha256(repr(rules).encode()).hexdigest()


def load_identities(inputs: Inputs, mapping: str) -> list[LoadIdentity]:
    """Return what identifies the loads of this data in a later run.

    Args:
        inputs: the data.
        mapping: from `mapping_digest`.
    """
    return [
        LoadIdentity(source=item.name, fingerprint=item.fingerprint(), mapping=mapping)
        for item in inputs.items
    ]


class _LoadStopped(Exception):
    """The load had to stop while it waited for the source."""


@dataclass(slots=True)
class _Chunk:
    """Mapped records for one commit.

    Args:
        next_index: the index in the file of the record after the last one.
        began_at: when the previous chunk was committed.
        most_records: how many records make it full.
    """

    next_index: int
    began_at: float
    most_records: int
    jobs: list[NewJob] = field(default_factory=list)
    unmappable: list[NewDeadLetter] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    left_out: int = 0
    _bytes: int = 0
    _skipped: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.jobs or self.unmappable or self._skipped)

    @property
    def is_full(self) -> bool:
        count = len(self.jobs) + len(self.unmappable)
        return (
            count >= self.most_records
            or self._bytes >= CHUNK_BYTES
            or self._skipped >= CHUNK_SKIPPED
        )

    def add_job(self, job: NewJob) -> None:
        self.jobs.append(job)
        self._bytes += len(job.body)
        self.next_index = job.record_index + 1

    def add_unmappable(self, letter: NewDeadLetter, record_index: int) -> None:
        self.unmappable.append(letter)
        self._bytes += len(letter.payload)
        self.next_index = record_index + 1

    def skip(self, record_index: int) -> None:
        self._skipped += 1
        self.next_index = record_index + 1


@dataclass(slots=True)
class Loader:
    """Puts the records of the data files into the queue, in the loader thread.

    The files are loaded one after the other, because the last record of a user wins.
    If one is broken, the files after it are not loaded.

    Its results are read after the thread has ended.

    Args:
        run: the parts of the run.
        inputs: the data files.
        changed_only: leave out payloads that Customer.io already has.
        shard: the shard to load; records of others are skipped and not counted.
        missing: finds who is not in the files; None without ``-missing``.
        is_finished: whether all of the data is in the queue (a result).
        broken: the error in the data, or None (a result).
        unused: mapped keys that no record had (a result).
    """

    run: RunParts
    inputs: Inputs
    changed_only: bool
    shard: Shard
    missing: MissingPeople | None = None
    is_finished: bool = False
    broken: DataFileError | None = None
    unused: tuple[str, ...] = ()
    _mapper: Mapper = field(init=False)
    _loads: tuple[Load, ...] = field(init=False)
    _load: Load = field(init=False)
    _chunk: _Chunk = field(init=False)
    # Of the record that is being mapped: attributes that are left out, and why.
    _left_out: list[tuple[str, str]] = field(default_factory=list)
    _reported: set[tuple[str, str]] = field(default_factory=set)

    def work(self, stop: Event) -> None:
        """Load the records that are not in the queue yet.

        An error in the data is kept in ``broken``: the records before it are in the
        queue, and are sent.

        Args:
            stop: ends the load; checked between chunks and before each read. If only
                the run stops, available records are still loaded, but the loader does
                not wait for a silent source.
        """
        try:
            self._begin()
            self.is_finished = self._load_files(stop)
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
        mapping = mapping_digest(
            config,
            changed_only=self.changed_only,
            shard=self.shard,
            missing=self.missing.options.rule.text if self.missing else "",
        )
        found = self.run.store.begin_loads(load_identities(self.inputs, mapping))
        self._loads = found.loads
        if self.missing is not None:
            self.missing.begin([load.id for load in found.loads])
        self.run.counters.loaded_before = sum(load.next_index for load in found.loads)
        self._log_changes(found.changes)
        self._mapper = mapper_for(
            config, lambda name, problem: self._left_out.append((name, problem))
        )

    def _log_changes(self, changes: FileChanges) -> None:
        if not changes.is_empty:
            self.run.log.warning(
                "files_differ",
                changed=listed(changes.changed, _MOST_NAMED),
                gone=listed(changes.gone, _MOST_NAMED),
                added=listed(changes.added, _MOST_NAMED),
            )

    def _load_files(self, stop: Event) -> bool:
        """Load the files that are left; return False if the load stops before the end.

        Raises:
            DataFileError: a file is broken; the records before are in the queue.
        """
        finished = sum(load.is_finished for load in self._loads)
        if finished:
            self.run.log.info("load_found_finished", files=finished)
        for position, load in enumerate(self._loads):
            self._load = load
            if not load.is_finished and not self._read_to_end(position, stop):
                return False
            # Before the last file counts as finished, so that a kill in between repeats
            # only this.
            if load is self._loads[-1] and not self._settle_missing():
                return False
            if not load.is_finished:
                self.run.store.finish_load(load, self._chunk.next_index)
        return True

    def _settle_missing(self) -> bool:
        """Do what is to be done about missing people; return False in a stopped run."""
        if self.missing is None:
            return True
        if self.run.stop.is_set():
            return False
        self.missing.settle(self._load.id)
        return True

    def _read_to_end(self, position: int, stop: Event) -> bool:
        """Load the records of a file; return False if the load stops before the end.

        Raises:
            DataFileError: the data is broken; the records before are in the queue.
        """
        source_name, next_index = self._load.identity.source, self._load.next_index
        if next_index:
            self.run.log.info("load_resumed", source=source_name, next_index=next_index)
        self._chunk = self._new_chunk(next_index)
        on_wait = partial(self._on_wait, stop)
        try:
            with self.inputs.open(position) as source:
                for record in source.records(next_index, on_wait):
                    self._take(record)
                    if self._chunk.is_full:
                        self._commit()
                        if stop.is_set():
                            return False
                self._note_skipped(source)
        except _LoadStopped:
            self._commit()
            return False
        except (DataFileError, DataUnreachable):
            self._commit()
            raise
        self._commit()
        return True

    def _note_skipped(self, source: OpenInput) -> None:
        """Log what was skipped or changed while a file was read to its end."""
        noted = (*source.skipped_rows.items(), *source.notes.items())
        counts = {str(kind): count for kind, count in noted if count}
        if counts:
            name = self._load.identity.source
            self.run.log.warning("file_cleaned", source=name, **counts)

    def _on_wait(self, stop: Event, waited_seconds: float) -> None:
        """Commit the records so far; end the load if it has to stop."""
        age = self.run.clock.monotonic() - self._chunk.began_at
        if (waited_seconds or age >= CHUNK_SECONDS) and not self._chunk.is_empty:
            self._commit()
        is_silent = waited_seconds >= _STOP_WAIT_SECONDS
        if stop.is_set() or (is_silent and self.run.stop.is_set()):
            raise _LoadStopped

    def _take(self, record: Record) -> None:
        if self.shard.takes(record, self._mapper):
            self._map(record)
        else:
            self._chunk.skip(record.record_index)

    def _commit(self) -> None:
        chunk = self._chunk
        enqueued = self.run.store.enqueue(
            self._load,
            chunk.jobs,
            chunk.unmappable,
            next_index=chunk.next_index,
            changed_only=self.changed_only,
            noted=chunk.noted,
        )
        skipped = len(chunk.jobs) - len(enqueued)
        self.run.counters.records_loaded(
            len(enqueued), len(chunk.unmappable), skipped, chunk.left_out
        )
        self.run.leases.jobs_came(enqueued)
        is_skipping = 2 * skipped > len(chunk.jobs)
        self._chunk = self._new_chunk(chunk.next_index, is_skipping=is_skipping)

    def _new_chunk(self, next_index: int, *, is_skipping: bool = False) -> _Chunk:
        # Half a lease, so that two chunks fill a request where many go in one.
        half = SENDERS[self.run.config.api].lease_size.most_jobs // 2
        most_records = CHUNK_COMPARED if is_skipping else max(CHUNK_RECORDS, half)
        return _Chunk(next_index, self.run.clock.monotonic(), most_records)

    def _map(self, record: Record) -> None:
        try:
            payload, body = self._mapper.map_to_json(record)
        except RecordError as error:
            letter = self._dead_letter(record, str(error))
            self._chunk.add_unmappable(letter, record.record_index)
            if self.missing is not None:
                self._chunk.noted += self.missing.noted_invalid(record, self._mapper)
        else:
            code = code_or_none(payload.operation)
            job = NewJob(payload.user_id, body, record.record_index, code)
            self._chunk.add_job(job)
            if self.missing is not None:
                self._chunk.noted += self.missing.noted(job, record, self._mapper)
            if self._left_out:
                self._note_left_out(record.record_index)
        self._left_out.clear()

    def _note_left_out(self, record_index: int) -> None:
        """Count the values that are left out of a record; log each cause once."""
        self._chunk.left_out += len(self._left_out)
        for attribute, problem in {*self._left_out} - self._reported:
            self.run.log.warning(
                "value_left_out",
                attribute=attribute,
                problem=problem,
                source=self._load.identity.source,
                record_index=record_index,
            )
        self._reported.update(self._left_out)

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
        """Find the mapped keys that no record had, if this run read all records."""
        loaded = self.run.counters.loaded
        has_read_all = self.is_finished and not any(
            load.is_begun for load in self._loads
        )
        if not has_read_all or loaded.records == loaded.dead_lettered:
            return
        self.unused = tuple(self._mapper.unused)
        if self.unused:
            self.run.log.warning("mapped_keys_not_found", keys=list(self.unused))
