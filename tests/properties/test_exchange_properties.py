"""HTTP answers, compared with the standard library's reader."""

from __future__ import annotations

import http.client
import io

from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.customerio.http.exchange import BrokenAnswer, exchange

_token = st.text("abcXYZ-", min_size=1, max_size=8).map(lambda text: "X-" + text)
_value = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
_headers = st.lists(st.tuples(_token, _value), max_size=5)


class Pieces:
    """A connection that gives bytes in pieces of given sizes."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data = data
        self._sizes = sizes

    def sendall(self, data: bytes) -> None:
        """Nobody reads it."""

    def recv(self, most: int) -> bytes:
        """Give the next piece."""
        size = min(self._sizes.pop(), most) if self._sizes else most
        piece, self._data = self._data[:size], self._data[size:]
        return piece


def chunked(body: bytes, sizes: list[int]) -> bytes:
    """Write a body in chunks."""
    chunks = []
    while body:
        size = sizes.pop() if sizes else len(body)
        piece, body = body[:size], body[size:]
        chunks.append(b"%x\r\n%s\r\n" % (len(piece), piece))
    return b"".join(chunks) + b"0\r\n\r\n"


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Make complete answers, with all framings that servers use."""
    status = draw(st.integers(200, 599).filter(lambda n: n not in (204, 304)))
    body = draw(st.binary(max_size=60))
    line_end = draw(st.sampled_from(["\r\n", "\n"]))
    fold = draw(st.sampled_from(["", line_end + " ", line_end + "\t"]))
    headers = [f"{name}: {fold}{value}" for name, value in draw(_headers)]
    how = draw(st.sampled_from(["length", "chunks", "end"]))
    if how == "length":
        headers += [f"Content-Length: {len(body)}"] * draw(st.integers(1, 2))
    elif how == "chunks":
        headers.append("Transfer-Encoding: chunked")
        headers += ["Content-Length: 3"] * draw(st.integers(0, 1))
        sizes = draw(st.lists(st.integers(1, 9), max_size=9))
        body = chunked(body, sizes)  # here http.client takes CRLF alone
    retry_after = draw(st.none() | st.integers(0, 99))
    if retry_after is not None:
        headers.append(f"Retry-After: {retry_after}")
    head = line_end.join([f"HTTP/1.1 {status} Some words", *headers, "", ""])
    return head.encode() + body


def read_by_the_standard_library(data: bytes) -> tuple[int, bytes, str | None]:
    """Read an answer with http.client."""

    class File:
        def makefile(self, _: str) -> io.BytesIO:
            return io.BytesIO(data)

    response = http.client.HTTPResponse(File())  # type: ignore[arg-type]  # all it asks for
    response.begin()
    return response.status, response.read(), response.getheader("Retry-After")


@given(answers(), st.lists(st.integers(1, 30), max_size=40))
def test_an_answer_is_what_the_standard_library_reads(
    data: bytes, sizes: list[int]
) -> None:
    """In pieces of any size."""
    reply, _ = exchange(Pieces(data, sizes), b"")

    found = (reply.status, reply.body, reply.retry_after)
    assert found == read_by_the_standard_library(data)


@given(st.binary(max_size=200), st.lists(st.integers(1, 30), max_size=40))
def test_any_other_bytes_are_a_broken_answer(data: bytes, sizes: list[int]) -> None:
    """A server can send anything."""
    for beginning in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"):
        try:
            reply, _ = exchange(Pieces(beginning + data, list(sizes)), b"")
        except BrokenAnswer:
            continue
        assert 100 <= reply.status <= 999
