"""Guards that look at JSON before ijson does, for what ijson does not survive.

It names each value by its whole path, so its memory grows with the square of the
nesting: 200 KB of ``[`` are enough to fill a large machine. And a number of more
digits than Python will convert makes its C backend crash the process.
"""

from __future__ import annotations

import sys

MOST_LEVELS = 500

DIGITS_ALIKE = bytes.maketrans(b"123456789", b"0" * 9)  # for `bytes.translate`

_KEPT = b'[]{}"'
_DROPPED = bytes(set(range(256)) - set(_KEPT))


class NestingGuard:
    """Follows the nesting of a JSON text that comes in pieces.

    Nothing but brackets outside of strings matters, and nearly all of them close
    soon: what is not a bracket is dropped, then pairs are, at the speed of
    `bytes.replace`. A text that is no JSON may be judged wrongly; the parser
    then says so.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._tail = b""  # a backslash whose partner is in the next piece

    def is_too_deep(self, piece: bytes) -> bool:
        """Take the next piece; whether the text is nested deeper than allowed."""
        brackets = self._brackets(self._unescaped(piece))
        # Each replacing that finds something is a level: `{[]}` is two. Beside each
        # other, `[]` and `{}` are counted as two as well, so it may err to the safe
        # side, by half at most.
        passes, before = 0, -1
        while before != passes <= MOST_LEVELS:
            before = passes
            for pair in (b"[]", b"{}"):
                fewer = brackets.replace(pair, b"")
                passes += len(fewer) != len(brackets)
                brackets = fewer
        opened = brackets.count(b"[") + brackets.count(b"{")
        deepest = self._depth + opened + passes
        self._depth += 2 * opened - len(brackets)
        return deepest > MOST_LEVELS

    def _unescaped(self, piece: bytes) -> bytes:
        piece = self._tail + piece
        self._tail = b""
        if b"\\" not in piece:
            return piece
        piece = piece.replace(b"\\\\", b"").replace(b'\\"', b"")
        if piece.endswith(b"\\"):
            self._tail = b"\\"
        return piece

    def _brackets(self, piece: bytes) -> bytes:
        """What stands outside of strings, of ``[]{}``."""
        kept = piece.translate(None, _DROPPED)
        if self._in_string:
            kept = b'"' + kept
        kept = kept.replace(b'""', b"")
        if b'"' not in kept:
            self._in_string = False
            return kept
        parts = kept.split(b'"')
        self._in_string = len(parts) % 2 == 0
        return b"".join(parts[::2])


class DigitGuard:
    """Looks for a run of digits longer than Python will turn into a number.

    A run inside of text counts too: no text of Customer.io's is that long.
    """

    def __init__(self) -> None:
        self._most = sys.get_int_max_str_digits() or sys.maxsize
        self._run = 0  # digits at the end of what has come so far

    def is_too_long(self, piece: bytes) -> bool:
        """Take the next piece; whether a run of digits in it is too long."""
        plain = piece.translate(DIGITS_ALIKE)
        rest = plain.rstrip(b"0")
        first = len(plain) - len(plain.lstrip(b"0"))
        longest = self._run + first
        self._run = len(plain) - len(rest) if rest else longest
        if longest > self._most:
            return True
        return len(plain) > self._most and b"0" * (self._most + 1) in plain
