"""Opening a data file: its format, its compression, its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO, Self, cast

from cio_pipeline.core.config_files import FileRules
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.formats import Format, format_named, format_of_magic_number
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.read_options import READ_ALL, ReadOptions
from cio_pipeline.source.detection import format_of_content
from cio_pipeline.source.extras import import_optional
from cio_pipeline.source.local_files import Pipe, local_file
from cio_pipeline.source.place import Place
from cio_pipeline.source.raw import Note, OnWait, RawData, ReadFrom, SkippedRow

_MAGIC_BYTES = 8
_ZIP_MAGIC = b"PK\x03\x04"


def open_source(
    path: str,
    *,
    format: str | None = None,  # noqa: A002  # the option's name
    stdin: BinaryIO | None = None,
    rules: FileRules | None = None,
    options: ReadOptions = READ_ALL,
) -> Source:
    """Open one data file.

    Args:
        path: the file, or ``-`` for standard input.
        format: the name of its format; None for that of the options.
        stdin: standard input, for ``-``, without a buffer.
        rules: what else is known about its form; None for those of the options.
        options: how it is read.

    Raises:
        DataFileError: it does not exist, is not a file, cannot be read, is empty, or
            starts like another format.
    """
    is_stdin = path == "-" and stdin is not None
    place = Pipe("standard input", stdin) if is_stdin else local_file(path)
    options = replace(options, format=format) if format else options
    options = replace(options, rules=rules) if rules else options
    return DataFile(place, options, place.name).open()


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file of a run, before it is opened.

    Args:
        place: where it is.
        options: how it is read.
        name: how dead letters name it.
    """

    place: Place
    options: ReadOptions
    name: str

    @property
    def path(self) -> str:
        """How messages name it."""
        return self.place.path

    @property
    def size_bytes(self) -> int | None:
        """Its size; None if unknown (a pipe)."""
        return self.place.size_bytes

    @property
    def is_pipe(self) -> bool:
        """Whether it can be read only once."""
        return self.place.is_pipe

    @property
    def is_local_file(self) -> bool:
        """Whether opening it takes no time, and can be repeated."""
        return self.place.is_local_file

    def fingerprint(self) -> str | None:
        """Return what identifies its data, and how it is read, in a later run.

        Raises:
            DataFileError: it cannot be read.
        """
        return self.place.fingerprint(self.options.digest_text(self.name))

    def open(self) -> Source:
        """Open it.

        Raises:
            DataFileError: it cannot be read, is empty, or starts like another format.
        """
        file = self.place.open()
        try:
            return Source(self, file)
        except BaseException:
            file.close()
            raise


class Source:
    """An open data file. Its records are read once, in order.

    Args:
        data_file: what is opened.
        file: its bytes, from the start.

    Attributes:
        format: its format.
        skipped_rows: kind -> number of rows read that are not records.
    """

    def __init__(self, data_file: DataFile, file: BinaryIO) -> None:
        self.skipped_rows: Counter[SkippedRow] = Counter()
        self._place, options = data_file.place, data_file.options
        self._file = file
        self.refuse_changed()
        expected = options.format_of(data_file.name)
        if options.format and expected and options.rules.delimiter is None:
            rules = replace(options.rules, delimiter=expected.delimiter)
            options = replace(options, rules=rules)
        self._raw = RawData(self._place.path, file, self._place.size_bytes, options)
        self.format = self._find_format(options, expected)
        if options.sheet is not None and self.format.name != "excel":
            raise DataFileError(
                self._place.path, "it has no sheets; remove -sheet from the command"
            )
        self._read_from = self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def notes(self) -> Counter[Note]:
        """What was changed while reading, or is uncertain: kind -> how often."""
        return self._raw.notes

    @property
    def columns(self) -> Sequence[str]:
        """All columns of a table; empty if they are the keys of its records."""
        return self._raw.columns

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file have been read."""
        return self._raw.bytes_read

    @property
    def is_text(self) -> bool:
        """Whether every value is text until a mapping converts it."""
        return self.format.is_text

    def records(
        self, start: int = 0, on_wait: OnWait | None = None
    ) -> Iterator[Record]:
        """Read the records, without the first ``start``.

        Args:
            start: how many records to skip.
            on_wait: called with 0 before each read of the file, and during a wait
                with its seconds so far. All records that have arrived have been
                returned before. What it raises ends the reading.

        Raises:
            DataFileError: the data is invalid, ends too early, or was changed while
                it was read. All records before that point have been returned.
        """
        if on_wait is not None:
            self._raw.on_wait = on_wait
        return chain(self._read_from(start), self._unchanged())

    def refuse_changed(self) -> None:
        """Raise `DataFileError` if it is no longer the file that the run began with."""
        if self._place.has_changed(self._file):
            raise DataFileError(
                self._place.path,
                "it was changed after this run had started to use it; run again to"
                " load it from the beginning",
            )

    def _unchanged(self) -> Iterator[Record]:
        self.refuse_changed()
        yield from ()

    def _find_format(self, options: ReadOptions, expected: Format | None) -> Format:
        """Return the format that is given, or that of the content."""
        if options.format and expected:
            return expected
        by_bytes = None if self._place.is_pipe else _format_of_bytes(self._file)
        if by_bytes is None and expected is not None and expected.extra:
            return expected  # its module explains what is wrong
        if expected is None and options.rules.are_of_table:
            expected = format_named("csv")
        return by_bytes or format_of_content(self._raw.first_line(), expected)

    def _begin(self) -> ReadFrom:
        """Let the format's module check the start; return the function that reads on.

        Each of these modules has a function ``begin(raw, skipped_rows)``. It raises
        `DataFileError` for another format. Otherwise it returns a function that reads
        the records from an index on, once. ``skipped_rows`` counts the skipped rows.
        """
        module = f"cio_pipeline.source.{self.format.module}"
        reader = import_optional(self._place.path, module, self.format.extra)
        return cast("ReadFrom", reader.begin(self._raw, self.skipped_rows))


def _format_of_bytes(file: BinaryIO) -> Format | None:
    """Return the format that the first bytes identify, or None."""
    beginning = file.read(_MAGIC_BYTES)
    file.seek(0)
    if beginning.startswith(_ZIP_MAGIC):
        # Imported here: no other data needs it.
        from cio_pipeline.source.workbook_file import is_workbook  # noqa: PLC0415  # see above

        return format_named("excel") if is_workbook(file) else None
    return format_of_magic_number(beginning)
