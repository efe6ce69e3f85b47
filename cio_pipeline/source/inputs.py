"""What a command reads: one data file or several, in order."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from glob import glob
from itertools import accumulate
from pathlib import Path, PurePath
from typing import BinaryIO, Protocol, Self

from cio_pipeline.core.data_address import DataAddress, is_address, parse_data_address
from cio_pipeline.core.errors import DataFileError, UsageError
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.core.text import counted, seen_from
from cio_pipeline.source.data_file import DataFile
from cio_pipeline.source.local_files import Pipe, local_file, readable
from cio_pipeline.source.place import Described, Place
from cio_pipeline.source.raw import Note, OnWait, SkippedRow

STANDARD_INPUT = "-"
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # the second one: without members
_PATTERN = re.compile(r"[*?\[]")
# Files beside the data that products write into the folder of an export.
_NO_DATA = re.compile(
    r"[._].*|(.*_)?manifest|manifest(-files|-summary)?\.json"
    r"|.*\.(manifest|metadata|checksum|md5|sha1|sha256|crc)",
    re.IGNORECASE,
)


class OpenInput(Protocol):
    """Something that is open for reading; `Source` is one."""

    @property
    def bytes_read(self) -> int:
        """How many bytes of it have been read."""

    @property
    def is_text(self) -> bool:
        """Whether every value is text until a mapping converts it."""

    @property
    def skipped_rows(self) -> Counter[SkippedRow]:
        """How many rows, by kind, are not records."""

    @property
    def notes(self) -> Counter[Note]:
        """What was changed while reading, or is uncertain: kind -> how often."""

    @property
    def columns(self) -> Sequence[str]:
        """All columns of a table, as far as known; records may have only some."""

    def records(
        self, start: int = 0, on_wait: OnWait | None = None
    ) -> Iterator[Record]:
        """Read the records, as `Source.records` does."""

    def refuse_changed(self) -> None:
        """Raise `DataFileError` if it was changed since the run began."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(self, *_: object) -> None:
        """Close it."""


class Input(Described, Protocol):
    """Something that can be read; `DataFile` is one."""

    def fingerprint(self) -> str | None:
        """Return what identifies its data in a later run; None if nothing does."""

    def open(self) -> OpenInput:
        """Open it, or raise `DataFileError`."""


class Inputs:
    """The data of a command, in the order in which it is read.

    The loader opens them one after the other, in its thread. All other threads may
    read the names and sizes.

    Args:
        items: at least one.
    """

    def __init__(self, items: Sequence[Input]) -> None:
        self.items = tuple(items)
        sizes = [item.size_bytes for item in items]
        known = [size for size in sizes if size is not None]
        self.size_bytes = sum(known) if len(known) == len(sizes) else None
        self._before = (0, *accumulate(size or 0 for size in sizes))
        self._now: tuple[int, OpenInput | None] = (0, None)
        self._first: OpenInput | None = None  # open, until it is read

    def __enter__(self) -> Self:
        """Open the first one, and look at all others that are local files.

        So a mistake is reported before anything is sent.

        Raises:
            DataFileError: one of them cannot be read, is empty, or starts like
                another format.
        """
        self._first = self.items[0].open()
        try:
            for item in self.items[1:]:
                if item.is_local_file:
                    with item.open():
                        pass
        except DataFileError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._first is not None:
            self._first.__exit__()
            self._first = None

    @property
    def name(self) -> str:
        """All of them, for the history."""
        first, others = self.items[0].name, len(self.items) - 1
        return first if not others else f"{first} and {others:,} more"

    @property
    def paths(self) -> list[str]:
        """How messages name them."""
        return [item.path for item in self.items]

    @property
    def current_name(self) -> str:
        """The one that is read now."""
        position, _ = self._now
        name, count = self.items[position].name, len(self.items)
        return name if count == 1 else f"{name} ({position + 1:,} of {count:,})"

    @property
    def bytes_read(self) -> int:
        """How many bytes of all of them have been read."""
        position, source = self._now
        return self._before[position] + (source.bytes_read if source else 0)

    @contextmanager
    def open(self, position: int) -> Iterator[OpenInput]:
        """Open one of them.

        Raises:
            DataFileError: it cannot be read.
        """
        self._now = (position, None)
        with self._take_first(position) or self.items[position].open() as source:
            self._now = (position, source)
            try:
                yield source
            except DataFileError:
                source.refuse_changed()  # which explains the error
                raise

    def _take_first(self, position: int) -> OpenInput | None:
        """Return the first one if it is open and wanted; else close it."""
        first, self._first = self._first, None
        if first is not None and position:
            first.__exit__()
            return None
        return first

    def records(self, on_wait: OnWait | None = None) -> Iterator[Record]:
        """Read the records of all of them; indexes count from 0 in each.

        Raises:
            DataFileError: one of them cannot be read to its end.
        """
        for position in range(len(self.items)):
            with self.open(position) as source:
                yield from source.records(0, on_wait)


