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
    """

    name: str
    extensions: tuple[str, ...]
    module: str
    is_text: bool = False
    delimiter: str | None = None


# The first one is the default, for names without a known extension.
FORMATS = (
    Format("json", (".json",), "json_document"),
    Format("jsonl", (".jsonl", ".ndjson"), "json_lines"),
    Format("csv", (".csv", ".tsv", ".tab", ".txt"), "csv_table", is_text=True),
    Format("tsv", (), "csv_table", is_text=True, delimiter="\t"),
)


def format_named(name: str) -> Format:
    """Return the format with this name, which must be in `FORMATS`."""
    return next(each for each in FORMATS if each.name == name)


def format_of(path: str) -> Format | None:
    """Return the format for a file's extension, or None; ``.gz`` at the end is ignored.

    A file's content is more certain than its name (`source.detection`).
    """
    name = PurePath(path.lower())
    extension = PurePath(name.stem).suffix if name.suffix == ".gz" else name.suffix
    return next((each for each in FORMATS if extension in each.extensions), None)
