"""Where a configuration's queue lives."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import ConfigError, StateUnwritable
from cio_pipeline.core.shard import WHOLE, Shard

# Site ids are unique over both regions, so a queue need not know its region, and
# it stays the same one when the configuration names the region later.
_CUSTOMER_IO = "https://track.customer.io"


def queue_folder(
    config: Config, config_path: str, state_folder: Path, shard: Shard = WHOLE
) -> Path:
    """Return the folder of a workspace's queue, whether it exists or not.

    Each workspace has its own, and each of its shards.

    Raises:
        ConfigError: the configuration names no workspace.
    """
    if config.site_id is None:
        raise ConfigError(
            config_path,
            "the key is missing; it names the workspace whose queue is meant",
            key="siteId",
        )
    # A digest, because an address is no file name; neither part is secret.
    workspace = f"{config.site_id}\n{config.track_url or _CUSTOMER_IO}"
    name = hashlib.sha256(workspace.encode()).hexdigest()[:16]
    if not shard.is_whole:
        name += f"-shard-{shard.index}-of-{shard.count}"
    return state_folder / name


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter, and its missing parents.

    One that many share on purpose (``/tmp`` and its like, with the sticky bit) stays
    as it is: what is made inside it is closed.

    Raises:
        StateUnwritable: it cannot be made or closed to others.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not folder.stat().st_mode & stat.S_ISVTX:
            # One of another user's, open to us, is not ours to close.
            with contextlib.suppress(PermissionError):
                folder.chmod(0o700)
    except OSError as error:
        raise StateUnwritable(
            f"the state folder {folder} cannot be used: {error.strerror}."
            " Name another with -state DIR",
        ) from error


def open_private_file(path: Path) -> int:
    """Open a file for reading and writing; make it, closed to other users.

    Returns:
        The descriptor, which the caller closes.

    Raises:
        StateUnwritable: it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(PermissionError):  # another user's, open to us
            os.fchmod(descriptor, 0o600)  # whatever the mask, or whoever copied it
    except OSError as error:
        raise StateUnwritable(
            f"the state file {path} cannot be written: {error.strerror}."
            " Correct that, or name another folder with -state DIR"
        ) from error
    return descriptor
