"""Fixtures of the sandbox's tests."""

from __future__ import annotations

import pytest

from tests.support.stand_in import Workspace


@pytest.fixture
def workspace() -> Workspace:
    """Give an empty workspace."""
    return Workspace()
