"""The request for a workspace's region, to a server with Customer.io's host names."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest

from tests.support.program import Program
from tests.support.raw_server import RawServer
from tests.support.tunnel import Tunnel


def reply(status: str, body: str) -> bytes:
    """Return an answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def program_without_region(folder: Path) -> Program:
    """Return the program, without a configured address or region."""
    return Program(folder, "", {"trackUrl": None, "appUrl": None, "parallelism": 1})


@pytest.mark.parametrize(
    ("region", "host"), [("us", "track.customer.io"), ("eu", "track-eu.customer.io")]
)
def test_the_region_is_asked_for_and_then_used(
    tmp_path: Path, region: str, host: str
) -> None:
    """One request for the region; all others go to that region."""

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


def test_the_request_is_repeated_until_it_is_answered(tmp_path: Path) -> None:
    """First two 503 and an answer; then only 503, until `maxOutageSeconds`."""
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
    assert "(last: HTTP 503" in silent.stderr


@pytest.mark.parametrize(
    "netrc",
    [
        "default login anonymous password other@example.org\n",
        "machine track.customer.io login a password b\n",
    ],
)
def test_keys_come_from_the_configuration_and_never_from_a_netrc(
    tmp_path: Path, netrc: str
) -> None:
    """The password of another service would be sent to Customer.io."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text(netrc)
    (home / ".netrc").chmod(0o600)

    def answer(host: str, line: str) -> bytes:
        if host == "api.customer.io":
            return reply("200 OK", '{"customers": []}')
        is_question = "/accounts/region" in line
        return reply("200 OK", '{"region": "us"}' if is_question else "{}")

    with Tunnel(tmp_path, answer) as tunnel:
        program = program_without_region(tmp_path)
        data = program.write_data([{"id": 1, "name": "a"}])
        environment = {**tunnel.environment, "HOME": str(home)}
        synced = program.run("sync", "-data", data, **environment)
        verified = program.run("verify", "-data", data, "-wait", "0", **environment)

    assert synced.code == 0, synced.stderr
    assert verified.code == 1, verified.stderr
    token = base64.b64encode(b"sandbox-site:sandbox-key").decode()
    assert tunnel.authorizations == {f"Basic {token}", "Bearer sandbox-app-key"}


def test_an_invalid_certificate_stops_it_at_once(
    tmp_path: Path,
) -> None:
    """As for any request, waiting does not make a certificate valid."""
    with Tunnel(tmp_path, lambda *_: reply("200 OK", "{}")) as tunnel:
        program = program_without_region(tmp_path)
        data = program.write_data([{"id": 1, "name": "a"}])
        environment = {"HTTPS_PROXY": tunnel.environment["HTTPS_PROXY"]}
        outcome = program.run("sync", "-data", data, "-json", **environment)

    assert outcome.code == 3
    assert outcome.result["reason"] == "untrusted_certificate"
    assert "REQUESTS_CA_BUNDLE" in outcome.stderr
    assert tunnel.requests == []


def test_a_redirect_elsewhere_stops_it_at_once(tmp_path: Path) -> None:
    """The keys must not be sent there; a redirect within Customer.io is followed."""
    moves = {
        "track.customer.io": "https://track-eu.customer.io/api/v1/accounts/region",
        "track-eu.customer.io": "https://login.example/",
    }

    def answer(host: str, _: str) -> bytes:
        return reply(f"307 Moved\r\nLocation: {moves[host]}", "")

    with Tunnel(tmp_path, answer) as tunnel:
        program = program_without_region(tmp_path)
        data = program.write_data([{"id": 1, "name": "a"}])
        outcome = program.run("sync", "-data", data, "-json", **tunnel.environment)

    assert outcome.code == 3
    assert outcome.result["reason"] == "redirected"
    assert "login.example" in outcome.stderr
    assert "trackUrl" not in outcome.stderr
    assert [host for host, _ in tunnel.requests] == list(moves)


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "sync"),
        ({"region": "us"}, "sync"),
        ({"trackUrl": "http://track.test"}, "sync"),
        ({"trackUrl": "http://track.test", "api": "batch"}, "sync"),
        ({"region": "us"}, "verify"),
        ({"appUrl": "http://app.test"}, "verify"),
    ],
)
def test_a_proxy_that_wants_a_password_stops_every_command_at_once(
    tmp_path: Path, changes: dict[str, str | None], command: str
) -> None:
    """With a tunnel or without one; no dead letters are made."""
    words = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with RawServer(lambda connection, _: connection.sendall(words)) as proxy:
        program = Program(
            tmp_path, "", {"trackUrl": None, "appUrl": None, "parallelism": 1} | changes
        )
        data = program.write_data([{"id": 1, "name": "a"}])
        began = time.monotonic()
        outcome = program.run(
            command,
            "-data",
            data,
            "-json",
            HTTPS_PROXY=proxy.url,
            http_proxy=proxy.url,
            NO_PROXY="",
            no_proxy="",
        )

    assert outcome.code == 3, outcome.stderr
    assert "407" in outcome.stderr
    assert time.monotonic() - began < 20, "it did not wait for maxOutageSeconds"
    assert len(proxy.requests) == 1
    if command == "sync":
        assert outcome.result["reason"] == "proxy_unusable"
        assert outcome.result["pending"] == 1
        assert outcome.result["dead_lettered"] == 0


@pytest.mark.parametrize(
    ("region", "advice"), [("us", "Check region"), (None, "Check the proxy")]
)
def test_verify_names_the_setting_that_the_app_apis_address_came_from(
    tmp_path: Path, region: str | None, advice: str
) -> None:
    """A person who did not set `appUrl` cannot correct it."""

    def answer(_: str, line: str) -> bytes:
        if "/accounts/region" in line:
            return reply("200 OK", '{"region": "eu"}')
        return reply("404 Not Found", "{}")

    with Tunnel(tmp_path, answer) as tunnel:
        program = program_without_region(tmp_path)
        program.configure(region=region)
        data = program.write_data([{"id": 1, "name": "a"}])
        outcome = program.run("verify", "-data", data, **tunnel.environment)

    assert outcome.code == 2
    assert advice in outcome.stderr
    assert "appUrl" not in outcome.stderr
