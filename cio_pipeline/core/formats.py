"""The data formats: one line for each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Format:
    """A format of data files.

    Args:
        name: as in ``-format``.
        extensions: of its files, in lower case, with the dot.
        module: the module of `source` that reads it. It is imported only when a file
            of the format is opened: ``-help`` does not wait for it, and it may need
            optional packages.
        is_text: whether every value is text until a mapping converts it.
        delimiter: the character between two cells, if the format has a fixed one.
        magic_numbers: the first bytes that identify a file of the format.
        extra: the optional dependencies that its module needs, as in
            ``pip install 'cio-pipeline[EXTRA]'``.
    """

    name: str
    extensions: tuple[str, ...]
    module: str
    is_text: bool = False
    delimiter: str | None = None
    magic_numbers: tuple[bytes, ...] = ()
    extra: str | None = None


# A compressed file's extension is after that of its format.
PACKED_EXTENSIONS = (".gz", ".zst", ".zip")
# The first one is the default, for names without a known extension.
FORMATS = (
    Format("json", (".json",), "json_document"),
    Format("jsonl", (".jsonl", ".ndjson"), "json_lines"),
    Format("csv", (".csv", ".tsv", ".tab", ".txt"), "csv_table", is_text=True),
    Format("tsv", (), "csv_table", is_text=True, delimiter="\t"),
    Format(
        "parquet", (".parquet", ".pq"), "arrow_table",
        magic_numbers=(b"PAR1",), extra="parquet",
    ),
    Format(
        "arrow", (".arrow", ".feather", ".ipc", ".arrows"), "arrow_table",
        magic_numbers=(b"ARROW1", b"\xff\xff\xff\xff"), extra="parquet",
    ),
    Format(
        "orc", (".orc",), "arrow_table", magic_numbers=(b"ORC",), extra="parquet",
    ),
    Format(
        "excel", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "spreadsheet",
        magic_numbers=(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), extra="excel",
    ),
)  # fmt: skip


def format_named(name: str) -> Format:
    """Return the format with this name, which must be in `FORMATS`."""
    return next(each for each in FORMATS if each.name == name)


def format_of_magic_number(beginning: bytes) -> Format | None:
    """Return the format that a file's first bytes identify; None if none does."""
    found = (
        each for each in FORMATS for magic in each.magic_numbers
        if beginning.startswith(magic)
    )  # fmt: skip
    return next(found, None)


def format_of(path: str) -> Format | None:
    """Return the format for a file's extension, or None.

    An extension of compression is ignored. A file's content is more certain than its
    name (`source.detection`).
    """
    name = PurePath(path.lower())
    is_packed = name.suffix in PACKED_EXTENSIONS
    extension = PurePath(name.stem).suffix if is_packed else name.suffix
    return next((each for each in FORMATS if extension in each.extensions), None)
