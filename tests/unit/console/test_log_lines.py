from __future__ import annotations

from typing import Any

import pytest
from structlog import DropEvent

from cio_pipeline.console.log_lines import EventLines

TIME = "2026-11-24T12:00:30Z"


def dead(message: str = "bad", **changes: Any) -> dict[str, Any]:
    """Build a dead letter's event."""
    facts = {"user_id": "u1", "record_index": 7, "reason": "rejected"}
    event = {"event": "job_dead_lettered", "timestamp": TIME, "message": message}
    return event | facts | {"http_status": 400} | changes


def shown(lines: EventLines, events: list[dict[str, Any]], level: str) -> list[str]:
    """Render events; those held back are left out."""
    texts = []
    for event in events:
        try:
            texts.append(lines(None, level, event))
        except DropEvent:
            continue
    return texts


def test_a_dead_letter_is_a_sentence() -> None:
    """Who, where in the file, why."""
    (line,) = shown(EventLines(), [dead()], "warning")

    assert line[8:] == " warning: dead letter: user u1, record 7: rejected (400): bad"


def test_a_file_that_was_cleaned_is_a_sentence() -> None:
    """A footer is left out with a word about it."""
    counts = {"row_without_values": 2, "footer": 1_200}
    event = {"event": "file_cleaned", "timestamp": TIME, "source": "u.csv", **counts}

    (line,) = shown(EventLines(), [event], "warning")

    assert line[8:] == (
        " warning: u.csv: skipped or changed while reading"
        " (row without values: 2, footer: 1,200)"
    )


def test_an_object_is_not_called_a_user() -> None:
    """The operation says what it is; that of the usual job is left out."""
    (line,) = shown(EventLines(), [dead() | {"operation": "object upsert 1"}], "error")

    assert "dead letter: object u1, record 7" in line


def test_a_person_who_is_missing_has_no_record() -> None:
    """The deletion of somebody who is not in the data can be refused, too."""
    (line,) = shown(EventLines(), [dead(record_index=None)], "warning")

    assert "dead letter: user u1, not in the data: rejected" in line


def test_of_one_cause_the_first_few_are_shown() -> None:
    """A thousand of one cause are one piece of news; another cause is another."""
    events = [dead() for _ in range(1000)] + [dead("other")]

    lines = shown(EventLines(), events, "warning")

    assert len(lines) == 4
    assert lines[2].endswith("(more like this are counted, not shown)")
    assert lines[3].endswith("other")


def test_a_thousand_causes_are_not_listed_either() -> None:
    """Messages may name each user: then every dead letter is a cause of its own."""
    events = [dead(f"user {n} is bad") for n in range(1000)]

    lines = shown(EventLines(), events, "warning")

    assert len(lines) == 10
    assert lines[-1].endswith("(more like this are counted, not shown)")


def test_errors_are_never_held_back() -> None:
    """What ended the run must be seen, whatever came before."""
    event = {"event": "data_broken", "timestamp": TIME, "problem": "byte 7: no"}

    assert len(shown(EventLines(), [event] * 20, "error")) == 20


def test_what_the_display_shows_is_not_told_again() -> None:
    """Progress is on the screen already."""
    assert shown(EventLines(), [{"event": "progress", "timestamp": TIME}], "info") == []


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            {"event": "slowed_down", "pause_seconds": 15.0, "requests_per_second": 70},
            "pausing for 15 s, then 70 requests per second",
        ),
        (
            {"event": "outage_began", "problem": "refused"},
            "Customer.io is not answering: refused",
        ),
        (
            {"event": "outage_ended", "down_seconds": 75.0},
            "Customer.io is answering again after 1 min 15 s",
        ),
        ({"event": "region_found", "region": "eu", "run_id": "r"}, ": region found"),
        ({"event": "region_found", "region": "eu", "run_id": "r"}, "region=eu"),
    ],
)
def test_events_are_told_in_words(event: dict[str, Any], words: str) -> None:
    """Known ones as sentences, others as they are, without the run's id."""
    (line,) = shown(EventLines(), [event | {"timestamp": TIME}], "warning")

    assert words in line
    assert "run_id" not in line


def test_files_that_differ_from_the_stopped_runs_are_one_line() -> None:
    """It explains why a file is loaded from its beginning."""
    names = {"changed": "b.csv", "gone": "", "added": "c.csv, d.csv"}
    event = {"event": "files_differ", "timestamp": TIME, **names}

    (line,) = shown(EventLines(), [event], "warning")

    assert line.endswith("the stopped run: changed: b.csv; new: c.csv, d.csv")
