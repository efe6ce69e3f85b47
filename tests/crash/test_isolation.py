"""Runs at the same time, folders that move, files that are replaced."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.settings import SandboxSettings
from tests.support.api import Entry, ScriptedApi
from tests.support.books import (
    check_database,
    check_order,
    expected_people,
    numbered_records,
)
from tests.support.program import SIGKILL, SIGTERM, Program, killer

RECORDS = numbered_records(1500, 600, random.Random(3).randrange)


def stop_at(api: ScriptedApi, number: int, stop: object) -> None:
    """Call something when the request with this number comes."""

    def look(entry: Entry) -> None:
        if entry.number == number:
            stop()  # type: ignore[operator]  # as just said

    api.before_answer = look


def kill_in_the_middle(api: ScriptedApi, program: Program, data: Path) -> None:
    """Start a sync and kill it at the hundredth request."""
    process = program.start("sync", "-data", data)
    stop_at(api, len(api.ledger) + 100, killer(process, SIGKILL))
    assert program.finish(process).code == -SIGKILL
    api.before_answer = None


@pytest.mark.parametrize("how", ["copied", "moved"])
def test_a_state_folder_can_be_moved(
    api: ScriptedApi, program: Program, tmp_path: Path, how: str
) -> None:
    """Nothing in it depends on its path."""
    data = program.write_data(RECORDS)
    kill_in_the_middle(api, program, data)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    there = replace(program, folder=elsewhere)
    (shutil.copytree if how == "copied" else shutil.move)(program.state, there.state)

    outcome = there.run("sync", "-data", data, "-json")

    assert outcome.code == 0
    assert api.people() == expected_people(RECORDS)
    check_order(api, RECORDS)


def test_a_copy_of_a_suspended_run_can_be_resumed(
    api: ScriptedApi, program: Program, tmp_path: Path
) -> None:
    """A snapshot of the folder in the middle of a write is consistent."""
    data = program.write_data(RECORDS)
    process = program.start("sync", "-data", data)
    stop_at(api, 200, killer(process, signal.SIGSTOP))
    deadline = time.monotonic() + 30
    while len(api.ledger) < 200:
        assert time.monotonic() < deadline
        time.sleep(0.01)  # it is stopped by the server, not by this clock
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copytree(program.state, elsewhere / "state")
    os.kill(process.pid, SIGKILL)
    program.finish(process)
    api.before_answer = None
    there = replace(program, folder=elsewhere)

    outcome = there.run("sync", "-data", data, "-json")

    assert outcome.code == 0
    assert api.people() == expected_people(RECORDS)
    check_order(api, RECORDS)
    check_database(there)


def test_a_newer_file_wins_over_what_an_interrupted_run_left(
    api: ScriptedApi, program: Program
) -> None:
    """The queued jobs are sent first, then the newer records."""
    older = [{"id": n, "name": f"old {n}", "computed_ltv": n} for n in range(600)]
    newer = [{"id": n, "name": f"new {n}"} for n in range(0, 600, 2)]
    kill_in_the_middle(api, program, program.write_data(older))

    outcome = program.run("sync", "-data", program.write_data(newer), "-json")

    assert outcome.code == 0
    assert outcome.result["resumed"] > 0
    assert outcome.result["records"] == 300
    people = api.people()
    assert [people[str(n)]["name"] for n in range(0, 600, 2)] == [
        f"new {n}" for n in range(0, 600, 2)
    ]


def test_reports_beside_a_run_disturb_nothing(tmp_path: Path) -> None:
    """`status` and the report only read; commands that change the queue are refused."""
    settings = SandboxSettings(port=0, faults=Faults(latency_ms=20))
    with ScriptedApi(settings) as api:
        program = Program(tmp_path, api.url, {"parallelism": 5})
        api.script("1", [400] * 10)
        data = program.write_data(RECORDS)
        process = program.start("sync", "-data", data, "-json")
        while len(api.ledger) < 50:
            assert process.poll() is None
            time.sleep(0.01)  # until it is on its way
        seen = [program.status() for _ in range(3)]
        letters = program.run("dead-letters", "-json")
        requeue = program.run("dead-letters", "requeue", "-all")
        second = program.run("resume")
        outcome = program.finish(process)

    assert all(status["running"]["pid"] == process.pid for status in seen)
    assert letters.code == 0
    assert requeue.code == second.code == 2
    assert str(process.pid) in requeue.stderr
    assert str(process.pid) in second.stderr
    assert outcome.code in (0, 1), outcome.stderr
    assert outcome.result["pending"] == 0


def test_a_stale_lock_is_ignored(api: ScriptedApi, program: Program) -> None:
    """The system's lock ends with its process."""
    data = program.write_data(RECORDS)
    kill_in_the_middle(api, program, data)
    locks = list(program.state.glob("*/*lock*"))

    outcome = program.run("resume", "-json")

    assert locks, "the killed run's lock file is still there"
    assert outcome.code == 0


def test_a_file_name_that_is_not_text_works(api: ScriptedApi, program: Program) -> None:
    """File names are bytes; only the reports may show one differently."""
    api.script("3", [400] * 9)
    written = program.write_data([{"id": n, "name": "a"} for n in range(40)])
    data = program.folder / os.fsdecode(b"caf\xe9.json")
    written.rename(data)
    program.kill_at = ("cio_pipeline.customerio.outcome:judge:return", 1)
    assert program.run("sync", "-data", data).code == -SIGKILL
    program.kill_at = None

    outcome = program.run("sync", "-data", data, "-json")
    text = program.run("sync", "-data", data)

    assert outcome.code == 1, outcome.stderr
    assert len(api.people()) == 39
    letters = program.dead_letters()
    assert {letter["source"] for letter in letters} == {"caf\ufffd.json"}
    assert text.code == 1, text.stderr


def test_a_stop_in_the_middle_of_a_load_goes_on_loading(
    api: ScriptedApi, program: Program
) -> None:
    """Records that were read are queued; the next run reads the others."""
    program.configure(api="batch")
    records = [{"id": n, "name": "x" * 500} for n in range(30_000)]
    data = program.write_data(records)
    process = program.start("sync", "-data", data, "-json")
    stop_at(api, 1, killer(process, SIGTERM))
    stopped = program.finish(process)
    api.before_answer = None

    again = program.run("sync", "-data", data, "-json")

    assert stopped.code == 128 + SIGTERM
    assert stopped.result["records"] + again.result["records"] == 30_000
    assert again.result["records"] > 0, "the load had ended before the stop"
    assert again.result["resumed"] == stopped.result["pending"]
    assert len(api.people()) == 30_000
