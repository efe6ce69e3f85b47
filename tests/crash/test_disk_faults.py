"""A disk that is full, fails, or holds something else: nothing is lost."""

from __future__ import annotations

import random
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
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
LOADED = ("cio_pipeline.store.store:Store.finish_load:return", 1)
LONG_REFUSAL = Answer(400, b'{"meta":{"error":"' + b"no " * 300 + b'"}}')


@pytest.fixture
def slow_api() -> Iterator[ScriptedApi]:
    """Return a server that is slow enough to let the queue fill."""
    settings = SandboxSettings(port=0, faults=Faults(latency_ms=200))
    with ScriptedApi(settings) as api:
        yield api


def queue_file(program: Program) -> Path:
    """Return the path of the state's file."""
    (file,) = program.state.glob("*/queue.db")
    return file


def other_programs_database(place: Path) -> bytes:
    """Return the bytes of another program's database."""
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("CREATE TABLE music (title TEXT)")
    content = place.read_bytes()
    place.unlink()
    return content


@pytest.mark.parametrize("disk", ["pages=40", "bytes=200000"])
def test_a_disk_full_while_loading(
    slow_api: ScriptedApi, tmp_path: Path, disk: str
) -> None:
    """Exit 3 with a message; the next run continues when there is room."""
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
    assert "cannot be written" in full.stderr
    assert "Traceback" not in full.stderr
    assert again.code == 0, again.stderr
    assert again.result["records"] + full.result["records"] == len(RECORDS)
    assert slow_api.people() == expected_people(RECORDS)
    check_order(slow_api, RECORDS)


@pytest.mark.parametrize("more", ["pages", "bytes"])
def test_a_disk_full_while_settling(
    api: ScriptedApi, program: Program, more: str
) -> None:
    """Jobs stay in the queue if there is no room for their dead letters."""
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
    """Nothing is sent, and the message says why."""
    program.disk = "bytes=1000"
    outcome = program.sync(RECORDS[:10])
    program.disk = None

    assert outcome.code == 3
    assert "cannot be written" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert api.ledger == []
    assert program.sync(RECORDS[:10]).code == 0


def test_a_run_that_could_not_start_has_a_result(
    program: Program,
) -> None:
    """Scripts read it; the number of queued jobs can still be read."""
    data = program.write_data(RECORDS[:100])
    program.kill_at = LOADED
    program.run("sync", "-data", data)
    program.kill_at = None

    program.disk = "fails=FULL@1"
    outcome = program.run("resume", "-json")
    program.disk = None

    assert outcome.code == 3
    assert outcome.result["status"] == "stopped"
    assert outcome.result["reason"] == "state_unwritable"
    assert outcome.result["pending"] == outcome.result["resumed"] > 0
    assert "the disk is full" in outcome.stderr
    again = program.resume()
    assert again.code == 0
    assert again.result["resumed"] == outcome.result["pending"]


@pytest.mark.parametrize("kind", ["FULL", "IOERR", "READONLY", "BUSY"])
def test_a_failed_cleanup_does_not_change_the_result(
    program: Program, kind: str
) -> None:
    """The run shortens its log last; the next run can do that too."""
    program.disk = f"fails={kind}@PRAGMA wal_checkpoint(TRUNCATE)"
    outcome = program.sync(RECORDS[:100])
    program.disk = None

    assert outcome.code == 0, outcome.stderr
    assert outcome.result["synced"] == 100
    assert program.status()["pending"] == 0


@pytest.mark.parametrize("commit", range(1, 12))
def test_any_one_commit_may_fail(
    api: ScriptedApi, program: Program, commit: int
) -> None:
    """Exit 3 and a balanced result for every commit that fails; the order is kept.

    What is settled after a commit that failed must not reach the disk without
    it: the next run would send a user's older record after the newer one.
    """
    kind = ["FULL", "IOERR", "BUSY"][commit % 3]
    records = numbered_records(60, 6, random.Random(commit).randrange)
    data = program.write_data(records)
    program.configure(parallelism=3)
    api.sandbox.set_faults(Faults(latency_ms=20))

    program.disk = f"fails={kind}@{commit}"
    failed = program.run("sync", "-data", data, "-json")
    program.disk = None
    check_database(program)
    again = program.run("sync", "-data", data, "-json")

    assert failed.code == 3, failed.stderr
    assert failed.result["reason"] == "state_unwritable"
    assert balances(failed.result)
    assert "Traceback" not in failed.stderr
    assert again.code == 0, again.stderr
    assert balances(again.result)
    assert api.people() == expected_people(records)
    check_order(api, records)


