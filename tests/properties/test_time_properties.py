"""Any time that a program writes is read as the same time."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.times import unix_seconds

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda n: timezone(timedelta(minutes=n)))
_MOMENTS = st.datetimes(
    datetime(1, 1, 3),  # noqa: DTZ001  # the strategy adds the offset
    datetime(9999, 12, 29),  # noqa: DTZ001  # as above
    timezones=_OFFSETS,
)
_FORMATS = [
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%d %H:%M:%S.%f %z",
    "%Y-%m-%dt%H:%M:%S%z",
    "%Y-%m-%d  %H:%M:%S %z",
    "%Y%m%dT%H%M%S%z",
    "%Y%m%d%H%M%S%z",
    "%Y%m%d%H%M%S.%f %z",
]
_UTC_FORMATS = [
    "%Y-%m-%d %H:%M:%S.%f UTC",
    "%Y-%m-%d %H:%M:%S GMT",
    "%Y-%m-%dt%H:%M:%S.%fz",
    "%Y-%m-%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M%SZ",
]


def written(time: datetime, form: str) -> str:
    """Write a time; `strftime` does not pad years with zeros."""
    return time.strftime(form.replace("%Y", f"{time.year:04}"))


@given(_MOMENTS, st.sampled_from(_FORMATS))
def test_a_time_with_an_offset_is_read(time: datetime, form: str) -> None:
    """In each format that databases and warehouses export."""
    assert unix_seconds(written(time, form)) == int(
        time.replace(microsecond=0).timestamp()
    )


@given(_MOMENTS, st.sampled_from(_UTC_FORMATS))
def test_a_time_without_an_offset_is_utc(time: datetime, form: str) -> None:
    """And so is one with the letters for it."""
    time = time.astimezone(UTC)

    assert unix_seconds(written(time, form)) == int(
        time.replace(microsecond=0).timestamp()
    )


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_milliseconds_are_exact(milliseconds: int) -> None:
    """For MongoDB's dates, also before 1970."""
    seconds = unix_seconds(str(milliseconds), is_milliseconds=True)

    assert seconds == milliseconds // 1000


_PARTS = "2024 - 01 31 T t : . , Z UTC + 60 24 00 0000 20240131123000 e9 \u0661 \0 W05"
_PIECES = st.lists(st.sampled_from([*_PARTS.split(), " ", "\n"]), max_size=14).map(
    "".join
)


@given(st.text(max_size=30) | _PIECES | st.floats() | st.integers(), st.booleans())
def test_other_values_raise_only_value_error(
    value: str | float, is_milliseconds: bool
) -> None:
    """A record with a strange value is a dead letter, not a bug."""
    with suppress(ValueError):
        seconds = unix_seconds(value, is_milliseconds=is_milliseconds)

        assert seconds is None or type(seconds) is int


@pytest.mark.parametrize("value", [True, [], {}, "soon", math.nan])
def test_other_values_are_refused(value: object) -> None:
    """True is not a number of seconds."""
    with pytest.raises(ValueError, match="not a time"):
        unix_seconds(value)  # type: ignore[arg-type]  # any JSON
