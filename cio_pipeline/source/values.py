"""Parses one value's JSON text to a record, or explains what is wrong in it.

orjson parses nearly all values. The standard library parses those that orjson
changes (integers over 64 bits) or refuses (lone surrogates, numbers too large for a
float).
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

# Customer.io accepts 32 KB per person; this leaves room for what is not mapped. A
# larger record means that a quote is missing, or that a file should fill the memory.
RECORD_LIMIT_BYTES = 16_000_000

_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"0" * 9)
_SHORTEST_OVER_64_BITS = b"0" * 19
_TOO_DEEP = "it is nested too deeply"
_NOT_FINITE = re.compile(r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity', re.DOTALL)
# What can be left of a token that was cut off, after the last complete token.
_CUT_TOKEN = re.compile(
    r"|-|\.|[eE][+-]?|t(ru?)?|f(a(ls?)?)?|n(ul?)?|\\?u?[0-9a-fA-F]{0,4}"
)


def has_long_number(text: bytes) -> bool:
    """Return whether a text has digits that may be an integer over 64 bits.

    orjson silently parses those as floats.
    """
    return _SHORTEST_OVER_64_BITS in text.translate(_DIGITS_ALIKE)


def parse_record(name: str, text: bytes, offset: int, index: int) -> Record:
    """Parse one value.

    Text that is not UTF-8, a number too large for a float, or nesting too deep for
    the parser (over 500 levels) is a problem of this record alone.

    Args:
        name: the file, for a message.
        text: the value.
        offset: the byte of the file at which it starts.
        index: the record's index.

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
        cut: the message if the only problem is that the value has no end.
    """
    problem, position = _problem_in(text, cut)
    return DataFileError(
        name,
        f"{problem}, after {counted(index, 'complete record')}",
        byte_offset=offset + position,
    )


def _parse_exactly(text: bytes, offset: int, index: int) -> Record:
    problem = None
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        problem = f"byte {offset + error.start} of the file is not UTF-8"
        decoded = text.decode("utf-8", "replace")
    numbers = _Numbers()
    value = json.loads(
        decoded,
        parse_int=numbers.parse_integer,
        parse_float=numbers.parse_float,
        parse_constant=_refuse_constant,
    )
    if numbers.are_too_large:
        problem = problem or f"the number at {_path_to_infinity(value)!r} is too large"
    return Record(index, value, problem)


class _Numbers:
    """Parses the numbers of one value; notes whether one is too large for a float."""

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


def _path_to_infinity(value: Any) -> str | None:  # noqa: ANN401  # any JSON
    """Return the keys that lead to the first infinite number: ``a.b.0``."""
    if isinstance(value, float):
        return "" if math.isinf(value) else None
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        path = _path_to_infinity(item)
        if path is not None:
            return f"{key}.{path}" if path else str(key)
    return None


def _problem_in(text: bytes, cut: str) -> tuple[str, int]:
    """Return what is wrong in a text that is not JSON, and at which byte."""
    # Each byte that is not UTF-8 becomes one character, so that positions match.
    decoded = text.decode("utf-8", "surrogateescape")
    try:
        json.loads(decoded, parse_int=str, parse_constant=_refuse_constant)
    except RecursionError:
        return _TOO_DEEP, 0
    except json.JSONDecodeError as error:
        message, position = error.msg, error.pos
        if message.endswith("is not JSON"):
            position = _position_of_constant(decoded)
    else:
        return cut, len(text)
    if cut and _is_cut(message, decoded[position:]):
        return cut, len(text)
    if message.startswith("Illegal trailing comma"):  # Python 3.13: at the comma
        position = len(decoded) - len(decoded[position + 1 :].lstrip())
    byte = len(decoded[:position].encode("utf-8", "surrogateescape"))
    return _explain(message, decoded[position:]), byte


def _is_cut(message: str, rest: str) -> bool:
    return message.startswith("Unterminated string") or bool(_CUT_TOKEN.fullmatch(rest))


def _position_of_constant(text: str) -> int:
    found = _NOT_FINITE.finditer(text)
    return next(each.start() for each in found if not each[0].startswith('"'))


def _explain(message: str, rest: str) -> str:
    first = rest[:1]
    if "\udc80" <= first <= "\udcff":
        return "a byte that is not UTF-8"
    if rest.startswith(("//", "/*")):
        return "a comment, which JSON does not allow"
    if message.startswith("Invalid control character"):
        return "a line break or control character inside text"
    if message.startswith("Invalid \\"):
        return "an escape that JSON does not allow"
    if message.startswith("Unterminated string"):
        return "text without a closing quote"
    return "this is not JSON"
