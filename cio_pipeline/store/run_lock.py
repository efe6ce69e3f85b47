"""The lock that allows one run per queue; it ends with its process."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cio_pipeline.core.errors import QueueInUse, StateError
from cio_pipeline.store.workspace import open_private_file

FILE_NAME = "run.lock"
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL)
# `holder` also has the lock for an instant, so try again.
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.05


class RunLock:
    """Locks a queue's folder for this process.

    The lock is on an open file, so the kernel releases it when the process ends in
    any way. The process id in the file is only for messages.

    Args:
        folder: the queue's folder; it must exist.
        pause: waits for a number of seconds.
    """

    def __init__(
        self, folder: Path, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self._folder = folder
        self._pause = pause
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            QueueInUse: another process has it.
            StateError: the file system has no locks.
            StateUnwritable: the lock's file cannot be written.
        """
        descriptor = open_private_file(self._folder / FILE_NAME)
        try:
            self._lock(descriptor)
            with contextlib.suppress(OSError):  # a full disk; it is only for messages
                os.truncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _lock(self, descriptor: int) -> None:
        for _ in range(_ATTEMPTS):
            if _is_locked_now(descriptor, self._folder):
                return
            self._pause(_PAUSE_SECONDS)
        pid = _pid_in(descriptor)
        raise QueueInUse(
            f"another run{f' (process {pid})' if pid else ''} is working on this"
            f" queue ({self._folder}). Wait for it to end; `status` shows its progress",
            pid=pid,
        )


def holder(folder: Path) -> int | None:
    """Return the id of the process that holds a queue's lock; None if none does.

    It is 0 if the id cannot be read, because the file belongs to another user.

    The lock itself is tried, because a process id can be used again.
    """
    try:
        descriptor = os.open(folder / FILE_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except PermissionError:
        return 0
    try:
        # A shared lock is refused while another process has the exclusive one. Two
        # processes that call this do not block each other.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid_in(descriptor) or 0
    finally:
        os.close(descriptor)
    return None


def _is_locked_now(descriptor: int, folder: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise StateError(
                f"{folder} is on a file system without locks, as many network file"
                " systems are. Name a folder on a local disk with -state DIR"
            ) from error
        raise
    return True


def _pid_in(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0)
    return int(text) if text.isdigit() else None
