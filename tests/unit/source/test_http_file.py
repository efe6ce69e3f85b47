"""Files on web servers, with and without ranges."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import Inputs, find_inputs
from tests.support.file_server import FileServer

USERS = b"id,name\n" + b"".join(b"%d,%0200d\n" % (n, n) for n in range(30_000))
OPTIONS = ReadOptions()


@pytest.fixture
def server() -> Iterator[FileServer]:
    """Start a server with a file of two blocks."""
    with FileServer({"/out/users.csv": USERS, "/empty.csv": b""}) as started:
        yield started


def find(address: str) -> Inputs:
    """Find the file at an address."""
    return find_inputs([address], OPTIONS)


def count(address: str) -> int:
    """Count the records."""
    with find(address) as inputs:
        return sum(1 for _ in inputs.records())


def test_a_file_is_read_in_ranges(server: FileServer) -> None:
    """One that is cut off is asked for again."""
    server.drops = 1

    with find(server.url("/out/users.csv?sig=1")) as inputs:
        records = sum(1 for _ in inputs.records())

    ranges = [wanted for _, wanted in server.requests]
    assert records == 30_000
    assert inputs.size_bytes == inputs.bytes_read == len(USERS)
    assert inputs.name == "users.csv"
    assert ranges[:4] == [
        "bytes=0-0",
        "bytes=0-3999999",
        "bytes=0-3999999",
        "bytes=4000000-7999999",
    ]


@pytest.mark.parametrize("drops", [0, 1])
def test_a_server_without_ranges_is_read_too(server: FileServer, drops: int) -> None:
    """What was read before the connection was lost is skipped."""
    server.has_ranges, server.drops = False, drops

    assert count(server.url("/out/users.csv")) == 30_000


def test_an_empty_file_has_no_records(server: FileServer) -> None:
    """It has no first byte that could be asked for."""
    assert count(server.url("/empty.csv")) == 0


def test_a_file_is_recognized_by_its_version(server: FileServer) -> None:
    """A signed address has another query each time."""
    first = find(server.url("/out/users.csv?sig=1")).items[0].fingerprint()
    again = find(server.url("/out/users.csv?sig=2")).items[0].fingerprint()
    server.etag = "v2"
    changed = find(server.url("/out/users.csv?sig=2")).items[0].fingerprint()
    server.etag = None
    unknown = find(server.url("/out/users.csv")).items[0].fingerprint()

    assert first == again != changed
    assert unknown is None


def test_a_file_that_changes_is_not_read_on(server: FileServer) -> None:
    """One half would be old, and one new. It is longer than what is read ahead."""
    rows = (b"%d,%s\n" % (number, b"x" * 400) for number in range(50_000))
    server.files["/out/users.csv"] = b"id,name\n" + b"".join(rows)
    with find(server.url("/out/users.csv")) as inputs:
        server.etag = "v2"
        with pytest.raises(DataFileError, match="it was changed"):
            list(inputs.records())


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "rejects the user and the password"),
        (403, "access is denied, or the signature has expired"),
        (404, "there is no such file"),
        (503, "it cannot be reached: HTTP status 503"),
        (418, "HTTP status 418"),
    ],
)
def test_a_refusal_is_one_line_without_secrets(
    server: FileServer, status: int, words: str
) -> None:
    """The address has the signature."""
    server.status = status
    address = server.url("/out/users.csv?sig=geheim").replace("//", "//ada:geheim@")

    with pytest.raises(DataFileError, match=words) as caught:
        find(address)

    assert "geheim" not in str(caught.value)
    assert caught.value.path == server.url("/out/users.csv")


def test_nobody_listens() -> None:
    """The host or the port is wrong, or the network is down."""
    with pytest.raises(DataFileError, match="it cannot be reached: Connection refused"):
        find("http://127.0.0.1:9/users.csv")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:port", "two words.com", "x" * 70 + ".com", "\udcff.com"]
)
def test_an_address_that_no_server_can_have_is_one_line(host: str) -> None:
    """A mistake in it is the user's, not ours."""
    with pytest.raises(DataFileError, match="the address is not valid"):
        find(f"https://{host}/users.csv")


def test_a_password_is_sent_to_its_server_only(server: FileServer) -> None:
    """A redirect may lead to another one."""
    server.password = "Basic " + base64.b64encode(b"ada:p@ss").decode()
    address = server.url("/out/users.csv").replace("//", "//ada:p%40ss@")

    assert count(address) == 30_000
    with FileServer(redirects={"/a": server.url("/out/users.csv")}) as other:
        with pytest.raises(DataFileError, match="401"):
            find(other.url("/a").replace("//", "//ada:p%40ss@"))
        server.password = None
        assert count(other.url("/a")) == 30_000


@pytest.fixture
def secure_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FileServer]:
    """Start a server with a certificate of a CA that is trusted."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with FileServer({"/users.csv": b"id\n1\n"}, context=context) as started:
        yield started


def test_https_is_read(secure_server: FileServer) -> None:
    """With the certificates that the system trusts."""
    assert count(secure_server.url("/users.csv")) == 1


def test_a_certificate_that_nobody_knows_is_refused(
    secure_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data may come from somebody else."""
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(DataFileError, match=r"cannot be reached: .*certificate"):
        find(secure_server.url("/users.csv"))


def test_a_redirect_from_https_to_http_is_refused(
    secure_server: FileServer, server: FileServer
) -> None:
    """The data would not be encrypted any more."""
    secure_server.redirects["/a"] = server.url("/out/users.csv")

    with pytest.raises(DataFileError, match="HTTP status 302"):
        find(secure_server.url("/a"))


def test_an_address_may_have_any_characters(server: FileServer) -> None:
    """People write them as they see them."""
    server.files["/%C3%BCsers%20(1).csv"] = b"id\n1\n"

    assert count(server.url("/üsers (1).csv")) == 1
    assert count(server.url("/%C3%BCsers%20(1).csv")) == 1
