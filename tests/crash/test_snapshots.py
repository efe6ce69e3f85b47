"""Copies of the state, made at many times of one run.

Each copy is what a crash at that time would leave. Each is resumed alone, and checked
with the requests before the copy and its own.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.settings import SandboxSettings
from tests.support.api import Entry, ScriptedApi
from tests.support.books import (
    check_database,
    check_order,
    count_sent_twice,
    expected_people,
    numbered_records,
    people_after,
)
from tests.support.program import Program, balances, finish

SEED = int(os.environ.get("SEED", "20261124"))
COPIES = 8
PARALLELISM, ACK_GROUP = 25, 500
RECORDS = numbered_records(1500, 600, random.Random(SEED).randrange)


@dataclass(frozen=True)
class Copy:
    """The state of a run at one time.

    Args:
        program: the copy.
        sent: every request that had been sent before.
    """

    program: Program
    sent: list[Entry]


def stop(process: subprocess.Popen[str], api: ScriptedApi) -> None:
    """Stop a process, and wait until the server has answered all its requests."""
    os.kill(process.pid, SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    deadline = time.monotonic() + 30
    known = -1
    while known != len(api.ledger) or any(e.answered is None for e in api.ledger):
        assert time.monotonic() < deadline
        known = len(api.ledger)
        time.sleep(0.02)  # requests on their way arrive; no new ones can be sent


def copies_of(api: ScriptedApi, program: Program, data: Path) -> list[Copy]:
    """Run once, and copy the state at random times."""
    chance = random.Random(SEED)
    process = program.start("sync", "-data", data, "-json")
    seen: list[Copy] = []
    step = len(RECORDS) // COPIES
    while process.poll() is None and len(seen) < COPIES:
        wanted = len(seen) * step + chance.randrange(step)
        while len(api.ledger) < wanted and process.poll() is None:
            time.sleep(0.001)  # until this many requests have come
        if process.poll() is not None or not program.state.exists():
            continue
        stop(process, api)
        there = program.folder / str(len(seen))
        there.mkdir()
        shutil.copytree(program.state, there / "state")
        seen.append(Copy(replace(program, folder=there), list(api.ledger)))
        os.kill(process.pid, SIGCONT)
    assert finish(process).code == 0
    return seen


def test_a_copy_made_at_any_time_can_be_resumed(tmp_path: Path) -> None:
    """Guarantees 1 to 3 at each of them, in the middle of writes or not."""
    print(f"SEED={SEED}")  # noqa: T201  # shown when it fails
    with ScriptedApi(SandboxSettings(port=0, faults=Faults(latency_ms=5))) as api:
        program = Program(tmp_path, api.url, {"parallelism": PARALLELISM})
        data = program.write_data(RECORDS)
        copies = copies_of(api, program, data)
        api.sandbox.set_faults(Faults())
        for each in copies:
            api.ledger[:] = each.sent
            check_database(each.program)

            outcome = each.program.run("sync", "-data", data, "-json")

            assert outcome.code == 0, outcome.stderr
            assert balances(outcome.result)
            assert people_after(api.ledger) == expected_people(RECORDS)
            assert count_sent_twice(api) <= PARALLELISM + ACK_GROUP
            check_order(api, RECORDS)
            check_database(each.program)

    assert len(copies) >= COPIES - 2, "the run was over too soon"
