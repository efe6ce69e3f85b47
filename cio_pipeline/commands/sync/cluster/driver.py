"""The driver of a run on a cluster: starts shards, leases the rate, gathers ends."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from structlog.typing import FilteringBoundLogger

from cio_pipeline.commands.sync.cluster.ledger import Ledger
from cio_pipeline.commands.sync.cluster.rate_leases import RateLeases
from cio_pipeline.commands.sync.cluster.shard_task import (
    ShardEnd,
    ShardOrder,
    ShardReport,
    exchange,
    run_shard,
    running_elsewhere,
)
from cio_pipeline.commands.sync.cluster.totals import progress_of
from cio_pipeline.commands.sync.cluster.workers import Workers
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.errors import ClusterLost, QueueInUse
from cio_pipeline.core.progress import Progress
from cio_pipeline.core.shard import Shard

if TYPE_CHECKING:
    from distributed import Future

_EXCHANGE_SECONDS = 1.0
_TICK_SECONDS = 0.1
# A worker that does not answer in this time does not delay the others.
_ANSWER_SECONDS = 5.0
# What an earlier driver left ends by itself in less than this.
_LEFTOVER_SECONDS = 60.0
# New workers may come; after this time, a person has to look.
_ALONE_SECONDS = 60.0
# A shard that ends this often without a result has a reason that stays.
_MOST_RESTARTS = 10


@dataclass(kw_only=True)
class Driver:
    """Runs the shards that have not ended yet.

    Args:
        workers: where they run.
        order: that of any shard; the index is filled in.
        ledger: the shards that ended, in this run or an earlier one.
        leases: the rate of each.
        show: shows the progress.
        log: gets restarts and ends of shards.
        stop: set when all shards have to stop.
    """

    workers: Workers
    order: ShardOrder
    ledger: Ledger
    leases: RateLeases
    show: Callable[[Progress], None]
    log: FilteringBoundLogger
    stop: threading.Event
    ends: dict[int, ShardEnd] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note the start; nothing is started yet."""
        self._began = self._seen_at = time.monotonic()
        self._futures: dict[int, Future] = {}
        self._restarts: Counter[int] = Counter()
        self._reports: dict[int, ShardReport] = {}

    @property
    def seconds(self) -> float:
        """The time since the start."""
        return time.monotonic() - self._began

    async def run(self) -> None:
        """Run all shards to their ends; `ends` has the results.

        Raises:
            ClusterLost: the scheduler or all workers are gone.
        """
        for index in range(self.order.shard.count):
            if index not in self.ledger.ended:
                self._submit(index)
        due_at = 0.0
        while len(self.ends) < len(self._futures):
            if time.monotonic() >= due_at:
                await self._exchange()
                due_at = time.monotonic() + self._pause()
            await self._gather()
            await asyncio.sleep(_TICK_SECONDS)

    def _pause(self) -> float:
        """Return how long to wait: shards that can start should not wait long."""
        is_starting = any(r.state == "waiting" for r in self._reports.values())
        is_new = not self._reports and not self.ends
        return _TICK_SECONDS if is_starting or is_new else _EXCHANGE_SECONDS

    async def wait_for_leftovers(self) -> None:
        """Wait until what another driver has started is ended.

        Raises:
            QueueInUse: it does not end.
        """
        deadline = time.monotonic() + _LEFTOVER_SECONDS
        while not self.stop.is_set():
            found = await self.workers.call(
                running_elsewhere, self.order.driver, seconds=_ANSWER_SECONDS
            )
            busy = [
                s
                for shards in found.values()
                if isinstance(shards, list)
                for s in shards
            ]
            if not busy:
                return
            if time.monotonic() > deadline:
                raise QueueInUse(
                    f"another driver is running {', '.join(busy)} on this cluster. Wait"
                    " for it to end"
                )
            await asyncio.sleep(_EXCHANGE_SECONDS)

    def _submit(self, index: int) -> None:
        order = replace(self.order, shard=Shard(index, self.order.shard.count))
        key = f"cio-{order.driver}-{index}-{self._restarts[index]}"
        self._futures[index] = self.workers.submit(run_shard, order, key)

    async def _exchange(self) -> None:
        """Send the orders, and get the reports on which the next orders depend."""
        running = {
            i: r.factor for i, r in self._reports.items() if r.state == "running"
        }
        waiting = [i for i, r in self._reports.items() if r.state == "waiting"]
        orders = self.leases.orders(
            time.monotonic(), running, [] if self.stop.is_set() else waiting
        )
        answers = await self.workers.call(
            exchange,
            self.order.driver,
            None if self.stop.is_set() else orders,
            seconds=_ANSWER_SECONDS,
        )
        self._check_workers(has_some=bool(answers))
        self._reports = {
            index: report
            for reports in answers.values()
            if isinstance(reports, dict)
            for index, report in reports.items()
            if index not in self.ends
        }
        if self.stop.is_set():
            await self._drop_unstarted()
        self._show()

    def _check_workers(self, *, has_some: bool) -> None:
        now = time.monotonic()
        if has_some:
            self._seen_at = now
        elif now - self._seen_at > _ALONE_SECONDS:
            raise ClusterLost(
                f"there have been no workers for {_ALONE_SECONDS:.0f} s; work is kept"
            )

    async def _drop_unstarted(self) -> None:
        """Cancel the calls that wait for a worker; the next run starts them."""
        unstarted = [
            index
            for index, future in self._futures.items()
            if index not in self.ends
            and index not in self._reports
            and not future.done()
        ]
        await self.workers.cancel([self._futures[index] for index in unstarted])
        for index in unstarted:
            self.ends[index] = ShardEnd(code=143)

    async def _gather(self) -> None:
        for index, future in self._futures.items():
            if index in self.ends or not future.done():
                continue
            end = await self._end_of(index, future)
            if end is not None:
                self._note_end(index, end)

    async def _end_of(self, index: int, future: Future) -> ShardEnd | None:
        """Return how a shard ended; None if it is started again."""
        if future.status == "finished":
            end: ShardEnd = await future
            is_killed = end.code < 0 or end.code == 143
            if not is_killed or self.stop.is_set():
                return end
            problem = f"exit code {end.code}"
        else:
            await self.workers.names()  # raises if the scheduler is gone
            problem = str(await future.exception()) if future.status == "error" else ""
            end = ShardEnd(code=3, error=f"error: shard {index}: {problem}")
        if self.stop.is_set() or self._restarts[index] >= _MOST_RESTARTS:
            return end
        self._restarts[index] += 1
        self.log.warning("shard_restarted", shard=index, problem=problem)
        self._submit(index)
        return None

    def _note_end(self, index: int, end: ShardEnd) -> None:
        self.ends[index] = end
        self._reports.pop(index, None)
        self.leases.ended(index)
        if end.code in (0, 1):
            self.ledger.add(index)
        counts: Mapping[str, int] = end.result or {}
        self.log.info(
            "shard_ended",
            shard=index,
            code=end.code,
            synced=counts.get("synced"),
            dead_lettered=counts.get("dead_lettered"),
            pending=counts.get("pending"),
        )

    def _show(self) -> None:
        progress = progress_of(
            [report.progress for report in self._reports.values()],
            list(self.ends.values()),
            count=len(self._futures),
            seconds=self.seconds,
        )
        if progress is not None:
            self.show(progress)

    def give_up(self, error: ClusterLost) -> None:
        """Note the last known counts of shards that cannot be reached any more."""
        for index in self._futures:
            if index in self.ends:
                continue
            report = self._reports.get(index)
            counts = report.progress.counts if report and report.progress else Counts()
            result = asdict(counts) | {"reason": error.reason, "status": "stopped"}
            self.ends[index] = ShardEnd(code=error.exit_code, result=result)
