"""One connection to a cluster: look at the workers, then run the shards."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from cio_pipeline.commands.sync.cluster.driver import Driver
from cio_pipeline.commands.sync.cluster.inspection import (
    Inspection,
    inspect_worker,
    is_shared_state,
    version_problem,
    versions,
)
from cio_pipeline.commands.sync.cluster.ledger import Ledger
from cio_pipeline.commands.sync.cluster.rate_leases import RateLeases
from cio_pipeline.commands.sync.cluster.shard_task import ShardOrder
from cio_pipeline.commands.sync.cluster.workers import Workers, open_workers
from cio_pipeline.console.output import print_note
from cio_pipeline.core.errors import ClusterLost, QueueInUse, UsageError
from cio_pipeline.core.progress import Progress
from cio_pipeline.core.text import counted

_INSPECTION_SECONDS = 120.0
# A shard whose worker has just been killed ends in this time.
_ENDING_SECONDS = 30.0


async def drive(
    address: str,
    *,
    inspection: Inspection,
    order: ShardOrder,
    ledger: Ledger,
    show: Callable[[Progress], None],
    log: FilteringBoundLogger,
    stop: threading.Event,
) -> Driver:
    """Run all shards that have not ended; return the driver, which has their ends.

    Args:
        address: the scheduler's, or ``local``.
        inspection: what every worker must see.
        order: that of any shard.
        ledger: the shards that have ended.
        show: shows the progress.
        log: gets restarts and ends.
        stop: set when all shards have to stop.

    Raises:
        UsageError: there is no scheduler, or something is wrong on a worker.
        ClusterLost: the scheduler was lost before anything was started.
    """
    async with open_workers(address, inspection.shards) as workers:
        await workers.wait_for_first()
        found = await workers.call(versions, seconds=_INSPECTION_SECONDS)
        problem = version_problem(versions(), found)
        if problem is not None:
            raise UsageError(problem)
        driver = Driver(
            workers=workers,
            order=order,
            ledger=ledger,
            leases=RateLeases(count=inspection.shards, rest_seconds=0.0),
            show=show,
            log=log,
            stop=stop,
        )
        await driver.wait_for_leftovers()
        is_shared = await _inspect(workers, inspection)
        if not is_shared:
            driver.leases.rest_seconds = _ENDING_SECONDS
        print_note(_about(is_shared=is_shared, workers=len(found), ledger=ledger))
        try:
            await driver.run()
        except ClusterLost as error:
            print_note(f"error: {error}")
            driver.give_up(error)
        return driver


async def _inspect(workers: Workers, inspection: Inspection) -> bool:
    """Return whether the workers share the driver's state folder."""
    deadline = time.monotonic() + _ENDING_SECONDS
    while True:
        results = await workers.call(
            inspect_worker, inspection, seconds=_INSPECTION_SECONDS
        )
        try:
            return is_shared_state(results)
        except QueueInUse:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(1.0)


def _about(*, is_shared: bool, workers: int, ledger: Ledger) -> str:
    kept = (
        "the workers share the state folder, so a shard continues where it stopped on"
        " any of them"
        if is_shared
        else "each worker has its own state folder, so a shard that continues on"
        " another worker starts again from the beginning"
    )
    done = len(ledger.ended)
    ended = f"; {counted(done, 'shard')} ended in an earlier run" if done else ""
    return f"{counted(workers, 'worker')}: {kept}{ended}"
