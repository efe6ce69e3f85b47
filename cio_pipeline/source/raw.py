"""The data file's bytes: opened, unpacked, counted; and how it is known again."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from cio_pipeline.errors import DataFileError

PIECE_BYTES = 65_536
_GZIP_MAGIC = b"\x1f\x8b"
_UTF8_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")


class RawData:
    """The (unpacked) bytes of a data file, read once from front to back.

    Args:
        name: the file, as the user named it.
        file: its bytes, at the beginning.
        size: its size on disk, or None where it has none (a pipe).
    """

    def __init__(self, name: str, file: BinaryIO, size: int | None) -> None:
        self.name = name
        self.size_bytes = size
        self._file = file
        buffered: io.BufferedReader = io.BufferedReader(_Unbuffered(file), PIECE_BYTES)
        is_packed = buffered.peek(2)[:2] == _GZIP_MAGIC
        self._data = _unpacked(buffered) if is_packed else buffered
        self._ahead = b""
        self.offset = 0

    @property
    def bytes_read(self) -> int:
        """How far the file on disk has been read."""
        return self._file.tell() if self.size_bytes is not None else self.offset

    def read(self) -> bytes:
        """Read the next piece; nothing at the end.

        Raises:
            DataFileError: the file cannot be read on, or its packing is damaged.
        """
        piece, self._ahead = self._ahead or self._read(), b""
        self.offset += len(piece)
        return piece

    def begin(self) -> bytes:
        """Pass over a byte-order mark and blanks; give the first piece, unread.

        Raises:
            DataFileError: as `read`; or it is empty, or not UTF-8.
        """
        piece = self._read()
        while len(piece) < len(_UTF8_MARK) and (more := self._read()):
            piece += more
        if piece.startswith(_OTHER_MARKS):
            raise DataFileError(self.name, "it is UTF-16 or UTF-32; wanted UTF-8")
        if piece.startswith(_UTF8_MARK):
            self.offset = len(_UTF8_MARK)
            piece = piece[len(_UTF8_MARK) :]
        while not (rest := piece.lstrip()):
            self.offset += len(piece)
            piece = self._read()
            if not piece:
                raise DataFileError(self.name, "the file is empty")
        self.offset += len(piece) - len(rest)
        self._ahead = rest
        return rest

    def _read(self) -> bytes:
        try:
            return self._data.read1(PIECE_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataFileError(
                self.name, f"its gzip packing is damaged or cut off ({error})"
            ) from error
        except OSError as error:
            raise DataFileError(
                self.name, f"it cannot be read on: {error.strerror or error}"
            ) from error


def _unpacked(packed: io.BufferedReader) -> io.BufferedReader:
    # GzipFile reads like a BufferedReader, but is declared as less.
    return cast("io.BufferedReader", gzip.GzipFile(fileobj=packed))


class _Unbuffered(io.RawIOBase):
    """Gives what has come so far, so that a slow pipe's records are not held up."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the buffers that io hands in
        read = getattr(self._file, "read1", self._file.read)
        piece: bytes = read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def open_file(path: str) -> BinaryIO:
    """Open a data file.

    Raises:
        DataFileError: it is not there, is no file, or may not be read.
    """
    try:
        if Path(path).is_dir():
            raise DataFileError(path, "it is a folder, wanted a file")
        return Path(path).open("rb")
    except FileNotFoundError:
        raise DataFileError(path, "there is no such file") from None
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
