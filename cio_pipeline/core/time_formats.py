"""Dates and times in a format that the configuration names. Pure.

A format is needed where the day or the month comes first: ``3/4/2024`` is in March or
in April, and the program does not guess. It has letters as spreadsheets have them
(``DD/MM/YYYY``), or the codes of C and Python (``%d/%m/%Y``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cio_pipeline.core.times import seconds_of_parts

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august",
    "september", "october", "november", "december",
)  # fmt: skip
# For each part: the ways to write it, and what it looks like.
_TWO, _ONE_OR_TWO = r"\d\d", r"\d{1,2}"
_TOKENS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("YYYY", "yyyy", "%Y"), ("year", r"\d{4}")),
    **dict.fromkeys(("YY", "yy", "%y"), ("short_year", _TWO)),
    **dict.fromkeys(("MMMM", "MMM", "%B", "%b"), ("month_name", r"[A-Za-z]{3,9}\.?")),
    **dict.fromkeys(("MM", "%m"), ("month", _TWO)),
    "M": ("month", _ONE_OR_TWO),
    **dict.fromkeys(("DD", "dd", "%d"), ("day", _TWO)),
    **dict.fromkeys(("D", "d"), ("day", _ONE_OR_TWO)),
    **dict.fromkeys(("HH", "%H"), ("hour", _TWO)),
    "H": ("hour", _ONE_OR_TWO),
    **dict.fromkeys(("hh", "%I"), ("half_hour", _TWO)),
    "h": ("half_hour", _ONE_OR_TWO),
    **dict.fromkeys(("mm", "%M"), ("minute", _TWO)),
    **dict.fromkeys(("ss", "%S"), ("second", _TWO)),
    **dict.fromkeys(("SSS", "%f"), ("fraction", r"\d{1,9}")),
    **dict.fromkeys(("A", "a", "%p"), ("noon", r"[AP]\.?M\.?")),
    **dict.fromkeys(("Z", "%z"), ("offset", r"Z|UTC|GMT|[+-]\d\d:?\d\d")),
}
_SPLIT = re.compile(
    "(" + "|".join(sorted(map(re.escape, _TOKENS), key=len, reverse=True)) + ")"
)
CODES = "YYYY, MM, DD, HH, mm, ss are its parts"
_FIRST_OF_1900S = 69  # two digits of a year: 1969 to 2068, as in POSIX
_BLANKS = "[ \u00a0\u202f]+"  # some programs write another blank before AM
_TEXTS = ("month_name", "noon", "offset")
# What a date needs, and names for messages.
_NEEDED = {
    ("year", "short_year"): "year (YYYY)",
    ("month", "month_name"): "month (MM or MMM; mm are minutes)",
    ("day",): "day (DD)",
}


def compile_time_format(text: str) -> Callable[[str], int | None]:
    """Return a function that reads times of a format as Unix seconds.

    It takes text without blanks around it, and raises `ValueError` if that is not such
    a time. A time without an offset is UTC. A date of zeros is None: it is no time.

    Args:
        text: the format.

    Raises:
        ValueError: the format is not valid; the message is one clause.
    """
    pattern = re.compile(_pattern_of(text), re.ASCII | re.IGNORECASE)

    def read(value: str) -> int | None:
        found = pattern.fullmatch(value)
        if found is None:
            raise ValueError("not in the format")
        return _seconds_of(found.groupdict())

    return read


def _pattern_of(text: str) -> str:
    """Return a regular expression with a group for each part of a format."""
    pieces = _SPLIT.split(text)  # literal, token, literal, …, token, literal
    literals, tokens = pieces[::2], [_TOKENS[each] for each in pieces[1::2]]
    _check(literals, [name for name, _ in tokens])
    pattern = _literal(literals[0])
    for index, (name, shape) in enumerate(tokens):
        after = tokens[index + 1][0] if index + 1 < len(tokens) else "noon"
        before = tokens[index - 1][0] if index else "noon"
        is_joined = (not literals[index] and before not in _TEXTS) or (
            not literals[index + 1] and after not in _TEXTS
        )
        if is_joined and shape == _ONE_OR_TWO:
            raise ValueError(f"digits follow each other, so the {name} needs two")
        # Where something separates the parts, 3/4/2024 is also DD/MM/YYYY.
        digits = _ONE_OR_TWO if shape == _TWO and not is_joined else shape
        pattern += f"(?P<{name}>{digits}){_literal(literals[index + 1])}"
    return pattern


def _check(literals: list[str], names: list[str]) -> None:
    """Raise `ValueError` if a format does not describe a time."""
    letters = re.search(r"[^\W\d_]+", "".join(literals).replace("T", ""))
    if letters or "%" in "".join(literals):
        unknown = letters[0] if letters else "%"
        raise ValueError(f"{unknown!r} is not part of a time; {CODES}")
    for together in (*_NEEDED, ("hour", "half_hour"), ("minute",), ("second",)):
        if sum(names.count(name) for name in together) > 1:
            raise ValueError(f"the {together[0]} appears twice")
    for together, shown in _NEEDED.items():
        if not set(together) & set(names):
            raise ValueError(f"it has no {shown}")
    if ("half_hour" in names) != ("noon" in names):
        raise ValueError("hh and A (AM or PM) need each other; HH is 0 to 23")
    order = [any(n in names for n in ("hour", "half_hour")), "minute" in names]
    if ("second" in names and not all(order)) or (order[1] and not order[0]):
        raise ValueError("minutes need hours, and seconds need both")


def _literal(text: str) -> str:
    return re.sub(r"(\\\s)+", lambda _: _BLANKS, re.escape(text))


def _seconds_of(found: dict[str, str | None]) -> int | None:
    parts = dict(found)
    if (short := parts.pop("short_year", None)) is not None:
        century = 1900 if int(short) >= _FIRST_OF_1900S else 2000
        parts["year"] = str(century + int(short))
    if (name := parts.pop("month_name", None)) is not None:
        parts["month"] = str(_month(name))
    if (half := parts.pop("half_hour", None)) is not None:
        parts["hour"] = str(_hour(int(half), str(parts["noon"])))
    offset = parts.pop("offset", None) or ""
    if offset[:1] in ("+", "-"):
        parts["sign"], parts["off_hours"] = offset[0], offset[1:3]
        parts["off_minutes"] = offset[-2:]
    if not any(int(parts[each] or 0) for each in ("year", "month", "day")):
        return None
    seconds = seconds_of_parts(parts)
    if seconds is None:
        raise ValueError("there is no such time")
    return seconds


def _month(name: str) -> int:
    """Return the number of a month; the name may be cut after three letters."""
    plain = name.lower().rstrip(".")
    for index, month in enumerate(_MONTHS):
        if month.startswith(plain):
            return index + 1
    raise ValueError("there is no such month")


def _hour(half_hour: int, noon: str) -> int:
    """Return the hour from 0 of one from 1 to 12."""
    if not 1 <= half_hour <= 12:
        raise ValueError("there is no such hour")
    return half_hour % 12 + (12 if noon[0] in "Pp" else 0)
