"""Slow and silent sources: available records are sent, and a stop works."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.api import Entry, ScriptedApi
from tests.support.program import SIGINT, SIGTERM, Outcome, Program, finish, killer
from tests.support.terminal import Terminal

SIGHUP = signal.SIGHUP
STOPS = [SIGTERM, SIGINT, SIGHUP]
# The run needs much less than a second.
PATIENCE_SECONDS = 20.0
A_FEW_SECONDS = 8.0
THREE = b'{"id": 1}\n{"id": 2}\n{"id": 3}\n'


class Producer:
    """The writing end of a pipe that a program reads."""

    def __init__(self) -> None:
        self.reading_end, self._writing_end = os.pipe()
        self._is_open = True

    def write(self, content: bytes) -> None:
        """Write bytes to the pipe."""
        os.write(self._writing_end, content)

    def end(self) -> None:
        """Close the pipe."""
        if self._is_open:
            os.close(self._writing_end)
        self._is_open = False


@pytest.fixture
def producer() -> Iterator[Producer]:
    """Return a pipe that is closed after the test."""
    made = Producer()
    yield made
    made.end()
    os.close(made.reading_end)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(program: Program, producer: Producer, *options: str) -> subprocess.Popen[str]:
    """Start a sync of the pipe."""
    data = ["-data", "-", "-format", "jsonl", "-json", *options]
    return program.start("sync", *data, stdin=producer.reading_end)


def stop(process: subprocess.Popen[str], number: int) -> Outcome:
    """Send a signal; the process must end within a few seconds."""
    began = time.monotonic()
    process.send_signal(number)
    outcome = finish(process)
    assert time.monotonic() - began < A_FEW_SECONDS
    assert "Fatal Python error" not in outcome.stderr
    return outcome


@pytest.mark.parametrize("number", STOPS, ids=[each.name for each in STOPS])
def test_what_a_slow_pipe_gave_is_sent_and_a_stop_ends_the_wait_for_more(
    api: ScriptedApi, program: Program, producer: Producer, number: int
) -> None:
    """Three records are no full chunk, but must not wait for 497 more."""
    process = start(program, producer)
    producer.write(THREE)
    wait_until(lambda: len(api.people()) == 3)

    stopped = stop(process, number)

    assert stopped.code == 128 + number
    assert stopped.result["reason"] == "interrupted"
    assert stopped.result["records"] == stopped.result["synced"] == 3


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "keys_rejected"), (503, "unreachable")]
)
def test_a_run_that_must_stop_does_not_wait_for_a_silent_pipe(
    api: ScriptedApi, program: Program, producer: Producer, status: int, reason: str
) -> None:
    """Exit 3 with the records kept; the pipe may be silent for hours."""
    api.answer_all(status)
    program.configure(maxOutageSeconds=1)
    process = start(program, producer)
    producer.write(THREE)

    outcome = finish(process)

    assert outcome.code == 3
    assert outcome.result["reason"] == reason
    assert outcome.result["pending"] == 3
    assert "Fatal Python error" not in outcome.stderr


@pytest.mark.parametrize("command", ["sync", "check"])
def test_a_stop_ends_the_wait_for_the_writer_of_a_named_pipe(
    program: Program, command: str
) -> None:
    """Until somebody opens it for writing, even opening it waits."""
    fifo = program.folder / "users.jsonl"
    os.mkfifo(fifo)
    process = program.start(command, "-data", fifo)
    wait_until(lambda: _waits_in_open(process.pid))

    stopped = stop(process, SIGTERM)

    assert stopped.code == 128 + SIGTERM
    assert "Traceback" not in stopped.stderr


def _waits_in_open(pid: int) -> bool:
    return Path(f"/proc/{pid}/wchan").read_text("ascii") == "wait_for_partner"


def test_a_stop_ends_the_wait_for_the_first_byte(
    program: Program, producer: Producer
) -> None:
    """The pipe is read before the run begins."""
    process = program.start("check", "-data", "-", stdin=producer.reading_end)
    producer.write(b"[")
    wait_until(lambda: _is_polling(process.pid))

    assert stop(process, SIGHUP).code == 128 + SIGHUP


def _is_polling(pid: int) -> bool:
    return "poll" in Path(f"/proc/{pid}/wchan").read_text("ascii")


def test_a_hangup_that_was_ignored_at_the_start_stays_ignored(
    api: ScriptedApi, program: Program, producer: Producer
) -> None:
    """With `nohup`, the run continues after the terminal is closed."""
    before = signal.signal(SIGHUP, signal.SIG_IGN)
    try:
        process = start(program, producer)
    finally:
        signal.signal(SIGHUP, before)
    producer.write(THREE)
    wait_until(lambda: len(api.people()) == 3)

    process.send_signal(SIGHUP)
    producer.write(b'{"id": 4}\n')
    wait_until(lambda: len(api.people()) == 4)
    producer.end()

    assert finish(process).code == 0


def test_records_typed_at_a_terminal_are_sent_line_by_line(
    api: ScriptedApi, program: Program
) -> None:
    """A terminal is a slow source too; Ctrl-D is its end."""
    command = program.arguments("sync", "-data", "-", "-format", "jsonl", "-quiet")
    with Terminal([*command], NO_COLOR="1") as terminal:
        terminal.type(b'{"id": 1}\n')
        wait_until(lambda: len(api.people()) == 1)
        terminal.type(b'{"id": 2}\n')
        wait_until(lambda: len(api.people()) == 2)
        terminal.type(b"\x04")

        assert terminal.finish() == 0


def test_a_stop_counts_more_than_a_pipe_that_breaks_off_with_it(
    api: ScriptedApi, program: Program
) -> None:
    """Ctrl-C ends both sides of `producer | sync`; the exit code is the signal's."""
    data = program.write_data(b'[{"id": 1}, {"id": 2')
    process = program.start("sync", "-data", data, "-json")
    interrupt = killer(process, SIGINT)

    def at(_entry: Entry) -> None:
        interrupt()

    api.before_answer = at
    stopped = finish(process)

    assert stopped.code == 130
    assert stopped.result["reason"] == "interrupted"


