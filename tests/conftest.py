"""Fixtures every kind of test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import ScriptedApi
from tests.support.program import Program


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    """Give a scripted Customer.io on 127.0.0.1."""
    with ScriptedApi() as scripted:
        yield scripted


@pytest.fixture
def program(api: ScriptedApi, tmp_path: Path) -> Program:
    """Give the program, configured for that API, in a folder of its own."""
    return Program(tmp_path, api.url, after_kill=api.wait_until_left)
