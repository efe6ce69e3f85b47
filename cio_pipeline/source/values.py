"""What a parser gives, made into records: numbers as the program knows them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from cio_pipeline.model import Record

# Customer.io takes 32 KB of a person; this leaves room for what is not mapped. What
# is larger is a file that lacks its quotes, or one made to fill the memory.
RECORD_LIMIT_BYTES = 16_000_000


def make_record(index: int, value: Any) -> Record:  # noqa: ANN401  # a parser's output
    """Turn decimals into floats, in place; note a number no float can hold."""
    kind = type(value)
    if kind is dict or kind is list:
        flaw = _convert_inside(value, "")
    elif kind is Decimal:
        value, flaw = _as_float(value, "the record")
    else:
        flaw = None
    return Record(index, value, flaw)


def _convert_inside(container: Any, place: str) -> str | None:  # noqa: ANN401  # as above
    flaw = None
    items = container.items() if type(container) is dict else enumerate(container)
    for key, value in items:
        kind = type(value)
        if kind is Decimal:
            # Replacing a value under its own key leaves the iteration sound.
            container[key], found = _as_float(value, f"{place}{key}")
            flaw = flaw or found
        elif kind is dict or kind is list:
            flaw = _convert_inside(value, f"{place}{key}.") or flaw
        elif kind is float and not math.isfinite(value):
            flaw = _flaw_at(f"{place}{key}")
    return flaw


def _as_float(value: Decimal, place: str) -> tuple[float, str | None]:
    number = float(value)
    return number, None if math.isfinite(number) else _flaw_at(place)


def _flaw_at(place: str) -> str:
    return f"the number at {place!r} is too large"
