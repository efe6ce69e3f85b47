"""Surroundings to run a program in: streams, variables, folder and umask."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE_SECONDS = 60.0
# How a shell arranges what no pipe or file of ours can be.
_REDIRECTIONS = {
    "closed": ">&-",
    "full": ">/dev/full",
    "read-only": "</dev/null",
    "null": ">/dev/null",
}
TERMINALS = {"terminal of 0": 0, "terminal of 1": 1, "terminal of 10": 10}
STREAMS = ("file", *_REDIRECTIONS, "broken", "non-blocking", "gone", *TERMINALS)
GONE_FOLDER = "gone"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a program finds when it starts.

    Args:
        stdin: ``null`` or ``closed``.
        stdout: one of `STREAMS`; what goes to ``file`` can be read afterwards.
        stderr: as stdout.
        environment: variables to set; None takes one away.
        folder: the current directory; `GONE_FOLDER` is one that was deleted.
        umask: the file mode creation mask.
    """

    stdin: str = "null"
    stdout: str = "file"
    stderr: str = "file"
    environment: Mapping[str, str | None] = field(default_factory=dict)
    folder: str | None = None
    umask: int = 0o022


@dataclass(frozen=True)
class Ending:
    """How a program ended, and what it wrote to files."""

    code: int
    stdout: bytes
    stderr: bytes


def run_in(
    surroundings: Surroundings, command: Sequence[str | bytes | Path], scratch: Path
) -> Ending:
    """Run a command to its end.

    Args:
        surroundings: where.
        command: the program and its arguments.
        scratch: a folder for the files of the streams.
    """
    with ExitStack() as stack:
        streams = [
            stack.enter_context(_Stream(kind, scratch / f"stream-{number}"))
            for number, kind in ((1, surroundings.stdout), (2, surroundings.stderr))
        ]
        process = subprocess.Popen(
            ["/bin/sh", "-c", _script(surroundings, scratch), "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=streams[0].descriptor,
            stderr=streams[1].descriptor,
            env=_environment(surroundings.environment.items()),
            umask=surroundings.umask,
        )
        try:
            code = process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    return Ending(code, *(stream.written() for stream in streams))


def _script(surroundings: Surroundings, scratch: Path) -> str:
    steps = []
    if surroundings.folder == GONE_FOLDER:
        gone = scratch / "gone"
        gone.mkdir(exist_ok=True)
        steps.append(f"cd '{gone}' && rmdir '{gone}'")
    elif surroundings.folder is not None:
        steps.append(f"cd '{surroundings.folder}'")
    words = ['exec "$@"']
    if surroundings.stdin == "closed":
        words.append("0<&-")
    for number, kind in ((1, surroundings.stdout), (2, surroundings.stderr)):
        if kind in _REDIRECTIONS:
            words.append(f"{number}{_REDIRECTIONS[kind]}")
    return " && ".join([*steps, " ".join(words)])


def _environment(changes: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    environment = os.environ | {"NO_PROXY": "127.0.0.1"}
    for name, value in changes:
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


class _Stream:
    """One stream of a kind, as the descriptor that a process gets."""

    def __init__(self, kind: str, path: Path) -> None:
        self._kind = kind
        self._path = path
        self._held: list[int] = []
        self.descriptor = -1

    def __enter__(self) -> Self:
        if self._kind in TERMINALS:
            self.descriptor = self._terminal(TERMINALS[self._kind])
        elif self._kind == "gone":
            master, self.descriptor = pty.openpty()
            os.close(master)
        elif self._kind == "broken":
            reading, self.descriptor = os.pipe()
            os.close(reading)
        elif self._kind == "non-blocking":
            self.descriptor = self._pipe()
        else:
            flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
            self.descriptor = os.open(self._path, flags, 0o666)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self.descriptor)
        for descriptor in self._held:
            os.close(descriptor)

    def written(self) -> bytes:
        """Write a time; `strftime` does not pad years with zeros."""
        return self._path.read_bytes() if self._kind == "file" else b""

    def _terminal(self, columns: int) -> int:
        master, slave = pty.openpty()
        size = struct.pack("HHHH", columns // 2, columns, 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        threading.Thread(target=_drain, args=(master,), daemon=True).start()
        return slave

    def _pipe(self) -> int:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        threading.Thread(target=_drain, args=(reading,), daemon=True).start()
        return writing


def _drain(descriptor: int) -> None:
    """Read all that comes, to the end."""
    try:
        while os.read(descriptor, 65_536):
            pass
    except OSError:  # Linux's word for a terminal that nobody has open
        pass
    finally:
        os.close(descriptor)
