"""Find the queues that the command line selects, for commands that read them."""

from __future__ import annotations

import argparse
from pathlib import Path

from cio_pipeline.commands.secret_values import with_secrets
from cio_pipeline.console.output import print_note
from cio_pipeline.core.config import read_config
from cio_pipeline.core.shard import AllShards, Shard
from cio_pipeline.store import is_there, queue_folder
from cio_pipeline.store.resharding import other_queues


def find_queues(arguments: argparse.Namespace) -> dict[Shard, Path]:
    """Return the folders of the selected queues; ``-shard '*/N'`` selects several.

    If none exists, list the workspace's other queues on stderr.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    config = with_secrets(read_config(arguments.config), arguments.config, ["siteId"])
    shard: Shard | AllShards = arguments.shard
    folders = {
        part: queue_folder(config, arguments.config, arguments.state, part)
        for part in (shard.parts if isinstance(shard, AllShards) else [shard])
    }
    if not any(map(is_there, folders.values())):
        _list_others(next(iter(folders.values())))
    return folders


def find_queue(arguments: argparse.Namespace) -> Path:
    """Return the folder of the selected queue, as `find_queues` does."""
    return next(iter(find_queues(arguments).values()))


def _list_others(folder: Path) -> None:
    others = other_queues(folder)
    if others:
        known = ", ".join(
            "the one without -shard" if s.is_whole else f"-shard {s}" for s in others
        )
        print_note(f"note: this queue does not exist; this workspace has: {known}")
