"""Data files on this machine: files, named pipes and standard input."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.text import seen_from

_END_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A regular file, as it is when the run starts.

    Args:
        path: as the user named it.
        size_bytes: its size.
        modified_ns: its modification time, in Unix nanoseconds.
    """

    path: str
    size_bytes: int
    modified_ns: int

    is_pipe = False
    is_local_file = True

    @property
    def name(self) -> str:
        """As dead letters name it."""
        return readable(PurePath(self.path).name)

    def open(self) -> BinaryIO:
        """Open it at its beginning.

        Raises:
            DataFileError: it cannot be read.
        """
        return _open(self.path)

    def fingerprint(self, options: str) -> str:
        """Return a digest that identifies the file later.

        It depends on the size, the modification time and both ends, but not on the
        path: a moved file is the same file.

        Args:
            options: `ReadOptions.digest_text`.
        """
        digest = hashlib.sha256(
            f"{self.size_bytes} {self.modified_ns} {options}\n".encode()
        )
        with self.open() as file:
            digest.update(file.read(_END_BYTES))
            file.seek(max(0, self.size_bytes - _END_BYTES))
            digest.update(file.read(_END_BYTES))
        return digest.hexdigest()

    def has_changed(self, file: BinaryIO) -> bool:
        """Return whether the open file is no longer the one that it was."""
        about = os.fstat(file.fileno())
        return (about.st_size, about.st_mtime_ns) != (self.size_bytes, self.modified_ns)


@dataclass(frozen=True, slots=True)
class Pipe:
    """Standard input or a named pipe, which can be read only once.

    Args:
        path: as messages name it.
        file: its open end without a buffer; None to open the path.
    """

    path: str
    file: BinaryIO | None = None

    size_bytes = None
    is_pipe = True
    is_local_file = False

    @property
    def name(self) -> str:
        """As dead letters name it."""
        return readable(PurePath(self.path).name) if self.file is None else "stdin"

    def open(self) -> BinaryIO:
        """Return its open end.

        Raises:
            DataFileError: it cannot be opened.
        """
        return _open(self.path) if self.file is None else self.file

    def fingerprint(self, _options: str) -> None:
        """Return None: its data cannot be identified later."""

    def has_changed(self, _file: BinaryIO) -> bool:
        """Return False: it has no other state."""
        return False


def local_file(path: str) -> LocalFile | Pipe:
    """Return a file or a named pipe as it is now.

    Raises:
        DataFileError: it does not exist, is a folder, or cannot be looked at.
    """
    try:
        about = Path(path).stat()
    except FileNotFoundError:
        raise DataFileError(path, f"there is no such file{seen_from(path)}") from None
    except (OSError, ValueError) as error:  # a path with a null character
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(about.st_mode):
        raise DataFileError(path, "it is a folder, not a file")
    if not stat.S_ISREG(about.st_mode):
        return Pipe(path)
    return LocalFile(path, about.st_size, about.st_mtime_ns)


def readable(name: str) -> str:
    """Return a file's name as UTF-8 text: names can be any bytes."""
    return os.fsencode(name).decode("utf-8", "replace")


def _open(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb", buffering=0)
    except FileNotFoundError:
        raise DataFileError(path, f"there is no such file{seen_from(path)}") from None
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: Exception) -> DataFileError:
    return DataFileError(
        path, f"it cannot be read: {getattr(error, 'strerror', None) or error}"
    )
