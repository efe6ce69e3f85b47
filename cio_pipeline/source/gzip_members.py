"""Decompression of gzip data as it arrives."""

from __future__ import annotations

import zlib
from collections.abc import Callable

_GZIP_FORMAT = 31  # zlib's `wbits`: a gzip header, and the largest window


class GzipMembers:
    """The members of a gzip file (RFC 1952), one after the other.

    The standard library's `GzipFile` waits until it has a full buffer of compressed
    bytes, which would delay the records of a slow pipe.

    Args:
        packed: the first compressed bytes.
        read: reads the next compressed bytes; returns nothing at the end.
        most_bytes: the most bytes that one read returns.
    """

    def __init__(
        self, packed: bytes, read: Callable[[], bytes], most_bytes: int
    ) -> None:
        self._packed = packed
        self._read = read
        self._most_bytes = most_bytes
        self._member = zlib.decompressobj(_GZIP_FORMAT)
        self._has_begun = True

    def read(self) -> bytes:
        """Return the next uncompressed bytes; nothing at the end.

        Raises:
            EOFError: the file ends inside a member.
            zlib.error: the data is damaged.
        """
        while True:
            piece = self._member.decompress(self._packed, self._most_bytes)
            self._packed = self._member.unconsumed_tail
            if self._member.eof:
                self._begin_member(self._member.unused_data)
            elif not piece and not self._fill():
                return b""
            if piece:
                return piece

    def _begin_member(self, packed: bytes) -> None:
        self._packed = packed.lstrip(b"\0")  # members may be followed by padding
        self._member = zlib.decompressobj(_GZIP_FORMAT)
        self._has_begun = bool(self._packed)

    def _fill(self) -> bool:
        """Read more compressed bytes; return whether there are any."""
        packed = self._read()
        if self._has_begun:
            self._packed = packed
            if not packed:
                raise EOFError
            return True
        self._begin_member(packed)
        return bool(packed)
