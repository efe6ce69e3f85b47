"""The tables of figures. Each function measures one, and returns its rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from measure import HERE, Cost, RunningServer, run, run_together, server, wait
from workbench import (
    MAIN,
    OURS,
    Row,
    Workbench,
    check_synced,
    cores,
    cost_row,
    has_node,
    last_tenths_rate,
    medians,
    program,
    size_mb,
    sync_command,
)

ROUNDS = 3
SHORT_ROUNDS = 5  # of what takes less than a second or two
LATENCY_MS = 80.0

_Name = TypeVar("_Name")
_Found = TypeVar("_Found")


def start(bench: Workbench) -> list[Row]:
    """Measure starts: of `-help`, and of what looks at a small queue."""
    state = bench.next_state()
    _, ended = bench.run_sync(bench.count(10_000), state=state)
    config = bench.configuration(ended.url)
    bare, parser = "python -c pass", "python -c 'import argparse'"
    commands = {
        bare: ("", [sys.executable, "-c", "pass"]),
        parser: ("", [sys.executable, "-c", "import argparse"]),
        "-help": (parser, [sys.executable, str(MAIN), "-help"]),
        "status": (bare, program("status", config, state)),
        "dead-letters": (bare, program("dead-letters", config, state)),
    }
    costs = _in_turns(
        {name: partial(run, command) for name, (_, command) in commands.items()},
        SHORT_ROUNDS,
    )
    cpu = {name: median(c.cpu_seconds for c in each) for name, each in costs.items()}
    return [
        {
            "command": name,
            "beside": beside,
            "times its CPU": cpu[name] / cpu[beside] if beside else None,
            "cpu s": cpu[name],
            "seconds": median(cost.seconds for cost in costs[name]),
            "peak MB": median(cost.peak_mb for cost in costs[name]),
        }
        for name, (beside, _) in commands.items()
    ]


def reading(bench: Workbench) -> list[Row]:
    """Measure the program's reader beside the parser alone (`reading.py`)."""
    rows = []
    for kind, data, parser, count in (
        ("records", "JSON array, flat", "orjson.loads of it all", 200_000),
        ("nested", "JSON array, nested", "orjson.loads of it all", 60_000),
        ("jsonl", "JSON Lines", "orjson.loads of each line", 200_000),
        ("csv", "CSV", "csv.reader, dict of each row", 200_000),
    ):
        records = bench.count(count)
        path = bench.data(kind, records)
        sides = ("ours", "parser")
        found = _in_turns(
            {which: partial(_reading_seconds, which, path) for which in sides},
            SHORT_ROUNDS,
        )
        ours, theirs = (1e6 * median(found[which]) / records for which in sides)
        rows.append(
            {
                "data": data,
                "bytes a record": path.stat().st_size / records,
                "us CPU a record": ours,
                "beside": parser,
                "its us CPU a record": theirs,
                "times its CPU": ours / theirs,
            }
        )
    return rows


def steps(bench: Workbench) -> list[Row]:
    """Measure where the CPU of a user goes in a batch run (`steps.py`)."""
    count = bench.count(200_000)
    data, config = bench.data("records", count), bench.configuration("http://127.0.0.1")
    cost = run([sys.executable, HERE / "steps.py", data, config])
    micros: dict[str, float] = json.loads(cost.stdout)
    start, complete = (bench.sync(n, api="batch") for n in (1, count))
    total = 1e6 * (complete["cpu s"] - start["cpu s"]) / count
    micros["loops, threads, HTTP, garbage"] = total - sum(micros.values())
    return [
        {"step": name, "us CPU a user": each, "share": each / total}
        for name, each in micros.items()
    ]


def no_latency(bench: Workbench) -> list[Row]:
    """Measure one request a user, 25 in flight, as fast as it goes; peers too."""
    ours, theirs = bench.count(60_000), bench.count(6_000)
    peer = partial(bench.peer, data=bench.data("payloads", theirs), count=theirs)
    clients: dict[str, Callable[[], Row]] = {
        OURS: lambda: bench.sync(ours),
        "customerio (Python)": lambda: peer("official"),
        "requests, one session": lambda: peer("requests"),
        "urllib3, bare": lambda: peer("urllib3"),
    }
    if has_node():
        clients["customerio-node"] = lambda: peer("node")
    return _beside_ours(_in_turns(clients, ROUNDS))


