"""Dates and times in a format that the configuration names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.time_formats import compile_time_format


def read(time_format: str, text: str) -> str | None:
    """Read a time, and write it in ISO 8601."""
    seconds = compile_time_format(time_format)(text)
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")


@pytest.mark.parametrize(
    ("time_format", "text", "expected"),
    [
        ("M/D/YYYY", "1/15/2024", "2024-01-15T00:00:00"),
        ("M/D/YYYY", "12/31/2021", "2021-12-31T00:00:00"),
        ("MM/DD/YYYY", "3/4/2024", "2024-03-04T00:00:00"),
        ("DD/MM/YYYY", "3/4/2024", "2024-04-03T00:00:00"),
        ("dd.MM.yyyy", "03.04.2024", "2024-04-03T00:00:00"),
        ("%d/%m/%Y", "03/04/2024", "2024-04-03T00:00:00"),
        ("%m/%d/%y %I:%M %p", "03/04/24 8:30 pm", "2024-03-04T20:30:00"),
        ("DDMMYYYY", "03042024", "2024-04-03T00:00:00"),
        ("YYMMDD", "690102", "1969-01-02T00:00:00"),
        ("YYMMDD", "680102", "2068-01-02T00:00:00"),
        ("D MMM YYYY", "15 Jan 2024", "2024-01-15T00:00:00"),
        ("MMM D, YYYY", "Sept. 5, 2023", "2023-09-05T00:00:00"),
        ("MMMM D YYYY", "may 5 2023", "2023-05-05T00:00:00"),
        ("DD-MMM-YY", "05-JUN-23", "2023-06-05T00:00:00"),
        ("D.M.YYYY H:mm", "5.1.2024 8:05", "2024-01-05T08:05:00"),
        ("DD/MM/YYYY HH:mm:ss", "05/01/2024 23:59:59", "2024-01-05T23:59:59"),
        ("M/D/YY h:mm A", "1/5/24 12:30\u202fAM", "2024-01-05T00:30:00"),
        ("M/D/YY h:mm A", "1/5/24  12:30 p.m.", "2024-01-05T12:30:00"),
        ("DD/MM/YYYY HH:mm Z", "05/01/2024 08:00 +0200", "2024-01-05T06:00:00"),
        ("DD/MM/YYYY HH:mmZ", "05/01/2024 08:00-08:00", "2024-01-05T16:00:00"),
        ("DD/MM/YYYY HH:mm Z", "05/01/2024 08:00 UTC", "2024-01-05T08:00:00"),
        ("YYYY-DD-MMTHH:mm:ss.SSS", "2024-05-01T08:00:00.9", "2024-01-05T08:00:00"),
        ("DD/MM/YYYY", "00/00/0000", None),
        ("YYYY-MM-DD", "0000-00-00", None),
    ],
)
def test_a_time_is_read_as_its_format_says(
    time_format: str, text: str, expected: str | None
) -> None:
    """3/4/2024 is in March in one country, and in April in the next."""
    assert read(time_format, text) == expected


@pytest.mark.parametrize(
    ("time_format", "text"),
    [
        ("DD/MM/YYYY", "1/15/2024"),
        ("DD/MM/YYYY", "31/02/2024"),
        ("DD/MM/YYYY", "2024-01-15"),
        ("DD/MM/YYYY", "15/01/2024 08:00"),
        ("DD/MM/YYYY", "15/01/24"),
        ("DD/MM/YYYY", "15-01-2024"),
        ("DDMMYYYY", "1112024"),
        ("MMM D YYYY", "Juno 5 2023"),
        ("M/D/YY h:mm A", "1/5/24 13:30 PM"),
        ("M/D/YY h:mm A", "1/5/24 0:30 AM"),
        ("D/M/YYYY", "\u0661/\u0662/\u0662\u0660\u0662\u0664"),
    ],
)
def test_another_time_is_refused(time_format: str, text: str) -> None:
    """It is never read in another way."""
    with pytest.raises(ValueError, match=r"\w"):
        compile_time_format(time_format)(text)


@pytest.mark.parametrize(
    ("time_format", "problem"),
    [
        ("dd/mm/yyyy", "it has no month"),
        ("DD/MM", "it has no year"),
        ("MM/YYYY", "it has no day"),
        ("DD/DD/MM/YYYY", "the day appears twice"),
        ("D/M/YYYY YY", "the year appears twice"),
        ("DMYYYY", "digits follow each other, so the day needs two"),
        ("DD-Mon-YYYY", "'on' is not part of a time"),
        ("%d/%m/%Q", "'Q' is not part of a time"),
        ("%d/%m/%", "'%' is not part of a time"),
        ("DD/MM/YYYY hh:mm", "hh and A"),
        ("DD/MM/YYYY HH:mm A", "hh and A"),
        ("DD/MM/YYYY mm", "minutes need hours"),
        ("DD/MM/YYYY HH:ss", "minutes need hours"),
        ("", "it has no year"),
    ],
)
def test_a_format_must_describe_a_time(time_format: str, problem: str) -> None:
    """The configuration is refused, before anything is sent."""
    with pytest.raises(ValueError, match=problem):
        compile_time_format(time_format)


FORMATS = [
    ("DD/MM/YYYY HH:mm:ss", "%d/%m/%Y %H:%M:%S"),
    ("M-D-YYYY h:mm:ss A", "%m-%d-%Y %I:%M:%S %p"),
    ("MMMM D, YYYY HH:mm:ss", "%B %d, %Y %H:%M:%S"),
    ("YYYYMMDDHHmmss", "%Y%m%d%H%M%S"),
    ("D MMM YYYY HH.mm.ss Z", "%d %b %Y %H.%M.%S %z"),
]


@given(
    seconds=st.integers(-30_000_000_000, 250_000_000_000),  # the years 1019 to 9891
    formats=st.sampled_from(FORMATS),
)
def test_what_python_writes_is_read(seconds: int, formats: tuple[str, str]) -> None:
    """In letters and in codes, for every time."""
    letters, codes = formats
    text = (datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)).strftime(codes)

    assert compile_time_format(letters)(text) == seconds
    assert compile_time_format(codes)(text) == seconds
