"""Decompression of gzip and zstd data as it arrives.

The standard library's `GzipFile` waits until it has a full buffer of compressed bytes,
which would delay the records of a slow pipe.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source.extras import import_optional

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# A frame to skip, which has no data (RFC 8878, 3.1.2); `pzstd` begins with one.
_SKIPPED_MAGIC = b"\x2a\x4d\x18"
_GZIP_FORMAT = 31  # zlib's `wbits`: a gzip header, and the largest window


class Member(Protocol):
    """The decompressor of one member of a file, as those of `zlib`."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""

    @property
    def unconsumed_tail(self) -> bytes:
        """What must be passed to `decompress` again."""

    @property
    def unused_data(self) -> bytes:
        """What is after the end of the member."""

    def decompress(self, packed: bytes, most_bytes: int, /) -> bytes:
        """Return the next bytes."""


@dataclass(frozen=True, slots=True)
class Packing:
    """A way of compressing.

    Args:
        name: as messages have it.
        new_member: returns a decompressor.
        error: what it raises for damaged data.
    """

    name: str
    new_member: Callable[[], Member]
    error: type[Exception]


class Members:
    """The members of a compressed file, one after the other.

    Args:
        path: the file, for messages.
        packing: how it is compressed.
        packed: the first compressed bytes.
        read: reads the next compressed bytes; returns nothing at the end.
        most_bytes: the most bytes that one read returns.
    """

    def __init__(
        self,
        path: str,
        packing: Packing,
        packed: bytes,
        read: Callable[[], bytes],
        most_bytes: int,
    ) -> None:
        self._path = path
        self._packing = packing
        self._packed = packed
        self._read = read
        self._most_bytes = most_bytes
        self._member = packing.new_member()
        self._has_begun = True
        self._offset = 0

    def read(self) -> bytes:
        """Return the next uncompressed bytes; nothing at the end.

        Raises:
            DataFileError: the file ends inside a member, or its data is damaged.
        """
        try:
            piece = self._next_piece()
        except EOFError as error:
            raise self._error("ends too early", "") from error
        except self._packing.error as error:
            raise self._error("is damaged", f"; {error}") from error
        self._offset += len(piece)
        return piece

    def _error(self, problem: str, why: str) -> DataFileError:
        return DataFileError(
            self._path,
            f"the {self._packing.name} data {problem} (the byte is counted in the"
            f" decompressed data{why}); fetch the file again",
            byte_offset=self._offset,
        )

    def _next_piece(self) -> bytes:
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
        self._member = self._packing.new_member()
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


def packing_of(path: str, beginning: bytes) -> Packing | None:
    """Return how a file is compressed, by its first bytes; None if it is not.

    Raises:
        DataFileError: the package that decompresses it is not installed.
    """
    if beginning.startswith(_GZIP_MAGIC):
        return Packing("gzip", partial(zlib.decompressobj, _GZIP_FORMAT), zlib.error)
    if beginning.startswith(_ZSTD_MAGIC) or beginning[1:4] == _SKIPPED_MAGIC:
        library = _zstd_library(path)
        return Packing("zstd", partial(_Frame, library), library.ZstdError)
    return None


def _zstd_library(path: str) -> Any:  # noqa: ANN401  # a module that may be absent
    is_standard = sys.version_info >= (3, 14)
    return import_optional(
        path, "compression.zstd" if is_standard else "backports.zstd", "zstd"
    )


class _Frame:
    """A zstd frame (RFC 8878); its decompressor keeps what it has not used."""

    unconsumed_tail = b""

    def __init__(self, library: Any) -> None:  # noqa: ANN401  # as above
        self._frame = library.ZstdDecompressor()

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def unused_data(self) -> bytes:
        unused: bytes = self._frame.unused_data
        return unused

    def decompress(self, packed: bytes, most_bytes: int, /) -> bytes:
        piece: bytes = self._frame.decompress(packed, most_bytes)
        return piece
