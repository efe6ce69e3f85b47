"""`-cluster ADDRESS -shards N`: one command, on the workers of a Dask cluster."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Entry, ScriptedApi
from tests.support.books import (
    check_database,
    check_order,
    count_sent_twice,
    expected_people,
    is_refused,
    numbered_records,
)
from tests.support.cluster import Cluster
from tests.support.program import SIGKILL, Program, balances

pytest.importorskip("distributed", reason="needs dask[distributed]")

SHARDS = 3
COUNT = 30_000


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three workers that several tests use, one after the other."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


def make_files(program: Program, api: ScriptedApi, count: int) -> list[dict[str, Any]]:
    """Write two files with users in both; some are refused, some fail at first."""
    chance = random.Random(17)
    records = numbered_records(count, count * 2 // 3, chance.randrange)
    for record in chance.sample(records, min(20, count // 5)):
        record["computed_ltv"] = "x" * 1100
    for record in chance.sample(records, min(20, count // 5)):
        api.script(str(record["id"]), [503])
    half = count // 2
    program.write_data(records[:half], "one.json")
    program.write_data(records[half:], "two.json")
    return records


def start(program: Program, address: str, *options: str) -> subprocess.Popen[str]:
    """Start a sync of both files on a cluster."""
    files = [program.folder / name for name in ("one.json", "two.json")]
    where = ("-cluster", address, "-shards", str(SHARDS), "-json", *options)
    return program.start("sync", "-data", *files, *where)


def at_request(api: ScriptedApi, numbers: list[int], act: Callable[[], object]) -> None:
    """Call a function when the API gets certain requests."""
    left = sorted(numbers)

    def look(entry: Entry) -> None:
        if left and entry.number >= left[0]:
            left.pop(0)
            threading.Thread(target=act).start()

    api.before_answer = look


def refused_in(records: list[dict[str, Any]]) -> int:
    """Count what Customer.io refuses."""
    return sum(map(is_refused, records))


def check_end(
    program: Program, api: ScriptedApi, records: list[dict[str, Any]]
) -> None:
    """Check that the end state and the order are those of one process."""
    assert api.people() == expected_people(records)
    check_order(api, records)
    check_database(program)
    status = json.loads(program.run("status", "-json", "-shard", "*/3").stdout)
    assert (status["pending"], status["running"]) == (0, None)
    assert status["dead_letters"] == refused_in(records)


def test_workers_that_are_killed_lose_nothing(
    program: Program, api: ScriptedApi, tmp_path: Path
) -> None:
    """Their shards go on where they stopped, on the workers that are left."""
    program.configure(parallelism=8, requestsPerSecond=0)
    records = make_files(program, api, COUNT)
    with Cluster(tmp_path / "dask", workers=1) as cluster:
        others = [cluster.start_worker() for _ in range(2)]
        at_request(api, [COUNT // 4, COUNT // 2], lambda: others.pop().kill())
        outcome = program.finish(start(program, cluster.address))

    assert outcome.code == 1, outcome.stderr
    assert others == []
    assert outcome.stderr.startswith("3 workers: the workers share the state folder")
    result = outcome.result
    assert balances(result)
    assert result["status"] == "completed_with_dead_letters"
    assert (result["records"], result["resumed"]) == (COUNT, 0)
    assert result["dead_lettered"] == refused_in(records)
    assert [shard["shard"] for shard in result["shards"]] == ["0/3", "1/3", "2/3"]
    check_end(program, api, records)
    assert count_sent_twice(api) == 0


def test_a_calm_run_does_exactly_what_one_process_does(
    program: Program, api: ScriptedApi, cluster: Cluster
) -> None:
    """Each record once, and one summary of all of them for people."""
    records = make_files(program, api, 3000)
    outcome = program.finish(start(program, cluster.address))

    assert outcome.code == 1, outcome.stderr
    result = outcome.result
    assert balances(result)
    assert result["records"] == len(records)
    assert result["dead_lettered"] == refused_in(records)
    assert count_sent_twice(api) == 0
    check_end(program, api, records)
    data = program.folder / "one.json"
    where = ("-cluster", cluster.address, "-shards", str(SHARDS))
    text = program.run("sync", "-data", data, *where).stdout
    assert text.startswith("Done, but")
    assert "-shard '*/3'" in text


def test_a_stopped_run_goes_on(
    program: Program, api: ScriptedApi, cluster: Cluster
) -> None:
    """Ctrl-C reaches every shard, and nothing is sent twice."""
    program.configure(requestsPerSecond=1500)
    records = make_files(program, api, 3000)
    running = start(program, cluster.address)
    at_request(api, [1000], lambda: running.send_signal(signal.SIGINT))
    first = program.finish(running)
    second = program.finish(start(program, cluster.address))

    assert first.code == 130, first.stderr
    assert first.result["status"] == "stopped"
    assert balances(first.result)
    assert second.code == 1, second.stderr
    assert count_sent_twice(api) == 0
    both = [first.result["synced"], second.result["synced"]]
    assert sum(both) == len(records) - refused_in(records)
    check_end(program, api, records)


def test_a_killed_driver_is_replaced(
    program: Program, api: ScriptedApi, cluster: Cluster
) -> None:
    """Its shards stop by themselves, and the same command waits for that."""
    program.configure(requestsPerSecond=1000)
    records = make_files(program, api, 3000)
    running = start(program, cluster.address)
    at_request(api, [1000], lambda: running.send_signal(SIGKILL))
    running.communicate(timeout=60)
    second = program.finish(start(program, cluster.address))

    assert second.code == 1, second.stderr
    assert balances(second.result)
    check_end(program, api, records)
    assert count_sent_twice(api) == 0


def test_a_lost_scheduler_is_one_line_and_the_work_is_kept(
    program: Program, api: ScriptedApi, tmp_path: Path
) -> None:
    """The shards stop with their workers; the same command goes on."""
    program.configure(requestsPerSecond=1500)
    records = make_files(program, api, 3000)
    with Cluster(tmp_path / "dask") as cluster:
        scheduler = cluster.processes[0]
        running = start(program, cluster.address)
        at_request(api, [1000], scheduler.kill)
        first = program.finish(running)
        cluster.start_scheduler()
        for _ in range(SHARDS):
            cluster.start_worker()
        second = program.finish(start(program, cluster.address))

    assert first.code == 3, first.stderr
    assert "error: the scheduler at tcp://" in first.stderr
    assert "Traceback" not in first.stderr
    assert (first.result["status"], first.result["reason"]) == (
        "stopped",
        "cluster_lost",
    )
    assert second.code == 1, second.stderr
    check_end(program, api, records)


def test_no_scheduler_is_one_line(program: Program, api: ScriptedApi) -> None:
    """An address with a mistake, or a cluster that is not started yet."""
    make_files(program, api, 10)
    outcome = program.finish(start(program, "tcp://127.0.0.1:9"))

    assert outcome.code == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def fake_dask(folder: Path) -> dict[str, str]:
    """Make a worker's environment in which Dask seems to have another version."""
    about = folder / "fake" / "dask-1.2.3.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Name: dask\nVersion: 1.2.3\n", "utf-8")
    root = Path(__file__).resolve().parents[2]
    return {"PYTHONPATH": f"{folder / 'fake'}:{root}"}