def with_latency(bench: Workbench) -> list[Row]:
    """Measure 80 ms an answer: the share of what 25 and 100 threads can do."""
    rows = []
    for threads, bound, count in ((25, 0, 6_000), (100, 1000, 20_000)):
        row = bench.sync(
            bench.count(count),
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
    return rows


def batches(bench: Workbench) -> list[Row]:
    """Measure many users a request, file to acked; a script and a client too."""
    count = bench.count(200_000)
    records, payloads = bench.data("records", count), bench.data("payloads", count)
    rows = []
    for latency_ms in (0.0, LATENCY_MS):
        sync = partial(bench.sync, count, latency_ms=latency_ms, api="batch")
        peer = partial(bench.peer, count=count, latency_ms=latency_ms)
        clients = {
            OURS: sync,
            "script: json.load, batch()": partial(peer, "script", records),
            "batch() of ready payloads": partial(peer, "batch", payloads),
        }
        rows += [
            {"client": row["client"], "latency ms": latency_ms} | row
            for row in _beside_ours(_in_turns(clients, ROUNDS))
        ]
    return rows


def shards(bench: Workbench) -> list[Row]:
    """Measure two shards on two cores beside one run of the same file."""
    if cores() < 2:
        print("\nshards are left out: this process may use one core only")
        return []
    count = bench.count(300_000)
    runs = {number: partial(_shards, bench, count, number) for number in (1, 2)}
    rows: list[Row] = [
        {"shards": number} | medians(rounds)
        for number, rounds in _in_turns(runs, ROUNDS).items()
    ]
    for row in rows:
        row["times one"] = row["users/s"] / rows[0]["users/s"]
    return rows


def changed_only(bench: Workbench) -> list[Row]:
    """Measure `-changed-only`, in batches: a first run, and one with 1 % changed."""
    rows = _changed_only(bench, bench.count(1_000_000))
    if bench.is_large:
        rows += _changed_only(bench, bench.count(5_000_000))
    return rows


def resume(bench: Workbench) -> list[Row]:
    """Measure how soon the first request leaves, with few and many pending."""
    return [_resume(bench, bench.count(count)) for count in (10_000, 1_000_000)]


def scale(bench: Workbench) -> list[Row]:
    """Measure ten thousand and a million users: time and memory, the state after."""
    rows = []
    for api in ("customers", "batch"):
        for count in (10_000, 1_000_000):
            state = bench.next_state()
            row = bench.sync(bench.count(count), state=state, api=api)
            row["us a user"] = 1e6 / row["users/s"]
            row["state MB after"] = size_mb(state)
            rows.append({"api": api, "users": bench.count(count)} | row)
    return rows


# -- pieces --------------------------------------------------------------------


def _in_turns(
    measures: Mapping[_Name, Callable[[], _Found]], rounds: int
) -> dict[_Name, list[_Found]]:
    """Take each measure once in every round, so that a busy minute meets all."""
    found: dict[_Name, list[_Found]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def _beside_ours(measured: dict[str, list[Row]]) -> list[Row]:
    rows: list[Row] = [
        {"client": name} | medians(rounds) for name, rounds in measured.items()
    ]
    for row in rows:
        row["ours is times"] = rows[0]["users/s"] / row["users/s"]
    return rows


def _reading_seconds(which: str, path: Path) -> float:
    return float(run(_reading(which, path)).stdout)


def _reading(which: str, *files: Path) -> list[str | Path]:
    return [sys.executable, HERE / "reading.py", which, *files]


def _shards(bench: Workbench, count: int, number: int) -> Row:
    """Run some shards of a file together, as one cost."""
    state, data = bench.next_state(), bench.data("records", count)
    with server() as running:
        config = bench.configuration(running.url, api="batch")
        commands = [
            sync_command(config, state, data, "-shard", f"{index}/{number}")
            for index in range(number)
        ]
        costs = run_together(commands)
    check_synced(costs, count)
    together = Cost(
        seconds=max(cost.seconds for cost in costs),
        cpu_seconds=sum(cost.cpu_seconds for cost in costs),
        peak_mb=max(cost.peak_mb for cost in costs),
        stdout="",
    )
    return cost_row(count, together, running.seen, is_batch=True)


def _changed_only(bench: Workbench, count: int) -> list[Row]:
    state = bench.next_state()
    changed = bench.data("changed", count)
    reading = run(_reading("mapped", changed, bench.configuration("http://127.0.0.1")))
    plain, plain_server = bench.run_sync(count, api="batch")
    sync = partial(bench.run_sync, count, "-changed-only", api="batch", state=state)
    first, first_server = sync()
    first_mb = size_mb(state)
    second, _ = sync(data=changed, port=first_server.port, to_send=count // 100)
    row = partial(_changed_only_row, count)
    return [
        row("plain", plain, None, ended=plain_server),
        row(
            "first", first, plain, beside="plain", ended=first_server, state_mb=first_mb
        ),
        row("read and map", reading, None),
        row("1 % changed", second, reading, beside="read and map"),
    ]


def _changed_only_row(
    count: int,
    name: str,
    cost: Cost,
    other: Cost | None,
    *,
    beside: str = "",
    ended: RunningServer | None = None,
    state_mb: float | None = None,
) -> Row:
    rate = last_tenths_rate(ended.seen["arrivals"]) if ended else None
    return {
        "users": count,
        "run": name,
        "us CPU a user": 1e6 * cost.cpu_seconds / count,
        "beside": beside,
        "times its CPU": cost.cpu_seconds / other.cpu_seconds if other else None,
        "last tenth's rate": rate,
        "users/s": count / cost.seconds,
        "peak MB": cost.peak_mb,
        "state MB after": state_mb,
    }


def _resume(bench: Workbench, count: int) -> Row:
    state, data = bench.next_state(), bench.data("records", count)
    with server(latency_ms=3_600_000) as silent:
        config = bench.configuration(silent.url)
        began = time.monotonic()
        _load_only(program("sync", config, state, "-data", str(data)))
        load_seconds = time.monotonic() - began
    size = size_mb(state)
    with server(latency_ms=50, port=silent.port) as alive:
        began = time.monotonic()
        process = subprocess.Popen(
            program("resume", config, state),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(3)
        # Not by `terminate`: where it has ended, that would take what it used.
        os.kill(process.pid, signal.SIGTERM)
        usage = wait(process)
    return {
        "pending": count,
        "state MB": size,
        "s to load": load_seconds,
        "s to the first request": alive.seen["first"] - began,
        "peak MB": usage.ru_maxrss / 1024,
    }


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
