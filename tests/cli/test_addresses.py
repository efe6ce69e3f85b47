"""Data at addresses: in an S3 bucket, on web servers and on an SFTP server."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support.api import ScriptedApi
from tests.support.file_server import FileServer
from tests.support.program import SIGKILL, Program, balances
from tests.support.s3_server import SECRET, S3Server, s3_server
from tests.support.sftp_server import sftp_server


def lines(first: int, count: int) -> bytes:
    """Make users with consecutive ids, as JSON Lines."""
    users: list[dict[str, Any]] = [
        {"id": n, "name": f"User {n}", "computed_ltv": 1}
        for n in range(first, first + count)
    ]
    return b"".join(json.dumps(user).encode() + b"\n" for user in users)


@pytest.fixture(scope="module")
def store() -> Iterator[S3Server]:
    """Start a server with two parts of an export."""
    with s3_server() as server:
        for part in range(2):
            server.put(f"out/part-{part}.jsonl", lines(part * 1_000, 1_000))
        yield server


def test_parts_in_a_bucket_are_one_load_that_continues(
    api: ScriptedApi, program: Program, store: S3Server
) -> None:
    """The object is recognized by its ETag: nothing is read twice or left out."""
    command = ("sync", "-data", "s3://people/out/part-*.jsonl", "-json")
    program.kill_at = ("cio_pipeline.store.store:Store.enqueue:after_commit", 3)
    killed = program.run(*command, **store.environment)
    program.kill_at = None

    outcome = program.run(*command, **store.environment)

    assert killed.code == -SIGKILL
    assert outcome.code == 0, outcome.stderr
    assert "load_resumed" in [event["event"] for event in outcome.events]
    assert outcome.result["records"] < 1_500
    assert balances(outcome.result)
    assert sorted(map(int, api.people())) == [*range(2_000)]
    assert SECRET not in killed.stderr + outcome.stderr + outcome.stdout


@pytest.mark.parametrize(
    ("address", "changes", "words"),
    [
        ("s3://people/none.jsonl", {}, "s3://people/none.jsonl: there is no such file"),
        ("s3://people/x-*", {}, "s3://people/x-*: no file matches it"),
        ("s3://people/out", {"AWS_PROFILE": "none"}, "access is denied"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    program: Program,
    store: S3Server,
    address: str,
    changes: dict[str, str],
    words: str,
) -> None:
    """With exit code 2, and nothing is sent."""
    outcome = program.run("sync", "-data", address, **(store.environment | changes))

    assert outcome.code == 2
    assert words in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1
    assert SECRET not in outcome.stderr


def test_a_file_on_an_https_server_is_synced(
    api: ScriptedApi, program: Program, tmp_path: Path
) -> None:
    """The signature is in no text that is shown or kept."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trusted = {
        "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
        "NO_PROXY": "127.0.0.1,localhost",
    }
    with FileServer({"/users.jsonl": lines(0, 3)}, context=context) as server:
        address = server.url("/users.jsonl?sig=geheim")
        outcome = program.run("sync", "-data", address, **trusted)
        api.answer_all(401)
        stopped = program.run("sync", "-data", address, **trusted)

    assert (outcome.code, stopped.code) == (0, 3), outcome.stderr
    assert sorted(api.people()) == ["0", "1", "2"]
    texts = [outcome.stdout, outcome.stderr, stopped.stdout, stopped.stderr]
    assert "geheim" not in "".join(texts)
    kept = [path for path in program.state.rglob("*") if path.is_file()]
    assert not any(b"geheim" in path.read_bytes() for path in kept)


def test_files_on_an_sftp_server_are_synced(
    api: ScriptedApi, program: Program, tmp_path: Path
) -> None:
    """In the order of their names; the password is not shown."""
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    (home / ".ssh").mkdir(parents=True)
    for part in range(2):
        (root / f"part-{part}.jsonl").write_bytes(lines(part * 3, 3))
    with sftp_server(root) as server:
        (home / ".ssh" / "known_hosts").write_text(server.known_hosts(), "utf-8")
        address = server.url("/part-*.jsonl")
        outcome = program.run("sync", "-data", address, "-json", HOME=str(home))

    assert outcome.code == 0, outcome.stderr
    assert outcome.result["synced"] == 6
    assert sorted(api.people()) == [*"012345"]
    assert "ss-word" not in outcome.stdout + outcome.stderr
