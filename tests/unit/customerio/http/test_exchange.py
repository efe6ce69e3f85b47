"""One request and its answer, as bytes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest

from cio_pipeline.core.jobs import Reply
from cio_pipeline.customerio.http.exchange import (
    ANSWER_LIMIT_BYTES,
    BrokenAnswer,
    Exchanged,
    exchange,
    header_lines,
    make_request,
)


class PiecesConnection:
    """A connection that returns prepared pieces, then its end."""

    def __init__(self, *pieces: bytes, send_error: OSError | None = None) -> None:
        self._pieces = list(pieces)
        self._send_error = send_error
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        """Record what was sent."""
        if self._send_error is not None:
            raise self._send_error
        self.sent += data

    def recv(self, _: int) -> bytes:
        """Return the next piece."""
        return self._pieces.pop(0) if self._pieces else b""


def answer_of(*pieces: bytes) -> Exchanged:
    """Return the result of an exchange whose answer is these pieces."""
    return exchange(PiecesConnection(*pieces), b"PUT / HTTP/1.1\r\n\r\n")


def test_a_request_is_one_piece_with_its_length() -> None:
    """Two writes would be two packets, and release the interpreter lock twice."""
    connection = PiecesConnection(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    head = header_lines({"Host": "a", "X": "y"})

    exchange(connection, make_request("PUT", "/p", head, b"{}"))

    assert connection.sent == (
        b"PUT /p HTTP/1.1\r\nHost: a\r\nX: y\r\nContent-Length: 2\r\n\r\n{}"
    )


def test_a_get_without_a_body_says_nothing_of_its_length() -> None:
    """RFC 9110, 8.6."""
    assert make_request("GET", "/p", b"", b"") == b"GET /p HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\n", "a\rb"])
def test_a_header_cannot_end_early(value: str) -> None:
    """The text after a line break would be another header."""
    with pytest.raises(ValueError, match="line break"):
        header_lines({"X": value})


@pytest.mark.parametrize(
    ("pieces", "body", "is_reusable"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"], b"{}", True),
        ([b"HTTP/1.1 200 OK\r\nContent-", b"Length: 2\r\n\r\n{", b"}"], b"{}", True),
        (
            [
                (
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
                )
            ],
            b"{}",
            True,
        ),
        (
            [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"],
            b"{}",
            False,
        ),
        ([b"HTTP/1.1 200 OK\r\n\r\n{", b"}"], b"{}", False),
        ([b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"], b"{}", False),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b"", True),
        (
            [
                b"HTTP/1.1 100 Continue\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            ],
            b"{}",
            True,
        ),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 "], b"{}", False),
        (
            [
                (
                    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
                    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
                )
            ],
            b"{}",
            False,
        ),
    ],
    ids=[
        "one piece",
        "pieces",
        "chunks",
        "asked to close",
        "ended by the connection's end",
        "HTTP/1.0",
        "no content",
        "an announcement first",
        "the beginning of another answer",
        "another complete answer",
    ],
)
def test_an_answer_is_read_whole_and_no_further(
    pieces: list[bytes], body: bytes, *, is_reusable: bool
) -> None:
    """The next request must not read the rest of this answer."""
    reply, reusable = answer_of(*pieces)

    assert reply.body == body
    assert reusable is is_reusable


def test_what_policy_needs_of_the_headers_is_kept() -> None:
    """Case does not matter; the first of two counts."""
    reply, _ = answer_of(
        b"HTTP/1.1 503 Busy\r\nretry-AFTER: 7\r\nRetry-After: 9\r\n"
        b"Location: /x\r\nDATE: now\r\nContent-Length: 0\r\n\r\n"
    )

    assert reply == Reply(503, b"", "7", "/x", "now")


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"HTTP/1.1 200 OK\r\nContent-Len"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"],
        [b"HTTP/1.1 100 Continue\r\n\r\n"],
        [b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
        [b"<html>"],
        [b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"a" * 9000 + b"\r\n"] * 9],
        [(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}{")],
    ],
    ids=[
        "nothing",
        "half a header",
        "half a body",
        "half a chunk",
        "only an announcement",
        "another protocol",
        "no HTTP",
        "headers without end",
        "unequal lengths",
    ],
)
def test_incomplete_and_invalid_answers_are_refused(pieces: list[bytes]) -> None:
    """It must not count as a success, even if the first line is a 200."""
    with pytest.raises(BrokenAnswer):
        answer_of(*pieces)


def test_an_endless_body_is_cut_and_its_connection_not_reused() -> None:
    """The status is what counts."""
    reply, is_reusable = answer_of(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 16_384] * 100)

    assert reply.status == 200
    assert ANSWER_LIMIT_BYTES <= len(reply.body) < ANSWER_LIMIT_BYTES + 16_384
    assert not is_reusable


def test_an_answer_before_the_end_of_the_request_counts() -> None:
    """A 413 comes while the body is still being sent."""
    connection = PiecesConnection(
        b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n",
        send_error=BrokenPipeError(),
    )

    reply, _ = exchange(connection, b"PUT / HTTP/1.1\r\n\r\n")

    assert reply.status == 413


@pytest.mark.parametrize(
    "extra", [b"garbage", b"HTTP/1.1 200 OK\r\n\r\n", b"\x00"], ids=repr
)
@pytest.mark.parametrize("head", [b"", b"Connection: close\r\n"])
def test_bytes_after_a_complete_answer_do_not_change_it(
    head: bytes, extra: bytes
) -> None:
    """Customer.io has accepted the person; only the connection cannot be used again."""
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + head + b"\r\n{}"

    reply, is_reusable = answer_of(whole + extra)

    assert reply == Reply(200, b"{}")
    assert not is_reusable


def test_a_connection_that_did_not_take_the_request_is_not_reused() -> None:
    """The answer allows it, but the next request would not be read."""
    connection = PiecesConnection(
        b"HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n",
        send_error=BrokenPipeError(),
    )

    reply, is_reusable = exchange(connection, b"PUT / HTTP/1.1\r\n\r\n")

    assert reply.status == 413
    assert not is_reusable


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
LENIENT = {
    "a folded header": (
        b"HTTP/1.1 200 OK\r\nVia: a\r\n\t b\r\nContent-Length: 2\r\n\r\n{}"
    ),
    "a folded length": b"HTTP/1.1 200 OK\r\nContent-Length:\r\n  2\r\n\r\n{}",
    "folds of nothing": (
        b"HTTP/1.1 200 OK\r\nA: b\r\n \r\n\t\r\nContent-Length: 2\r\n\r\n{}"
    ),
    "a folded coding": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ),
    "a length twice": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length:2\r\n\r\n{}"
    ),
    "a list of lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2,2\r\n\r\n{}",
    "a length and chunks": (CHUNKED + b"Content-Length: 9\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    "unequal lengths and chunks": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ),
    "identity and a length": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}"
    ),
    "line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "some line feeds": b"HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\n\r\n{}",
    "line feeds in chunks": CHUNKED + b"\r\n2\n{}\n0\n\n",
    "line feeds in chunks and a trailer": CHUNKED + b"\r\n1\n{\n1\n}\n0\nA: b\n\n",
    "spaces after a chunk's size": CHUNKED + b"\r\n2  \r\n{}\r\n0 \r\n\r\n",
    "an extension and line feeds": CHUNKED + b"\r\n2 ;a=b\n{}\n0;c\n\n",
    "a control character": (
        b"HTTP/1.1 200 OK\r\nA: \x01b\r\nContent-Length: 2\r\n\r\n{}"
    ),
    "an announcement with line feeds": (
        b"HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\n{}"
    ),
    "an announcement with a fold": (
        b"HTTP/1.1 103 Hints\r\nLink: a,\r\n b\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    ),
}


@pytest.mark.parametrize("is_in_bytes", [False, True], ids=["one piece", "bytes"])
@pytest.mark.parametrize("data", LENIENT.values(), ids=LENIENT)
def test_what_http_allows_is_accepted_and_its_connection_not_reused(
    data: bytes, *, is_in_bytes: bool
) -> None:
    """RFC 9112, 2.2, 5.2, 6.3, 7.1; RFC 9110, 5.5, 8.6: old proxies write these."""
    pieces = [bytes([byte]) for byte in data] if is_in_bytes else [data]

    assert answer_of(*pieces) == Exchanged(Reply(200, b"{}"), is_reusable=False)


def test_line_feeds_inside_a_chunk_are_its_data() -> None:
    """The size decides where a chunk ends."""
    reply, _ = answer_of(CHUNKED + b"\r\n4\n\n\r\n\n\n2\n\n\n\n0\n\n")

    assert reply.body == b"\n\r\n\n\n\n"


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\n{}{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n{}{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\nContent-Length: +2\n\n{}",
        b"HTTP/1.1 200 OK\nContent-Length: 3\n\n{}",
        b"HTTP/1.1 200 OK\nContent-Len",
        b"HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nA: b\rContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\nA: \x00\nContent-Length: 2\n\n{}",
        CHUNKED + b"\r\n2\n{}0\n\n",
        CHUNKED + b"\r\n2\n{}\n0\n",
        CHUNKED + b"\r\n0x2\n{}\n0\n\n",
        CHUNKED + b"\r\n-2\n{}\n0\n\n",
        CHUNKED + b"\r\nfffffffffffffffff\n{}\n0\n\n",
        CHUNKED + b"\r\n2\n{}\n1;" + b"a" * 70_000,
        b"HTTP/1.1 100 Continue\n\n",
        b"HTTP/1.1 101 Switching\nUpgrade: x\nConnection: upgrade\n\n",
        b"HTTP/1.1 200 OK\n" + b"A: b\n" * 20_000,
        b"HTTP/1.1 100 Continue\n\n" * 20_000,
        b"SSH-2.0-OpenSSH_9.9\r\n",
    ],
    ids=lambda data: repr(data[:60]),
)
def test_broken_answers_are_still_refused(data: bytes) -> None:
    """An answer that cannot be read must not count as a success."""
    with pytest.raises(BrokenAnswer):
        answer_of(*(data[n : n + 16_384] for n in range(0, len(data), 16_384)))


def test_what_is_no_http_is_refused_at_its_first_bytes() -> None:
    """The server may wait for the client to send first."""
    with pytest.raises(BrokenAnswer, match="not HTTP"):
        exchange(PiecesConnection(b"SSH-2.0-OpenSSH_9.9\r\n"), b"")


def bare(content: bytes) -> bytes:
    """Return compressed data without zlib's header, as some servers send."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"words", mtime=0)),
        ("X-GZip", gzip.compress(b"words", mtime=0)),
        ("deflate", zlib.compress(b"words")),
        ("deflate", bare(b"words")),
        ("deflate, gzip", gzip.compress(zlib.compress(b"words"), mtime=0)),
        ("identity", b"words"),
        ("gzip", b"words"),
        ("deflate", b"words"),
        ("br", b"words"),
    ],
)
def test_a_packed_body_is_unpacked(coding: str, body: bytes) -> None:
    """A proxy may compress answers without request; other bodies do not change."""
    head = f"HTTP/1.1 400 Bad\r\nContent-Encoding: {coding}\r\n"

    exchanged = answer_of(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    assert exchanged == Exchanged(Reply(400, b"words"), is_reusable=True)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bare])
def test_a_small_body_that_unpacks_to_a_huge_one_is_cut(
    pack: Callable[[bytes], bytes],
) -> None:
    """It would fill the memory."""
    coding = b"gzip" if pack is gzip.compress else b"deflate"
    body = pack(bytes(50_000_000))

    reply, _ = answer_of(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s"
        % (coding, len(body), body)
    )

    assert len(reply.body) <= ANSWER_LIMIT_BYTES


def test_the_start_of_an_incomplete_packed_body_is_read() -> None:
    """An endless body is cut at its limit."""
    content = " ".join(map(str, range(1000))).encode()
    body = gzip.compress(content)[:-20]
    head = b"HTTP/1.1 400 Bad\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"

    reply, _ = answer_of(head % len(body) + body)

    assert content.startswith(reply.body)
    assert len(reply.body) > 1000
