"""The machine's limits are known from what Customer.io does."""

from __future__ import annotations

import errno
import resource
from collections.abc import Iterator

import pytest

from cio_pipeline.core.errors import StopRun
from cio_pipeline.machine import OWN_FILES, allow_connections, limit_reached


@pytest.fixture
def few_files() -> Iterator[int]:
    """Lower the soft limit of open files for a while; yield the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("few_files")
def test_the_soft_limit_is_raised_as_far_as_needed() -> None:
    """It is 256 on macOS and 1024 on Linux, where more is allowed on request."""
    allow_connections(300)

    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 300 + OWN_FILES


def test_more_than_the_hard_limit_is_refused(few_files: int) -> None:
    """The message has the three numbers that a person needs."""
    with pytest.raises(
        StopRun, match=f"{few_files + 1 + OWN_FILES} open files.*ulimit"
    ):
        allow_connections(few_files + 1)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "too_many_open_files"),
        (OSError(errno.ENFILE, "File table overflow"), "too_many_open_files"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), None),
        (ValueError(), None),
    ],
)
def test_an_error_of_the_machine_is_found_below_others(
    error: Exception, reason: str | None
) -> None:
    """Libraries wrap the system's errors in their own."""
    wrapped = RuntimeError("could not connect")
    wrapped.__cause__ = error

    for each in (error, wrapped):
        found = limit_reached(each)
        assert (found and found.reason) == reason
