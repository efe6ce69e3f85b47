"""Conversion of values to a mapping's type."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.core.conversion import convert, converter_of
from cio_pipeline.core.errors import RecordError


def typed(kind: Any, value: Any) -> Any:
    """Convert the value of the key `v`."""
    return convert(value, kind, "v")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2021-03-04", 1614816000),
        ("20210304", 1614816000),
        ("2021-03-04T05:06:07Z", 1614834367),
        ("2021-03-04 05:06:07", 1614834367),
        ("2021-03-04T05:06:07+02:00", 1614827167),
        ("2021-03-04T05:06:07.999Z", 1614834367),
        ("1969-12-31T23:59:59.5Z", -1),
        (" 2021-03-04 ", 1614816000),
        (1614834367, 1614834367),
        (1614834367.9, 1614834367),
        (1614834367000, 1614834367),
        ("1614834367", 1614834367),
        ("1614834367000", 1614834367),
        ("99999999", 99999999),
        (0, 0),
        (-1, -1),
        (None, None),
        ("2024-01-31 12:30:00 UTC", 1706704200),
        ("2024-01-31 12:30:00.123456 UTC", 1706704200),
        ("2024-01-31 12:30:00.123456789Z", 1706704200),
        ("2024-01-31 12:30:00 GMT", 1706704200),
        ("2024-01-31t12:30:00z", 1706704200),
        ("2024-01-31T12:30Z", 1706704200),
        ("2024-01-31 12:30:00 +0000", 1706704200),
        ("2024-01-31 04:30:00.000 -0800", 1706704200),
        ("2024-01-31 12:30:00+00", 1706704200),
        ("20240131T123000Z", 1706704200),
        ("2024/01/31 12:30:00", 1706704200),
        ("2024.01.31", 1706659200),
        ("2024-01-31 4:30:00 -0800", 1706704200),
        ("2024-01-31 12:30:00.000 Z", 1706704200),
        ("20240131123000", 1706704200),
        ("20240131123000.5", 1706704200),
        ("20240131123000123", 1706704200),
        (20240131123000, 1706704200),
        (20240131123000.0, 1706704200),
        (99991399999999, 99991399999),
        ("2016-12-31T23:59:60Z", 1483228800),
        ("2016-12-31T15:59:60.9-08:00", 1483228800),
        ("2024-01-31T24:00:00Z", 1706745600),
        ("2024-01-31 24:00", 1706745600),
        ("0000-00-00", None),
        ("0000-00-00 00:00:00", None),
        ("0000-00-00 00:00:00.000000", None),
        ("00000000000000", None),
        ({"$date": "2024-01-31T12:30:00Z"}, 1706704200),
        ({"$date": 1706704200000}, 1706704200),
        ({"$date": {"$numberLong": "-86400000"}}, -86400),
        ({"$date": {"$numberLong": "1500"}}, 1),
        ({"$numberLong": "1706704200"}, 1706704200),
    ],
)
def test_times_become_unix_seconds(value: Any, seconds: int | None) -> None:
    """Customer.io's `created_at` needs that; text without an offset is UTC."""
    assert typed("timestamp", value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2021-13-01",
        "2021-02-30",
        "2021-03-04T25:00:00",
        "04/03/2021",
        "2021/03-04",
        "2021-03-04 5",
        "nan",
        "1e999",
        True,
        [],
        {},
        10**30,
        10**4000,
        -1e300,
        float("inf"),
        "2024-01-31T12:30:60Z",
        "2024-01-31T24:59:60+01:00",
        "2024-01-31T24:00:01Z",
        "2024-01-31T24:00:00.5Z",
        "2024-01-31T12:60:00Z",
        "2024-01-31 12:30:00 PST",
        "2024-01-31 12:30:00 +25:00",
        "2024-01-31T",
        "0000-00-01",
        "20240131T" + "1" * 200_000 + "x",
        "2024-01-31T12:30:00." + "1" * 200_000 + "x",
        "9" * 200_000,
        {"$date": "soon"},
        {"$date": {"$numberLong": "1", "x": 2}},
    ],
    ids=lambda value: repr(value)[:12],
)
def test_a_value_that_is_not_a_time_is_refused(value: Any) -> None:
    """The record becomes a dead letter."""
    with pytest.raises(RecordError, match="not a time"):
        typed("timestamp", value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", "1.5", 1.5),
        ("number", " 7 ", 7),
        ("number", "12345678901234567890", 12345678901234567890),
        ("number", 2.5, 2.5),
        ("number", "", None),
        ("timestamp", "", None),
        ("timestamp", " ", None),
        ("integer", "7", 7),
        ("integer", "7.0", 7),
        ("integer", 7, 7),
        ("boolean", "true", True),
        ("boolean", "No", False),
        ("boolean", 1, True),
        ("boolean", False, False),
        ("boolean", "", None),
        ("boolean", None, None),
        ("boolean", "t", True),
        ("boolean", "F", False),
        ("boolean", "y", True),
        ("boolean", "n", False),
        ("boolean", "ON", True),
        ("boolean", "off", False),
        ("boolean", "1.0", True),
        ("boolean", "0.0", False),
        ("boolean", 1.0, True),
        ("boolean", 0.0, False),
        ("boolean", " TRUE ", True),
        ("boolean", "checked", True),
        ("boolean", "unchecked", False),
        ("boolean", "-1", True),
        ("boolean", "WAHR", True),
        ("boolean", "\x00", False),
        ("boolean", "FAŁSZ", False),
        ("boolean", "Ja", True),
        ("number", "$1,249.50", 1249.5),
        ("number", "(3)", -3),
        ("integer", "1,249.00", 1249),
        ("integer", "12,345,678,901,234,567,890.0", 12345678901234567890),
        ("text", 5, "5"),
        ("text", 1.5, "1.5"),
        ("text", True, "true"),
        ("text", " x ", " x "),
        ("text", "", ""),
        ("text", None, None),
        ("text", {"$oid": "60a6"}, "60a6"),
        ("text", {"$numberLong": "5"}, "5"),
        ("integer", "12345678901234567890.0", 12345678901234567890),
        ("integer", {"$numberLong": "5000000000"}, 5000000000),
        ("integer", {"$numberInt": "5"}, 5),
        ("number", {"$numberDecimal": "1.50"}, 1.5),
        ("number", {"$numberDouble": "2.0"}, 2.0),
        ("number", {"$numberLong": "7"}, 7),
        ("number", "9" * 1000, int("9" * 1000)),
        ("as_is", "9", "9"),
        ("integer", 7.0, 7),
    ],
)
def test_text_is_converted_to_a_mappings_type(
    kind: str,
    value: Any,
    expected: Any,
) -> None:
    """In CSV everything is text; an empty cell is null."""
    result = typed(kind, value)

    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "x"),
        ("number", "1e999"),
        ("number", True),
        ("number", "nan"),
        ("integer", "7.5"),
        ("boolean", "maybe"),
        ("boolean", 2),
        ("boolean", []),
        ("boolean", {}),
        ("boolean", 0.5),
        ("boolean", float("nan")),
        ("boolean", "x"),
        ("number", {"$oid": "1"}),
        ("text", {"a": 1}),
        ("text", ["a"]),
        ("number", {"$numberLong": "x"}),
        ("number", {"$numberDouble": "NaN"}),
        ("number", {"$numberLong": "1", "unit": "m"}),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, value: Any) -> None:
    """A dead letter is better than a wrong attribute."""
    with pytest.raises(RecordError):
        typed(kind, value)


