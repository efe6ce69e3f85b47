"""One run per queue."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from cio_pipeline.core.errors import QueueInUse
from cio_pipeline.store.run_lock import FILE_NAME, RunLock


def test_who_only_looks_turns_no_run_away(tmp_path: Path) -> None:
    """`status -watch` tries the lock once a second, for an instant."""
    looking = (tmp_path / FILE_NAME).open("w")
    fcntl.flock(looking, fcntl.LOCK_SH)

    with RunLock(tmp_path, pause=lambda _: looking.close()):
        assert looking.closed


def test_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    """However often it is asked."""
    pauses: list[float] = []

    with (
        RunLock(tmp_path),
        pytest.raises(QueueInUse, match="process"),
        RunLock(tmp_path, pause=pauses.append),
    ):
        pass

    assert 0 < sum(pauses) < 1
