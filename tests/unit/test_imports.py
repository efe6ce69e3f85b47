"""What a command imports before it can answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_PROGRAM = """
import sys
import {module}
print(len(sys.modules), *sys.modules)
"""


@pytest.mark.parametrize("command", ["status", "dead_letters"])
def test_looking_at_a_queue_loads_no_http(command: str) -> None:
    """`status` is asked for often, by people who wait, beside a run that is busy."""
    module = f"cio_pipeline.commands.{command}.command"

    process = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    count, *loaded = process.stdout.split()

    assert "cio_pipeline.store" in loaded
    heavy = {"requests", "urllib3", "httptools", "structlog", "jinja2", "aiohttp"}
    assert heavy.isdisjoint(loaded)
    assert [each for each in loaded if each.startswith("cio_pipeline.source")] == []
    # Below 300 when this was written; other versions of libraries may need more.
    assert int(count) < 350
