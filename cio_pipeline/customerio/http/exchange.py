"""One request and its answer on a connected socket, as bytes (RFC 9112).

urllib3 and http.client build and parse headers again for each request, which costs
several times as much as sending it (docs/decisions/0004-own-exchange.md). Here most of
a request is built once, and llhttp, the parser of Node, parses the answer.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from cio_pipeline.core.jobs import Reply
from cio_pipeline.customerio.http.framing import Chunks, tidy_heads, unpack

# A body is read up to this limit, and then its connection is closed: a body may be
# endless, and what matters is in its first kilobytes.
ANSWER_LIMIT_BYTES = 1_000_000
HEAD_LIMIT_BYTES = 65_536
_PIECE_BYTES = 16_384


class BrokenAnswer(Exception):
    """The answer is incomplete or invalid; the message is one clause for a person."""


class Unanswered(BrokenAnswer):
    """The connection was closed before the first byte of an answer."""


# The errors on a connection that the server has closed.
_CLOSED = (
    BrokenPipeError,
    ConnectionResetError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)


class Connection(Protocol):
    """What an exchange needs of a socket, with or without TLS."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""

    def recv(self, size: int, /) -> bytes:
        """Receive some bytes; none at the end."""


class Exchanged(NamedTuple):
    """The result of an exchange.

    Args:
        reply: the answer.
        is_reusable: whether the connection can be used for another request.
    """

    reply: Reply
    is_reusable: bool


def header_lines(headers: Mapping[str, str]) -> bytes:
    """Return headers as bytes of a request.

    Raises:
        ValueError: a name or value contains a line break.
    """
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    if any("\n" in line[:-2] or "\r" in line[:-2] for line in lines):
        raise ValueError("a header with a line break in it")
    return "".join(lines).encode("latin-1")


def make_request(method: str, target: str, head: bytes, body: bytes) -> bytes:
    """Return a request as bytes.

    Args:
        method: the HTTP method.
        target: the request target, percent-encoded.
        head: all header lines except ``Content-Length``, from `header_lines`.
        body: the body; a GET with an empty body has no ``Content-Length``.
    """
    length = (
        b"" if not body and method == "GET" else b"Content-Length: %d\r\n" % len(body)
    )
    return b"%s %s HTTP/1.1\r\n%s%s\r\n%s" % (
        method.encode(),
        target.encode("ascii"),
        head,
        length,
        body,
    )


def exchange(connection: Connection, request: bytes) -> Exchanged:
    """Send a request and read its answer.

    Raises:
        Unanswered: the connection was closed before an answer began.
        BrokenAnswer: the answer is not HTTP, or is incomplete.
        OSError: the connection failed, or no answer came in time.
    """
    is_sent = _send(connection, request)
    answer = _Answer()
    while not answer.is_over:
        piece = _receive(connection, answer)
        if piece:
            answer.feed(piece)
        else:
            answer.end()
    answer.forget_parser()
    return Exchanged(answer.reply(), answer.is_reusable and is_sent)


def _send(connection: Connection, request: bytes) -> bool:
    """Send a request; return False if the server did not read all of it."""
    try:
        connection.sendall(request)
    except _CLOSED:
        # The server may have answered before it closed (a 413).
        return False
    return True


def _receive(connection: Connection, answer: _Answer) -> bytes:
    try:
        return connection.recv(_PIECE_BYTES)
    except _CLOSED as error:
        if answer.has_begun:
            raise
        raise Unanswered(f"{type(error).__name__}: {error}") from error


