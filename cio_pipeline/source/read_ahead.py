"""A file on another machine, read in blocks by a thread.

The next blocks are fetched while the last ones are used. If the network drops, a block
is fetched again for about a minute.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeAlias

from cio_pipeline.core.errors import DataUnreachable

BLOCK_BYTES = 4_000_000
_BLOCKS_AHEAD = 2
_POLL_SECONDS = 0.1
# The waits between the attempts to fetch a block.
WAITS_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
CHANGED = (
    "it was changed after this run had started to use it; run again to load it from"
    " the beginning"
)
# Returns the bytes from one position to before another; fewer only at the end. Raises
# `ConnectionLost` if another attempt may help.
Fetch: TypeAlias = Callable[[int, int], bytes]


class ConnectionLost(Exception):
    """A block could not be fetched, which may work later; with the reason."""


class ReadAhead(io.RawIOBase):
    """The bytes of a file, from its beginning.

    Args:
        path: the file, for messages.
        fetch: reads a part of it, in the thread.
        size_bytes: its size; None if unknown, and then it cannot seek.
        pause: waits some seconds before another attempt; returns True to give up.
            None to wait until the file is closed.
        monotonic: returns the seconds on a clock that never goes back.
    """

    def __init__(
        self,
        path: str,
        fetch: Fetch,
        size_bytes: int | None,
        pause: Callable[[float], bool] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._fetch = fetch
        self._size = size_bytes
        self._is_ended = Event()
        self._pause = pause or self._is_ended.wait
        self._monotonic = monotonic
        self._block, self._block_start = b"", 0
        self._position = 0
        self._is_at_end = False
        self._blocks: _Blocks | None = None

    def is_ready(self, seconds: float) -> bool:
        """Wait at most this long; return whether a read would not wait.

        Raises:
            DataUnreachable: the network was lost for about a minute.
            DataFileError: the file cannot be read.
        """
        block_end = self._block_start + len(self._block)
        if self._position < block_end or self._is_at_end:
            return True
        if self._blocks is None:
            self._blocks = _Blocks(self._fetch_patiently, self._position)
        block = self._blocks.next(seconds)
        if block is None:
            return False
        self._block, self._block_start = block, self._position
        self._is_at_end = not block
        return True

    def read(self, size: int = -1) -> bytes:
        """Return at most this many bytes; nothing at the end.

        Raises:
            DataUnreachable, DataFileError: as `is_ready`.
        """
        if size < 0:
            return self.readall()
        while not self.is_ready(_POLL_SECONDS):
            pass
        begin = self._position - self._block_start
        piece = self._block[begin : begin + size]
        self._position += len(piece)
        return piece

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what the library passes
        """Read into a buffer; return how many bytes."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return whether the size is known."""
        return self._size is not None

    def tell(self) -> int:
        """Return the byte that is next."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte; if it is not in the current block, fetch from there."""
        base = {io.SEEK_CUR: self._position, io.SEEK_END: self._size or 0}
        self._position = max(0, base.get(whence, 0) + offset)
        is_here = 0 <= self._position - self._block_start <= len(self._block)
        if not is_here:
            self._block, self._block_start = b"", self._position
        if self._is_at_end or not is_here:
            self._end_blocks()
        self._is_at_end = False
        return self._position

    def close(self) -> None:
        """End the thread, which may still wait for an answer."""
        self._is_ended.set()
        self._end_blocks()
        super().close()

    def _end_blocks(self) -> None:
        if self._blocks is not None:
            self._blocks.end()
            self._blocks = None

    def _fetch_patiently(self, start: int, end: int) -> bytes:
        """Return a part of the file; try again if the network drops.

        Raises:
            DataUnreachable: it does not work for about a minute.
        """
        began = self._monotonic()
        for seconds in WAITS_SECONDS:
            try:
                return self._fetch(start, end)
            except ConnectionLost:
                # An attempt may take long: until a timeout, or tried again inside.
                is_late = self._monotonic() - began > sum(WAITS_SECONDS)
                if is_late or self._pause(seconds):
                    break
        try:
            return self._fetch(start, end)
        except ConnectionLost as error:
            raise DataUnreachable(
                f"{self._path}: the connection was lost at byte {start} ({error}). What"
                " was read is kept; run again to continue"
            ) from error


class _Blocks:
    """The blocks of a file from a byte on, fetched by a thread.

    Args:
        fetch: reads a part of the file.
        start: the first byte.
    """

    def __init__(self, fetch: Fetch, start: int) -> None:
        self._fetch = fetch
        self._start = start
        self._ready: Queue[bytes | BaseException] = Queue(_BLOCKS_AHEAD)
        self._is_ended = Event()
        Thread(target=self._work, name="read ahead", daemon=True).start()

    def next(self, seconds: float) -> bytes | None:
        """Return the next block, empty at the end; None if there is none in time."""
        try:
            item = self._ready.get(timeout=seconds)
        except Empty:
            return None
        if isinstance(item, BaseException):
            self._ready.put(item)  # the thread has ended: a later read fails, too
            raise item
        return item

    def end(self) -> None:
        """End the thread."""
        self._is_ended.set()

    def _work(self) -> None:
        block: bytes = b"-"
        while block and not self._is_ended.is_set():
            try:
                block = self._fetch(self._start, self._start + BLOCK_BYTES)
            except BaseException as error:  # noqa: BLE001  # raised in the thread that reads
                self._put(error)
                return
            self._start += len(block)
            self._put(block)

    def _put(self, item: bytes | BaseException) -> None:
        while not self._is_ended.is_set():
            with suppress(Full):
                self._ready.put(item, timeout=_POLL_SECONDS)
                return
