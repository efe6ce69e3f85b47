"""Rewriting answers that HTTP allows and the strict parser refuses."""

from __future__ import annotations

import gzip
import zlib

import pytest

from cio_pipeline.customerio.http.framing import Chunks, tidy_heads, unpack

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("fields", "tidied"),
    [
        (b"A: 1\nB: 2\n", b"A: 1\r\nB: 2\r\n"),
        (b"A: 1\r\n  2\r\n", b"A: 1 2\r\n"),
        (b"A: \x01\r\n", b"A:  \r\n"),
        (
            b"Content-Length: 2\r\ncontent-length: 2\r\n",
            b"Content-Length: 2\r\n",
        ),
        (b"Content-Length: 2, 2\r\n", b"Content-Length: 2\r\n"),
        (
            b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\n",
        ),
        (
            b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n",
            b"Content-Length: 2\r\n",
        ),
        (
            b"Content-Length: 2\r\nContent-Length: 3\r\n",
            b"Content-Length: 2\r\nContent-Length: 3\r\n",
        ),
    ],
    ids=[
        "line feeds",
        "folded",
        "control character",
        "length twice",
        "length in a list",
        "length and chunks",
        "identity",
        "two lengths",
    ],
)
def test_headers_that_http_allows_are_made_plain(fields: bytes, tidied: bytes) -> None:
    """Two different lengths are kept, because either could be wrong."""
    end = b"\n" if b"\r" not in fields else b"\r\n"

    assert tidy_heads(OK + fields + end + b"{}") == (OK + tidied + b"\r\n", b"{}")


def test_headers_without_an_end_are_waited_for() -> None:
    """The rest has not come yet."""
    assert tidy_heads(OK + b"A: 1\r\n") is None


def test_an_announcement_comes_before_the_answer() -> None:
    """103 Early Hints (RFC 8297): the answer is the one after it."""
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n"

    assert tidy_heads(early) is None
    assert tidy_heads(early + OK + b"\r\n") == (early + OK + b"\r\n", b"")


@pytest.mark.parametrize("size", range(1, 12))
def test_chunks_are_the_same_however_they_come(size: int) -> None:
    """Extensions are dropped, each line ends in CRLF, data are untouched."""
    body = b"3;x=1\na\nb\n2 \r\ncd\r\n0\nTrailer: 1\n\n"
    chunks = Chunks()

    pieces = [body[at : at + size] for at in range(0, len(body), size)]

    assert b"".join(map(chunks.tidy, pieces)) == (
        b"3\r\na\nb\r\n2\r\ncd\r\n0\r\nTrailer: 1\r\n\r\n"
    )


def test_a_line_of_a_chunk_that_never_ends_is_refused() -> None:
    """A server must not be able to fill the memory."""
    with pytest.raises(ValueError, match="too long"):
        Chunks().tidy(b"x" * 100_000)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(b'{"a":1}'), b"gzip"),
        (gzip.compress(b'{"a":1}'), b" X-GZIP "),
        (zlib.compress(b'{"a":1}'), b"deflate"),
        (zlib.compress(b'{"a":1}')[2:-4], b"deflate"),
        (gzip.compress(zlib.compress(b'{"a":1}')), b"deflate, gzip"),
        (b'{"a":1}', b"identity"),
        (b'{"a":1}', b"gzip"),
    ],
    ids=["gzip", "old name", "deflate", "bare", "two", "identity", "not what it says"],
)
def test_a_packed_body_is_unpacked(body: bytes, coding: bytes) -> None:
    """A proxy may compress an answer without request; the message is inside."""
    assert unpack(body, coding, 1000) == b'{"a":1}'


def test_no_more_is_unpacked_than_allowed() -> None:
    """A kilobyte of gzip can hold a megabyte."""
    assert len(unpack(gzip.compress(bytes(1_000_000)), b"gzip", 1000)) == 1000
