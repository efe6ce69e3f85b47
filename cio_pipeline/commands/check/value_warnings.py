"""Warnings about user ids and times that are probably not as intended. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.times import DAY_SECONDS

IdWarning = Literal[
    "id_reformatted",
    "id_guarded",
    "id_spreadsheet_error",
    "id_no_value",
    "id_blanks_around",
    "id_of_totals",
]
TimeWarning = Literal["created_at_unlikely", "time_unlikely"]

_ID_SHAPES: dict[IdWarning, re.Pattern[str]] = {
    "id_reformatted": re.compile(
        r"""
        [+-]?\d+(?:[.,]\d+)?e[+-]?\d+           # 1.23457E+12
        | [+-]?\d+[.,]0+                        # 4.0: a column with a gap in pandas
        | \d{1,3}(?:[,'\ \xa0\u202f]\d{3})+(?:\.0+)?  # 1,234
        | \d{1,3}(?:\.\d{3}){2,}                # 1.234.567
        | \d{15}0{2,}                           # a spreadsheet keeps 15 digits
        | \d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)  # 3-4 as a date
        """,
        re.ASCII | re.VERBOSE | re.IGNORECASE,
    ),
    "id_guarded": re.compile(r"""'.+ | =.+ | ".*" """, re.VERBOSE),
    "id_spreadsheet_error": re.compile(r"#[A-Z/0_]+[!?]|#N/A|#NV|##+"),
    "id_no_value": re.compile(
        r"""
        [(<\[]? (?: null | none | nil | nan | nat | na | n/a | undefined | empty
          | blank | missing | object\ object ) [)>\]]?
        | \\N | -+ | \?+ | \.
        """,
        re.VERBOSE | re.IGNORECASE,
    ),
    "id_of_totals": re.compile(
        r"(?:grand[ ]|sub-?)?totals?:? | sum:? | average:? | summe:?",
        re.VERBOSE | re.IGNORECASE,
    ),
}
# Invisible characters that `str.strip` keeps.
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"

_YEAR_1971, _YEAR_1980, _YEAR_2200 = 31_536_000, 315_532_800, 7_258_118_400


def id_warnings(user_id: str) -> Iterator[IdWarning]:
    """Return how a user id was probably changed by another program."""
    core = user_id.strip().strip(_INVISIBLE).strip()
    if core != user_id:
        yield "id_blanks_around"
    for warning, shape in _ID_SHAPES.items():
        if shape.fullmatch(core):
            yield warning


def time_warning(
    name: str, value: JsonValue, *, is_typed: bool, now_seconds: float
) -> TimeWarning | None:
    """Return a warning if a time is not plausible.

    People are created after 1980 and before tomorrow. Other times may be birthdays
    or the end of a contract, but are rarely in 1970. A spreadsheet's day numbers
    (45322) and dates without dashes (20240131) are in 1970 if read as Unix seconds.

    Args:
        name: the attribute.
        value: what would be sent.
        is_typed: whether its mapping has the type ``timestamp``.
        now_seconds: Unix seconds.
    """
    if type(value) is not int:
        return None
    if name == "created_at":
        is_likely = _YEAR_1980 <= value <= now_seconds + DAY_SECONDS
        return None if is_likely else "created_at_unlikely"
    is_likely = not 0 < value < _YEAR_1971 and value < _YEAR_2200
    return None if is_likely or not is_typed else "time_unlikely"
