"""The standard streams, made safe: a write to stdout or stderr never fails.

The result of a run must not depend on where its output goes. So output that cannot
be written (a full disk, a closed pipe or terminal) is dropped, and characters that
the encoding lacks are escaped. All output, that of libraries too, goes through
these streams, so no other module needs to handle this.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ESCAPED = "cio_pipeline.escaped"


class SafeStream(io.TextIOWrapper):
    """A text stream on a descriptor whose writes never fail.

    Args:
        descriptor: 1 or 2.
        encoding: the preferred encoding; UTF-8 is used if it is not usable.
    """

    def __init__(self, descriptor: int, encoding: str) -> None:
        self._descriptor = _SafeDescriptor(descriptor, "wb", closefd=False)
        super().__init__(
            io.BufferedWriter(self._descriptor),
            encoding=encoding if _is_usable(encoding) else "utf-8",
            errors=_ESCAPED,
            line_buffering=descriptor == 2 or self._descriptor.isatty(),
        )

    @property
    def failure(self) -> OSError | None:
        """The first error of a write, or None."""
        return self._descriptor.failure


class _SafeDescriptor(io.FileIO):
    """Drops what cannot be written, and keeps the first error."""

    failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            while (written := super().write(data)) is None:
                # Another process has made the shared pipe or terminal non-blocking.
                select.select([], [self], [])
        except OSError as error:
            self.failure = self.failure or error
            return memoryview(data).nbytes
        return written


def make_safe() -> None:
    """Make stdout and stderr safe. Call this before any file is opened.

    A descriptor that the parent process has closed is opened on ``/dev/null``.
    Without that, the next file to be opened (such as the queue) would get its
    number, and what a library writes to stderr would go into that file.
    ``sys.stdin`` stays None if it was closed.

    Streams that have replaced the interpreter's own are not changed.
    """
    _open_closed_descriptors()
    if sys.stdout is sys.__stdout__:
        sys.stdout = SafeStream(1, _encoding_of(sys.stdout))
    if sys.stderr is sys.__stderr__:
        sys.stderr = SafeStream(2, _encoding_of(sys.stderr))
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def stdout_failure() -> OSError | None:
    """Return the first error of a write to stdout, or None."""
    return sys.stdout.failure if isinstance(sys.stdout, SafeStream) else None


def finish() -> None:
    """Flush both streams; report on stderr if the result could not be written.

    A reader that has closed the pipe (``| head``) has what it wanted, so that is
    not reported.
    """
    sys.stdout.flush()
    failure = stdout_failure()
    if failure is not None and failure.errno != errno.EPIPE:
        sys.stderr.write(
            "warning: the result could not be written to stdout:"
            f" {failure.strerror}. The exit code is still that of the run\n"
        )
    sys.stderr.flush()


def _open_closed_descriptors() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # `open` returns the lowest free number, which is the missing one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003  # as it is declared


def _encoding_of(stream: TextIO | None) -> str:
    return "utf-8" if stream is None else stream.encoding


def _is_usable(encoding: str) -> bool:
    """Return whether an encoding supports an error handler."""
    try:
        "\udcff".encode(encoding, _ESCAPED)
    except (LookupError, UnicodeError):  # PYTHONIOENCODING=idna, undefined
        return False
    return True


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Escape as JSON does (``\u00e9``), so that a JSON result stays valid."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    units = text.encode("utf-16-be", "surrogatepass")
    escaped = (f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
    return "".join(escaped), error.end


codecs.register_error(_ESCAPED, _escape)
