"""The errors a person may see, and the exit code each one ends the program with.

    CioPipelineError
    ├── UsageError (exit 2): the command line, the configuration or the data is wrong
    │   ├── ConfigError
    │   ├── DataFileError
    │   ├── StateError
    │   └── QueueInUse
    ├── StopRun (exit 3): the run cannot go on now; its work is kept in the queue
    │   ├── KeysRejected
    │   ├── Unreachable
    │   ├── WrongAddress
    │   └── StateUnwritable
    └── RecordError: one record cannot be sent: a dead letter, the run goes on

Messages say where, what was found and what was wanted. They never hold an API
key, an attribute's value, or an address with a user id in it.
"""

from __future__ import annotations

from typing import ClassVar


class CioPipelineError(Exception):
    """Whatever this program tells a person in one line instead of a traceback."""

    exit_code: ClassVar[int] = 2


class UsageError(CioPipelineError):
    """What was asked for cannot be done as asked; nothing was sent because of it."""


class ConfigError(UsageError):
    """The configuration file cannot be used.

    Args:
        path: the file, as the user named it.
        problem: one clause: what was found, what was wanted.
        key: the offending key's place (``mappings[2].to``), or None for the file.
    """

    def __init__(self, path: str, problem: str, *, key: str | None = None) -> None:
        self.path = path
        self.key = key
        self.problem = problem
        where = f"{path}: {key!r}" if key is not None else path
        super().__init__(f"{where}: {problem}")


class DataFileError(UsageError):
    """The data file cannot be read, or stops being what it should be.

    Args:
        path: the file, as the user named it.
        problem: one clause: what was found, what was wanted.
        byte_offset: where it broke, counted from 0 in the (unpacked) bytes.
    """

    def __init__(
        self, path: str, problem: str, *, byte_offset: int | None = None
    ) -> None:
        self.path = path
        self.problem = problem
        self.byte_offset = byte_offset
        where = f"{path}, byte {byte_offset}" if byte_offset is not None else path
        super().__init__(f"{where}: {problem}")


class StateError(UsageError):
    """The state folder holds something this version cannot work with."""


class QueueInUse(UsageError):
    """Another process is running on this queue.

    Args:
        message: one line for a person.
        pid: the other process, or None where it could not be read.
    """

    def __init__(self, message: str, *, pid: int | None = None) -> None:
        self.pid = pid
        super().__init__(message)


class StopRun(CioPipelineError):
    """The run cannot go on for now; the work is kept, running again goes on.

    Args:
        message: one line for a person.
        reason: the short word of the result's ``reason`` field.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, reason: str) -> None:
        self.reason = reason
        super().__init__(message)


class KeysRejected(StopRun):
    """Customer.io answered 401 or 403: every further request would fail too."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="keys_rejected")


class Unreachable(StopRun):
    """Nothing but retryable failures for ``maxOutageSeconds``."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="unreachable")


class WrongAddress(StopRun):
    """The first users were all refused in a way that says nothing about them."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="wrong_address")


class StateUnwritable(StopRun):
    """The state folder took no more writes: disk full, read-only, I/O error."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="state_unwritable")


class RecordError(CioPipelineError):
    """One record cannot be mapped to something Customer.io would take."""
