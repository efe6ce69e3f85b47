from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cio_pipeline.commands.status.report import status_json, status_line, status_text
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.runs import RunningRun, RunRecord, Status
from tests.support.builders import LOADING

NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
PROGRESS = replace(
    LOADING, is_loading=False, bytes_read=48_000_000, total=75_000, eta_seconds=24.2
)
RUNNING = RunningRun(
    run_id="20261124T115918Z-0a1b2c",
    pid=4711,
    rate=980.4,
    eta_seconds=24.2,
    heartbeat_at="2026-11-24T12:00:29+00:00",
    heartbeat_age_seconds=1.0,
    progress=PROGRESS,
)
RECORD = RunRecord(
    run_id="20261124T115918Z-0a1b2c",
    command="sync",
    source="users-of-the-whole-context-2026-11-24.json.gz",
    pid=4711,
    status="completed_with_dead_letters",
    reason=None,
    started_at="2026-11-24T11:59:18+00:00",
    ended_at="2026-11-24T12:00:18+00:00",
    counts=Counts(
        records=1_234_567,
        synced=1_234_567,
        dead_lettered=12_345,
        pending=1_234_567,
        requests=51_249,
        retries=12,
    ),
    duration_seconds=7_800.0,
)
STATUS = Status(
    pending=23_763,
    in_flight=25,
    dead_letters=3,
    synced_total=51_234,
    running=RUNNING,
    runs=(
        replace(RECORD, status="stopped", reason="state_unwritable"),
        replace(RECORD, source=None, command="resume"),
        RECORD,
    ),
)


def text(running: RunningRun | None = RUNNING, width: int = 80) -> str:
    """Write the status."""
    return status_text(replace(STATUS, running=running), NOW, width)


@pytest.mark.parametrize("width", [80, 100, 200])
def test_the_history_fits_and_only_names_give_way(width: int) -> None:
    """At 80 columns every number of a large run is whole."""
    lines = text(width=width).splitlines()

    assert max(map(len, lines)) <= width
    rows = [line for line in lines if line.startswith("2026-11-24 11:59")]
    assert len(rows) == 3
    assert all("1,234,567" in row and " 12,345" in row for row in rows)
    assert "state unwritable" in rows[0]
    assert all(row.endswith("2 h 10 min") for row in rows)


def test_a_narrow_terminal_gets_the_columns_that_matter() -> None:
    """At 40 columns: when, how many, how many not."""
    lines = text(width=40).splitlines()

    assert "started (UTC)         synced     dead" in lines
    assert max(map(len, lines)) <= 40


def test_a_run_that_is_going_is_drawn_as_its_own_terminal_draws_it() -> None:
    """Its progress, from the heartbeat."""
    lines = text().splitlines()

    assert "process 4711, run 20261124T115918Z-0a1b2c:" in lines
    assert "980/s   25 in flight   retries 12   dead 3" in lines


@pytest.mark.parametrize(("age", "is_stuck"), [(4.0, False), (32.4, True)])
def test_silence_is_told_with_its_length(age: float, *, is_stuck: bool) -> None:
    """A stopped process, or a disk that hangs, still holds the lock."""
    run = replace(RUNNING, heartbeat_age_seconds=age)
    problem = "no heartbeat for 32 s: process 4711 is suspended, or its disk"

    assert (problem in text(run)) is is_stuck
    assert (problem in status_line(replace(STATUS, running=run), NOW)) is is_stuck


def test_a_heartbeat_of_another_version_is_shown_as_far_as_it_goes() -> None:
    """Its progress cannot be read; the process and its silence can."""
    run = replace(RUNNING, progress=None)

    assert "process 4711, run" in text(run)
    assert status_line(replace(STATUS, running=run), NOW).endswith("a run is active")


def test_without_a_run_the_line_says_what_is_left() -> None:
    """For a watch into a log file."""
    line = status_line(replace(STATUS, running=None), NOW)

    assert line == "12:00:30 no run is active: 23,763 pending, 3 dead letters"


def test_the_json_has_the_progress_and_can_be_one_line() -> None:
    """`status -watch -json`: a document a line."""
    line = status_json(STATUS, indent=None)

    assert "\n" not in line
    document = json.loads(line)
    assert document["running"]["progress"]["hold"] is None
    assert document["running"]["rate"] == 980.4
    assert document["runs"][0]["status"] == "stopped"
