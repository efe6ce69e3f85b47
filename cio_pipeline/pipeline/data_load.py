"""A run's data file on its way into the queue: taken up, counted, told to the log."""

from __future__ import annotations

from threading import Event

from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.core.shard import Shard
from cio_pipeline.pipeline.counters import Tally
from cio_pipeline.pipeline.loader import (
    Loader,
    mapping_digest,
)
from cio_pipeline.source import Source
from cio_pipeline.store import (
    Leases,
    Load,
    LoadIdentity,
    Store,
)


class DataLoad:
    """What the loader thread does. Its results are read once that has ended.

    Args:
        source: the data.
        store: the workspace's state.
        leases: told what the queue has got, and when no more will come.
        tally: counts the records.
        config: how records are mapped.
        run_id: the run, for dead letters.
        changed_only: leave out what Customer.io was told last.
        shard: whose records to load.
        clock: time and chance.
        log: the run's logger.
    """

    def __init__(
        self,
        *,
        source: Source,
        store: Store,
        leases: Leases,
        tally: Tally,
        config: Config,
        run_id: str,
        changed_only: bool,
        shard: Shard,
        clock: Clock,
        log: FilteringBoundLogger,
    ) -> None:
        self._source = source
        self._store = store
        self._leases = leases
        self._tally = tally
        self._config = config
        self._run_id = run_id
        self._changed_only = changed_only
        self._shard = shard
        self._clock = clock
        self._log = log
        self.is_finished = False
        self.broken: DataFileError | None = None
        self.unused: tuple[str, ...] = ()

    def work(self, stop: Event, run_stop: Event) -> None:
        """Load what is not in the queue yet.

        Data that breaks off is noted in ``broken``: what stands before the break
        is in the queue, and is sent.

        Args:
            stop: ends the load.
            run_stop: set while the run stops: a source that gives nothing is not
                waited for then.
        """
        load = self._begin()
        if load.is_finished:
            self.is_finished = True
            self._log.info("load_found_finished", source=self._source.name)
            self._leases.all_loaded()
            return
        if load.next_index:
            self._tally.passed_over = load.next_index
            self._log.info("load_resumed", next_index=load.next_index)
        mapper = Mapper(self._config.user_id, self._config.mappings)
        loader = self._loader(load, mapper)
        try:
            self.is_finished = loader.run(self._source, stop, run_stop)
        except DataFileError as error:
            self.broken = error
            self._log.error("data_broken", problem=str(error))
        finally:
            self._leases.all_loaded()
        self._log.info("load_ended", records=self._tally.records)
        # Of a load that began earlier or was stopped, only a part was seen.
        is_whole = self.is_finished and not load.next_index
        if is_whole and self._tally.records > self._tally.unmappable:
            self._note_unused(mapper.unused)

    def chunk_loaded(self, jobs: int, unmappable: int, skipped: int) -> None:
        """Count a chunk that the loader has committed."""
        self._tally.records_loaded(jobs, unmappable, skipped)
        self._leases.jobs_came()

    def _begin(self) -> Load:
        if self._changed_only:
            self._store.keep_deliveries()
        mapping = mapping_digest(
            self._config, changed_only=self._changed_only, shard=self._shard
        )
        return self._store.begin_load(
            LoadIdentity(
                source=self._source.name,
                fingerprint=self._source.fingerprint,
                mapping=mapping,
            )
        )

    def _loader(self, load: Load, mapper: Mapper) -> Loader:
        return Loader(
            store=self._store,
            load=load,
            mapper=mapper,
            run_id=self._run_id,
            listener=self,
            changed_only=self._changed_only,
            shard=self._shard,
            clock=self._clock,
        )

    def _note_unused(self, keys: list[str]) -> None:
        self.unused = tuple(keys)
        if keys:
            self._log.warning("mapped_keys_not_found", keys=keys)
