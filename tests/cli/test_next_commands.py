"""What a run says to do next, done."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from cio_pipeline.store import Store
from cio_pipeline.store.run_lock import RunLock
from tests.support.api import Answer, Entry, ScriptedApi
from tests.support.program import SIGINT, Outcome, Program, finish, killer

USERS = [{"id": n, "name": f"User {n}"} for n in range(2000)]


@pytest.fixture
def program(api: ScriptedApi, tmp_path: Path) -> Program:
    """Give the program in a folder whose name a shell would take apart."""
    folder = tmp_path / "it's a $HOME of `its` own"
    folder.mkdir()
    return Program(folder, api.url)


def paste(outcome: Outcome, after: str) -> subprocess.CompletedProcess[str]:
    """Run the command below a line of a summary, as pasted into a shell."""
    lines = outcome.stdout.splitlines()
    (place,) = [n for n, line in enumerate(lines) if line.startswith(after)]
    return subprocess.run(
        ["/bin/sh", "-c", lines[place + 1]],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        timeout=60,
    )


def test_the_command_for_the_dead_letters_shows_this_runs_own(
    api: ScriptedApi, program: Program
) -> None:
    """Last night's dead letters are not tonight's news."""
    refused = Answer(400, b'{"meta": {"error": "bad attribute"}}')
    api.script("1", [refused])
    program.sync(USERS[:5])
    api.script("3", [refused])
    data = program.write_data(USERS[:6])

    outcome = program.run("sync", "-data", data)
    shown = paste(outcome, "To see these records:")

    assert outcome.code == 1
    assert "1   rejected      400   bad attribute" in outcome.stdout
    assert shown.returncode == 0
    assert shown.stdout.startswith("1 dead letter, 1 cause")


def test_the_command_for_going_on_goes_on(api: ScriptedApi, program: Program) -> None:
    """Interrupted with all of the file queued: `resume` ends it."""
    data = program.write_data(USERS)
    process = program.start("sync", "-data", data)

    def interrupt(entry: Entry) -> None:
        if entry.number == 1000:
            killer(process, SIGINT)()

    api.after_answer = interrupt
    outcome = finish(process)
    again = paste(outcome, "To continue where it stopped")

    assert outcome.code == 130
    assert again.returncode == 0
    assert len(api.people()) == len(USERS)


def test_the_heartbeat_of_an_older_version_is_read(
    api: ScriptedApi, program: Program
) -> None:
    """An update while a run goes: `status` knows what there was to know then."""
    del api
    program.sync(USERS[:1])
    (folder,) = [each for each in program.state.iterdir() if each.is_dir()]
    old = '{"in_flight": 3, "rate": 2.0, "written_at": "2026-11-24T12:00:00+00:00"}'
    with Store(folder) as store, store.queue.transaction() as tx:
        tx.execute("UPDATE runs SET status = 'running', counts = ?", (old,))

    with RunLock(folder):
        status = program.status()
        text = program.run("status")

    assert status["running"]["heartbeat_at"] == "2026-11-24T12:00:00+00:00"
    assert status["running"]["progress"] is None
    assert f"process {os.getpid()}, run" in text.stdout
