"""The power is cut at some times of recorded runs (see `campaign.py`)."""

from __future__ import annotations

import shutil

import pytest

from tests.power_cuts.campaign import play

DISKS = 10  # `make power-cuts` judges thousands


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("name", ["killed", "changed-only", "missing"])
def test_a_power_cut_loses_nothing(name: str) -> None:
    """What was synced is not sent again, and of the rest nothing is lost."""
    figures = play(name, DISKS, "20261125")

    assert figures.disks == DISKS
