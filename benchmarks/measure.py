"""Running a command against the server, and what it cost."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve().parent
# Modules are compiled only once, as usual; installed packages are compiled already.
_ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name != "PYTHONDONTWRITEBYTECODE"
}


@dataclass(frozen=True)
class Cost:
    """What one process took.

    Args:
        seconds: from its start to its end.
        cpu_seconds: user and system time, all threads.
        peak_mb: resident memory at its highest.
        stdout: what it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    stdout: str


@dataclass
class RunningServer:
    """The server in its own process.

    Args:
        url: where it listens.
        seen: what came in, once it has ended.
    """

    url: str
    seen: dict[str, Any]

    @property
    def port(self) -> int:
        """The port in its address."""
        return int(self.url.rpartition(":")[2])


@contextmanager
def server(
    latency_ms: float = 0.0, rate_limit: int = 0, port: int = 0
) -> Iterator[RunningServer]:
    """Run the server for a while; its figures are there when the block has ended."""
    figures = [str(latency_ms), str(rate_limit), str(port)]
    command = [sys.executable, str(HERE / "server.py"), *figures]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        taken = _readline(process.stdout).strip()
        running = RunningServer(f"http://127.0.0.1:{taken}", {})
        yield running
        stdout, _ = process.communicate("")
        running.seen |= json.loads(stdout)


def run(
    command: Sequence[str | Path], *, stdin: Path | None = None, may_fail: bool = False
) -> Cost:
    """Run a command to its end, and measure it."""
    with open(stdin or os.devnull, "rb") as data:  # noqa: PTH123  # either
        started = _start(command, data)
        return _finish(*started, may_fail=may_fail)


def run_together(commands: Sequence[Sequence[str | Path]]) -> list[Cost]:
    """Run commands beside each other; the longest time is that of all of them.

    They are waited for in order: what they print must fit into a pipe.
    """
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123  # as in `run`
        started = [_start(command, nothing) for command in commands]
        return [_finish(*each) for each in started]


def _start(
    command: Sequence[str | Path], stdin: IO[bytes]
) -> tuple[subprocess.Popen[bytes], float]:
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_ENVIRONMENT,
    )
    return process, began


def _finish(
    process: subprocess.Popen[bytes], began: float, *, may_fail: bool = False
) -> Cost:
    """Wait for a process.

    Raises:
        RuntimeError: it failed.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr = process.stdout.read(), process.stderr.read()
    usage = wait(process)
    seconds = time.monotonic() - began
    process.stdout.close()
    process.stderr.close()
    if process.returncode and not may_fail:
        raise RuntimeError(
            f"{process.args!r}: {process.returncode}\n{stderr.decode()[-2000:]}"
        )
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Cost(seconds, cpu_seconds, usage.ru_maxrss / 1024, stdout.decode())


def wait(process: subprocess.Popen[Any]) -> resource.struct_rusage:
    """Wait until a process has ended; return what it used."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def _readline(file: IO[str] | None) -> str:
    assert file is not None
    return file.readline()
