"""Larger runs on a Dask cluster: kills, and the use of the rate. `make cluster`.

It starts a scheduler, workers and the API as processes and threads of this machine,
and prints what it sees. It ends with exit code 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cio_pipeline.core.identifiers import identity_of
from cio_pipeline.core.shard import shard_of
from cio_pipeline.sandbox.answers import Answer, Request
from tests.support.api import ScriptedApi
from tests.support.books import (
    check_database,
    check_order,
    count_sent_twice,
    expected_people,
    is_refused,
    numbered_records,
)
from tests.support.cluster import Cluster
from tests.support.program import Program, balances

_PATIENCE_SECONDS = 3600


class StrictApi(ScriptedApi):
    """An API that answers 429 when any second has more requests than the limit.

    It allows 2 % more, because it shares the cores with the shards: when it waits for
    one, requests that were sent evenly arrive together.
    """

    limit = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refused: list[float] = []
        self.most = 0
        self._recent: deque[float] = deque()

    def before(self, request: Request, connection: int) -> Answer | None:
        """Count the last second; refuse what is too much."""
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        self._recent.append(now)
        self.most = max(self.most, len(self._recent))
        is_refused = len(self._recent) > 1.02 * self.limit
        if is_refused:
            self.refused.append(now)
        answer = super().before(request, connection)
        return Answer(429) if is_refused else answer


def run(program: Program, cluster: Cluster, shards: int, *data: Path) -> dict[str, Any]:
    """Run a sync on the cluster to its end, and return its result."""
    where = ("-cluster", cluster.address, "-shards", str(shards), "-json")
    process = program.start("sync", "-data", *data, *where)
    stdout, stderr = process.communicate(timeout=_PATIENCE_SECONDS)
    if process.returncode not in (0, 1):
        sys.exit(f"exit code {process.returncode}:\n{stderr[-3000:]}\n{cluster.log()}")
    result: dict[str, Any] = json.loads(stdout)
    return result


def measure_rate(folder: Path, limit: int, seconds: int) -> bool:
    """Eight shards, of which four end early, at an API that enforces its limit."""
    most = limit * seconds
    of_shard: dict[int, list[int]] = {index: [] for index in range(8)}
    for number in range(3 * most):
        index = shard_of(identity_of(str(number)), 8)
        if len(of_shard[index]) < (most // 5 if index < 4 else most // 20):
            of_shard[index].append(number)
    records = [{"id": n, "name": "x"} for ids in of_shard.values() for n in ids]
    random.Random(1).shuffle(records)
    with StrictApi() as api, Cluster(folder / "dask", workers=2, threads=4) as cluster:
        api.limit = limit
        program = Program(folder, api.url)
        program.configure(requestsPerSecond=limit, parallelism=10)
        with contextlib.suppress(PermissionError):
            # A server that waits for a core gets several requests at one time, and
            # counts them together.
            os.nice(-10)
        result = run(program, cluster, 8, program.write_data(records))
        times = [entry.arrived for entry in api.ledger]
    half = times[4 * most // 10]  # here the small shards end
    all_eight = count_between(times, times[0] + 3, half - 2)
    four = count_between(times, half + 3, times[-1] - 3)
    print(
        f"limit {limit}/s, {len(records):,} users, 429s: {len(api.refused)},"
        f" most in a second: {api.most}"
    )
    if api.refused:
        print("  429s after", *(f"{at - times[0]:.1f}" for at in api.refused), "s")
    print(f"  eight shards: {all_eight:.0f}/s = {all_eight / limit:.3f} of the limit")
    print(f"  four left:    {four:.0f}/s = {four / limit:.3f} of the limit")
    return balances(result) and not api.refused


def count_between(times: list[float], start: float, end: float) -> float:
    """Return the requests per second between two times."""
    return sum(start <= each < end for each in times) / (end - start)


def kill_workers(folder: Path, count: int) -> bool:
    """Kill two of three workers in the middle, and compare with one process."""
    chance = random.Random(17)
    records = numbered_records(count, count * 2 // 3, chance.randrange)
    for record in chance.sample(records, count // 1000):
        record["computed_ltv"] = "x" * 1100
    with ScriptedApi() as api, Cluster(folder / "dask", workers=1) as cluster:
        for record in chance.sample(records, count // 1000):
            api.script(str(record["id"]), [503])
        program = Program(folder, api.url)
        program.configure(parallelism=10, requestsPerSecond=0)
        files = [
            program.write_data(part, f"part-{number}.json")
            for number, part in enumerate(
                (records[: count // 2], records[count // 2 :])
            )
        ]
        others = [cluster.start_worker() for _ in range(2)]
        killer = threading.Thread(target=_kill_at, args=(api, others, count))
        killer.start()
        began = time.monotonic()
        result = run(program, cluster, 3, *files)
        took = time.monotonic() - began
        killer.join()
        assert api.people() == expected_people(records)
        check_order(api, records)
        check_database(program)
        print(f"{count:,} records, 2 of 3 workers killed, {took:.0f} s")
        print(f"  sent again: {count_sent_twice(api):,}")
        print(f"  dead letters: {sum(map(is_refused, records)):,} expected")
        status = json.loads(program.run("status", "-json", "-shard", "*/3").stdout)
        print(f"  dead letters: {status['dead_letters']:,} found")
        print({key: value for key, value in result.items() if key != "shards"})
    return balances(result) and status["dead_letters"] == sum(map(is_refused, records))


def _kill_at(api: ScriptedApi, workers: list[Any], count: int) -> None:
    for share, worker in zip((0.3, 0.6), workers, strict=True):
        while len(api.ledger) < share * count:
            time.sleep(0.05)
        worker.kill()


def main() -> int:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--limit", type=int, default=400)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", choices=("rate", "kills"))
    given = parser.parse_args()
    results = []
    for name in ("rate", "kills"):
        if given.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                if name == "rate":
                    ok = measure_rate(Path(folder), given.limit, given.seconds)
                else:
                    ok = kill_workers(Path(folder), given.records)
                results.append(ok)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
