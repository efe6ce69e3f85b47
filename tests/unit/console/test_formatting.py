"""Time spans, shortened names and tables."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from cio_pipeline.console.formatting import (
    duration,
    fitted,
    full_seconds,
    shortened,
    table,
    timestamp_text,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (10, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7_800, "2 h 10 min"),
    ],
)
def test_a_duration_has_the_unit_that_people_use(seconds: float, text: str) -> None:
    """And 59.6 s is never `60 s` or `0 min 60 s`."""
    assert duration(seconds) == text


def test_a_span_that_is_drawn_again_has_no_fractions() -> None:
    """A tenth of a second would flicker."""
    assert (full_seconds(4.9), full_seconds(61)) == ("4 s", "1 min 01 s")


def test_a_time_is_shown_to_the_second() -> None:
    """Without a zone: the column's heading has it."""
    assert timestamp_text("2026-11-24T12:00:30.5+00:00") == "2026-11-24 12:00:30"
    assert timestamp_text(None) == ""


def test_a_long_text_is_cut_at_its_end() -> None:
    """The ellipsis counts as well."""
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abcde…"


@pytest.mark.parametrize("width", range(1, 12))
@pytest.mark.parametrize("text", ["users-2026-11-24.json", "用户用户用户.json", "a"])
def test_a_name_is_cut_in_its_middle_to_its_cells(text: str, width: int) -> None:
    """A wide letter takes two cells; a line that is too wide would wrap."""
    assert cell_len(fitted(text, width)) <= max(1, width)


def test_a_table_is_no_wider_than_allowed_and_keeps_its_numbers() -> None:
    """What gives way is the text, whose column says so."""
    columns = (("records", "right"), ("message", "cut"))

    lines = table(columns, [["1,234,567", "long " * 60], ["7", "[bold]"]], 40)

    *_, first, last = lines.splitlines()
    assert max(map(len, lines.splitlines())) <= 40
    assert first.split()[:2] == ["1,234,567", "long"]
    assert last == "        7   [bold]", "to the right, and text is not markup"


def test_a_cell_cannot_steer_the_terminal() -> None:
    """Messages come from servers and data files."""
    assert "\x1b" not in table((("a", "left"),), [["\x1b[2J"]], 40)