class _Answer:
    """An answer while it is read; the ``on_`` methods are callbacks of httptools.

    If llhttp refuses it, it is rewritten and parsed again from the start.
    """

    def __init__(self) -> None:
        self._received: list[bytes] = []
        self._received_bytes = 0
        self._is_lenient = False
        self._is_head_tidied = False
        self._chunks: Chunks | None = None
        self.is_over = False
        self._begin()

    def _begin(self) -> None:
        self._parser = HttpResponseParser(self)
        self._status = 0
        self._headers: dict[bytes, bytes] = {}
        self._pieces: list[bytes] = []
        self._body_bytes = 0
        self._is_in_body = False
        self._keeps_alive = False

    @property
    def has_begun(self) -> bool:
        """Return whether any byte has come."""
        return self._received_bytes > 0

    @property
    def is_reusable(self) -> bool:
        """Return whether another answer can follow on the connection."""
        # A server with unusual framing is not trusted with a second answer.
        return self._keeps_alive and not self._is_lenient

    def feed(self, piece: bytes) -> None:
        """Parse the next bytes."""
        self._received.append(piece)
        self._received_bytes += len(piece)
        if self._is_lenient:
            self._parse_leniently(piece)
        else:
            try:
                self._parser.feed_data(piece)
            except (HttpParserError, HttpParserUpgrade) as error:
                self._refused(error)
        if self._received_bytes > HEAD_LIMIT_BYTES and not self._is_in_body:
            raise BrokenAnswer("the answer's headers are too long")

    def _refused(self, error: Exception) -> None:
        """Parse the answer again leniently if it looks like HTTP.

        Raises:
            BrokenAnswer: it does not.
        """
        if self.is_over:
            self._keeps_alive = False  # extra bytes do not change a complete answer
        elif b"".join(self._received).lstrip(b"\r\n").startswith(b"HTTP/1."):
            self._is_lenient = True
            self._begin()
            self._parse_leniently(b"")
        else:
            raise _not_http(error) from error

    def _parse_leniently(self, piece: bytes) -> None:
        try:
            if not self._is_head_tidied:
                tidied = tidy_heads(b"".join(self._received))
                if tidied is None:
                    return
                self._is_head_tidied = True
                head, piece = tidied
                self._parser.feed_data(head)
                codings = self._headers.get(b"transfer-encoding", b"")
                self._chunks = (
                    Chunks() if codings.lower().endswith(b"chunked") else None
                )
            self._parser.feed_data(self._chunks.tidy(piece) if self._chunks else piece)
        except (HttpParserError, HttpParserUpgrade, ValueError) as error:
            if not self.is_over:
                raise _not_http(error) from error

    def end(self) -> None:
        """Handle the end of the connection, which ends a body of unknown length."""
        if not self.has_begun:
            raise Unanswered("closed without an answer")
        has_length = b"content-length" in self._headers
        codings = self._headers.get(b"transfer-encoding", b"identity").lower()
        if not self._is_in_body or has_length or codings != b"identity":
            raise BrokenAnswer("the answer was cut off")
        self.is_over = True

    def forget_parser(self) -> None:
        """Break the cycle with the parser, so that both are freed at once."""
        del self._parser

    def reply(self) -> Reply:
        """Return the answer."""
        headers, body = self._headers, b"".join(self._pieces)
        if not headers:
            return Reply(self._status, body)
        codings = headers.get(b"content-encoding")
        return Reply(
            self._status,
            unpack(body, codings, ANSWER_LIMIT_BYTES) if codings else body,
            _text(headers.get(b"retry-after")),
            _text(headers.get(b"location")),
            _text(headers.get(b"date")),
        )

    def on_message_begin(self) -> None:
        # A second answer was not requested, and could be taken for the answer to the
        # next request.
        self._keeps_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.is_over:
            self._headers.setdefault(name.lower(), value)

    def on_headers_complete(self) -> None:
        if self.is_over:
            return
        self._status = self._parser.get_status_code()
        self._is_in_body = self._status >= 200
        # Only now does llhttp know both the headers and the status.
        self._keeps_alive = self._parser.should_keep_alive()
        if not self._is_in_body:
            self._headers.clear()

    def on_body(self, body: bytes) -> None:
        if self.is_over:
            return
        self._pieces.append(body)
        self._body_bytes += len(body)
        if self._body_bytes >= ANSWER_LIMIT_BYTES:
            self._keeps_alive = False
            self.is_over = True

    def on_message_complete(self) -> None:
        # A 1xx only announces the answer (RFC 9110, 15.2).
        self.is_over = self._is_in_body


def _not_http(error: Exception) -> BrokenAnswer:
    return BrokenAnswer(f"the answer is not HTTP ({error})")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
