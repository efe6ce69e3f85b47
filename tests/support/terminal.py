"""The program at a real terminal: a pseudo-terminal, and a screen that reads it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

# One that should not fire.
PATIENCE_SECONDS = 60.0
INTERRUPT = b"\x03"
# The terminal must be the process's own, or Ctrl-C reaches nobody. (`preexec_fn`
# could do it too, but not beside threads.)
LAUNCHER = (
    "import fcntl, os, sys, termios;"
    " fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    " os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """A process whose stdout and stderr are a terminal.

    Args:
        command: what to run.
        columns: how wide the terminal is.
        environment: variables beside the test's own.
    """

    def __init__(
        self, command: Sequence[str | Path], *, columns: int = 80, **environment: str
    ) -> None:
        self._screen = pyte.HistoryScreen(columns, 40, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self.output = b""
        self._master, slave = pty.openpty()
        self._size(columns)
        surroundings = {"NO_PROXY": "127.0.0.1", "TERM": "xterm-256color"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, *map(os.fspath, command)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=os.environ | surroundings | environment,
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, error, trace
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """All lines of the screen, including those that scrolled off."""
        width = self._screen.columns
        gone = [
            "".join(row[column].data for column in range(width)).rstrip()
            for row in self._screen.history.top
        ]
        return gone + [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The same as one text, without the blank rest."""
        return "\n".join(self.lines).rstrip()

    def wait_for(self, *words: str) -> str:
        """Read until the screen has all these words at the same time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(word in self.text for word in words):
            assert time.monotonic() < deadline, f"never saw {words}:\n{self.text}"
            if not self._read():
                raise AssertionError(f"ended without {words}:\n{self.text}")
        return self.text

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def resize(self, columns: int) -> None:
        """Change the window's width."""
        self._size(columns)
        self._screen.resize(columns=columns)

    def finish(self) -> int:
        """Read to the end, and give the exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read():
            assert time.monotonic() < deadline, f"never ended:\n{self.text}"
        return self._process.wait(PATIENCE_SECONDS)

    def _read(self) -> bool:
        """Take what has come; False at the end."""
        if not select.select([self._master], [], [], 0.2)[0]:
            return True
        try:
            piece = os.read(self._master, 65_536)
        except OSError:  # Linux's word for the other side having gone
            return False
        self.output += piece
        self._stream.feed(piece)
        return bool(piece)

    def _size(self, columns: int) -> None:
        fcntl.ioctl(
            self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0)
        )
