"""The standard streams, made safe: writing to stdout or stderr never fails.

How a run ended must not depend on where its words go. So what cannot be written (a
full disk, a reader or a terminal that is gone) is left out, and what the encoding
does not have is escaped. Every ``print`` of ours and of the libraries goes through
these streams; nobody else need think of it.
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
    """A text stream on a descriptor that takes whatever is written to it.

    Args:
        descriptor: 1 or 2.
        encoding: the encoding that is wanted; UTF-8 if it is not usable.
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
        """Return the first error of a write; None while there was none."""
        return self._descriptor.failure


class _SafeDescriptor(io.FileIO):
    """Drops what cannot be written, and remembers why."""

    failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            while (written := super().write(data)) is None:
                # Whoever shares the pipe or terminal has made it non-blocking.
                select.select([], [self], [])
        except OSError as error:
            self.failure = self.failure or error
            return memoryview(data).nbytes
        return written


def make_safe() -> None:
    """Make stdout and stderr safe; to be called before any file is opened.

    A descriptor that the parent has closed is opened on ``/dev/null``: the next
    file that is opened (the queue!) would get its number, and what a library writes
    to stderr would go into it. ``sys.stdin`` stays None if it was closed.

    Streams that somebody has put in the place of the interpreter's are left alone.
    """
    _open_what_is_closed()
    if sys.stdout is sys.__stdout__:
        sys.stdout = SafeStream(1, _encoding_of(sys.stdout))
    if sys.stderr is sys.__stderr__:
        sys.stderr = SafeStream(2, _encoding_of(sys.stderr))
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def stdout_failure() -> OSError | None:
    """Return why stdout did not take all that was written; None if it did."""
    return sys.stdout.failure if isinstance(sys.stdout, SafeStream) else None


def finish() -> None:
    """Write out what is buffered; report on stderr a result that was not written.

    A reader that went away (``| head``) has what it wanted: that is not reported.
    """
    sys.stdout.flush()
    failure = stdout_failure()
    if failure is not None and failure.errno != errno.EPIPE:
        sys.stderr.write(
            "warning: the result could not be written to stdout:"
            f" {failure.strerror}. The exit code is that of the run all the same\n"
        )
    sys.stderr.flush()


def _open_what_is_closed() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is the one that is missing.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003  # as it is declared


def _encoding_of(stream: TextIO | None) -> str:
    return "utf-8" if stream is None else stream.encoding


def _is_usable(encoding: str) -> bool:
    """Whether an encoding can be told what to do with what it does not have."""
    try:
        "\udcff".encode(encoding, _ESCAPED)
    except (LookupError, UnicodeError):  # PYTHONIOENCODING=idna, undefined
        return False
    return True


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Escape as JSON does (``\u00e9``), so that a JSON result stays one."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    units = text.encode("utf-16-be", "surrogatepass")
    escaped = (f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
    return "".join(escaped), error.end


codecs.register_error(_ESCAPED, _escape)
