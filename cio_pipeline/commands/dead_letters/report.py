"""The dead-letter report as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice

from cio_pipeline.commands.causes import cause_table
from cio_pipeline.commands.dead_letters.advice import Asked, advice_on
from cio_pipeline.console.formatting import table, timestamp_text
from cio_pipeline.core.jobs import DeadLetter
from cio_pipeline.core.operations import operation_of
from cio_pipeline.core.text import counted, escaped, visible
from cio_pipeline.store import DeadLetterStatistics

_FIELDS = tuple(field.name for field in fields(DeadLetter))
_NONE = "No dead letters."
_SHOWN_LETTERS = 50
# Rows of one table: no more than this are in memory at a time.
_ROWS_OF_A_TABLE = 500
_LETTER_COLUMNS = (
    ("id", "right"),
    ("record", "right"),
    ("user", "cut"),
    ("reason", "left"),
    ("tries", "right"),
    ("failed at (UTC)", "left"),
    ("message", "cut"),
)
_NARROW_COLUMNS = (
    ("id", "right"),
    ("record", "right"),
    ("user", "cut"),
    ("reason", "left"),
    ("failed (UTC)", "left"),
    ("message", "cut"),
)
_NARROW = 100
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001  # spreadsheets accept the wide ones too


def dead_letters_text(
    statistics: DeadLetterStatistics,
    letters: Iterable[DeadLetter],
    *,
    limit: int | None,
    asked: Asked,
    width: int,
) -> Iterator[str]:
    """Return why records could not be delivered, then which ones, then what to do.

    The causes come first, so that thousands of rows do not hide them.

    Args:
        statistics: the counts and causes of the letters.
        letters: the rows.
        limit: how many rows to show; None for the first few.
        asked: the command line, for the commands to type next.
        width: the widest line.
    """
    if not statistics.letters:
        yield f"No dead letters with {asked.chosen}." if asked.chosen else _NONE
        return
    yield _headline(statistics)
    yield ""
    yield cause_table(statistics.causes, width, heading="letters", message="wrapped")
    if rarer := statistics.cause_count - len(statistics.causes):
        rest = statistics.letters - sum(cause.letters for cause in statistics.causes)
        yield f"and {counted(rest, 'letter')} of {counted(rarer, 'rarer cause')}"
    shown = min(limit or _SHOWN_LETTERS, statistics.letters)
    rows = islice(letters, shown)
    while block := list(islice(rows, _ROWS_OF_A_TABLE)):
        yield ""
        yield _letter_table(block, width)
    if shown < statistics.letters:
        yield ""
        yield (
            f"The first {shown:,} of {statistics.letters:,} are shown; -limit N shows"
            " more, -format csv all."
        )
    yield from _next_steps(statistics, asked, min(width, _NARROW))


def dead_letters_json(letters: Iterable[DeadLetter]) -> Iterator[str]:
    """Return dead letters as one JSON array, a piece at a time.

    The keys of each are the fields of `DeadLetter`::

        [{"id": int, "user_id": str | null, "record_index": int | null,
          "source": str, "payload": any JSON, "reason": str,
          "http_status": int | null, "message": str, "attempts": int,
          "failed_at": str,              UTC, ISO 8601
          "run_id": str}]
    """
    separator = "["
    for letter in letters:
        yield f"{separator}\n  {json.dumps(_values(letter))}"
        separator = ","
    yield "[]" if separator == "[" else "\n]"


def dead_letters_csv(letters: Iterable[DeadLetter]) -> Iterator[str]:
    """Return dead letters as CSV with a header, a row at a time.

    Cells that a spreadsheet would run as formulas begin with an apostrophe; control
    characters are escaped.
    """
    yield _csv_row(_FIELDS)
    for letter in letters:
        values = _values(letter) | {"payload": _readable_json(letter)}
        yield _csv_row(map(_safe_cell, values.values()))


def _values(letter: DeadLetter) -> dict[str, object]:
    # Not `asdict`, which makes a deep copy of the payload.
    return {name: getattr(letter, name) for name in _FIELDS}


def _csv_row(cells: Iterable[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerow(cells)
    return file.getvalue()


def _readable_json(letter: DeadLetter) -> str:
    text = json.dumps(letter.payload, ensure_ascii=False)
    # Lone surrogates are valid in JSON, but not in UTF-8.
    return text if text.isascii() else _without("Cs", text)


def _safe_cell(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    # Control characters act on a terminal, and some readers end a row at a CR.
    text = value if value.isprintable() else _without("Cc", value)
    return "'" + text if text.lstrip().startswith(_FORMULA_STARTS) else text


def _without(category: str, text: str) -> str:
    return escaped(text, lambda each: unicodedata.category(each) == category)


def _headline(statistics: DeadLetterStatistics) -> str:
    figures = [
        counted(statistics.letters, "dead letter"),
        counted(statistics.cause_count, "cause"),
        counted(statistics.users, "user"),
    ]
    first = timestamp_text(statistics.first_failed_at)
    last = timestamp_text(statistics.last_failed_at)
    when = first if first == last else f"{first} to {last}"
    return f"{', '.join(figures)}\nfailed {when} UTC"


def _next_steps(
    statistics: DeadLetterStatistics, asked: Asked, width: int
) -> Iterator[str]:
    for reason, letters, _ in statistics.reasons:
        advice = advice_on(reason)
        yield ""
        what = f"{reason} ({letters:,}): {advice.meaning} {advice.remedy}"
        yield textwrap.fill(visible(what), width)
        yield from (f"  {command}" for command in asked.commands_for(reason))
    yield ""
    yield "To see a payload, or everything as a page for a browser:"
    yield "  " + asked.command("", "-id N -json")
    page = f"{asked.chosen} -format html -output dead-letters.html".strip()
    yield "  " + asked.command("", page)


def _letter_table(letters: Iterable[DeadLetter], width: int) -> str:
    if width < _NARROW:
        return table(_NARROW_COLUMNS, [_narrow_row(each) for each in letters], width)
    return table(_LETTER_COLUMNS, [_letter_row(each) for each in letters], width)


def _letter_row(letter: DeadLetter) -> list[str]:
    return [
        str(letter.id),
        "" if letter.record_index is None else str(letter.record_index),
        _user(letter),
        letter.reason,
        str(letter.attempts),
        timestamp_text(letter.failed_at),
        letter.message,
    ]


def _user(letter: DeadLetter) -> str:
    label = operation_of(letter.operation).label
    return f"{letter.user_id or ''} ({label})" if label else letter.user_id or ""


def _narrow_row(letter: DeadLetter) -> list[str]:
    *first, _, failed_at, message = _letter_row(letter)
    return [*first, failed_at[5:16], message]
