"""The dead-letter report: for people, for programs, for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from typing import Protocol

from cio_pipeline.model import DeadLetter
from cio_pipeline.reports.wording import counted, table

_SHOWN_CAUSES = 20
_SHOWN_LETTERS = 50
_CAUSE_COLUMNS = (
    ("letters", "right"),
    ("reason", "left"),
    ("status", "right"),
    ("message", "left"),
)
_LETTER_COLUMNS = (
    ("id", "right"),
    ("record", "right"),
    ("user", "left"),
    ("reason", "left"),
    ("tries", "right"),
    ("failed at (UTC)", "left"),
    ("message", "left"),
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Cause(Protocol):
    """Why several records are dead letters."""

    @property
    def reason(self) -> str: ...  # noqa: D102  # the words are the model's
    @property
    def http_status(self) -> int | None: ...  # noqa: D102  # as above
    @property
    def message(self) -> str: ...  # noqa: D102  # as above
    @property
    def letters(self) -> int: ...  # noqa: D102  # as above


def dead_letters_text(
    causes: Sequence[Cause],
    letters: Iterable[DeadLetter],
    *,
    total: int,
    width: int,
) -> Iterator[str]:
    """Say why records could not be delivered, then which ones.

    Causes come first: a hundred thousand rows must not bury the three causes.

    Args:
        causes: the most frequent first.
        letters: the rows; only the first are shown.
        total: how many there are.
        width: the widest line.
    """
    if not total:
        yield "No dead letters."
        return
    yield f"{counted(total, 'dead letter')}, {counted(len(causes), 'cause')}:"
    yield ""
    yield table(_CAUSE_COLUMNS, [_cause_row(c) for c in causes[:_SHOWN_CAUSES]], width)
    if len(causes) > _SHOWN_CAUSES:
        yield f"and {counted(len(causes) - _SHOWN_CAUSES, 'rarer cause')}"
    yield ""
    shown = [row for row, _ in zip(letters, range(_SHOWN_LETTERS), strict=False)]
    yield table(_LETTER_COLUMNS, [_letter_row(letter) for letter in shown], width)
    if total > len(shown):
        yield ""
        yield f"The first {len(shown)} of {total:,} are shown; -format csv has all."


def dead_letters_json(letters: Iterable[DeadLetter]) -> Iterator[str]:
    """Write dead letters as one JSON array, a piece at a time."""
    separator = "["
    for letter in letters:
        yield f"{separator}\n  {json.dumps(asdict(letter))}"
        separator = ","
    yield "[]" if separator == "[" else "\n]"


def dead_letters_csv(letters: Iterable[DeadLetter]) -> Iterator[str]:
    """Write dead letters as CSV with a header, a row at a time.

    Cells that a spreadsheet would run as formulas get an apostrophe before them.
    """
    names = [field.name for field in fields(DeadLetter)]
    yield _csv_row(names)
    for letter in letters:
        values = asdict(letter)
        values["payload"] = json.dumps(values["payload"], ensure_ascii=False)
        yield _csv_row([_safe_cell(values[name]) for name in names])


def _csv_row(cells: list[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerow(cells)
    return file.getvalue()


def _safe_cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    is_formula = isinstance(value, str) and text.startswith(_FORMULA_STARTS)
    return "'" + text if is_formula else text


def _cause_row(cause: Cause) -> list[str]:
    status = "" if cause.http_status is None else str(cause.http_status)
    return [f"{cause.letters:,}", cause.reason, status, cause.message]


def _letter_row(letter: DeadLetter) -> list[str]:
    return [
        str(letter.id),
        "" if letter.record_index is None else str(letter.record_index),
        letter.user_id or "",
        letter.reason,
        str(letter.attempts),
        letter.failed_at[:19].replace("T", " "),
        letter.message,
    ]
