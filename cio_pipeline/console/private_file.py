"""Write a file completely or not at all, also if the power is cut."""

from __future__ import annotations

import os
import secrets
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
            replace_file(Path(os.path.realpath(path)), pieces, mode=0o600)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def replace_file(path: Path, pieces: Iterable[str], *, mode: int) -> None:
    """Write text to a new file, and give it the name of the old one.

    Args:
        path: the name; it is not followed if it is a link.
        pieces: the text.
        mode: who may read and write it; the umask restricts it further.

    Raises:
        OSError: the file cannot be written; the old one is still there.
    """
    # In the same folder, the rename is atomic.
    new = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors=_ERRORS) as file:
            file.writelines(pieces)
            _sync_to_disk(file)
        new.replace(path)
    except BaseException:
        new.unlink()
        raise


def _sync_to_disk(file: IO[str]) -> None:
    # Without it, a power cut soon after the rename could leave an empty file.
    file.flush()
    os.fsync(file.fileno())
