"""What every table of figures needs: files, configurations, states and runs."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from statistics import median
from typing import Any

from measure import HERE, Cost, RunningServer, run, server
from people import make_file, write_configuration

MAIN = HERE.parent / "main.py"
PEERS = HERE / "peers"
OURS = "cio-pipeline"

Row = dict[str, Any]


class Workbench:
    """Makes what is measured, and runs it.

    Args:
        folder: where data, configurations and states are made.
        is_quick: a tenth of the users, to try it out.
        is_large: whether what takes long is measured too.
    """

    def __init__(self, folder: Path, *, is_quick: bool, is_large: bool) -> None:
        self._folder = folder
        self._shrink = 10 if is_quick else 1
        self._states = 0
        self.is_large = is_large

    def count(self, count: int) -> int:
        """Return how many users to take instead of ``count``."""
        return count // self._shrink

    def data(self, kind: str, count: int) -> Path:
        """Return a file of users of a kind (`people`)."""
        return make_file(kind, self._folder, count)

    def configuration(self, url: str, **changes: Any) -> Path:
        """Write the configuration; there is one at a time."""
        return write_configuration(self._folder / "configuration.json", url, **changes)

    def next_state(self) -> Path:
        """Return a state folder that is not there yet."""
        self._states += 1
        return self._folder / f"state-{self._states}"

    def sync(self, count: int, *options: str, **choices: Any) -> Row:
        """Sync users, and return a row with what that cost; arguments as `run_sync`."""
        cost, ended = self.run_sync(count, *options, **choices)
        return cost_row(count, cost, ended.seen, is_batch=choices.get("api") == "batch")

    def run_sync(
        self,
        count: int,
        *options: str,
        latency_ms: float = 0.0,
        rate_limit: int = 0,
        port: int = 0,
        state: Path | None = None,
        data: Path | None = None,
        to_send: int | None = None,
        **changes: Any,
    ) -> tuple[Cost, RunningServer]:
        """Sync users, and return what that cost, and the server, which has ended.

        Args:
            count: how many users the data has.
            options: further options of `sync`.
            latency_ms: how long each answer takes.
            rate_limit: requests a second that the server allows; 0 for any.
            port: where the server listens; any free one by default. A queue belongs
                to its address.
            state: the state folder; a new one by default.
            data: the file of users; a JSON array of records by default.
            to_send: how many of the users are sent; all by default.
            changes: keys of the configuration that differ.

        Raises:
            RuntimeError: other users were synced.
        """
        state = state or self.next_state()
        data = data or self.data("records", count)
        with server(latency_ms, rate_limit, port) as running:
            config = self.configuration(running.url, **changes)
            cost = run(sync_command(config, state, data, *options))
        check_synced([cost], count if to_send is None else to_send)
        return cost, running

    def peer(
        self, which: str, data: Path, count: int, *, latency_ms: float = 0.0
    ) -> Row:
        """Send users through another client, and return what that cost.

        Args:
            which: ``node``, ``script`` (it reads records), or one of
                `peers/python_clients.py` (they read payloads).
            data: the file of users.
            count: how many users it has.
            latency_ms: how long each answer takes.
        """
        with server(latency_ms) as running:
            if which == "script":
                script = [sys.executable, str(PEERS / "batch_script.py")]
                cost = run([*script, running.url, str(data)])
            else:
                cost = run([*_peer_command(which, running.url), "25"], stdin=data)
        if running.seen["users"] != count:
            raise RuntimeError(f"{which} has not sent all: {running.seen['users']}")
        is_batch = which in ("batch", "script")
        return cost_row(count, cost, running.seen, is_batch=is_batch)


def program(name: str, config: Path, state: Path, *options: str) -> list[str]:
    """Return a command of the program under test."""
    where = ["-config", str(config), "-state", str(state), "-json"]
    return [sys.executable, str(MAIN), name, *where, *options]


def sync_command(config: Path, state: Path, data: Path, *options: str) -> list[str]:
    """Return the command that syncs a file, with warnings alone on stderr."""
    quiet = ["-data", str(data), "-log-level", "warning"]
    return program("sync", config, state, *quiet, *options)


def check_synced(costs: list[Cost], count: int) -> None:
    """Raise `RuntimeError` if some runs have not synced so many users together."""
    results = [json.loads(cost.stdout) for cost in costs]
    if sum(result["synced"] for result in results) != count:
        raise RuntimeError(f"not all were synced: {results}")


def cost_row(count: int, cost: Cost, seen: dict[str, Any], *, is_batch: bool) -> Row:
    """Return what a run cost: users a second between its first request and last.

    A batch is over too soon for that; there, it is over the complete process.
    """
    seconds = cost.seconds if is_batch else seen["last"] - seen["first"]
    return {
        "users/s": count / seconds,
        "us CPU a user": 1e6 * cost.cpu_seconds / count,
        "peak MB": cost.peak_mb,
        "requests": seen["requests"],
        "429": seen["throttled"],
        "seconds": cost.seconds,
        "cpu s": cost.cpu_seconds,
    }


def last_tenths_rate(arrivals: list[tuple[float, int]]) -> float:
    """Return the users a second of the last tenth, as a share of the first tenth's.

    Args:
        arrivals: how many users had come at what time.
    """
    first_time, first_users = arrivals[0]
    last_time, last_users = arrivals[-1]
    tenth = (last_users - first_users) / 10
    early = next(each for each in arrivals if each[1] >= first_users + tenth)
    late = next(each for each in reversed(arrivals) if each[1] <= last_users - tenth)
    rate_at_start = (early[1] - first_users) / (early[0] - first_time)
    return (last_users - late[1]) / (last_time - late[0]) / rate_at_start


def medians(rounds: list[Row]) -> Row:
    """Return the median of each figure."""
    return {key: median(row[key] for row in rounds) for key in rounds[0]}


def size_mb(folder: Path) -> float:
    """Return the size of all files in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) / 1e6


def has_node() -> bool:
    """Whether the official Node client is installed."""
    return bool(shutil.which("node")) and (PEERS / "node_modules").exists()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def _peer_command(which: str, url: str) -> list[str]:
    if which == "node":
        client = str(PEERS / "node_client.mjs")
        return [str(shutil.which("node")), client, url, "site", "key"]
    return [sys.executable, str(PEERS / "python_clients.py"), which, url]
