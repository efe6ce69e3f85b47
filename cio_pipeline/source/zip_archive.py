"""The files in a ZIP archive, each read as a stream."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import IO, BinaryIO, TypeVar, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from cio_pipeline.core.errors import DataFileError, UsageError
from cio_pipeline.core.text import listed
from cio_pipeline.source.place import Place

# What only spreadsheets have: they are ZIP archives that are one file.
_SPREADSHEET = {"[Content_Types].xml", "mimetype"}
_ENCRYPTED = 0x1  # a bit of `flag_bits` (APPNOTE.TXT, 4.4.4)
_FOLDER_OF_MACS = "__MACOSX"
_MOST_NAMED = 10
_ENCRYPTED_PROBLEM = "it is encrypted; unpack the archive with its password"
_T = TypeVar("_T")
_DAMAGED = (BadZipFile, EOFError, zlib.error, ValueError)


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A file in an archive.

    Args:
        archive: the archive.
        member: the name in it.
        size_bytes: its size when it is unpacked.
    """

    archive: Place
    member: str
    size_bytes: int

    is_pipe = False

    @property
    def path(self) -> str:
        """As messages name it."""
        return f"{self.archive.path}/{self.member}"

    @property
    def name(self) -> str:
        """As dead letters name it."""
        return f"{self.archive.name}/{self.member}"

    @property
    def is_local_file(self) -> bool:
        """Whether opening it takes no time."""
        return self.archive.is_local_file

    def open(self) -> BinaryIO:
        """Open it at its beginning.

        Raises:
            DataFileError: it cannot be read.
        """
        file = self.archive.open()
        try:
            return cast("BinaryIO", _OpenMember(self, file))
        except BaseException:
            file.close()
            raise

    def fingerprint(self, options: str) -> str | None:
        """Return a digest that identifies it later."""
        archive = self.archive.fingerprint(options)
        if archive is None:
            return None
        return hashlib.sha256(f"{archive} {self.member}".encode()).hexdigest()

    def has_changed(self, file: BinaryIO) -> bool:
        """Return whether the archive is no longer the one that it was."""
        return self.archive.has_changed(cast("_OpenMember", file).archive_file)


class _OpenMember(io.RawIOBase):
    """The unpacked bytes of a member, which are checked against its checksum."""

    def __init__(self, member: ZipMember, archive_file: BinaryIO) -> None:
        self.archive_file = archive_file
        self._path = member.path
        archive = _open_archive(member.archive.path, archive_file)
        self._file = self._translated(lambda: archive.open(member.member))

    def read(self, size: int = -1) -> bytes:
        """Return at most this many bytes; nothing at the end."""
        return self._translated(lambda: self._file.read(size))

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True; going back unpacks the member again."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a byte of the unpacked data."""
        return self._translated(lambda: self._file.seek(offset, whence))

    def tell(self) -> int:
        """Return the byte of the unpacked data that is next."""
        return self._file.tell()

    def close(self) -> None:
        """Close the archive as well."""
        self.archive_file.close()
        super().close()

    def _translated(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except NotImplementedError as error:
            raise DataFileError(
                self._path,
                "it is compressed in a way that this program cannot unpack; unpack the"
                " archive",
            ) from error
        except RuntimeError as error:  # the library's error for a password
            raise DataFileError(self._path, _ENCRYPTED_PROBLEM) from error
        except _DAMAGED as error:
            raise DataFileError(
                self._path, "the ZIP archive is cut off or damaged; fetch it again"
            ) from error


def members_of(
    archive: Place, wanted: str | None, may_have_data: Callable[[str], bool]
) -> list[ZipMember] | None:
    """Return the members to read, by name; None for a spreadsheet.

    Args:
        archive: the archive.
        wanted: the name of a member, or a pattern for several; None for the only one.
        may_have_data: returns whether a file or folder may have data, by its name.

    Raises:
        DataFileError: the archive is damaged, empty or encrypted.
        UsageError: no member matches, or there are several and none is named.
    """
    with archive.open() as file, _open_archive(archive.path, file) as opened:
        infos = opened.infolist()
    if any(info.filename in _SPREADSHEET for info in infos):
        return None
    files = [info for info in infos if _is_data(info, may_have_data)]
    if wanted is not None:
        files = [info for info in files if _is_wanted(info.filename, wanted)]
    _refuse_none_or_several(archive.path, wanted, files, infos)
    for info in files:
        if info.flag_bits & _ENCRYPTED:
            raise DataFileError(f"{archive.path}/{info.filename}", _ENCRYPTED_PROBLEM)
    found = [ZipMember(archive, info.filename, info.file_size) for info in files]
    return sorted(found, key=lambda member: member.member)


def _refuse_none_or_several(
    path: str, wanted: str | None, files: list[ZipInfo], infos: list[ZipInfo]
) -> None:
    names = sorted(info.filename for info in files or infos if not info.is_dir())
    shown = listed(names, _MOST_NAMED)
    if not names:
        raise DataFileError(path, "the ZIP archive is empty")
    if not files:
        missing = "data files" if wanted is None else f"member {wanted!r}"
        raise UsageError(f"{path}: the ZIP archive has no {missing}, only {shown}")
    if wanted is None and len(files) > 1:
        raise UsageError(
            f"{path}: the ZIP archive has {len(files):,} files; name the one to read"
            f" with -member, or several with a pattern (-member '*.csv'): {shown}"
        )


def _is_data(info: ZipInfo, may_have_data: Callable[[str], bool]) -> bool:
    parts = PurePosixPath(info.filename).parts
    is_file = not info.is_dir() and _FOLDER_OF_MACS not in parts
    return is_file and all(map(may_have_data, parts))


def _is_wanted(name: str, wanted: str) -> bool:
    base = PurePosixPath(name).name
    return wanted in (name, base) or fnmatchcase(name, wanted)


def _open_archive(path: str, file: IO[bytes]) -> ZipFile:
    try:
        return ZipFile(file)
    except (*_DAMAGED, NotImplementedError) as error:
        raise DataFileError(
            path, "the ZIP archive is cut off or damaged; fetch it again"
        ) from error
