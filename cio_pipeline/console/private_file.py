"""A result in a file: whole or not at all, and for its owner's eyes only."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from cio_pipeline.core.errors import UsageError

# A file's name may be any bytes; those that are no text are shown as escapes.
_ERRORS = "backslashreplace"


def write_private_file(path: Path, pieces: Iterable[str]) -> None:
    """Write text to a file that replaces what was there (mode 0600).

    Whoever opens the path sees the old content or all of the new one; after a
    failure, the old. A device or a pipe is written to as it is.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            # /dev/stdout, /dev/null, a named pipe: not to be replaced by a file.
            with path.open("w", encoding="utf-8", errors=_ERRORS) as file:
                file.writelines(pieces)
        else:
            # A link is followed: what it points to is replaced.
            _replace(Path(os.path.realpath(path)), pieces)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _replace(path: Path, pieces: Iterable[str]) -> None:
    # mkstemp makes it 0600; in the same folder, so that the rename is atomic.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors=_ERRORS) as file:
            file.writelines(pieces)
            _to_disk(file)
        os.replace(name, path)  # noqa: PTH105  # mkstemp's name is no Path
    except BaseException:
        os.unlink(name)  # noqa: PTH108  # as above
        raise


def _to_disk(file: IO[str]) -> None:
    # Else a power cut soon after the rename could leave the new name empty.
    file.flush()
    os.fsync(file.fileno())
