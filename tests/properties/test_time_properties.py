"""Any time that a program can write is read as the same moment."""

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


def written(moment: datetime, form: str) -> str:
    """Write a time; `strftime` pads no years with zeros."""
    return moment.strftime(form.replace("%Y", f"{moment.year:04}"))


@given(_MOMENTS, st.sampled_from(_FORMATS))
def test_a_time_with_an_offset_is_read_as_it_was_written(
    moment: datetime, form: str
) -> None:
    """Each form that databases and warehouses export."""
    assert unix_seconds(written(moment, form)) == int(
        moment.replace(microsecond=0).timestamp()
    )


@given(_MOMENTS, st.sampled_from(_UTC_FORMATS))
def test_a_time_without_an_offset_is_utc(moment: datetime, form: str) -> None:
    """And so is one that says so in letters."""
    moment = moment.astimezone(UTC)

    assert unix_seconds(written(moment, form)) == int(
        moment.replace(microsecond=0).timestamp()
    )


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_milliseconds_are_exact(milliseconds: int) -> None:
    """MongoDB's dates, before 1970 as well."""
    seconds = unix_seconds(str(milliseconds), is_milliseconds=True)

    assert seconds == milliseconds // 1000


_PARTS = "2024 - 01 31 T t : . , Z UTC + 60 24 00 0000 20240131123000 e9 \u0661 \0 W05"
_PIECES = st.lists(st.sampled_from([*_PARTS.split(), " ", "\n"]), max_size=14).map(
    "".join
)


@given(st.text(max_size=30) | _PIECES | st.floats() | st.integers(), st.booleans())
def test_what_is_no_time_is_refused_in_one_way(
    value: str | float, is_milliseconds: bool
) -> None:
    """A value may be anything; a record with a strange one is a dead letter, no bug."""
    with suppress(ValueError):
        seconds = unix_seconds(value, is_milliseconds=is_milliseconds)

        assert seconds is None or type(seconds) is int


@pytest.mark.parametrize("value", [True, [], {}, "soon", math.nan])
def test_other_values_are_refused(value: object) -> None:
    """Truth is no number of seconds."""
    with pytest.raises(ValueError, match="not a time"):
        unix_seconds(value)  # type: ignore[arg-type]  # any JSON
