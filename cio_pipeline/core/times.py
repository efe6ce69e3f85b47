"""Conversion of times, as programs write them, to Unix seconds. Pure.

It reads ISO 8601 and RFC 3339 (also lower case and leap seconds), the formats that
databases and warehouses export, and Unix seconds or milliseconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from operator import le

from cio_pipeline.core.jobs import JsonValue

# From this number on, Unix times are milliseconds: it is the year 5138 in seconds,
# and 1973 in milliseconds.
_FIRST_MILLISECONDS = 100_000_000_000
# The range of datetime: years 1 to 9999.
_LEAST_SECONDS, _END_SECONDS = -62_135_596_800, 253_402_300_800
DAY_SECONDS = 86_400
_MOST = (23, 59, 59)  # of hours, minutes, seconds
_FIRST_DAY = date(1970, 1, 1).toordinal()
# A number of 14 digits that can be a date and a time of day is one. In milliseconds
# it would be a year from 2286 to 5138.
_FOURTEEN_DIGITS = range(10**13, 10**14)

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ISO = re.compile(r"\d{4}-?\d\d-?\d\d([T ].+)?", re.ASCII)
_DATE_AND_TIME = re.compile(
    r"""
    (?P<year>\d{4}) (?P<dash>[-/.]?) (?P<month>\d\d) (?P=dash) (?P<day>\d\d)
    (?:
      (?: [Tt]\ * | \ + | (?<=\d{8}) (?=\d{6}) )
      (?P<hour>\d\d|\d(?=:)) (?: :?(?P<minute>\d\d) (?: :?(?P<second>\d\d)
        (?: [.,](?P<fraction>\d+) | (?<=\d{14})\d{3} )? )? )?
      (?: \ * (?: [Zz] | UTC | GMT
        | (?P<sign>[+-]) (?P<off_hours>\d\d) (?: :? (?P<off_minutes>\d\d) )? ) )?
    )?
    """,
    re.ASCII | re.VERBOSE,
)
# MySQL's zero date: no time.
_ZERO = re.compile(
    r"0000(?P<dash>-?)00(?P=dash)00(?:[T ]?00:?00:?00(?:\.0+)?)?", re.ASCII
)


def unix_seconds(value: JsonValue, *, is_milliseconds: bool = False) -> int | None:
    """Return a time as Unix seconds, rounded down.

    Text without an offset is UTC. A leap second becomes the second after it, as in
    POSIX. Null, empty text and MySQL's zero date become None.

    Args:
        value: text, or a number of Unix seconds or milliseconds.
        is_milliseconds: whether numbers of any size are milliseconds.

    Raises:
        ValueError: it is not a time, or not within the years 1 to 9999.
    """
    seconds: float | None = math.nan
    if value is None:
        return None
    if isinstance(value, str):
        seconds = _seconds_of_text(value.strip(), is_milliseconds=is_milliseconds)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = _seconds_of_number(value, is_milliseconds=is_milliseconds)
    if seconds is None:
        return None
    if not _LEAST_SECONDS <= seconds < _END_SECONDS:
        raise ValueError("not a time")
    return math.floor(seconds)


def _seconds_of_text(text: str, *, is_milliseconds: bool) -> float | None:
    if not text or (text.startswith("0000") and _ZERO.fullmatch(text)):
        return None
    if is_milliseconds and _NUMBER.fullmatch(text):
        return _seconds_of_number(float(text), is_milliseconds=True)
    seconds = _seconds_of_date(text)
    # Digits that are not a date can be Unix seconds.
    if seconds is None and _NUMBER.fullmatch(text):
        return _seconds_of_number(float(text), is_milliseconds=False)
    return math.nan if seconds is None else seconds


def _seconds_of_date(text: str) -> float | None:
    """Return the seconds of a date, with or without a time; None if it is not one."""
    if _ISO.fullmatch(text):
        with suppress(ValueError):  # a format that it does not support
            # Without microseconds: a float would round 0.999999 s up, far from 1970.
            time = datetime.fromisoformat(text).replace(microsecond=0)
            if time.tzinfo is None:
                time = time.replace(tzinfo=UTC)
            return time.timestamp()
    parts = _DATE_AND_TIME.fullmatch(text)
    return None if parts is None else seconds_of_parts(parts.groupdict())


def seconds_of_parts(parts: Mapping[str, str | None]) -> int | None:
    """Return the seconds of a date and time of day; None if there is no such time.

    Args:
        parts: digits for each of `_PARTS` and for ``fraction``, and the ``sign`` of the
            offset; what is missing is 0.
    """
    number = {name: int(parts.get(name) or 0) for name in _PARTS}
    try:
        day = date(number["year"], number["month"], number["day"])
    except ValueError:
        return None
    clock = number["hour"], number["minute"], number["second"]
    offset = _seconds_of_clock(number["off_hours"], number["off_minutes"], 0)
    days = day.toordinal() - _FIRST_DAY
    seconds = days * DAY_SECONDS + _seconds_of_clock(*clock)
    seconds += offset if parts.get("sign") == "-" else -offset
    is_leap_second = clock[2] == _MOST[2] + 1 and seconds % DAY_SECONDS == 0
    if is_leap_second:  # RFC 3339, 5.7: only the last second of a UTC day
        clock = *clock[:2], 0
    is_end_of_day = clock == (24, 0, 0) and not (parts.get("fraction") or "").strip("0")
    is_clock = is_end_of_day or all(map(le, clock, _MOST))
    is_offset = all(map(le, (number["off_hours"], number["off_minutes"]), _MOST))
    return seconds if is_clock and is_offset else None


def _seconds_of_clock(hour: int, minute: int, second: int) -> int:
    return (hour * 60 + minute) * 60 + second


_PARTS = (
    "year", "month", "day", "hour", "minute", "second", "off_hours", "off_minutes"
)  # fmt: skip


def _seconds_of_number(value: float, *, is_milliseconds: bool) -> float:
    if not abs(value) < 1000 * _END_SECONDS:
        return math.inf  # not a time; an integer can be too large to divide
    if not is_milliseconds and int(value) in _FOURTEEN_DIGITS:
        seconds = _seconds_of_date(str(int(value)))
        if seconds is not None:
            return seconds
    if is_milliseconds or abs(value) >= _FIRST_MILLISECONDS:
        return value / 1000
    return value
