"""One run per queue."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from cio_pipeline.core.errors import QueueInUse
from cio_pipeline.store.run_lock import FILE_NAME, RunLock


def test_a_look_at_the_lock_stops_no_run(tmp_path: Path) -> None:
    """`status -watch` tries the lock once a second, for an instant."""
    looking = (tmp_path / FILE_NAME).open("w")
    fcntl.flock(looking, fcntl.LOCK_SH)

    with RunLock(tmp_path, pause=lambda _: looking.close()):
        assert looking.closed


def test_an_active_run_keeps_its_lock(tmp_path: Path) -> None:
    """Even if another run tries several times."""
    pauses: list[float] = []

    with (
        RunLock(tmp_path),
        pytest.raises(QueueInUse, match="process"),
        RunLock(tmp_path, pause=pauses.append),
    ):
        pass

    assert 0 < sum(pauses) < 1
