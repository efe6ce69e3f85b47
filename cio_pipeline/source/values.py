"""One value's JSON text, made into a record: exactly, or with what is wrong in it.

orjson reads nearly all of it. The standard library's parser reads what orjson
changes (integers over 64 bits) or refuses (half of a surrogate pair, numbers past
a float's range).
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from typing import Any

import orjson

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.text import counted

# Customer.io takes 32 KB of a person; this leaves room for what is not mapped. What
# is larger is a file that lacks its quotes, or one made to fill the memory.
RECORD_LIMIT_BYTES = 16_000_000

_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"0" * 9)
_SHORTEST_OVER_64_BITS = b"0" * 19
_TOO_DEEP = "it is nested too deeply"
_NOT_FINITE = re.compile(r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity', re.DOTALL)
# What a token that was cut off leaves behind the last one that is complete.
_CUT_TOKEN = re.compile(
    r"|-|\.|[eE][+-]?|t(ru?)?|f(a(ls?)?)?|n(ul?)?|\\?u?[0-9a-fA-F]{0,4}"
)


def has_long_number(text: bytes) -> bool:
    """Whether digits are in it that may be an integer over 64 bits.

    orjson reads those as floats, without a word.
    """
    return _SHORTEST_OVER_64_BITS in text.translate(_DIGITS_ALIKE)


def parse_record(name: str, text: bytes, offset: int, index: int) -> Record:
    """Parse one value.

    Text that is not UTF-8, a number that no float can hold, or nesting too deep
    for the parser (over 500 levels) is a flaw of the record.

    Args:
        name: the file, for a message.
        text: the value.
        offset: where it begins in the file, in bytes.
        index: its place in the file, from 0.

    Raises:
        DataFileError: it is not JSON (RFC 8259).
    """
    if not has_long_number(text):
        with suppress(orjson.JSONDecodeError):
            return Record(index, orjson.loads(text))
    try:
        return _parse_exactly(text, offset, index)
    except RecursionError:
        return Record(index, None, _TOO_DEEP)
    except json.JSONDecodeError:
        raise broken_value(name, text, offset, index) from None


def broken_value(
    name: str, text: bytes, offset: int, index: int, cut: str = ""
) -> DataFileError:
    """Return the error for a value that is not JSON, or has no end.

    Args:
        name: as in `parse_record`.
        text: as in `parse_record`.
        offset: as in `parse_record`.
        index: as in `parse_record`.
        cut: what to say if nothing is wrong but that the value has no end.
    """
    problem, place = _problem_in(text, cut)
    return DataFileError(
        name,
        f"{problem}, after {counted(index, 'whole record')}",
        byte_offset=offset + place,
    )


def _parse_exactly(text: bytes, offset: int, index: int) -> Record:
    flaw = None
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        flaw = f"byte {offset + error.start} of the file is not UTF-8"
        decoded = text.decode("utf-8", "replace")
    numbers = _Numbers()
    value = json.loads(
        decoded,
        parse_int=numbers.parse_integer,
        parse_float=numbers.parse_float,
        parse_constant=_refuse_constant,
    )
    if numbers.are_too_large:
        flaw = flaw or f"the number at {_place_of_infinity(value)!r} is too large"
    return Record(index, value, flaw)


class _Numbers:
    """Parses the numbers of one value; notes those that no float can hold."""

    def __init__(self) -> None:
        self.are_too_large = False

    def parse_integer(self, text: str) -> int | float:
        try:
            return int(text)
        except ValueError:  # more digits than Python converts
            return self.parse_float(text)

    def parse_float(self, text: str) -> float:
        number = float(text)
        self.are_too_large = self.are_too_large or math.isinf(number)
        return number


def _refuse_constant(name: str) -> None:
    raise json.JSONDecodeError(f"{name} is not JSON", "", 0)


def _place_of_infinity(value: Any) -> str | None:  # noqa: ANN401  # any JSON
    """Return the keys that lead to the first infinite number: ``a.b.0``."""
    if isinstance(value, float):
        return "" if math.isinf(value) else None
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        place = _place_of_infinity(item)
        if place is not None:
            return f"{key}.{place}" if place else str(key)
    return None


def _problem_in(text: bytes, cut: str) -> tuple[str, int]:
    """Return what is wrong in a text that is not JSON, and at which of its bytes."""
    # Each byte that is not UTF-8 becomes one character, so that places fit.
    decoded = text.decode("utf-8", "surrogateescape")
    try:
        json.loads(decoded, parse_int=str, parse_constant=_refuse_constant)
    except RecursionError:
        return _TOO_DEEP, 0
    except json.JSONDecodeError as error:
        message, place = error.msg, error.pos
        if message.endswith("is not JSON"):
            place = _place_of_constant(decoded)
    else:
        return cut, len(text)
    if cut and _is_cut(message, decoded[place:]):
        return cut, len(text)
    if message.startswith("Illegal trailing comma"):  # Python 3.13 names the comma
        place = len(decoded) - len(decoded[place + 1 :].lstrip())
    where = len(decoded[:place].encode("utf-8", "surrogateescape"))
    return _words_for(message, decoded[place:]), where


def _is_cut(message: str, rest: str) -> bool:
    return message.startswith("Unterminated string") or bool(_CUT_TOKEN.fullmatch(rest))


def _place_of_constant(text: str) -> int:
    found = _NOT_FINITE.finditer(text)
    return next(each.start() for each in found if not each[0].startswith('"'))


def _words_for(message: str, rest: str) -> str:
    first = rest[:1]
    if "\udc80" <= first <= "\udcff":
        return "a byte that is not UTF-8"
    if rest.startswith(("//", "/*")):
        return "a comment, which JSON does not have"
    if message.startswith("Invalid control character"):
        return "a line break or control character inside text"
    if message.startswith("Invalid \\"):
        return "an escape that JSON does not have"
    if message.startswith("Unterminated string"):
        return "text that has no closing quote"
    return "this is not JSON"
