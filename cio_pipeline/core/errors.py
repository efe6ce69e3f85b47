"""The errors that a person may see, and their exit codes.

    CioPipelineError
    ├── UsageError (exit 2): the command line, configuration or data is wrong
    │   ├── ConfigError
    │   ├── DataFileError
    │   ├── StateError
    │   └── QueueInUse
    ├── StopRun (exit 3): the run cannot go on now; its work is kept in the queue
    │   ├── KeysRejected
    │   ├── Unreachable
    │   ├── DataUnreachable
    │   ├── ClusterLost
    │   ├── WrongAddress
    │   └── StateUnwritable
    └── RecordError: one record becomes a dead letter, and the run continues

A message says where the problem is, what was found and what was expected. It never
contains an API key, an attribute's value, or an address with a user id.
"""

from __future__ import annotations

from typing import ClassVar


class CioPipelineError(Exception):
    """An error that a person sees as one line, without a traceback."""

    exit_code: ClassVar[int] = 2


class UsageError(CioPipelineError):
    """The command cannot be done as written; nothing was sent."""


class ConfigError(UsageError):
    """The configuration file cannot be used.

    Args:
        path: the file, as the user named it.
        problem: one clause: what was found, what was expected.
        key: the path of the key (``mappings[2].to``), or None for the file.
        line: the line of the key, from 1; None if it is not known.
    """

    def __init__(
        self,
        path: str,
        problem: str,
        *,
        key: str | None = None,
        line: int | None = None,
    ) -> None:
        self.path = path
        self.key = key
        self.problem = problem
        self.line = line
        where = path if line is None else f"{path}, line {line}"
        if key is not None:
            where += f": {key!r}"
        super().__init__(f"{where}: {problem}")


class DataFileError(UsageError):
    """The data file cannot be read, or its data is invalid from some byte on.

    Args:
        path: the file, as the user named it.
        problem: one clause: what was found, what was expected.
        byte_offset: where the error is, from 0, in the (unpacked) bytes.
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
    """The state folder has something that this version cannot use."""


class QueueInUse(UsageError):
    """Another process is running on this queue.

    Args:
        message: one line for a person.
        pid: the other process; None if it could not be read.
    """

    def __init__(self, message: str, *, pid: int | None = None) -> None:
        self.pid = pid
        super().__init__(message)


class StopRun(CioPipelineError):
    """The run cannot continue now; its work is kept, and another run continues it.

    Args:
        message: one line for a person.
        reason: the result's ``reason``.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, reason: str) -> None:
        self.reason = reason
        super().__init__(message)


class KeysRejected(StopRun):
    """Customer.io answered 401 or 403, so every request would fail."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="keys_rejected")


class Unreachable(StopRun):
    """No request succeeded for ``maxOutageSeconds``."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="unreachable")


class DataUnreachable(StopRun):
    """The connection that the data comes through was lost."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="data_unreachable")


class ClusterLost(StopRun):
    """The scheduler of the cluster, or its workers, cannot be reached any more."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="cluster_lost")


class WrongAddress(StopRun):
    """All of the first users were refused, for a reason that is not in the users."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="wrong_address")


class StateUnwritable(StopRun):
    """The state folder cannot be written: disk full, read-only, I/O error."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="state_unwritable")


class RecordError(CioPipelineError):
    """One record cannot be mapped to a payload that Customer.io accepts."""