def find_inputs(
    names: Iterable[str],
    options: ReadOptions,
    stdin: BinaryIO | None = None,
    *,
    member: str | None = None,
) -> Inputs:
    """Return the data files that a command line names.

    A name is a file, a folder (its files by name), a pattern (``part-*.csv``; what
    it matches by name), an address (``s3://bucket/users.csv``), or ``-`` for standard
    input.

    Args:
        names: in the order in which they are read.
        options: how they are read.
        stdin: standard input, without a buffer; None if it is closed.
        member: which files of ZIP archives are read: a name or a pattern; None if
            each archive has only one.

    Raises:
        DataFileError: one of them does not exist or cannot be read, or there is no
            file in a folder or for a pattern.
        UsageError: a file is named twice, or an archive has other members.
    """
    found = [place for name in names for place in _places(name, stdin)]
    places = [part for place in found for part in _parts(place, member)]
    _refuse_repeated(places)
    if member is not None and places == found:
        raise UsageError("-member is for ZIP archives, and the data is none: remove it")
    named = [place.name for place in places]
    if len(set(named)) < len(named):
        named = [readable(place.path) for place in places]
    return Inputs(
        [
            DataFile(place, options, name)
            for place, name in zip(places, named, strict=True)
        ]
    )


def _places(name: str, stdin: BinaryIO | None) -> list[Place]:
    if name == STANDARD_INPUT:
        if stdin is None:
            raise DataFileError("standard input", "it is closed; use -data FILE")
        return [Pipe("standard input", stdin)]
    if is_address(name):
        return [*_places_at(parse_data_address(name))]
    if Path(name).is_dir():
        return [local_file(path) for path in _files_in(name)]
    if _PATTERN.search(name) and not os.path.lexists(name):
        return [local_file(path) for path in _matches(name)]
    return [local_file(name)]


def _places_at(address: DataAddress) -> Sequence[Place]:
    """Return the files at an address."""
    # Imported only here, because most runs read files of this machine.
    if address.is_web:
        from cio_pipeline.source.http_file import find_http_file  # noqa: PLC0415  # see above

        return [find_http_file(address)]
    from cio_pipeline.source.cloud_files import find_cloud_files  # noqa: PLC0415  # see above

    return find_cloud_files(
        address,
        is_pattern=_PATTERN.search(address.shown) is not None,
        may_have_data=_may_have_data,
    )


def _parts(place: Place, member: str | None) -> Sequence[Place]:
    """Return the members of a ZIP archive, or another file itself."""
    if place.is_pipe or not _is_archive(place):
        return [place]
    # Imported only here, because few runs need it.
    from cio_pipeline.source.zip_archive import members_of  # noqa: PLC0415  # see above

    return members_of(place, member, _may_have_data) or [place]


def _is_archive(place: Place) -> bool:
    if not place.is_local_file:
        return place.name.lower().endswith(".zip")
    with place.open() as file:
        return file.read(4) in _ZIP_MAGIC


def _files_in(folder: str) -> list[str]:
    """Return the data files in a folder and in its folders, by name."""
    found: list[str] = []
    try:
        for where, below, files in os.walk(folder, onerror=_raise):
            below[:] = filter(_may_have_data, below)
            found += [str(PurePath(where, file)) for file in files]
    except OSError as error:
        raise DataFileError(folder, f"it cannot be read: {error.strerror}") from error
    found = sorted(path for path in found if _may_have_data(PurePath(path).name))
    if not found:
        raise DataFileError(folder, f"the folder has no data files{seen_from(folder)}")
    return found


def _raise(error: OSError) -> None:
    raise error


def _matches(pattern: str) -> list[str]:
    """Return the files that a pattern matches, by name."""
    paths = sorted(glob(pattern, recursive=True))  # noqa: PTH207  # `Path.glob` takes no absolute patterns
    files = [path for path in paths if not Path(path).is_dir()]
    if not files:
        folders = counted(len(paths), "folder")
        problem = f"it matches only {folders}" if paths else "no file matches it"
        raise DataFileError(pattern, f"{problem}{seen_from(pattern)}")
    parts = PurePath(pattern).parts
    begin = next(n for n, part in enumerate(parts) if _PATTERN.search(part))
    return [
        path for path in files if all(map(_may_have_data, PurePath(path).parts[begin:]))
    ] or files


def _may_have_data(name: str) -> bool:
    return not _NO_DATA.fullmatch(name)


def _refuse_repeated(places: Sequence[Place]) -> None:
    for path, count in Counter(place.path for place in places).most_common(1):
        if count > 1:
            raise UsageError(f"-data names {path} twice: remove one of them")
