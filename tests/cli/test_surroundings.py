"""Streams, terminals, folders and disks that are not as usual; see the property."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.api import Answer, ScriptedApi
from tests.support.program import MAIN, Program, finish
from tests.support.surroundings import GONE_FOLDER, Ending, Surroundings, run_in
from tests.support.terminal import Terminal

USERS = [{"id": n, "name": "Zoë", "computed_ltv": n} for n in range(3)]
needs_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs Linux's /dev/full"
)


def sync_in(program: Program, surroundings: Surroundings, *options: str) -> Ending:
    """Sync three users in some surroundings."""
    data = program.write_data(USERS)
    command = program.arguments("sync", "-data", data, *options)
    return run_in(surroundings, list(command), program.folder)


@pytest.mark.parametrize("columns", [0, 1, 10])
def test_a_terminal_of_any_width_is_wide_enough(program: Program, columns: int) -> None:
    """``docker run -t`` and serial consoles say that they have no columns."""
    terminal = f"terminal of {columns}"
    ended = sync_in(program, Surroundings(stdout=terminal, stderr=terminal))

    assert ended.code == 0


def test_a_window_may_be_made_tiny_and_wide_again(
    program: Program, api: ScriptedApi
) -> None:
    """Somebody drags its edge while the run goes."""
    api.script("1", [Answer(429, b"{}", "2")])
    data = program.write_data(USERS)
    with Terminal(program.arguments("sync", "-data", data)) as terminal:
        terminal.wait_for("Customer.io asked us to slow down")
        for columns in (1, 3, 20, 80):
            terminal.resize(columns)
        code = terminal.finish()

    assert code == 0
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_syncs_all_and_leaves_the_queue_sound(
    program: Program, api: ScriptedApi, closed: str
) -> None:
    """The queue's file must not get the number of a stream that libraries use."""
    ended = sync_in(program, Surroundings(**{closed: "closed"}), "-log-level", "debug")

    assert ended.code == 0
    assert len(api.people()) == 3
    assert program.status()["synced_total"] == 3


def test_closed_standard_input_cannot_be_the_data(
    program: Program, api: ScriptedApi
) -> None:
    """An empty file would be no mistake; one that is not there is."""
    command = program.arguments("sync", "-data", "-", "-format", "jsonl")
    ended = run_in(Surroundings(stdin="closed"), list(command), program.folder)

    assert ended.code == 2
    assert b"error: standard input: it is closed" in ended.stderr
    assert api.ledger == []


@needs_full
def test_a_result_that_cannot_be_written_is_reported_on_stderr(
    program: Program, api: ScriptedApi
) -> None:
    """The exit code says what the run came to, and stderr that the result is lost."""
    api.answer_all(401)
    ended = sync_in(program, Surroundings(stdout="full"), "-json")

    assert ended.code == 3
    assert b"result could not be written to stdout: No space left" in ended.stderr


def test_a_reader_that_went_away_is_no_matter(program: Program) -> None:
    """``| head`` has what it wants: no word about it, and no other exit code."""
    ended = sync_in(program, Surroundings(stdout="broken"), "-quiet")

    assert (ended.code, ended.stderr) == (0, b"")


@pytest.mark.parametrize("stdout", ["broken", "gone"])
def test_status_watch_ends_when_nobody_can_see_it(
    program: Program, stdout: str
) -> None:
    """It would go on for ever: no signal tells it that its reader has gone."""
    command = program.arguments("status", "-watch", "0.1")
    ended = run_in(Surroundings(stdout=stdout), list(command), program.folder)

    assert ended.code == 0


def test_the_sandbox_serves_without_a_stdout() -> None:
    """It is started by scripts, which may not care for its address."""
    command = [sys.executable, MAIN, "sandbox", "-port", "0"]
    process = subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(2)
    process.terminate()

    assert finish(process).code == 0


def test_a_result_in_ascii_is_the_same_document(program: Program) -> None:
    """A program that reads it in a C locale gets no broken JSON."""
    program.write_data(USERS, "zoë.json")
    command = program.arguments("check", "-data", program.folder / "zoë.json", "-json")
    ended = run_in(
        Surroundings(environment={"PYTHONIOENCODING": "ascii"}),
        list(command),
        program.folder,
    )

    assert ended.code == 0
    assert "Zoë" in str(json.loads(ended.stdout.decode("ascii")))


def test_a_current_directory_that_was_deleted_is_named(program: Program) -> None:
    """What is named in full is found; a relative path cannot be."""
    nowhere = ["sync", "-config", "nowhere.json", "-data", "x"]
    command = [sys.executable, MAIN, *nowhere]
    ended = run_in(Surroundings(folder=GONE_FOLDER), command, program.folder)

    assert ended.code == 2
    assert b"no such file (the current directory does not exist)" in ended.stderr


@needs_full
def test_a_log_file_that_takes_no_more_is_told_once(program: Program) -> None:
    """Whoever looks for the log later has read on stderr why it is short."""
    outcome = program.sync(USERS, "-log-file", "/dev/full")

    told = [e for e in outcome.events if e["event"] == "log_file_unwritable"]
    assert outcome.code == 0
    assert [each["problem"] for each in told] == ["No space left on device"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_state_of_another_user_that_is_open_to_us_is_worked_on(
    program: Program,
) -> None:
    """A volume of a container, a group's folder: its modes are not ours to change."""
    program.sync(USERS)
    for path in (program.state, *program.state.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
        os.chown(path, 65534, -1)
    program.disk = "modes=1"

    outcome = program.sync(USERS)

    assert outcome.code == 0
    assert outcome.result["synced"] == 3