def test_a_damaged_state_is_reported_and_not_changed(
    api: ScriptedApi, program: Program
) -> None:
    """Exit 2; the file can be repaired because it was not changed."""
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


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"shopping list: eggs, milk\n" * 200, "not a queue of this program"),
        (b"SQLite format 3\x00" + b"\xff" * 4096, "not a queue of this program"),
        (other_programs_database, "not a queue of this program"),
    ],
    ids=["text", "half a database", "another program's"],
)
def test_a_file_of_another_kind_is_reported_and_not_changed(
    api: ScriptedApi,
    program: Program,
    content: bytes | Callable[[Path], bytes],
    problem: str,
) -> None:
    """Exit 2, the file not changed, and nothing sent."""
    program.sync(RECORDS[:1])
    file = queue_file(program)
    file.unlink()
    before = content if isinstance(content, bytes) else content(file)
    file.write_bytes(before)
    sent = len(api.ledger)

    commands = [["resume"], ["status"], ["dead-letters"]]
    outcomes = [program.run(*command) for command in commands]

    assert [outcome.code for outcome in outcomes] == [2, 2, 2]
    assert all(problem in outcome.stderr for outcome in outcomes)
    assert all("Traceback" not in outcome.stderr for outcome in outcomes)
    assert file.read_bytes() == before
    assert len(api.ledger) == sent


def test_a_file_instead_of_the_folder_is_reported(program: Program) -> None:
    """Exit 3: the work cannot be stored."""
    program.state.write_text("a file", "utf-8")

    outcome = program.sync(RECORDS[:10])

    assert outcome.code == 3
    assert "cannot be used" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert program.state.read_text("utf-8") == "a file"


def test_a_folder_instead_of_the_file_is_reported(program: Program) -> None:
    """Exit 3, in one line."""
    program.sync(RECORDS[:10])
    file = queue_file(program)
    file.unlink()
    file.mkdir()

    outcome = program.run("resume")

    assert outcome.code == 3
    assert "cannot be written" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_file_that_may_not_be_written_keeps_its_work(
    api: ScriptedApi, program: Program
) -> None:
    """Exit 3 with the number of queued jobs; later the run continues."""
    data = program.write_data(RECORDS[:100])
    program.kill_at = LOADED
    program.run("sync", "-data", data)
    program.kill_at = None
    file = queue_file(program)
    file.chmod(0o400)

    program.disk = "modes=1"
    shut = program.run("resume", "-json")
    program.disk = None
    file.chmod(0o600)
    again = program.resume()

    assert shut.code == 3, shut.stderr
    assert shut.result["reason"] == "state_unwritable"
    assert "Permission denied" in shut.stderr
    assert again.code == 0
    assert again.result["resumed"] == shut.result["pending"] > 0
    assert api.people() == expected_people(RECORDS[:100])


def test_a_read_only_file_system_is_reported(program: Program) -> None:
    """A real one, if the machine allows a test to mount it."""
    data = program.write_data(RECORDS[:100])
    program.kill_at = LOADED
    program.run("sync", "-data", data)
    program.kill_at = None
    command = program.arguments("resume", "-json")
    script = 'mount --bind -o ro "$0" "$0" && exec "$@"'
    inside = ["unshare", "-rm", "sh", "-c", script, program.state]
    try:
        subprocess.run([*inside, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no mounting here: {error}")

    outcome = subprocess.run(
        [*inside, *command], check=False, capture_output=True, text=True, timeout=60
    )

    assert outcome.returncode == 3, outcome.stderr
    assert "Read-only file system" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert program.resume().code == 0
