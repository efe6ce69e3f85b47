"""Rewrites answers that HTTP allows and llhttp refuses. Pure.

Old servers and intercepting proxies fold headers, repeat a length, or end lines with
only a line feed. A user agent must or may accept these (RFC 9112, 2.2, 5.2, 6.3;
RFC 9110, 8.6). llhttp refuses them, because it is also used in proxies.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from contextlib import suppress

_LINE_END = re.compile(rb"\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
# Control characters except tab, NUL, CR and LF may be replaced by a space (RFC 9110,
# 5.5).
_CONTROL_CHARACTER = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST_LINE_BYTES = 65_536
_ANNOUNCEMENT = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d")
# The codings of RFC 9110, 8.4.1 in zlib's terms. Some servers send deflate without the
# zlib header.
_GZIP, _ZLIB, _BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_FORMS = {b"gzip": (_GZIP,), b"x-gzip": (_GZIP,), b"deflate": (_ZLIB, _BARE)}


def tidy_heads(data: bytes) -> tuple[bytes, bytes] | None:
    """Rewrite the headers of an answer, and of the 1xx answers before it.

    Args:
        data: the answer so far.

    Returns:
        The headers with their empty lines, and the body so far; None while the headers
        are incomplete.
    """
    heads: list[bytes] = []
    rest = data.lstrip(b"\r\n")
    while (end := _HEAD_END.search(rest)) is not None:
        head, rest = rest[: end.start()], rest[end.end() :]
        heads.append(_tidy(head))
        if not _ANNOUNCEMENT.match(head):
            return b"".join(heads), rest
    return None


def _tidy(head: bytes) -> bytes:
    status, *lines = _LINE_END.split(head)
    fields: list[bytes] = []
    for line in lines:
        if fields and line[:1] in (b" ", b"\t"):
            fields[-1] += b" " + _CONTROL_CHARACTER.sub(b" ", line).strip(b" \t")
        else:
            fields.append(_CONTROL_CHARACTER.sub(b" ", line))
    return b"\r\n".join([status, *_with_one_length(fields), b"", b""])


def _with_one_length(fields: list[bytes]) -> list[bytes]:
    """Keep one field that defines where the body ends; unequal lengths stay."""
    codings = _values(fields, b"transfer-encoding")
    if codings == {b"identity"}:
        fields = _without(fields, b"transfer-encoding")
    elif codings:
        return _without(fields, b"content-length")
    lengths = _values(fields, b"content-length")
    if len(lengths) != 1:
        return fields
    return [*_without(fields, b"content-length"), b"Content-Length: " + lengths.pop()]


def _values(fields: list[bytes], name: bytes) -> set[bytes]:
    return {
        value.strip().lower()
        for field in fields
        if _name_of(field) == name
        for value in field.partition(b":")[2].split(b",")
    }


def _without(fields: list[bytes], name: bytes) -> list[bytes]:
    return [field for field in fields if _name_of(field) != name]


def _name_of(field: bytes) -> bytes:
    return field.partition(b":")[0].lower()


class Chunks:
    """Rewrites a chunked body with CRLF at the end of each line (RFC 9112, 7.1)."""

    def __init__(self) -> None:
        self._unfinished_line = b""
        self._data_bytes_left = 0
        self._is_size_next = True

    def tidy(self, piece: bytes) -> bytes:
        """Return the next bytes rewritten, up to the last complete line.

        Invalid chunks are not changed; the parser refuses them.

        Raises:
            ValueError: a line is too long.
        """
        rest = self._unfinished_line + piece
        tidied: list[bytes] = []
        while rest:
            if self._data_bytes_left:
                data, rest = (
                    rest[: self._data_bytes_left],
                    rest[self._data_bytes_left :],
                )
                self._data_bytes_left -= len(data)
                tidied.append(data)
                continue
            line, end, after = rest.partition(b"\n")
            if not end:
                break
            tidied.append(self._line(line.removesuffix(b"\r")) + b"\r\n")
            rest = after
        if len(rest) > _LONGEST_LINE_BYTES:
            raise ValueError("a line of a chunk is too long")
        self._unfinished_line = rest
        return b"".join(tidied)

    def _line(self, line: bytes) -> bytes:
        """Read a chunk's size, the end of its data, or a trailer; return the line."""
        size = line.partition(b";")[0].strip(b" \t")
        if not self._is_size_next or not _SIZE.fullmatch(size):
            self._is_size_next = not line
            return line
        self._data_bytes_left = int(size, 16)
        self._is_size_next = False
        return size


def unpack(body: bytes, content_encoding: bytes, limit_bytes: int) -> bytes:
    """Return a body without its content codings (RFC 9110, 8.4).

    Args:
        body: the received body, which may be incomplete.
        content_encoding: the header's value; its last coding was applied last.
        limit_bytes: the most bytes to unpack.

    Returns:
        The content; the unchanged body if a coding is unknown or wrong.
    """
    codings = [each.strip().lower() for each in content_encoding.split(b",")]
    for coding in reversed(codings):
        body = _inflate(body, _FORMS.get(coding, ()), limit_bytes)
    return body


def _inflate(packed: bytes, forms: Iterable[int], limit_bytes: int) -> bytes:
    for form in forms:
        inflater = zlib.decompressobj(form)
        with suppress(zlib.error):
            content = inflater.decompress(packed, limit_bytes)
            # Without a header, any bytes may look like the start of compressed data.
            if form != _BARE or inflater.eof:
                return content
    return packed
