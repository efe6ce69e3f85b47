"""Where a configuration's queue lives."""

from __future__ import annotations

from pathlib import Path

from cio_pipeline.config import Config
from cio_pipeline.errors import ConfigError
from cio_pipeline.shard import WHOLE, Shard
from cio_pipeline.splits import folder_of_shard
from cio_pipeline.store import workspace_folder

# Site ids are unique over both regions, so a queue need not know its region, and
# it stays the same one when the configuration names the region later.
_CUSTOMER_IO = "https://track.customer.io"


def folder_of(
    config: Config, config_path: str, state_folder: Path, shard: Shard = WHOLE
) -> Path:
    """Name the folder of a workspace's queue, made or not; each shard has its own.

    Raises:
        ConfigError: the configuration names no workspace.
    """
    if config.site_id is None:
        raise ConfigError(
            config_path,
            "the key is missing; it names the workspace whose queue is meant",
            key="siteId",
        )
    address = config.track_url or _CUSTOMER_IO
    folder = workspace_folder(state_folder, config.site_id, address)
    return folder_of_shard(folder, shard)
