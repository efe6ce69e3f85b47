"""A disk that is full, fails, or holds something else: nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.settings import SandboxSettings
from tests.support.api import Answer, ScriptedApi
from tests.support.books import (
    check_database,
    check_order,
    expected_people,
    numbered_records,
)
from tests.support.program import Program, balances

RECORDS = numbered_records(4000, 1500, random.Random(7).randrange)
LOADED = ("cio_pipeline.store.__init__:Store.finish_load:return", 1)
LONG_REFUSAL = Answer(400, b'{"meta":{"error":"' + b"no " * 300 + b'"}}')


@pytest.fixture
def slow_api() -> Iterator[ScriptedApi]:
    """Give a server slow enough for the queue to fill."""
    settings = SandboxSettings(port=0, faults=Faults(latency_ms=200))
    with ScriptedApi(settings) as api:
        yield api


def queue_file(program: Program) -> Path:
    """Find the state's file."""
    (file,) = program.state.glob("*/queue.db")
    return file


@pytest.mark.parametrize("disk", ["pages=40", "bytes=200000"])
def test_a_disk_full_while_loading(
    slow_api: ScriptedApi, tmp_path: Path, disk: str
) -> None:
    """Exit 3 with a message; once there is room the next run goes on."""
    program = Program(tmp_path, slow_api.url, {"parallelism": 2})
    data = program.write_data(RECORDS)

    program.disk = disk
    full = program.run("sync", "-data", data, "-json")
    program.disk = None
    check_database(program)
    slow_api.sandbox.set_faults(Faults())
    again = program.run("sync", "-data", data, "-json")

    assert full.code == 3
    assert full.result["reason"] == "state_unwritable"
    assert balances(full.result)
    assert "took no more writes" in full.stderr
    assert "Traceback" not in full.stderr
    assert again.code == 0, again.stderr
    assert again.result["records"] + full.result["records"] == len(RECORDS)
    assert slow_api.people() == expected_people(RECORDS)
    check_order(slow_api, RECORDS)


@pytest.mark.parametrize("more", ["pages", "bytes"])
def test_a_disk_full_while_settling(
    api: ScriptedApi, program: Program, more: str
) -> None:
    """Dead letters that find no room leave their jobs in the queue."""
    records = RECORDS[:1000]
    data = program.write_data(records)
    program.kill_at = LOADED
    program.run("sync", "-data", data)
    program.kill_at = None
    left = program.status()["pending"]  # some may have been sent while loading
    size = queue_file(program).stat().st_size
    api.answer_all(LONG_REFUSAL)

    room = {"pages": size // 4096 + 10, "bytes": size + 40_000}[more]
    program.disk = f"{more}={room}"
    full = program.run("resume", "-json")
    program.disk = None
    check_database(program)
    buried = len(program.dead_letters())
    api.answer_all(None)
    again = program.run("resume", "-json")

    assert full.code == 3, full.stderr
    assert full.result["reason"] == "state_unwritable"
    assert full.result["dead_lettered"] == buried < left
    assert again.code == 0
    assert again.result["resumed"] == again.result["synced"] == left - buried
    assert balances(full.result)
    check_database(program)


def test_a_disk_with_no_room_at_the_start(api: ScriptedApi, program: Program) -> None:
    """Nothing was sent, and it says why."""
    program.disk = "bytes=1000"
    outcome = program.sync(RECORDS[:10])
    program.disk = None

    assert outcome.code == 3
    assert "took no more writes" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert api.ledger == []
    assert program.sync(RECORDS[:10]).code == 0


def test_a_damaged_state_is_told_and_left_alone(
    api: ScriptedApi, program: Program
) -> None:
    """Exit 2, and whoever mends it finds it as it was."""
    data = program.write_data(RECORDS)
    program.kill_at = LOADED
    program.run("sync", "-data", data)
    program.kill_at = None
    file = queue_file(program)
    file.with_name(file.name + "-wal").unlink()  # what it holds would be used
    with file.open("r+b") as state:
        size = state.seek(0, 2)
        state.seek(4096)
        state.write(b"\xa5" * (size - 4096))
    sent = len(api.ledger)

    outcome = program.run("resume", "-json")

    assert outcome.code == 2
    assert "damaged" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert len(api.ledger) == sent
    assert file.exists()


def test_a_read_only_file_system_is_told(program: Program) -> None:
    """As far as a file that nobody may open can stand for one."""
    program.sync(RECORDS[:10])
    file = queue_file(program)
    file.unlink()
    file.mkdir()

    outcome = program.run("resume")

    assert outcome.code == 3
    assert "cannot be written" in outcome.stderr
    assert "Traceback" not in outcome.stderr
