"""Many moments of one run: stopped, the folder copied as it stands, gone on.

Each copy is what a crash at that moment would leave behind. It is resumed alone,
and the books are those of what had been sent by then and what the copy sends.
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
MOMENTS = 8
PARALLELISM, ACK_GROUP = 25, 500
RECORDS = numbered_records(1500, 600, random.Random(SEED).randrange)


@dataclass(frozen=True)
class Moment:
    """A run as it stood.

    Args:
        program: the copy.
        sent: every request that had left by then.
    """

    program: Program
    sent: list[Entry]


def stop(process: subprocess.Popen[str], api: ScriptedApi) -> None:
    """Stop a process, and wait until the server has answered all that it sent."""
    os.kill(process.pid, SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    deadline = time.monotonic() + 30
    known = -1
    while known != len(api.ledger) or any(e.answered is None for e in api.ledger):
        assert time.monotonic() < deadline
        known = len(api.ledger)
        time.sleep(0.02)  # what is on its way arrives; nothing new can leave


def moments_of(api: ScriptedApi, program: Program, data: Path) -> list[Moment]:
    """Run once, and copy the state at moments spread over it by chance."""
    chance = random.Random(SEED)
    process = program.start("sync", "-data", data, "-json")
    seen: list[Moment] = []
    step = len(RECORDS) // MOMENTS
    while process.poll() is None and len(seen) < MOMENTS:
        wanted = len(seen) * step + chance.randrange(step)
        while len(api.ledger) < wanted and process.poll() is None:
            time.sleep(0.001)  # until it has come so far
        if process.poll() is not None or not program.state.exists():
            continue
        stop(process, api)
        there = program.folder / str(len(seen))
        there.mkdir()
        shutil.copytree(program.state, there / "state")
        seen.append(Moment(replace(program, folder=there), list(api.ledger)))
        os.kill(process.pid, SIGCONT)
    assert finish(process).code == 0
    return seen


def test_every_moment_of_a_run_can_be_gone_on_from(tmp_path: Path) -> None:
    """Guarantees 1 to 3 at each of them, in the middle of writes or not."""
    print(f"SEED={SEED}")  # noqa: T201  # shown when it fails
    with ScriptedApi(SandboxSettings(port=0, faults=Faults(latency_ms=5))) as api:
        program = Program(tmp_path, api.url, {"parallelism": PARALLELISM})
        data = program.write_data(RECORDS)
        moments = moments_of(api, program, data)
        api.sandbox.set_faults(Faults())
        for moment in moments:
            api.ledger[:] = moment.sent
            check_database(moment.program)

            outcome = moment.program.run("sync", "-data", data, "-json")

            assert outcome.code == 0, outcome.stderr
            assert balances(outcome.result)
            assert people_after(api.ledger) == expected_people(RECORDS)
            assert count_sent_twice(api) <= PARALLELISM + ACK_GROUP
            check_order(api, RECORDS)
            check_database(moment.program)

    assert len(moments) >= MOMENTS - 2, "the run was over too soon"
