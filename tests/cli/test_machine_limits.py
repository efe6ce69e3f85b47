"""A machine that allows too little: one line, exit 3, and the work is kept."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Sequence

import pytest

from cio_pipeline.sandbox.faults import Faults
from tests.support.api import ScriptedApi
from tests.support.program import Outcome, Program, balances, finish

RECORDS = [{"id": n, "name": "x"} for n in range(300)]


def run_within(
    program: Program,
    limit: str,
    inherited: Sequence[int] = (),
) -> Outcome:
    """Sync with a limit that a shell sets, and with open files that it inherits."""
    data = program.write_data(RECORDS)
    command = program.arguments("sync", "-data", data, "-json", "-log-format", "json")
    process = subprocess.Popen(
        ["/bin/sh", "-c", f'{limit} && exec "$@"', "sh", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=inherited,
    )
    return finish(process)


@pytest.mark.parametrize("files", [20, 64, 128])
def test_too_few_open_files_are_told_before_anything_is_sent(
    api: ScriptedApi, program: Program, files: int
) -> None:
    """As failures to connect they would look like an outage of Customer.io."""
    program.configure(parallelism=1000)
    refused = run_within(program, f"ulimit -n {files}")
    after = program.sync(RECORDS)

    assert refused.code == 3
    assert refused.result["reason"] == "too_many_open_files"
    assert "parallelism 1000 needs 1024 open files" in refused.stderr
    assert "outage" not in refused.stderr
    assert after.result["synced"] == 300
    assert len(api.ledger) == 300


def test_a_low_soft_limit_of_open_files_is_raised(
    api: ScriptedApi, program: Program
) -> None:
    """Shells and macOS set it far below what the system allows."""
    program.configure(parallelism=100)
    outcome = run_within(program, "ulimit -S -n 64")

    assert outcome.code == 0
    assert len(api.people()) == 300


def test_open_files_that_run_out_in_a_run_are_no_outage(
    api: ScriptedApi, program: Program
) -> None:
    """Others can hold what the limit allows: that is not known before the run."""
    api.sandbox.set_faults(Faults(latency_ms=1000))
    program.configure(parallelism=20)
    # From 25 on all are taken; a run with one connection needs 15.
    null = os.open(os.devnull, os.O_RDONLY)
    inherited = [
        fcntl.fcntl(null, fcntl.F_DUPFD, number) for number in range(25, 25 + 50)
    ]
    outcome = run_within(program, "ulimit -n 75", inherited=inherited)
    for descriptor in (null, *inherited):
        os.close(descriptor)

    assert outcome.code == 3
    assert outcome.result["reason"] == "too_many_open_files"
    assert outcome.result["pending"] > 0
    assert balances(outcome.result)
    assert "outage" not in outcome.stderr


def test_too_few_threads_send_nothing(api: ScriptedApi, program: Program) -> None:
    """All are started before one of them sends."""
    program.configure(parallelism=1000)
    outcome = run_within(program, "ulimit -v 1000000")

    assert outcome.code == 3
    assert outcome.result["reason"] == "too_many_threads"
    assert outcome.result["pending"] == 300
    assert not api.ledger
