"""Measures speed, cost and memory, and prints tables.

    make bench

Each figure is against a server in a process of its own (`server.py`), and peers
are measured in turns with us, in the same run, so that ratios hold although
absolute figures drift. Results are kept in ``benchmarks/results.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from measure import HERE, Cost, run, server
from people import make_file, write_configuration
from targets import check

MAIN = HERE.parent / "main.py"
PEERS = HERE / "peers"
RESULTS = HERE / "results.json"
ROUNDS = 3
LATENCY_MS = 80.0

Row = dict[str, Any]


class Bench:
    """All of it.

    Args:
        folder: where data, configurations and states are made.
        is_quick: a tenth of the users, for trying it out.
    """

    def __init__(self, folder: Path, *, is_quick: bool) -> None:
        self._folder = folder
        self._shrink = 10 if is_quick else 1
        self._files: dict[int, Path] = {}
        self._states = 0
        self.results: dict[str, Any] = {
            "python": platform.python_version(),
            "machine": f"{platform.machine()}, {_cores()} cores",
        }

    def no_latency(self) -> None:
        """One request a user, 25 in flight, as fast as it goes; peers beside us."""
        ours, theirs = self._count(60_000), self._count(6_000)
        payloads = make_file("payloads", self._folder / "payloads.json", theirs)
        clients: dict[str, Callable[[], Row]] = {
            "cio-pipeline": lambda: self._sync(ours),
            "customerio (Python)": lambda: self._peer("official", payloads, theirs),
            "requests, one session": lambda: self._peer("requests", payloads, theirs),
            "urllib3, bare": lambda: self._peer("urllib3", payloads, theirs),
        }
        if self._has_node():
            clients["customerio-node"] = lambda: self._peer("node", payloads, theirs)
        measured: dict[str, list[Row]] = {name: [] for name in clients}
        for _ in range(ROUNDS):
            for name, measure in clients.items():
                measured[name].append(measure())
        rows = [_medians(name, rounds) for name, rounds in measured.items()]
        for row in rows:
            row["ours is times"] = rows[0]["users/s"] / row["users/s"]
        self._tell("no latency", "no latency, 25 in flight, one request a user", rows)

    def with_latency(self) -> None:
        """80 ms an answer: the share of what 25 and 100 threads can do."""
        rows = []
        for threads, bound, count in ((25, 0, 6_000), (100, 1000, 20_000)):
            row = self._sync(
                self._count(count),
                latency_ms=LATENCY_MS,
                rate_limit=bound,
                parallelism=threads,
                requestsPerSecond=bound,
            )
            limit = threads / (LATENCY_MS / 1000)
            limit = min(limit, bound) if bound else limit
            row = {"threads": threads, "limit": limit} | row
            row["share"] = row["users/s"] / limit
            row["cores"] = row["cpu s"] / row["seconds"]
            rows.append(row)
        self._tell("80 ms", "80 ms an answer, one request a user", rows)

    def batches(self) -> None:
        """Many users a request, file to acked, beside the official client's own."""
        count = self._count(200_000)
        payloads = make_file("payloads", self._folder / "batch.json", count)
        rows = []
        for latency_ms in (0.0, LATENCY_MS):
            rows.append(
                {"client": "cio-pipeline", "latency ms": latency_ms}
                | self._sync(count, latency_ms=latency_ms, api="batch")
            )
            rows.append(
                {"client": "customerio (Python)", "latency ms": latency_ms}
                | self._peer("batch", payloads, count, latency_ms=latency_ms)
            )
        self._tell("batches", "api: batch, users a second over the whole process", rows)

    def scale(self) -> None:
        """Ten thousand and a million users: time and memory a user, the state after."""
        rows = []
        for api, counts in (
            ("customers", (10_000, 1_000_000)),
            ("batch", (10_000, 1_000_000)),
        ):
            for count in counts:
                state = self._next_state()
                row = self._sync(self._count(count), state=state, api=api)
                row["us a user"] = 1e6 / row["users/s"]
                row["state MB after"] = _size_mb(state)
                rows.append({"api": api, "users": self._count(count)} | row)
        self._tell("scale", "scale, no latency", rows)

    def resume(self) -> None:
        """A million pending: how soon the first request leaves."""
        count = self._count(1_000_000)
        state = self._next_state()
        data = self._data(count)
        with server(latency_ms=3_600_000) as silent:
            config = self._configuration(silent.url)
            port = int(silent.url.rpartition(":")[2])
            _load_only(_command("sync", config, state, "-data", str(data)))
        size = _size_mb(state)
        with server(latency_ms=50, port=port) as alive:
            began = time.monotonic()
            process = subprocess.Popen(
                _command("resume", config, state),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(3)
            process.terminate()
            process.wait()
        row = {
            "pending": count,
            "state MB": size,
            "s to the first request": alive.seen["first"] - began,
        }
        self._tell("resume", "resume", [row])

    def start(self) -> None:
        """What `-help` and an empty `status` cost."""
        state = self._next_state()
        config = self._configuration("http://127.0.0.1:9")
        rows = []
        for words in (["-help"], _command("status", config, state)[2:]):
            costs = [run([sys.executable, str(MAIN), *words]) for _ in range(5)]
            rows.append(
                {
                    "command": words[0],
                    "cpu s": median(cost.cpu_seconds for cost in costs),
                    "seconds": median(cost.seconds for cost in costs),
                    "peak MB": median(cost.peak_mb for cost in costs),
                }
            )
        self._tell("start", "starting up", rows)

    # -- pieces ----------------------------------------------------------------

    def _sync(
        self,
        count: int,
        *,
        latency_ms: float = 0.0,
        rate_limit: int = 0,
        state: Path | None = None,
        **changes: Any,
    ) -> Row:
        """Sync so many users, and say what it came to."""
        with server(latency_ms, rate_limit) as running:
            config = self._configuration(running.url, **changes)
            state = state or self._next_state()
            command = _command("sync", config, state, "-data", str(self._data(count)))
            cost = run([*command, "-log-level", "warning"])
        result = json.loads(cost.stdout)
        if result["synced"] != count:
            raise RuntimeError(f"not all were synced: {result}")
        return _row(count, cost, running.seen, is_batch=changes.get("api") == "batch")

    def _peer(
        self, which: str, payloads: Path, count: int, *, latency_ms: float = 0.0
    ) -> Row:
        with server(latency_ms) as running:
            if which == "node":
                script = [str(shutil.which("node")), str(PEERS / "node_client.mjs")]
                command = [*script, running.url, "site", "key", "25"]
            else:
                script = [sys.executable, str(PEERS / "python_clients.py")]
                command = [*script, which, running.url, "25"]
            cost = run(command, stdin=payloads)
        return _row(count, cost, running.seen, is_batch=which == "batch")

    def tell_targets(self) -> None:
        """Say what must be shown, and whether it is."""
        targets = [target._asdict() for target in check(self.results)]
        self._tell("targets", "what it must show", targets)

    def _tell(self, name: str, title: str, rows: list[Row]) -> None:
        self.results[name] = rows
        print(f"\n{title}\n")
        columns = list(rows[0])
        cells = [columns, *([_shown(row.get(c)) for c in columns] for row in rows)]
        widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
        for row in cells:
            print(
                "  ".join(
                    each.rjust(width) if n else each.ljust(width)
                    for n, (each, width) in enumerate(zip(row, widths, strict=True))
                ),
                flush=True,
            )

    def _count(self, count: int) -> int:
        return count // self._shrink

    def _data(self, count: int) -> Path:
        if count not in self._files:
            path = self._folder / f"users-{count}.json"
            self._files[count] = make_file("records", path, count)
        return self._files[count]

    def _configuration(self, url: str, **changes: Any) -> Path:
        return write_configuration(self._folder / "configuration.json", url, **changes)

    def _next_state(self) -> Path:
        self._states += 1
        return self._folder / f"state-{self._states}"

    @staticmethod
    def _has_node() -> bool:
        return bool(shutil.which("node")) and (PEERS / "node_modules").exists()


def _command(name: str, config: Path, state: Path, *options: str) -> list[str]:
    where = ["-config", str(config), "-state", str(state), "-json"]
    return [sys.executable, str(MAIN), name, *where, *options]


def _load_only(command: list[str]) -> None:
    """Load against a server that never answers; stop when all is in the queue."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "load_ended" in line:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stderr.close()


def _row(count: int, cost: Cost, seen: dict[str, Any], *, is_batch: bool) -> Row:
    """Say what a run came to: users a second between its first request and last.

    A batch is over too soon for that; there, it is over the whole process.
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


def _medians(name: str, rounds: list[Row]) -> Row:
    figures = {key: median(row[key] for row in rounds) for key in rounds[0]}
    return {"client": name} | figures


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _size_mb(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) / 1e6


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def main() -> int:
    """Run what was asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the users")
    names = ["start", "no_latency", "with_latency", "batches", "resume", "scale"]
    parser.add_argument("which", nargs="*", metavar="WHICH", help=", ".join(names))
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), is_quick=arguments.quick)
        for name in arguments.which or names:
            getattr(bench, name)()
        bench.tell_targets()
    print(f"\ntook {time.monotonic() - began:.0f} s")
    if not arguments.which and not arguments.quick:
        RESULTS.write_text(json.dumps(bench.results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