@pytest.mark.parametrize("kind", ["number", "integer"])
@pytest.mark.parametrize(
    "text", ["9" * 200_000, "9" * 200_000 + ".0", "0." + "1" * 9999]
)
def test_too_many_digits_have_our_own_message(kind: str, text: str) -> None:
    """Python's message advises to change its settings, which does not help."""
    with pytest.raises(RecordError, match=r"is text of .* characters, too long"):
        typed(kind, text)


def test_a_number_with_a_comma_needs_the_decimal_sign() -> None:
    """The message says what to add; nothing is guessed."""
    for kind, sign, text, number in [
        ("number", ",", "1.249", 1249),
        ("number", ",", "1,25", 1.25),
        ("number", ".", "1,249", 1249),
        ("integer", ",", "1.249,00", 1249),
        ("integer", ",", "1,00", 1),
        ("integer", ",", "1.249.250", 1249250),
        ("integer", ",", "1.249", 1249),
        ("integer", ".", "12,345,678,901,234,567,890", 12345678901234567890),
        ("integer", ",", "12345678901234567890,0", 12345678901234567890),
    ]:
        convert = converter_of(kind, None, sign)  # type: ignore[arg-type]  # as given
        assert convert is not None
        assert convert(text, "v") == number


def test_an_integer_has_no_fraction_with_a_decimal_sign_either() -> None:
    """Half a purchase is a mistake in the data."""
    convert = converter_of("integer", None, ",")
    assert convert is not None

    with pytest.raises(RecordError, match="whole number"):
        convert("7,5", "v")


