r"""Halves of surrogate pairs, which JSON may write and ijson misreads.

Its C backend reads ``"\ud800"`` as ``?``, and a first half with any escape behind
it as some other character: a user id would become somebody else's. So before ijson
sees them, halves without their partner are written as text that it keeps, and in
what it gives they are put back, as the standard library's parser has them.
"""

from __future__ import annotations

import re
from typing import Any

# Text that a half is written as: a character that is none (Unicode 23.7), and its
# number. Whoever puts that into a file gains no more than by writing the half.
_SIGN = "\ufdd0"
_HEX = b"[0-9a-fA-F]"
_FIRST = rb"[dD][89abAB]" + _HEX * 2
_SECOND = rb"[dD][c-fC-F]" + _HEX * 2
# Any escape, so that of `\\ud800` the first two are taken, and the rest is text.
_ESCAPE = re.compile(
    rb"\\(?:u(?:(?P<pair>%b\\u%b)|(?P<half>%b|%b))|.)"
    % (_FIRST, _SECOND, _FIRST, _SECOND),
    re.DOTALL,
)
# A quick look that takes all backslashes for the beginnings of escapes.
_HALF = re.compile(
    rb"\\u[dD](?:[89abAB]%b(?!\\u%b)|[c-fC-F]%b(?<!\\u%b\\u%b))"
    % (_HEX * 2, _SECOND, _HEX * 2, _FIRST, _SECOND)
)
# An escape that may be half of a pair, cut off; at most so long.
_CUT = re.compile(
    rb"\\(?:u(?:[dD]%b{0,2}|%b(?:\\(?:u(?:[dD](?:[c-fC-F]%b?)?)?)?)?)?)?"
    % (_HEX, _FIRST, _HEX)
)
_LONGEST_CUT = len(rb"\ud83d\ude0")
_WRITTEN = re.compile(_SIGN + "(d[89a-f][0-9a-f]{2})")


class HalfPairs:
    """Writes half pairs otherwise in a JSON text that comes in pieces."""

    def __init__(self) -> None:
        self._tail = b""  # an escape whose rest is in the next piece
        self._is_in_piece = False  # the last piece has a half
        self._is_in_value = False  # a value that was not complete before it may have

    def written_in(self, piece: bytes) -> bytes:
        """Give a piece as ijson may see it; its end may come with the next."""
        piece = self._tail + piece
        end = _cut_at(piece)
        piece, self._tail = piece[:end], piece[end:]
        return self._written(piece)

    def rest(self) -> bytes:
        """Give what was kept of the last piece."""
        rest, self._tail = self._tail, b""
        return self._written(rest)

    def put_back(self, values: list[Any]) -> None:
        """Put the halves back into the values that the last piece completed."""
        if not values:
            return
        if self._is_in_value:
            values[:] = map(_put_back, values)
        # It may stand in the value that the piece only began.
        self._is_in_value = self._is_in_piece

    def _written(self, piece: bytes) -> bytes:
        self._is_in_piece = False
        if b"\\ud" not in piece and b"\\uD" not in piece:
            return piece
        has_text = b"\\\\ud" in piece or b"\\\\uD" in piece
        if not has_text and not _HALF.search(piece):
            return piece
        written = _ESCAPE.sub(_write, piece)
        self._is_in_piece = written != piece
        self._is_in_value = self._is_in_value or self._is_in_piece
        return written


def _write(found: re.Match[bytes]) -> bytes:
    half: bytes | None = found["half"]
    return found[0] if half is None else rb"\ufdd0" + half.lower()


def _cut_at(piece: bytes) -> int:
    """Say where an escape begins that is cut off; else, where the piece ends."""
    at = piece.find(b"\\", max(0, len(piece) - _LONGEST_CUT))
    while at >= 0:
        backslashes = at - len(piece[:at].rstrip(b"\\"))
        if backslashes % 2 == 0 and _CUT.fullmatch(piece, at):
            return at
        at = piece.find(b"\\", at + 1)
    return len(piece)


def _put_back(value: Any) -> Any:  # noqa: ANN401  # any JSON
    kind = type(value)
    if kind is str:
        return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), value)
    if kind is dict:
        return {_put_back(key): _put_back(each) for key, each in value.items()}
    return [_put_back(each) for each in value] if kind is list else value
