"""Each workspace and each shard has a queue of its own."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import ConfigError, StateUnwritable
from cio_pipeline.core.shard import Shard
from cio_pipeline.store.workspace import make_private_folder, queue_folder

CONFIG = Config(parallelism=1, user_id="id", mappings=(), site_id="site", api_key="k")
STATE = Path("state")


def test_the_queue_depends_on_site_id_and_address() -> None:
    """Jobs must never be sent to another workspace than they were loaded for."""
    folder = queue_folder(CONFIG, "c.json", STATE)
    others = [
        queue_folder(replace(CONFIG, site_id="other"), "c.json", STATE),
        queue_folder(replace(CONFIG, track_url="http://127.0.0.1:1"), "c.json", STATE),
        queue_folder(CONFIG, "c.json", STATE, Shard(0, 2)),
        queue_folder(CONFIG, "c.json", STATE, Shard(1, 2)),
        queue_folder(CONFIG, "c.json", STATE, Shard(0, 3)),
    ]

    assert len({folder, *others}) == 6
    assert {each.parent for each in others} == {STATE}


@pytest.mark.parametrize("change", [{"region": "eu"}, {"api_key": "new"}])
def test_a_region_or_a_new_key_does_not_change_the_queue(
    change: dict[str, str],
) -> None:
    """Otherwise the work of an earlier run would not be found."""
    changed = replace(CONFIG, **change)  # type: ignore[arg-type]  # both are text

    before = queue_folder(CONFIG, "c.json", STATE)
    assert queue_folder(changed, "new.json", STATE) == before


def test_without_a_site_id_there_is_no_queue() -> None:
    """`status` needs it too, and says so."""
    with pytest.raises(ConfigError, match=r"c\.json: 'siteId'"):
        queue_folder(replace(CONFIG, site_id=None), "c.json", STATE)


def test_a_state_folder_is_private(tmp_path: Path) -> None:
    """Queue and dead letters have people's data."""
    folder = tmp_path / "a" / "b"

    make_private_folder(folder)
    folder.chmod(0o755)
    make_private_folder(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_shared_folder_stays_shared(tmp_path: Path) -> None:
    """`-state /tmp` must not close /tmp to everybody else."""
    tmp_path.chmod(0o1777)

    make_private_folder(tmp_path)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    """The message suggests another -state."""
    (tmp_path / "file").touch()

    with pytest.raises(StateUnwritable, match=r"file/state.*-state"):
        make_private_folder(tmp_path / "file" / "state")
