"""Write a result to a file: completely or not at all, readable by its owner only."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from cio_pipeline.core.errors import UsageError

# A file name may contain any bytes; those that are not text become escapes.
_ERRORS = "backslashreplace"


def write_private_file(path: Path, pieces: Iterable[str]) -> None:
    """Write text to a file with mode 0600, and replace what was there.

    A reader sees the old content or all of the new content; after a failure, the
    old content. A device or a pipe is written to directly.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            # /dev/stdout, /dev/null, a named pipe: a file must not replace these.
            with path.open("w", encoding="utf-8", errors=_ERRORS) as file:
                file.writelines(pieces)
        else:
            # Follow a link, and replace its target.
            _replace(Path(os.path.realpath(path)), pieces)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _replace(path: Path, pieces: Iterable[str]) -> None:
    # mkstemp uses mode 0600. In the same folder, the rename is atomic.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors=_ERRORS) as file:
            file.writelines(pieces)
            _sync_to_disk(file)
        os.replace(name, path)  # noqa: PTH105  # mkstemp returns a str
    except BaseException:
        os.unlink(name)  # noqa: PTH108  # as above
        raise


def _sync_to_disk(file: IO[str]) -> None:
    # Without it, a power cut soon after the rename could leave an empty file.
    file.flush()
    os.fsync(file.fileno())
