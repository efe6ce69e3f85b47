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

from cio_pipeline.config import seen_from
from cio_pipeline.errors import DataFileError

PIECE_BYTES = 65_536
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

        Nothing if there is nothing else.

        Raises:
            DataFileError: as `read`; or it is not UTF-8.
        """
        piece = self._read()
        while len(piece) < _MARK_BYTES and (more := self._read()):
            piece += more
        self._refuse_foreign(piece)
        if piece.startswith(_UTF8_MARK):
            self.offset = len(_UTF8_MARK)
            piece = piece[len(_UTF8_MARK) :]
        while not (rest := piece.lstrip()):
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

    def _read(self) -> bytes:
        try:
            return self._data.read1(PIECE_BYTES)
        except EOFError as error:
            raise DataFileError(
                self.name,
                "its gzip packing is cut off here (counted in what it unpacks to);"
                " fetch the file again",
                byte_offset=self.offset,
            ) from error
        except (zlib.error, gzip.BadGzipFile) as error:
            raise DataFileError(
                self.name,
                "its gzip packing is damaged from here on (counted in what it unpacks"
                f" to; {error})",
                byte_offset=self.offset,
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
