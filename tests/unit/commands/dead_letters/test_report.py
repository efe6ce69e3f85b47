"""Reports of dead letters are written as a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cio_pipeline.commands.dead_letters.advice import Asked
from cio_pipeline.commands.dead_letters.page import dead_letter_page
from cio_pipeline.commands.dead_letters.report import (
    dead_letters_csv,
    dead_letters_json,
    dead_letters_text,
)
from cio_pipeline.core.jobs import DeadLetter
from cio_pipeline.store import DeadLetterStatistics, ReasonCount, Timeline

_COUNT = 3_000
_SURVEY = DeadLetterStatistics(
    reasons=(ReasonCount("rejected", _COUNT, 1),),
    first_failed_at="2026-11-24T00:00:00+00:00",
    last_failed_at="2026-11-24T00:00:00+00:00",
    timeline=Timeline(bucket_seconds=1, counts={1_800_000_000: _COUNT}),
)
_ASKED = Asked(program="python main.py", options="-config c.json")


def letter(number: int) -> DeadLetter:
    """Build a letter."""
    return DeadLetter(
        id=number,
        user_id="u",
        record_index=number,
        source="data.json",
        payload={"name": "Ada"},
        reason="rejected",
        http_status=400,
        message="no",
        attempts=1,
        failed_at="2026-11-24T00:00:00+00:00",
        run_id="r",
    )


def page(letters: Iterator[DeadLetter]) -> Iterator[str]:
    """Write the HTML page."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return dead_letter_page(_SURVEY, letters, limit=None, asked=_ASKED, now=now)


def table(letters: Iterator[DeadLetter]) -> Iterator[str]:
    """Write the table, every row of it."""
    return dead_letters_text(_SURVEY, letters, limit=_COUNT, asked=_ASKED, width=100)


@pytest.mark.parametrize("write", [dead_letters_json, dead_letters_csv, table, page])
def test_letters_are_written_as_they_are_read(write: Callable[..., Any]) -> None:
    """However many there are, only a few are in memory."""
    read = 0
    most_waiting = 0
    written = 0

    def letters() -> Iterator[DeadLetter]:
        nonlocal read, most_waiting
        for number in range(_COUNT):
            read += 1
            most_waiting = max(most_waiting, read - written)
            yield letter(number)

    for _ in write(letters()):
        written = read

    assert read == _COUNT
    assert most_waiting <= 501


def test_no_letters_are_still_a_json_array() -> None:
    """A program need not know of a special case."""
    assert json.loads("".join(dead_letters_json([]))) == []
