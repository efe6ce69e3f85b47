"""The data file's bytes: opened, unpacked, counted; and how it is known again."""

from __future__ import annotations

import hashlib
import io
import os
import select
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.text import seen_from
from cio_pipeline.source.gzip_members import GzipMembers

PIECE_BYTES = 65_536
# How long a wait for a pipe's next bytes lasts before the reader looks up.
WAIT_SECONDS = 0.1
_GZIP_MAGIC = b"\x1f\x8b"
_UTF8_MARK = b"\xef\xbb\xbf"
_MARK_BYTES = 4
# What a file that is no text begins with, and what to do about it.
_FOREIGN = {
    _GZIP_MAGIC: "it is packed with gzip twice; unpack it once",
    b"\xff\xfe": "it is UTF-16 or UTF-32; wanted UTF-8: save it as such",
    b"\xfe\xff": "it is UTF-16 or UTF-32; wanted UTF-8: save it as such",
    b"PK\x03\x04": "it is a ZIP archive or a spreadsheet; wanted JSON or CSV:"
    " unpack it, or export the sheet as CSV",
    b"BZh": "it is packed with bzip2; wanted gzip, or unpacked",
    b"\x28\xb5\x2f\xfd": "it is packed with zstd; wanted gzip, or unpacked",
    b"\xfd7zX": "it is packed with xz; wanted gzip, or unpacked",
    b"PAR1": "it is a Parquet file; wanted JSON, JSON Lines or CSV",
}
# Called in the thread that reads: before each read of the file with 0, and while
# nothing comes with the seconds it has lasted. What it raises ends the reading.
OnWait = Callable[[float], None]
PassedOver = Literal["header_repeated", "row_without_values"]
# What reads a file's records from an index on (from 0), once. Where the data breaks
# off, all records before the break have been returned.
ReadFrom = Callable[[int], Iterator[Record]]


class RawData:
    """The (unpacked) bytes of a data file, read once from front to back.

    A read returns what has come so far, so that a slow pipe's records are not held
    up. It waits with `poll`, never inside a read: the wait can then be ended, and no
    lock of a buffered file is held, which the interpreter would want at its exit.

    Args:
        name: the file, as the user named it.
        file: its bytes, at the beginning, without a buffer.
        size: its size on disk, or None where it has none (a pipe).
    """

    def __init__(self, name: str, file: BinaryIO, size: int | None) -> None:
        self.name = name
        self.size_bytes = size
        self.bytes_read = 0  # of the file itself, packed or not
        self.offset = 0
        self.on_wait: OnWait = _wait_on
        self._file = file
        # Waiting for a regular file cannot be told from reading it.
        may_wait = size is None and isinstance(file, io.FileIO)
        self._poll = _poll_of(file) if may_wait else None
        self._members: GzipMembers | None = None
        self._ahead = b""

    def read(self) -> bytes:
        """Read the next piece; nothing at the end.

        Raises:
            DataFileError: the file cannot be read on, or its packing is damaged.
        """
        piece, self._ahead = self._ahead or self._read(), b""
        self.offset += len(piece)
        return piece

    def begin(self, blanks: bytes | None = None) -> bytes:
        """Pass over a byte-order mark and blanks; give the first piece, unread.

        Nothing if there is nothing else.

        Args:
            blanks: which bytes are blanks; None for all that JSON has.

        Raises:
            DataFileError: as `read`; or it is not UTF-8.
        """
        piece = self._read_at_least(_MARK_BYTES)
        if piece.startswith(_GZIP_MAGIC):
            self._members = GzipMembers(piece, self._read_file, PIECE_BYTES)
            piece = self._read_at_least(_MARK_BYTES)
        self._refuse_foreign(piece)
        if piece.startswith(_UTF8_MARK):
            self.offset = len(_UTF8_MARK)
            piece = piece[len(_UTF8_MARK) :]
        while not (rest := piece.lstrip(blanks)):
            self.offset += len(piece)
            piece = self._read()
            if not piece:
                return b""
        self.offset += len(piece) - len(rest)
        self._ahead = rest
        return rest

    def _refuse_foreign(self, beginning: bytes) -> None:
        for sign, problem in _FOREIGN.items():
            if beginning.startswith(sign):
                raise DataFileError(self.name, problem)
        if b"\0" in beginning[:_MARK_BYTES]:  # UTF-16 without its mark
            raise DataFileError(self.name, _FOREIGN[b"\xff\xfe"])

    def _read_at_least(self, size: int) -> bytes:
        """Read until there are so many bytes, or the end."""
        piece = self._read()
        while len(piece) < size and (more := self._read()):
            piece += more
        return piece

    def _read(self) -> bytes:
        if self._members is None:
            return self._read_file()
        try:
            return self._members.read()
        except EOFError as error:
            raise DataFileError(
                self.name,
                "its gzip packing is cut off here (counted in what it unpacks to);"
                " fetch the file again",
                byte_offset=self.offset,
            ) from error
        except zlib.error as error:
            raise DataFileError(
                self.name,
                "its gzip packing is damaged from here on (counted in what it unpacks"
                f" to; {error})",
                byte_offset=self.offset,
            ) from error

    def _read_file(self) -> bytes:
        """Read what has come, after a wait if that is nothing; nothing at the end."""
        self.on_wait(0.0)
        try:
            piece = self._read_when_ready()
        except OSError as error:
            raise DataFileError(
                self.name, f"it cannot be read on: {error.strerror or error}"
            ) from error
        self.bytes_read += len(piece)
        return piece

    def _read_when_ready(self) -> bytes:
        while True:
            self._wait_until_ready()
            piece: bytes | None = self._file.read(PIECE_BYTES)
            if piece is not None:  # of a non-blocking descriptor: others took it
                return piece

    def _wait_until_ready(self) -> None:
        if self._poll is None:
            return
        waited = 0.0
        while not self._poll.poll(WAIT_SECONDS * 1000):
            waited += WAIT_SECONDS
            self.on_wait(waited)


def _wait_on(_waited_seconds: float) -> None:
    """Do nothing: the wait goes on."""


def _poll_of(file: BinaryIO) -> select.poll:
    poll = select.poll()
    poll.register(file.fileno(), select.POLLIN)
    return poll


def is_pipe(path: str) -> bool:
    """Return whether a path is there and can be read only once."""
    return Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir())


def open_file(path: str) -> BinaryIO:
    """Open a data file.

    Raises:
        DataFileError: it is not there, is no file, or may not be read.
    """
    try:
        if Path(path).is_dir():
            raise DataFileError(path, "it is a folder, wanted a file")
        return Path(path).open("rb", buffering=0)
    except FileNotFoundError:
        raise DataFileError(path, f"there is no such file{seen_from(path)}") from None
    except OSError as error:
        raise DataFileError(path, f"it cannot be read: {error.strerror}") from error


def fingerprint(file: BinaryIO, data_format: str) -> str | None:
    """Digest what a file is known again by; None where it is no regular file.

    Its size, modification time and both ends. Not its path: a moved file is the
    same file.
    """
    about = os.fstat(file.fileno())
    if not stat.S_ISREG(about.st_mode):
        return None
    digest = hashlib.sha256(
        f"{about.st_size} {about.st_mtime_ns} {data_format}\n".encode()
    )
    digest.update(file.read(PIECE_BYTES))
    file.seek(max(0, about.st_size - PIECE_BYTES))
    digest.update(file.read(PIECE_BYTES))
    file.seek(0)
    return digest.hexdigest()
