"""The folder of a configuration's queue, and private files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import ConfigError, StateUnwritable
from cio_pipeline.core.shard import WHOLE, Shard

# Site ids are unique across regions, so the region does not matter for the queue: it
# stays the same when the configuration names the region later.
_CUSTOMER_IO = "https://track.customer.io"


def queue_folder(
    config: Config, config_path: str, state_folder: Path, shard: Shard = WHOLE
) -> Path:
    """Return the folder of a workspace's queue, whether it exists or not.

    Each workspace, and each of its shards, has its own.

    Raises:
        ConfigError: the configuration has no ``siteId``.
    """
    if config.site_id is None:
        raise ConfigError(
            config_path,
            "this key is required; it identifies the workspace of the queue",
            key="siteId",
        )
    # A digest, because an address is not a valid file name. Neither part is secret.
    workspace = f"{config.site_id}\n{config.track_url or _CUSTOMER_IO}"
    name = hashlib.sha256(workspace.encode()).hexdigest()[:16]
    if not shard.is_whole:
        name += f"-shard-{shard.index}-of-{shard.count}"
    return state_folder / name


def make_private_folder(folder: Path) -> None:
    """Create a folder that only its owner can enter, and its missing parents.

    The mode of an existing shared folder (with the sticky bit, such as ``/tmp``) does
    not change.

    Raises:
        StateUnwritable: it cannot be created, or its mode cannot be changed.
    """
    try:
        missing = [each for each in folder.absolute().parents if not each.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in (folder.absolute(), *missing):
            _sync_name(each)
        if not folder.stat().st_mode & stat.S_ISVTX:
            # If it belongs to another user, it is not ours to change.
            with contextlib.suppress(PermissionError):
                folder.chmod(0o700)
    except OSError as error:
        raise StateUnwritable(
            f"the state folder {folder} cannot be used: {error.strerror}."
            " Name another folder with -state DIR",
        ) from error


def _sync_name(folder: Path) -> None:
    """Make the name of a folder durable, as far as the system allows that.

    After a power cut, a synced file is lost if its folder's name is (``fsync(2)``).
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def open_private_file(path: Path) -> int:
    """Open or create a file that only its owner can read and write.

    Returns:
        The descriptor, which the caller closes.

    Raises:
        StateUnwritable: it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(PermissionError):  # it belongs to another user
            os.fchmod(descriptor, 0o600)  # it may be a copy with another mode
    except OSError as error:
        raise StateUnwritable(
            f"the state file {path} cannot be written: {error.strerror}."
            " Fix that, or name another folder with -state DIR"
        ) from error
    return descriptor
