"""Find the queue that the command line selects, for commands that read it."""

from __future__ import annotations

import argparse
from pathlib import Path

from cio_pipeline.commands.secret_values import with_secrets
from cio_pipeline.console.output import print_note
from cio_pipeline.core.config import read_config
from cio_pipeline.store import is_there, queue_folder
from cio_pipeline.store.resharding import other_queues


def find_queue(arguments: argparse.Namespace) -> Path:
    """Return the folder of the selected queue, whether it exists or not.

    If it does not exist, list the workspace's other queues on stderr.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    config = with_secrets(read_config(arguments.config), arguments.config, ["siteId"])
    folder = queue_folder(config, arguments.config, arguments.state, arguments.shard)
    others = [] if is_there(folder) else other_queues(folder)
    if others:
        known = ", ".join(
            "the one without -shard" if s.is_whole else f"-shard {s}" for s in others
        )
        print_note(f"note: this queue does not exist; this workspace has: {known}")
    return folder