def test_a_time_may_have_a_format() -> None:
    """Then no other is read, and a number is digits."""
    convert = converter_of("timestamp", "DD/MM/YYYY", None)
    assert convert is not None

    assert convert(" 31/01/2024 ", "v") == 1706659200
    assert [convert(each, "v") for each in (None, "", " ", "00/00/0000")] == [None] * 4
    for value, kind in (
        ("2024-01-31", "text"),
        (1706659200, "a number"),
        (True, "true or false"),
        ([], "a list"),
    ):
        with pytest.raises(RecordError) as caught:
            convert(value, "v")
        message = f"'v' is not a time in the format 'DD/MM/YYYY' ({kind})"
        assert str(caught.value) == message
    digits = converter_of("timestamp", "DDMMYYYY", None)
    assert digits is not None
    assert digits(31012024, "v") == 1706659200
    dotted = converter_of("timestamp", "DDMM.YYYY", None)
    assert dotted is not None
    with pytest.raises(RecordError):  # a number with a fraction has lost zeros
        dotted(3101.2024, "v")


@pytest.mark.parametrize("text", ["1/15/2024", " 15.01.24 08:30", "03-04-2024"])
def test_a_date_with_the_day_or_month_first_needs_a_format(text: str) -> None:
    """It is asked for, and never guessed."""
    with pytest.raises(RecordError, match=r'add "format".*"DD/MM/YYYY" or "MM/DD'):
        typed("timestamp", text)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("timestamp", "soon", "'v' is not a time (text)"),
        ("timestamp", [], "'v' is not a time (a list)"),
        (
            "timestamp",
            "1/2/2024",
            (
                "'v' is not a time (text)"
                '; add "format" to the mapping: "DD/MM/YYYY" or "MM/DD/YYYY"'
            ),
        ),
        ("number", True, "'v' is not a number (true or false)"),
        ("number", [], "'v' is not a number (a list)"),
        ("number", "x", "'v' is not a number (text)"),
        ("number", "1e999", "'v' is not a number (text)"),
        (
            "number",
            "1,249",
            (
                "'v' is not a number (text)"
                '; if it has a comma, add "decimal": "," or "." to the mapping'
            ),
        ),
        ("integer", "7.5", "'v' is not a whole number"),
        ("integer", "x", "'v' is not a number (text)"),
        ("integer", [], "'v' is not a number (a list)"),
        ("text", [], "'v' is a list, expected text, a number, true or false"),
        ("boolean", "maybe", "'v' is neither true nor false (text)"),
        ("boolean", 2, "'v' is neither true nor false (a number)"),
    ],
)
def test_a_refusal_says_which_value_and_why(
    kind: str, value: Any, message: str
) -> None:
    """The message of the dead letter is all that its reader has."""
    with pytest.raises(RecordError) as caught:
        typed(kind, value)

    assert str(caught.value) == message


def test_a_number_in_a_mongo_date_is_milliseconds_also_behind_a_path() -> None:
    """A mapping may name the date itself: `created.$date`."""
    assert convert(86_400_000, "timestamp", "created.$date") == 86_400
    assert convert(86_400_000, "timestamp", "created.date") == 86_400_000


def test_a_number_may_have_as_many_characters_as_a_value() -> None:
    """A mapped value has at most 1,000 bytes."""
    assert typed("integer", "9" * 1000) == int("9" * 1000)
    assert typed("integer", "$" + "9" * 999) == int("9" * 999)
    for kind in ("number", "integer"):
        with pytest.raises(RecordError, match=r"^'v' is text of 1,001 characters"):
            typed(kind, "9" * 1001)
