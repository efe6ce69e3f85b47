"""Numbers as people, spreadsheets and shops write them. Pure.

``1,249.50``, ``$ 5.00``, ``(12.00)``, ``1 249,50 €``. Nothing is guessed: ``1,249`` may
be 1249 or 1.249, and is refused unless the mapping says which.
"""

from __future__ import annotations

import re
from typing import Literal

DecimalSign = Literal[".", ","]

_BLANKS = " \u00a0\u2009\u202f"
_SIGN = "[+\u2212-]"  # plus, minus, hyphen
_CURRENCY = "[$\u00a2-\u00a5\u20a0-\u20cf]"
_WRITTEN = re.compile(
    rf"""
    (?: {_CURRENCY}? [{_BLANKS}]* (?P<bracket>\() )?  (?P<before>{_SIGN})?
    [{_BLANKS}]* {_CURRENCY}? [{_BLANKS}]* (?P<inside>{_SIGN})?
    (?P<whole> [1-9]\d{{0,2}} (?P<mark>[,'\u2019{_BLANKS}]) \d{{3}} ((?P=mark)\d{{3}})*
      | \d+ | (?=\.\d) )
    (?P<rest> (\.\d*)? ([eE][+-]?\d+)? )
    [{_BLANKS}]* {_CURRENCY}? (?P<after>-)? (?(bracket)\))
    """,
    re.ASCII | re.VERBOSE,
)
_EXCHANGED = str.maketrans(".,", ",.")


def plain_number(text: str, decimal: DecimalSign | None) -> str:
    """Return a number as JSON and Python write it, without groups and currency.

    A number in brackets is negative, as in accounting. Without a decimal sign, a comma
    is read only if it can be nothing but a group's: ``1,249.50``, ``1,234,567``.

    Args:
        text: the number, without blanks around it.
        decimal: the decimal sign; None if the mapping does not say.

    Raises:
        ValueError: it is not a number, or may mean several.
    """
    usual = text.translate(_EXCHANGED) if decimal == "," else text
    found = _WRITTEN.fullmatch(usual)
    if found is None:
        raise ValueError("not a number")
    signs = [found[name] for name in ("bracket", "before", "inside", "after")]
    if len(signs) - signs.count(None) > 1:
        raise ValueError("two signs")
    whole, mark, rest = found["whole"], found["mark"], found["rest"]
    if decimal is None and mark == "," and whole.count(",") == 1 and "." not in rest:
        raise ValueError("may mean two numbers")
    is_negative = any(sign not in (None, "+") for sign in signs)
    digits = whole.replace(mark, "") if mark else whole
    return f"{'-' if is_negative else ''}{digits}{rest}"
