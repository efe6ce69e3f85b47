"""A notice at the end of a run, sent to an address of the user's."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api import Answer, ScriptedApi
from tests.support.program import SIGTERM, Outcome, Program, finish
from tests.support.raw_server import RawServer

SECRET = "T0K3N-of-the-hook"
NAME = "the name of a user"


class Hook(RawServer):
    """A server that takes notices."""

    def __init__(self) -> None:
        super().__init__(self._take)

    @staticmethod
    def _take(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    @property
    def address(self) -> str:
        """The address for `-notify`."""
        return f"{self.url}/services/{SECRET}?x={SECRET}"

    def take(self) -> list[dict[str, Any]]:
        """Return the notices since the last call."""
        bodies = [request.partition(b"\r\n\r\n")[2] for request in self.requests]
        self.requests.clear()
        return [json.loads(body) for body in bodies]


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Return a server that takes notices."""
    with Hook() as server:
        yield server


def check_secret_is_nowhere(program: Program, *outcomes: Outcome) -> None:
    """Search what was printed, and the state folder."""
    for outcome in outcomes:
        assert SECRET not in outcome.stdout + outcome.stderr
    for path in program.state.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_a_notice_is_sent_if_a_run_ends_differently_from_the_last(
    api: ScriptedApi, program: Program, hook: Hook
) -> None:
    """One for each change, none for the same each night; all with -notify-always."""
    data = program.write_data([{"id": n, "name": NAME} for n in range(30)])

    def sync(*options: str) -> tuple[Outcome, list[dict[str, Any]]]:
        words = ["-notify", hook.address, "-log-level", "debug", *options]
        return program.run("sync", "-data", data, "-json", *words), hook.take()

    first, first_notices = sync()
    _, same = sync()
    _, always = sync("-notify-always")
    api.script("7", [Answer(400, b'{"meta":{"error":"no"}}')])
    bad, bad_notices = sync()
    api.answer_all(401)
    rejected, rejected_notices = sync()
    _, rejected_again = sync()

    assert (first.code, bad.code, rejected.code) == (0, 1, 3)
    notices = [
        first_notices,
        same,
        always,
        bad_notices,
        rejected_notices,
        rejected_again,
    ]
    assert [len(each) for each in notices] == [1, 0, 1, 1, 1, 0]
    assert first_notices[0]["result"] == first.result
    assert bad_notices[0]["result"]["dead_lettered"] == 1
    assert set(bad_notices[0]) == {"text", "result"}
    assert "sync data.json on" in first_notices[0]["text"]
    assert "Done: all synced. 30 synced" in first_notices[0]["text"]
    assert "1 record could not be delivered" in bad_notices[0]["text"]
    assert "Stopped: Customer.io rejected the keys" in rejected_notices[0]["text"]
    sent = json.dumps(notices)
    assert not [text for text in ("sandbox-key", "sandbox-app", NAME) if text in sent]
    check_secret_is_nowhere(program, first, bad, rejected)


def test_a_stop_and_a_failed_start_have_notices_too(
    api: ScriptedApi, program: Program, hook: Hook
) -> None:
    """But not a wrong command line: it is not known which queue it is about."""
    program.configure(requestsPerSecond=20)
    data = program.write_data([{"id": n, "name": NAME} for n in range(2000)])
    options = ["-data", data, "-notify", hook.address]
    running = program.start("sync", *options)
    deadline = time.monotonic() + 30
    while not api.ledger:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    second = program.run("sync", *options)
    (second_notice,) = hook.take()
    running.send_signal(SIGTERM)
    stopped = finish(running)
    (stopped_notice,) = hook.take()
    missing = program.run("sync", "-data", "none.json", "-notify", hook.address)

    assert (second.code, stopped.code, missing.code) == (2, 143, 2)
    assert second_notice["result"] is None
    assert "it failed" in second_notice["text"]
    assert "(exit code 2)" in second_notice["text"]
    assert stopped_notice["result"]["reason"] == "interrupted"
    assert "exit code 143" in stopped_notice["text"]
    assert hook.take() == []
    check_secret_is_nowhere(program, second, stopped, missing)


def test_a_failed_notice_is_one_warning_and_changes_no_exit_code(
    program: Program,
) -> None:
    """Nobody listens there; the sync is complete."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"

    outcome = program.sync(
        [{"id": 1}], "-notify", f"{address}/services/{SECRET}", "-log-level", "debug"
    )

    assert outcome.code == 0
    warning = f"warning: the notice to {address} was not sent: it could not be reached"
    assert outcome.stderr.count(warning) == 1
    check_secret_is_nowhere(program, outcome)
