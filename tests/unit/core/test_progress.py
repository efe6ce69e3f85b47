"""A progress in the state file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cio_pipeline.core.counts import document_of
from cio_pipeline.core.progress import Hold, progress_from
from tests.support.builders import LOADING

DOWN = Hold(kind="outage", next_seconds=7.5, since_seconds=95, problem="refused")


@pytest.mark.parametrize("hold", [None, DOWN], ids=["moving", "held"])
def test_a_progress_is_read_back_from_the_state_file(hold: Hold | None) -> None:
    """It is written as JSON; a newer version's extra fields are ignored."""
    progress = replace(LOADING, hold=hold)
    document = document_of(progress) | {"a newer version's": 1}

    assert progress_from(document) == progress


@pytest.mark.parametrize("document", [None, {}, {"hold": None}, [], {"hold": 3}, "x"])
def test_another_versions_heartbeat_is_not_an_error(document: object) -> None:
    """An older version's rows lack fields that this one writes."""
    assert progress_from(document) is None
