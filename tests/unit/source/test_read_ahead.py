"""A file on another machine: blocks, retries and seeking."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from cio_pipeline.core.errors import DataFileError, DataUnreachable
from cio_pipeline.source.read_ahead import (
    BLOCK_BYTES,
    WAITS_SECONDS,
    ConnectionLost,
    Fetch,
    ReadAhead,
)

CONTENT = bytes(range(256)) * 40_000  # more than two blocks


def part(start: int, end: int) -> bytes:
    """Return a part of the content."""
    return CONTENT[start:end]


def opened(fetch: Fetch, waits: list[float] | None = None) -> ReadAhead:
    """Open a file; waits take no time, and are noted."""
    noted = [] if waits is None else waits

    def pause(seconds: float) -> bool:
        noted.append(seconds)
        return False

    return ReadAhead("the file", fetch, len(CONTENT), pause)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_all_bytes_are_read_in_order() -> None:
    """In pieces of any size."""
    with opened(part) as file:
        pieces = list(iter(lambda: file.read(65_536), b""))

        assert b"".join(pieces) == CONTENT
        assert file.read(1) == b""


def test_it_seeks_as_a_file_does() -> None:
    """Formats of columns begin at the end."""
    with opened(part) as file:
        assert (file.read(8), file.seek(0), file.read(4)) == (
            CONTENT[:8],
            0,
            CONTENT[:4],
        )
        assert file.seek(-3, 2) == len(CONTENT) - 3
        assert (file.read(9), file.read(9), file.tell()) == (
            CONTENT[-3:],
            b"",
            len(CONTENT),
        )
        file.seek(5_000_000)
        assert file.seek(10, 1) == 5_000_010
        assert bytes(file.read(3)) == CONTENT[5_000_010:5_000_013]
        file.seek(BLOCK_BYTES - 1)
        assert file.read(1) + file.read(1) == CONTENT[BLOCK_BYTES - 1 : BLOCK_BYTES + 1]
        file.seek(0)
        assert file.readall() == CONTENT
        assert (file.seek(0, 2), file.read(1)) == (len(CONTENT), b"")
        file.seek(-1, 1)
        assert file.read(2) == CONTENT[-1:]


def test_only_a_few_blocks_are_read_ahead() -> None:
    """Guarantee 9: memory does not grow with the file."""
    starts: list[int] = []

    def endless(start: int, end: int) -> bytes:
        starts.append(start)
        return b"x" * (end - start)

    with ReadAhead("the file", endless, None) as file:
        file.read(1)
        wait_until(lambda: len(starts) == 4)
        assert not file.seekable()

    assert starts == [n * BLOCK_BYTES for n in range(4)]


def test_a_block_is_fetched_again_if_the_network_drops() -> None:
    """With growing waits; nothing is read twice or left out."""
    failures = iter([True] * 3 + [False] * 9)
    waits: list[float] = []

    def fetch(start: int, end: int) -> bytes:
        if next(failures):
            raise ConnectionLost("reset")
        return part(start, end)

    with opened(fetch, waits) as file:
        assert file.readall() == CONTENT

    assert waits == list(WAITS_SECONDS[:3])


def test_a_network_that_is_lost_ends_the_run_with_the_work_kept() -> None:
    """After about a minute; what was read before is returned first."""
    waits: list[float] = []

    def fetch(start: int, end: int) -> bytes:
        if start:
            raise ConnectionLost("no route to host")
        return part(start, end)

    with opened(fetch, waits) as file:
        assert file.read(BLOCK_BYTES) == CONTENT[:BLOCK_BYTES]
        with pytest.raises(DataUnreachable, match=r"byte 4000000 \(no route to host\)"):
            file.read(1)

    assert 45 < sum(waits) < 90


def test_attempts_that_take_long_are_few() -> None:
    """A server that never answers costs a timeout each time."""
    now = [0.0]

    def fetch(_start: int, _end: int) -> bytes:
        now[0] += 50
        raise ConnectionLost("timeout")

    with (
        ReadAhead("it", fetch, 9, lambda _: False, lambda: now[0]) as file,
        pytest.raises(DataUnreachable, match="timeout"),
    ):
        file.read(1)

    assert now[0] == 150


def test_what_no_other_attempt_helps_is_raised_at_once() -> None:
    """A file that was deleted does not come back."""

    def fetch(start: int, _end: int) -> bytes:
        raise DataFileError("the file", f"gone at {start}")

    with opened(fetch) as file, pytest.raises(DataFileError, match="gone at 0"):
        file.read(1)


def test_a_wait_for_a_slow_block_can_be_ended() -> None:
    """A stop must not wait for a server."""
    go_on = threading.Event()

    def slow(start: int, end: int) -> bytes:
        go_on.wait(30)
        return part(start, end)

    with opened(slow) as file:
        assert not file.is_ready(0.01)
    go_on.set()

    assert file.closed


def test_a_read_after_an_error_fails_as_well() -> None:
    """The libraries of tables read again, and must not wait for ever."""

    def fetch(_start: int, _end: int) -> bytes:
        raise DataFileError("the file", "access is denied")

    file = opened(fetch)

    for _ in range(2):
        with pytest.raises(DataFileError, match="access is denied"):
            file.read(10)
