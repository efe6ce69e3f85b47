"""A guard against JSON that is nested without end.

ijson names each value by its whole path, so its memory grows with the square of
the nesting: 200 KB of ``[`` are enough to fill a large machine. This looks at
the bytes before ijson does. Pure.
"""

from __future__ import annotations

MOST_LEVELS = 500

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
        passes = 0
        while passes <= MOST_LEVELS:
            fewer = brackets.replace(b"[]", b"").replace(b"{}", b"")
            if len(fewer) == len(brackets):
                break
            brackets = fewer
            passes += 1
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