def test_a_silent_source_is_no_outage(
    api: ScriptedApi, program: Program, producer: Producer
) -> None:
    """After the last request became a dead letter, there was nothing to send."""
    program.configure(maxOutageSeconds=1, maxAttempts=2)
    api.script("3", [500] * 9)
    process = start(program, producer)
    producer.write(THREE)
    wait_until(lambda: len(api.requests_for("3")) == 2)
    time.sleep(2)  # the silence itself: longer than an outage may last
    producer.write(b'{"id": 4}\n')
    producer.end()

    outcome = finish(process)

    assert outcome.code == 1
    assert outcome.result["synced"] == 3
    assert outcome.result["dead_lettered"] == 1


def test_a_process_that_was_suspended_draws_no_conclusion_from_it(
    api: ScriptedApi, program: Program
) -> None:
    """A laptop may sleep longer than `maxOutageSeconds` in an outage."""
    program.configure(maxOutageSeconds=2.5)
    api.answer_all(503)
    data = program.write_data([{"id": number} for number in range(10)])
    process = program.start("sync", "-data", data, "-json")
    wait_until(lambda: len(api.ledger) >= 5)

    process.send_signal(signal.SIGSTOP)
    time.sleep(3)  # the suspension itself
    api.answer_all(None)
    process.send_signal(signal.SIGCONT)
    outcome = finish(process)

    assert outcome.code == 0
    assert outcome.result["synced"] == 10


def test_a_source_that_drips_without_a_pause_is_sent_as_it_comes(
    api: ScriptedApi, program: Program, producer: Producer
) -> None:
    """The source is never idle, and the chunk is far from full."""
    process = start(program, producer)
    number = 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not api.people():
        assert time.monotonic() < deadline
        number += 1
        producer.write(b'{"id": %d}\n' % number)
        time.sleep(0.02)  # the drip itself
    producer.end()

    outcome = finish(process)

    assert outcome.code == 0
    assert len(api.people()) == outcome.result["records"] == number < 500


def test_what_came_out_of_a_pipe_survives_a_kill(
    api: ScriptedApi, program: Program, producer: Producer
) -> None:
    """Guarantee 1: a pipe cannot be read again, so records are queued at once."""
    api.answer_all(503)
    process = start(program, producer)
    producer.write(THREE)
    wait_until(lambda: bool(api.ledger))
    process.kill()
    finish(process)
    api.answer_all(None)

    resumed = program.resume()

    assert resumed.code == 0
    assert resumed.result["resumed"] == len(api.people()) == 3
