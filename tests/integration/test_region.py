"""Where Customer.io is asked which region a workspace is in, under its own names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Program
from tests.support.tunnel import Tunnel


def reply(status: str, body: str) -> bytes:
    """Write an answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def program_without_region(folder: Path) -> Program:
    """Give the program, with neither address nor region configured."""
    return Program(folder, "", {"trackUrl": None, "appUrl": None, "parallelism": 1})


@pytest.mark.parametrize(
    ("region", "host"), [("us", "track.customer.io"), ("eu", "track-eu.customer.io")]
)
def test_the_workspace_is_asked_for_and_then_sent_to(
    tmp_path: Path, region: str, host: str
) -> None:
    """One question, then everything goes to the right place."""

    def answer(_: str, line: str) -> bytes:
        is_question = "/accounts/region" in line
        return reply("200 OK", f'{{"region": "{region}"}}' if is_question else "{}")

    with Tunnel(tmp_path, answer) as tunnel:
        program = program_without_region(tmp_path)
        data = program.write_data([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
        outcome = program.run("sync", "-data", data, "-json", **tunnel.environment)

    assert outcome.code == 0, outcome.stderr
    assert tunnel.requests[0] == (
        "track.customer.io",
        "GET /api/v1/accounts/region HTTP/1.1",
    )
    assert tunnel.requests[1:] == [
        (host, "PUT /api/v1/customers/1 HTTP/1.1"),
        (host, "PUT /api/v1/customers/2 HTTP/1.1"),
    ]


def test_keys_that_are_refused_stop_it_before_anything_is_sent(tmp_path: Path) -> None:
    """Exit 3, the work kept."""
    with Tunnel(tmp_path, lambda *_: reply("401 Unauthorized", "{}")) as tunnel:
        program = program_without_region(tmp_path)
        data = program.write_data([{"id": 1, "name": "a"}])
        outcome = program.run("sync", "-data", data, "-json", **tunnel.environment)

    assert outcome.code == 3
    assert outcome.result["reason"] == "keys_rejected"
    assert outcome.result["pending"] == 1
    assert len(tunnel.requests) == 1


def test_an_answer_that_does_not_come_is_waited_for(tmp_path: Path) -> None:
    """Twice 503, then an answer; then, for ever 503, `maxOutageSeconds`."""
    answers = [reply("503 Busy", ""), reply("200 OK", "oops")]

    def answer(_: str, line: str) -> bytes:
        if "/accounts/region" in line:
            return answers.pop(0) if answers else reply("200 OK", '{"region": "us"}')
        return reply("200 OK", "{}")

    with Tunnel(tmp_path, answer) as tunnel:
        program = program_without_region(tmp_path)
        data = program.write_data([{"id": 1, "name": "a"}])
        outcome = program.run("sync", "-data", data, "-json", **tunnel.environment)
    with Tunnel(tmp_path, lambda *_: reply("503 Busy", "")) as tunnel:
        program.configure(maxOutageSeconds=0.5)
        silent = program.run("sync", "-data", data, "-json", **tunnel.environment)

    assert outcome.code == 0, outcome.stderr
    assert silent.code == 3
    assert silent.result["reason"] == "unreachable"
    assert "set 'region'" in silent.stderr
