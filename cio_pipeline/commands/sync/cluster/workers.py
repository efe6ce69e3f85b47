"""The workers of a Dask cluster; the only module that uses Dask."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import warnings
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from distributed import Client, Future, LocalCluster

from cio_pipeline.core.errors import ClusterLost, UsageError

LOCAL = "local"
_CONNECT_SECONDS = 5.0
_CALL_SECONDS = 20.0


class Workers:
    """The workers of a cluster.

    Args:
        client: the connection to the scheduler.
        address: the scheduler's, for messages.
    """

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address

    async def names(self) -> list[str]:
        """Return the workers' addresses.

        Raises:
            ClusterLost: the scheduler does not answer.
        """
        try:
            threads = await asyncio.wait_for(self._client.nthreads(), _CALL_SECONDS)
        except (OSError, TimeoutError, RuntimeError, ValueError) as error:
            raise self.lost() from error
        return list(threads)

    async def wait_for_first(self) -> None:
        """Wait a few seconds for workers.

        Raises:
            UsageError: there is none.
        """
        deadline = asyncio.get_running_loop().time() + _CONNECT_SECONDS
        while not await self.names():
            if asyncio.get_running_loop().time() > deadline:
                raise UsageError(
                    f"the scheduler at {self._address} has no workers; start some:"
                    f" dask worker {self._address}"
                )
            await asyncio.sleep(0.2)

    async def call(
        self, function: Callable[..., Any], *args: object, seconds: float
    ) -> dict[str, Any]:
        """Call a function on every worker, at the same time.

        Args:
            function: runs in the worker's event loop, so it must be quick.
            args: its arguments.
            seconds: how long to wait for each.

        Returns:
            worker -> what it returned, or the exception.

        Raises:
            ClusterLost: the scheduler does not answer.
        """

        async def one(worker: str) -> object:
            run = self._client.run(function, *args, workers=[worker])
            return (await asyncio.wait_for(run, seconds))[worker]

        names = await self.names()
        results = await asyncio.gather(*map(one, names), return_exceptions=True)
        return dict(zip(names, results, strict=True))

    def submit(self, function: Callable[..., Any], order: object, key: str) -> Future:
        """Let some worker call a function; another one does if that one dies."""
        return self._client.submit(function, order, key=key, pure=False)

    async def cancel(self, futures: Sequence[Future]) -> None:
        """Drop calls that have not started."""
        await self._client.cancel(list(futures))

    def lost(self) -> ClusterLost:
        """Return the error for a scheduler that does not answer."""
        return ClusterLost(
            f"the scheduler at {self._address} does not answer any more. The shards"
            " stop by themselves, and their work is kept"
        )


@asynccontextmanager
async def open_workers(address: str, shards: int) -> AsyncIterator[Workers]:
    """Connect to a scheduler, or start one for the cores of this machine.

    Args:
        address: ``tcp://HOST:PORT``, ``tls://HOST:PORT`` or ``local``.
        shards: how many workers are of use.

    Raises:
        UsageError: there is no scheduler.
    """
    # Dask logs lost connections with tracebacks; we print one line.
    for name in logging.root.manager.loggerDict:
        if name.startswith("distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="distributed")
    if address != LOCAL:
        async with _connected(address, address) as workers:
            yield workers
        return
    async with (
        _local_cluster(shards) as cluster,
        _connected(cluster, LOCAL) as workers,
    ):
        yield workers


@asynccontextmanager
async def _connected(target: object, address: str) -> AsyncIterator[Workers]:
    client = Client(
        target, asynchronous=True, timeout=_CONNECT_SECONDS, set_as_default=False
    )
    try:
        await client
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"no Dask scheduler answers at {address}. Start one with `dask scheduler`,"
            " and workers with `dask worker`, or use -cluster local"
        ) from error
    try:
        yield Workers(client, address)
    finally:
        # A scheduler that is gone would be waited for.
        await client.close(timeout=2)


def _local_cluster(shards: int) -> LocalCluster:
    """Return a cluster whose processes ignore Ctrl-C: only the driver stops them."""
    cores = len(os.sched_getaffinity(0))
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return LocalCluster(
            n_workers=max(1, min(cores, shards)),
            threads_per_worker=1,
            memory_limit=0,  # the shards are processes of their own
            dashboard_address=None,
            asynchronous=True,
        )
    finally:
        signal.signal(signal.SIGINT, handler)
