"""The data file's bytes: waiting for them, decompressing and counting."""

from __future__ import annotations

import io
import select
from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.read_options import READ_ALL, ReadOptions
from cio_pipeline.source.packing import Members, packing_of

PIECE_BYTES = 32_768  # the values of larger pieces do not fit into a core's cache
# How often a wait for a pipe's next bytes calls `on_wait`.
WAIT_SECONDS = 0.1
_GZIP_MAGIC = b"\x1f\x8b"
_UTF8_BOM = b"\xef\xbb\xbf"
_MAGIC_BYTES = 4
# Magic numbers and BOMs of files that cannot be read, and what to do.
_FOREIGN = {
    _GZIP_MAGIC: "it is compressed with gzip twice; decompress it once",
    b"\xff\xfe": "it is UTF-16 or UTF-32; save it as UTF-8",
    b"\xfe\xff": "it is UTF-16 or UTF-32; save it as UTF-8",
    b"PK\x03\x04": "it is a ZIP archive or a spreadsheet, which can be read only from"
    " a file with the right extension (.zip, .xlsx)",
    b"BZh": "it is compressed with bzip2; decompress it or use gzip",
    b"\x28\xb5\x2f\xfd": "it is compressed twice; decompress it once",
    b"\xfd7zX": "it is compressed with xz; decompress it or use gzip",
    b"PAR1": "it is a Parquet file; use -format parquet",
}
# Called in the thread that reads: with 0 before each read of the file, and while it
# waits with the seconds of the wait so far. What it raises ends the reading.
OnWait = Callable[[float], None]
SkippedRow = Literal["header_repeated", "row_without_values", "sheet_not_read"]
# Reads a file's records from an index on (from 0), once. If the data is invalid, all
# records before that point have been returned.
ReadFrom = Callable[[int], Iterator[Record]]


class RawData:
    """The (uncompressed) bytes of a data file, read once from start to end.

    A read returns what has arrived so far, so that the records of a slow pipe are not
    delayed. It waits with `poll`, never in a read: so the wait can be ended, and the
    thread holds no lock of a buffered file, which the interpreter needs at exit.

    Args:
        name: the file, as the user named it.
        file: its bytes, from the start, without a buffer.
        size: its size on disk; None if it has none (a pipe).
        options: how it is read.

    Attributes:
        bytes_read: how many bytes of the file itself were read, compressed or not.
        offset: how many (unpacked) bytes were returned.
        on_wait: see `OnWait`.
    """

    def __init__(
        self,
        name: str,
        file: BinaryIO,
        size: int | None,
        options: ReadOptions = READ_ALL,
    ) -> None:
        self.name = name
        self.options = options
        self.size_bytes = size
        self.bytes_read = 0
        self.offset = 0
        self.on_wait: OnWait = _wait_on
        self._file = file
        # A regular file is always ready: `poll` says nothing about it.
        may_wait = size is None and isinstance(file, io.FileIO)
        self._poll = _poll_of(file) if may_wait else None
        self._members: Members | None = None
        self._ahead = b""

    def read(self) -> bytes:
        """Return the next piece; nothing at the end.

        Raises:
            DataFileError: the file cannot be read, or its compressed data is damaged.
        """
        piece, self._ahead = self._ahead or self._read(), b""
        self.offset += len(piece)
        return piece

    def begin(self, blanks: bytes | None = None) -> bytes:
        """Skip a BOM and blanks; return the first piece, which `read` returns again.

        It returns nothing if there is nothing else.

        Args:
            blanks: which bytes are blanks; None for ASCII's.

        Raises:
            DataFileError: as `read`; or it is not UTF-8.
        """
        piece = self._read_at_least(_MAGIC_BYTES)
        if packing := packing_of(self.name, piece):
            self._members = Members(
                self.name, packing, piece, self._read_file, PIECE_BYTES
            )
            piece = self._read_at_least(_MAGIC_BYTES)
        self._refuse_foreign(piece)
        if piece.startswith(_UTF8_BOM):
            self.offset = len(_UTF8_BOM)
            piece = piece[len(_UTF8_BOM) :]
        while not (rest := piece.lstrip(blanks)):
            self.offset += len(piece)
            piece = self._read()
            if not piece:
                return b""
        self.offset += len(piece) - len(rest)
        self._ahead = rest
        return rest

    def seekable(self) -> BinaryIO:
        """Return the file itself, for formats that are read in another order.

        Raises:
            DataFileError: it is a pipe.
        """
        if self.size_bytes is None:
            raise DataFileError(
                self.name, "this format cannot be read from a pipe; use a file"
            )
        return self._file

    def _refuse_foreign(self, beginning: bytes) -> None:
        for magic, problem in _FOREIGN.items():
            if beginning.startswith(magic):
                raise DataFileError(self.name, problem)
        if b"\0" in beginning[:_MAGIC_BYTES]:  # UTF-16 without a BOM
            raise DataFileError(self.name, _FOREIGN[b"\xff\xfe"])

    def _read_at_least(self, size: int) -> bytes:
        """Read until there are ``size`` bytes, or to the end."""
        piece = self._read()
        while len(piece) < size and (more := self._read()):
            piece += more
        return piece

    def _read(self) -> bytes:
        return self._read_file() if self._members is None else self._members.read()

    def _read_file(self) -> bytes:
        """Wait for bytes and return them; nothing at the end."""
        self.on_wait(0.0)
        try:
            piece = self._read_when_ready()
        except OSError as error:
            raise DataFileError(
                self.name, f"it cannot be read further: {error.strerror or error}"
            ) from error
        self.bytes_read += len(piece)
        return piece

    def _read_when_ready(self) -> bytes:
        while True:
            self._wait_until_ready()
            piece: bytes | None = self._file.read(PIECE_BYTES)
            if piece is not None:  # non-blocking, and another process read the bytes
                return piece

    def _wait_until_ready(self) -> None:
        if self._poll is None:
            return
        waited = 0.0
        while not self._poll.poll(WAIT_SECONDS * 1000):
            waited += WAIT_SECONDS
            self.on_wait(waited)


def _wait_on(_waited_seconds: float) -> None:
    """Do nothing: the wait continues."""


def _poll_of(file: BinaryIO) -> select.poll:
    poll = select.poll()
    poll.register(file.fileno(), select.POLLIN)
    return poll