def test_what_a_worker_lacks_is_found_before_anything_is_sent(
    program: Program, api: ScriptedApi, tmp_path: Path
) -> None:
    """One line each, with the worker and what to do."""
    make_files(program, api, 10)
    with Cluster(tmp_path / "dask", workers=0) as cluster:
        other = cluster.start_worker(**fake_dask(tmp_path))
        versions = program.finish(start(program, cluster.address))
        other.kill()
        other.wait()
        other = cluster.start_worker(PYTHONPATH="")
        missing = program.finish(start(program, cluster.address))
        other.kill()
        other.wait()

    assert [versions.code, missing.code] == [2, 2]
    assert "has dask 1.2.3, and this machine has" in versions.stderr
    assert "cannot run this program" in missing.stderr
    assert api.ledger == []


def test_two_shards_never_share_a_queue(
    program: Program, api: ScriptedApi, cluster: Cluster
) -> None:
    """Work left by another number of shards would be sent after newer data."""
    make_files(program, api, 100)
    api.answer_all(503)
    program.configure(maxOutageSeconds=1)
    left = program.run("sync", "-data", program.folder / "one.json", "-shard", "0/2")
    api.answer_all(None)
    sent = len(api.ledger)
    outcome = program.finish(start(program, cluster.address))

    assert left.code == 3
    assert outcome.code == 2
    assert "an earlier run left" in outcome.stderr
    assert "with -shard 0/2" in outcome.stderr
    assert len(api.ledger) == sent
