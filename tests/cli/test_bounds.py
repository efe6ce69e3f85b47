"""Memory and disk stay bounded, whatever the file's size and however many runs."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import ScriptedApi
from tests.support.program import Program, finish

MEGABYTE = 1_000_000


def peak_memory(program: Program, data: Path) -> int:
    """Sync, and say how many bytes the process was seen to hold at most.

    Not `ru_maxrss`: a child's begins with what its parent held.
    """
    process = program.start("sync", "-data", data)
    status = Path(f"/proc/{process.pid}/status")
    peak = 0
    while process.poll() is None:
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text("ascii"))
        peak = int(found[1]) * 1024 if found else peak
        time.sleep(0.01)  # it only ever grows
    assert finish(process).code == 0
    return peak


def users(count: int) -> list[dict[str, Any]]:
    """Make users of some 300 bytes."""
    return [{"id": n, "name": "x" * 270} for n in range(count)]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_file(program: Program) -> None:
    """Guarantee 9: four times the file, and no more of it in memory."""
    with ScriptedApi() as api:
        program.url = api.url
        program.configure(api="batch", parallelism=2)
        small = peak_memory(program, program.write_data(users(20_000), "small.json"))
        large = peak_memory(program, program.write_data(users(80_000), "large.json"))

    # 60,000 users more are 17 megabytes of text, and 50 and more as objects.
    print(f"{small:,} and {large:,} bytes")  # noqa: T201  # shown when it fails
    assert large - small < 17 * MEGABYTE


def test_the_state_does_not_grow_with_what_was_synced(
    api: ScriptedApi, program: Program
) -> None:
    """Guarantee 9: what is delivered leaves the disk."""
    program.configure(api="batch")
    sizes = []
    for _ in range(4):
        assert program.sync(users(4_000)).code == 0
        files = [path for path in program.state.rglob("*") if path.is_file()]
        sizes.append(sum(path.stat().st_size for path in files))

    assert len(api.people()) == 4_000
    assert max(sizes) < MEGABYTE / 4, "4,000 users are more than a megabyte"
    assert sizes[-1] <= sizes[0] + 20_000, "but for the history of runs"
