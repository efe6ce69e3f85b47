"""A Dask scheduler and workers, each a process of its own on 127.0.0.1."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 40.0
_LOOPBACK = ("--host", "127.0.0.1", "--no-dashboard")


@dataclass
class Cluster:
    """A scheduler and its workers; all of them end with the `with` block.

    Args:
        folder: where they write.
        workers: how many to start.
        threads: how many shards one worker runs at a time.
    """

    folder: Path
    workers: int = 3
    threads: int = 1
    address: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.folder.mkdir(exist_ok=True)
        self.start_scheduler()
        for _ in range(self.workers):
            self.start_worker()
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        """Start the scheduler, and wait until it listens."""
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        port = self.address.rpartition(":")[2] or "0"
        process = self._start(
            "scheduler", "--port", port, "--scheduler-file", str(file)
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.address or not file.exists():
            assert process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            with contextlib.suppress(OSError, ValueError):
                self.address = json.loads(file.read_text("utf-8"))["address"]
            time.sleep(0.05)
        return process

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker; it connects by itself."""
        threads = ("--nthreads", str(self.threads), "--memory-limit", "0")
        local = ("--local-directory", str(self.folder))
        return self._start(
            "worker", self.address, "--no-nanny", *threads, *local, **environment
        )

    def log(self) -> str:
        """Return what all of them have logged."""
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(file.read_text("utf-8")[-3000:] for file in files)

    def _start(
        self, kind: str, *words: str, **environment: str
    ) -> subprocess.Popen[bytes]:
        number = len(self.processes)
        with (self.folder / f"{number}-{kind}.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    f"distributed.cli.dask_{kind}",
                    *words,
                    *_LOOPBACK,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ
                | {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
                | environment,
                cwd=self.folder,
            )
        self.processes.append(process)
        return process
