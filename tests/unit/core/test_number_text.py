"""Numbers as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.number_text import plain_number


@pytest.mark.parametrize(
    ("text", "decimal", "plain"),
    [
        ("1,249.50", None, "1249.50"),
        ("1,234,567", None, "1234567"),
        ("1,234,567.8", None, "1234567.8"),
        ("1,249", ".", "1249"),
        ("1,249", ",", "1.249"),
        ("1.249", None, "1.249"),
        ("1.249", ",", "1249"),
        ("1.249,50", ",", "1249.50"),
        ("12,5", ",", "12.5"),
        (",5", ",", ".5"),
        ("-3,00", ",", "-3.00"),
        ("1 249,50", ",", "1249.50"),
        ("1\u202f249\u202f000,50", ",", "1249000.50"),
        ("1'249.50", None, "1249.50"),
        ("1\u00a0249", None, "1249"),
        ("$1,249.50", None, "1249.50"),
        ("$ 5", None, "5"),
        ("-$5.00", None, "-5.00"),
        ("$-5.00", None, "-5.00"),
        ("5.00 €", None, "5.00"),
        ("¥500", None, "500"),
        ("(12.00)", None, "-12.00"),
        ("($1,249.50)", None, "-1249.50"),
        ("$(5.00)", None, "-5.00"),
        ("12.50-", None, "-12.50"),
        ("\u22125", None, "-5"),
        ("+5", None, "5"),
        ("1e3", None, "1e3"),
        ("1,5e3", ",", "1.5e3"),
        ("12345678901234567890", None, "12345678901234567890"),
        ("12.345.678.901.234.567.890", ",", "12345678901234567890"),
    ],
)
def test_a_number_becomes_plain(text: str, decimal: Any, plain: str) -> None:
    """Shops and spreadsheets group digits and add a currency."""
    assert plain_number(text, decimal) == plain


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("1,249", None),
        ("12,5", None),
        ("1.249,50", None),
        ("1.234.567", None),
        ("1,2,3", "."),
        ("0,123", "."),
        ("1234,567", "."),
        ("1,234 567", "."),
        ("12,34.5", "."),
        ("1.5", ","),
        ("1.24.9", ","),
        ("--5", None),
        ("-(5)", None),
        ("(5", None),
        ("5)", None),
        ("-5-", None),
        ("$", None),
        (".", None),
        ("", None),
        ("5 6", None),
        ("5%", None),
        ("USD 5", None),
        ("٣", None),
    ],
)
def test_what_may_mean_two_numbers_is_refused(text: str, decimal: Any) -> None:
    """1,249 may be 1249 or 1.249: a wrong number is worse than none."""
    with pytest.raises(ValueError, match=r"\w"):
        plain_number(text, decimal)


@given(
    number=st.decimals(-(10**15), 10**15, places=2),
    mark=st.sampled_from(["", ",", "'", "\u2019", " ", "\u00a0", "\u202f"]),
    currency=st.sampled_from(["{}", "${}", "{} €", "£ {}"]),
)
def test_every_way_to_write_a_number_is_read(
    number: Any, mark: str, currency: str
) -> None:
    """Whatever groups its digits, in English and in German."""
    english = f"{number:,.2f}"
    swapped = english.translate(str.maketrans(".,", ",."))

    written = currency.format(english.replace(",", mark))
    german = currency.format(swapped.replace(".", mark.replace(",", ".")))

    assert float(plain_number(written, None)) == float(number)
    assert float(plain_number(written, ".")) == float(number)
    assert float(plain_number(german, ",")) == float(number)
