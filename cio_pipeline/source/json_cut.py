"""Finds the ends of values in JSON text. Pure.

`JsonText` finds each end exactly, with two regular-expression calls for a flat
object. `last_object_end` guesses the last end in a piece, which is far faster. The
parser then checks the guess: ``[`` + piece + ``]`` is JSON only if the piece ends at
the end of a value.
"""

from __future__ import annotations

import re

_BLANKS = re.compile(rb"[ \t\n\r]*+")
_IN_TEXT = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR = re.compile(rb'[^ \t\n\r,\[\]{}"]*+')
# The content of a container up to the next bracket, or to text without an end.
_FLAT = re.compile(rb'[^"\[\]{}]*+(?:"(?:[^"\\]++|\\.)*+"[^"\[\]{}]*+)*+', re.DOTALL)
_BRACKETS = re.compile(rb"[\[{]++|[\]}]++")
_QUOTE = ord('"')
_OPENING = b"[{"
_BEGINNINGS = b'[{"'

_KEPT = b'[]{}"'
_DROPPED = bytes(set(range(256)) - set(_KEPT))
# After this many wrong guesses, a piece is cut exactly.
_MOST_GUESSES = 300


class JsonText:
    """Cuts JSON text, which arrives in pieces, into values.

    It reads each byte only once, even if a value arrives in many pieces.

    Args:
        offset: the byte of the file at which the text starts.
    """

    def __init__(self, offset: int) -> None:
        self._text = b""
        self._offset = offset
        self._start = 0
        self._restart()

    @property
    def offset(self) -> int:
        """The position of the next byte in the file."""
        return self._offset + self._start

    @property
    def rest(self) -> bytes:
        """The text that was not taken yet."""
        return self._text[self._start :]

    @property
    def waiting_bytes(self) -> int:
        """The length of `rest`."""
        return len(self._text) - self._start

    @property
    def is_inside_value(self) -> bool:
        """Whether the current value has started and its end has not arrived."""
        return self._at > self._start

    def add(self, piece: bytes) -> None:
        """Add the next piece of the text."""
        self._offset += self._start
        self._at -= self._start
        self._text = self._text[self._start :] + piece
        self._start = 0

    def next_byte(self) -> bytes:
        """Skip blanks; return the next byte, or nothing if there is none yet."""
        end = _end(_BLANKS, self._text, self._start)
        if end > self._start:  # taking nothing would forget the state of a value
            self.take(end - self._start)
        return self.peek(1)

    def peek(self, count: int) -> bytes:
        """Return the next bytes of the text."""
        return self._text[self._start : self._start + count]

    def take(self, count: int) -> bytes:
        """Return the next bytes of the text, and remove them."""
        taken = self.peek(count)
        self._start += count
        self._restart()
        return taken

    def take_value(self) -> bytes | None:
        """Return the value that starts here; None if its end has not arrived."""
        end = self._value_end()
        return None if end is None else self.take(end - self._start)

    def take_objects(self) -> bytes:
        """Return all values up to the end of the last object, which is a guess."""
        length = last_object_end(self._text[self._start :])
        return self.take(length) if length else b""

    def put_back(self, count: int) -> None:
        """Put back bytes that were taken since the last piece."""
        self._start -= count
        self._restart()

    def _restart(self) -> None:
        self._at = self._start
        self._depth = 0
        self._is_in_text = False

    def _value_end(self) -> int | None:
        if self._at == self._start and self._text[self._at] == _QUOTE:
            self._at += 1
            self._is_in_text = True
        if not self._is_in_text and self._text[self._start] not in _BEGINNINGS:
            return self._scalar_end()
        before = -1
        while before < self._at < len(self._text):
            before = self._at
            if self._step_in_text() if self._is_in_text else self._step():
                return self._at
        return None

    def _scalar_end(self) -> int | None:
        self._at = _end(_SCALAR, self._text, self._at)
        return self._at if self._at < len(self._text) else None

    def _step_in_text(self) -> bool:
        """Go to the end of the text; return whether the value ends there."""
        self._at = _end(_IN_TEXT, self._text, self._at)
        if self._text[self._at : self._at + 1] != b'"':
            return False  # its end, or the end of an escape, has not arrived
        self._at += 1
        self._is_in_text = False
        return self._depth == 0

    def _step(self) -> bool:
        """Go over the next brackets; return whether the value ends there."""
        self._at = _end(_FLAT, self._text, self._at)
        if self._at == len(self._text):
            return False
        if self._text[self._at] == _QUOTE:
            self._at += 1
            self._is_in_text = True
            return False
        end = _end(_BRACKETS, self._text, self._at)
        count = end - self._at
        if self._text[self._at] in _OPENING:
            self._depth += count
        else:
            count = min(count, self._depth)
            self._depth -= count
        self._at += count
        return self._depth == 0


def last_object_end(piece: bytes) -> int:
    """Guess where the last object ends, in a piece that starts with a value.

    It is the last ``},`` outside text at which all brackets are closed. 0 if there is
    none, or if it is not found quickly.
    """
    at = piece.rfind(b"},")
    depth, is_in_text = _state_after(piece[: at + 1], is_in_text=False)
    for _ in range(_MOST_GUESSES):
        if at < 0 or (depth == 0 and not is_in_text):
            return at + 1
        before = piece.rfind(b"},", 0, at)
        between = piece[before + 1 : at + 1]
        was_in_text = is_in_text != (_unescaped(between).count(b'"') % 2 == 1)
        depth -= _state_after(between, is_in_text=was_in_text)[0]
        at, is_in_text = before, was_in_text
    return 0


def _state_after(piece: bytes, *, is_in_text: bool) -> tuple[int, bool]:
    """Return how many brackets stay open, and whether the piece ends inside text."""
    kept = _unescaped(piece).translate(None, _DROPPED)
    if is_in_text:
        kept = b'"' + kept
    parts = kept.replace(b'""', b"").split(b'"')
    outside = b"".join(parts[::2])
    opened = outside.count(b"[") + outside.count(b"{")
    return 2 * opened - len(outside), len(parts) % 2 == 0


def _unescaped(piece: bytes) -> bytes:
    if b"\\" not in piece:
        return piece
    return piece.replace(b"\\\\", b"").replace(b'\\"', b"")


def _end(pattern: re.Pattern[bytes], text: bytes, start: int) -> int:
    """Return the end of a pattern's match."""
    found = pattern.match(text, start)
    return start if found is None else found.end()
