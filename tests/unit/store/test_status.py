"""What `status` reads: counts, history and the active run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cio_pipeline.core.runs import RunRecord
from cio_pipeline.store import Store
from cio_pipeline.store.run_lock import RunLock
from cio_pipeline.store.status import last_ended_at, read_status

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open the state."""
    with Store(tmp_path) as opened:
        yield opened


def start(store: Store, run_id: str) -> None:
    """Add a run that starts at noon."""
    store.start_run(
        RunRecord(
            run_id=run_id,
            command="resume",
            source=None,
            pid=os.getpid(),
            started_at=NOON.isoformat(),
        )
    )


def test_without_a_queue_nothing_is_pending(tmp_path: Path) -> None:
    """Before the first sync; no file is created."""
    status = read_status(tmp_path / "none", NOON)

    assert (status.pending, status.running, status.runs) == (0, None, ())
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_holds_the_lock_is_running(store: Store, tmp_path: Path) -> None:
    """With the age of its heartbeat."""
    start(store, "r1")

    with RunLock(tmp_path):
        status = read_status(tmp_path, NOON + timedelta(seconds=5))

    assert status.running is not None
    assert status.running.pid == os.getpid()
    assert status.running.heartbeat_age_seconds == 5.0
    assert status.runs[0].status == "running"


def test_a_clock_that_was_set_back_makes_no_negative_age(
    store: Store, tmp_path: Path
) -> None:
    """`no sign of life for -3600 s` would help nobody."""
    start(store, "r1")

    with RunLock(tmp_path):
        status = read_status(tmp_path, NOON - timedelta(hours=1))

    assert status.running is not None
    assert status.running.heartbeat_age_seconds == 0.0


def test_a_run_without_its_lock_was_killed(store: Store, tmp_path: Path) -> None:
    """It could not write its end itself."""
    start(store, "r1")

    status = read_status(tmp_path, NOON)

    assert status.running is None
    assert [(run.status, run.reason) for run in status.runs] == [("stopped", "killed")]


def test_the_next_run_marks_the_last_one_as_killed(
    store: Store, tmp_path: Path
) -> None:
    """After that, the history is right without a look at the lock."""
    start(store, "r1")
    start(store, "r2")

    with RunLock(tmp_path):
        status = read_status(tmp_path, NOON)

    assert [(run.run_id, run.status, run.reason) for run in status.runs] == [
        ("r2", "running", None),
        ("r1", "stopped", "killed"),
    ]


def test_before_the_first_success_there_is_no_time_of_one(
    store: Store, tmp_path: Path
) -> None:
    """Prometheus gets no value instead of a wrong one."""
    start(store, "r1")

    assert last_ended_at(tmp_path, ["completed"]) is None
    assert last_ended_at(tmp_path / "none", ["completed"]) is None


def test_status_does_not_import_persist_queue() -> None:
    """It doubles the time that `status` takes, and only a run needs it."""
    code = (
        "import sys, cio_pipeline.commands.status.command\n"
        "assert 'persistqueue' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
