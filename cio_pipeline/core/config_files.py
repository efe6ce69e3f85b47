"""What a configuration says about the data file's form, and how it is checked. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from cio_pipeline.core.config_checker import Checker

_MOST_SKIPPED = 1000
_MOST_COLUMNS = 10_000
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_ESCAPE = re.compile(r"\\(?:t|x[0-9a-fA-F]{2}|u00[0-7][0-9a-fA-F])")
_DELIMITER = re.compile(r"[^\"\r\n\0\w]", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRules:
    r"""How a data file is to be read; what is None follows from its content.

    Args:
        records: the dotted path of the array of records in a JSON document.
        delimiter: the character between two cells of a CSV file.
        encoding: the text's encoding, as Python names it.
        columns: the names of a CSV file's columns, if it has no header.
        skip_rows: the rows of a CSV file to skip, counted from 1; they are part of
            its header.
        nulls: cells of a CSV file that mean no value, besides ``\N``.
        backslash_escapes: whether a CSV file has backslash escapes (``\t``), as
            PostgreSQL's COPY and MySQL's INTO OUTFILE write them.
    """

    records: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    columns: tuple[str, ...] | None = None
    skip_rows: frozenset[int] = frozenset()
    nulls: tuple[str, ...] = ()
    backslash_escapes: bool | None = None

    @property
    def are_of_table(self) -> bool:
        """Whether they have something that only a CSV file has."""
        return any((self.delimiter, self.columns, self.skip_rows, self.nulls))

    @property
    def digest_text(self) -> str:
        """The rules as text, for a digest; empty for the default."""
        if self == DEFAULT_RULES:
            return ""
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return repr([(k, sorted(v) if k == "skip_rows" else v) for k, v in values])


DEFAULT_RULES = FileRules()


def delimiter_of(text: str) -> str | None:
    r"""Return the character that a text names as a delimiter; None if it is invalid.

    It is the character itself, its name (``tab``), or an escape (``\t``, ``\x01``).
    """
    character = _DELIMITERS.get(text, text)
    if _ESCAPE.fullmatch(character):
        character = codecs.decode(character, "unicode_escape")
    return character if _DELIMITER.fullmatch(character) else None


def encoding_of(text: str) -> str | None:
    """Return Python's name of a text encoding; None if there is no such encoding."""
    try:
        codecs.getincrementaldecoder(text)
        with suppress(UnicodeDecodeError):  # it is a text encoding, with longer units
            b"a".decode(text)
        return codecs.lookup(text).name
    except (LookupError, ValueError):
        return None


def with_options(
    rules: FileRules,
    *,
    records: str | None,
    delimiter: str | None,
    encoding: str | None,
) -> FileRules:
    """Return rules in which the options of the command line have priority."""
    return replace(
        rules,
        records=rules.records if records is None else records,
        delimiter=rules.delimiter if delimiter is None else delimiter,
        encoding=rules.encoding if encoding is None else encoding,
    )


def rules_document(rules: FileRules, nulls: Sequence[str] = ()) -> dict[str, Any]:
    """Return rules as keys of a configuration, without those of the default.

    Args:
        rules: the rules.
        nulls: cells that mean null, besides those of the rules.
    """
    values = {
        "records": rules.records,
        "delimiter": rules.delimiter,
        "encoding": rules.encoding,
        "columns": list(rules.columns or ()),
        "skipRows": sorted(rules.skip_rows),
        "nulls": sorted({*rules.nulls, *nulls}),
    }
    return {key: value for key, value in values.items() if value}


def check_file_rules(checker: Checker, document: Mapping[str, Any]) -> FileRules:
    """Return the rules of a configuration, from its keys that `FILE_KEYS` has.

    Raises:
        ConfigError: one is invalid.
    """
    checked = [
        FILE_KEYS[name](checker, name, value)
        for name, value in document.items()
        if name in FILE_KEYS
    ]
    rules: dict[str, Any] = {}
    for each in checked:
        rules |= each
    return FileRules(**rules) if rules else DEFAULT_RULES


def _delimiter(checker: Checker, key: str, value: object) -> dict[str, Any]:
    delimiter = delimiter_of(checker.text(key, value))
    if delimiter is None:
        checker.wrong(key, "one character that is no letter, digit or quote", value)
    return {"delimiter": delimiter}


def _encoding(checker: Checker, key: str, value: object) -> dict[str, Any]:
    encoding = encoding_of(checker.text(key, value))
    if encoding is None:
        checker.wrong(key, "the name of an encoding, such as 'windows-1252'", value)
    return {"encoding": encoding}


def _columns(checker: Checker, key: str, value: object) -> dict[str, Any]:
    names = _texts(checker, key, value, "a list of column names")
    if not 0 < len(names) <= _MOST_COLUMNS or not any(names):
        checker.fail(key, "expected the names of the columns, found no name")
    return {"columns": names}


def _nulls(checker: Checker, key: str, value: object) -> dict[str, Any]:
    return {"nulls": _texts(checker, key, value, "a list of texts")}


def _texts(checker: Checker, key: str, value: object, expected: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        checker.wrong(key, expected, value)
    for index, item in enumerate(value):
        if not isinstance(item, str):
            checker.wrong(f"{key}[{index}]", "text", item)
    return tuple(value)


def _skip_rows(checker: Checker, key: str, value: object) -> dict[str, Any]:
    """Check how many rows, or which rows, are skipped."""
    if not isinstance(value, list):
        return {
            "skip_rows": frozenset(
                range(1, checker.integer(key, value, 0, _MOST_SKIPPED) + 1)
            )
        }
    rows = [
        checker.integer(f"{key}[{index}]", item, 1, _MOST_SKIPPED)
        for index, item in enumerate(value)
    ]
    return {"skip_rows": frozenset(rows)}


def _escapes(checker: Checker, key: str, value: object) -> dict[str, Any]:
    if not isinstance(value, bool):
        checker.wrong(key, "true or false", value)
    return {"backslash_escapes": value}


FILE_KEYS: dict[str, Callable[[Checker, str, Any], dict[str, Any]]] = {
    "records": lambda c, k, v: {"records": c.text(k, v)},
    "delimiter": _delimiter,
    "encoding": _encoding,
    "columns": _columns,
    "skipRows": _skip_rows,
    "nulls": _nulls,
    "backslashEscapes": _escapes,
}
