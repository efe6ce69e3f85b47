"""The data formats: one line for each, and a module that reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, cast

from cio_pipeline.core.jobs import Record

if TYPE_CHECKING:
    from cio_pipeline.source.raw import RawData

PassedOver = Literal["header_repeated", "row_without_values"]
ReadFrom = Callable[[int], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class Format:
    """What a data file can be.

    The module has a function ``begin(raw, passed_over)``, as `Format.begin`. It is
    imported when a file of its format is opened: ``-help`` does not wait for it, and
    it may need packages that not everybody has installed.

    Args:
        name: as in ``-format``.
        extensions: of such files, in lower case, with the dot.
        module: the module in this package that reads it.
        is_text: whether every value is text until a mapping converts it.
    """

    name: str
    extensions: tuple[str, ...]
    module: str
    is_text: bool = False

    def begin(self, raw: RawData, passed_over: Counter[PassedOver]) -> ReadFrom:
        """Look at the beginning of a file.

        Args:
            raw: the file's bytes.
            passed_over: counts the rows that are no records, while they are read.

        Returns:
            What reads the records, from an index on (from 0), once. Its iterator
            raises `DataFileError` where the data breaks off; all records before the
            break have been returned by then.

        Raises:
            DataFileError: it is not of this format.
        """
        reader = import_module(f"cio_pipeline.source.{self.module}")
        return cast("ReadFrom", reader.begin(raw, passed_over))


# The first one is what a file is if neither `-format` nor its name says it.
FORMATS = (
    Format("json", (".json",), "json_document"),
    Format("jsonl", (".jsonl", ".ndjson"), "json_lines"),
    Format("csv", (".csv", ".tsv", ".tab"), "csv_table", is_text=True),
)


def format_named(name: str) -> Format:
    """Return the format of a name, one of those in `FORMATS`."""
    return next(each for each in FORMATS if each.name == name)


def format_of(path: str) -> Format:
    """Return the format that a file's extension means; ``.gz`` does not count."""
    name = PurePath(path.lower())
    extension = PurePath(name.stem).suffix if name.suffix == ".gz" else name.suffix
    return next((each for each in FORMATS if extension in each.extensions), FORMATS[0])
