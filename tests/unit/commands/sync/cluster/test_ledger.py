"""Which shards have ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.commands.sync.cluster.ledger import open_ledger


def test_the_same_command_goes_on(tmp_path: Path) -> None:
    """What has ended is not sent again."""
    first = open_ledger(tmp_path, "same", "first")
    first.add(2)
    first.add(0)

    again = open_ledger(tmp_path, "same", "second")

    assert (again.token, again.ended) == ("first", {0, 2})


def test_another_command_is_another_run(tmp_path: Path) -> None:
    """Other data, another configuration or other options: everything is sent."""
    open_ledger(tmp_path, "same", "first").add(1)

    other = open_ledger(tmp_path, "other", "second")

    assert (other.token, other.ended) == ("second", set())


def test_a_run_that_has_ended_is_forgotten(tmp_path: Path) -> None:
    """The next night sends everything again."""
    ledger = open_ledger(tmp_path, "same", "first")
    ledger.add(0)
    ledger.close()

    assert open_ledger(tmp_path, "same", "second").ended == set()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"identity": "same"}'])
def test_a_damaged_file_is_a_new_run(tmp_path: Path, text: str) -> None:
    """The shards' queues still know what they have sent."""
    (tmp_path / "cluster.json").write_text(text, "utf-8")

    assert open_ledger(tmp_path, "same", "new").token == "new"
