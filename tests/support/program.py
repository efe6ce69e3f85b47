"""The program as a real process, on real files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAIN = Path(__file__).resolve().parents[2] / "main.py"
KILL_AT = Path(__file__).with_name("kill_at.py")
SMALL_DISK = Path(__file__).with_name("small_disk.py")
WATCHED = Path(__file__).with_name("watched.py")
# One that should not fire; a hung process fails its test instead of the suite.
PATIENCE_SECONDS = 60.0
REQUEST_EXAMPLE: dict[str, Any] = {
    "parallelism": 25,
    "userId": "id",
    "mappings": [
        {"from": "computed_ltv", "to": "ltv"},
        {"from": "name", "to": "name"},
    ],
}


@dataclass(frozen=True)
class Outcome:
    """How a process ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def result(self) -> dict[str, Any]:
        """The ``-json`` result."""
        document: dict[str, Any] = json.loads(self.stdout)
        return document

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log's lines."""
        lines = self.stderr.splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@dataclass
class Program:
    """Runs commands in a folder of their own.

    Args:
        folder: where configuration, data and state are.
        url: the API's address.
        changes: configuration keys beside the request's example.
        kill_at: a step (see `kill_at.py`) and which occurrence of it ends the
            process; None to let it be.
        disk: a limit on what can be written (see `small_disk.py`), or None.
        watch: where to report what it does (see `watched.py`), or None.
        state_name: the state folder's path, from the folder.
        after_kill: waits until what a killed process has sent has arrived.
    """

    folder: Path
    url: str
    changes: dict[str, Any] = field(default_factory=dict)
    kill_at: tuple[str, int] | None = None
    disk: str | None = None
    watch: Path | None = None
    state_name: str = "state"
    after_kill: Callable[[], None] = lambda: None

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / self.state_name

    def configure(self, **changes: Any) -> Path:  # any JSON
        """Write the configuration, with changes that stay."""
        self.changes |= changes
        document = REQUEST_EXAMPLE | {
            "siteId": "sandbox-site",
            "apiKey": "sandbox-key",
            "appApiKey": "sandbox-app-key",
            "trackUrl": self.url,
            "appUrl": self.url,
            **self.changes,
        }
        path = self.folder / "configuration.json"
        kept = {key: value for key, value in document.items() if value is not None}
        path.write_text(json.dumps(kept), "utf-8")
        return path

    def write_data(self, records: object, name: str = "data.json") -> Path:
        """Write a data file: JSON of what is given, or bytes as they are."""
        path = self.folder / name
        is_raw = isinstance(records, bytes)
        path.write_bytes(records if is_raw else json.dumps(records).encode())  # type: ignore[arg-type]  # as just asked
        return path

    def arguments(self, command: str, *options: str | Path) -> list[str | Path]:
        """The command line of a command."""
        config = self.configure()
        where: list[str | Path] = ["-config", config, "-state", self.state]
        launcher: list[str | Path] = [MAIN]
        if self.kill_at is not None:
            point, occurrence = self.kill_at
            launcher = [KILL_AT, point, str(occurrence)]
        elif self.disk is not None:
            launcher = [SMALL_DISK, self.disk]
        elif self.watch is not None:
            launcher = [WATCHED, self.watch]
        return [sys.executable, *launcher, *command.split(), *where, *options]

    def start(
        self,
        command: str,
        *options: str | Path,
        stdin: int | None = subprocess.DEVNULL,
        **environment: str,
    ) -> subprocess.Popen[str]:
        """Start a command, and leave it running."""
        return subprocess.Popen(
            self.arguments(command, *options),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"NO_PROXY": "127.0.0.1"} | environment,
        )

    def run(
        self,
        command: str,
        *options: str | Path,
        stdin: str | None = None,
        **environment: str,
    ) -> Outcome:
        """Run a command to its end."""
        source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        process = self.start(command, *options, stdin=source, **environment)
        return self.finish(process, stdin)

    def finish(
        self, process: subprocess.Popen[str], stdin: str | None = None
    ) -> Outcome:
        """Wait for a process's end, and for what it has sent if it was killed."""
        outcome = finish(process, stdin)
        if outcome.code < 0:
            self.after_kill()
        return outcome

    def run_as_given(self, command: str, *options: str | Path) -> Outcome:
        """Run a command with just these options and the state, in the folder."""
        process = subprocess.Popen(
            [sys.executable, MAIN, *command.split(), *options, "-state", self.state],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"NO_PROXY": "127.0.0.1"},
            cwd=self.folder,
        )
        return finish(process)

    def sync(self, records: object, *options: str | Path) -> Outcome:
        """Write a data file and sync it, for the ``-json`` result."""
        data = self.write_data(records)
        return self.run("sync", "-data", data, "-json", *options)

    def resume(self) -> Outcome:
        """Finish what an earlier run left, for the ``-json`` result."""
        return self.run("resume", "-json")

    def dead_letters(self) -> list[dict[str, Any]]:
        """The dead-letter report, as JSON."""
        letters: list[dict[str, Any]] = json.loads(
            self.run("dead-letters", "-json").stdout
        )
        return letters

    def status(self) -> dict[str, Any]:
        """The status, as JSON."""
        document: dict[str, Any] = json.loads(self.run("status", "-json").stdout)
        return document


def finish(process: subprocess.Popen[str], stdin: str | None = None) -> Outcome:
    """Wait for a process's end."""
    try:
        stdout, stderr = process.communicate(stdin, timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        raise AssertionError(f"the program hung; it said:\n{stderr[-3000:]}") from None
    return Outcome(process.returncode, stdout, stderr)


def killer(process: subprocess.Popen[str], number: int) -> Callable[[], None]:
    """Make a function that sends a signal to a process, if it is still there."""

    def kill() -> None:
        if process.poll() is None:
            os.kill(process.pid, number)

    return kill


def balances(result: dict[str, Any]) -> bool:
    """Whether a result's counts add up, as `spec.md` says they always do."""
    taken = result["resumed"] + result["records"]
    given = sum(
        result[name] for name in ("synced", "skipped", "dead_lettered", "pending")
    )
    return bool(taken == given)


SIGKILL, SIGTERM, SIGINT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
