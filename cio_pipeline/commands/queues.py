"""The queue that a command line names, for commands that look at it."""

from __future__ import annotations

import argparse
from pathlib import Path

from cio_pipeline.console.output import say
from cio_pipeline.core.config import read_config
from cio_pipeline.store import is_there, queue_folder
from cio_pipeline.store.resharding import other_queues


def find_queue(arguments: argparse.Namespace) -> Path:
    """Return the folder of the queue that is meant, whether it exists or not.

    If it does not, and the workspace has other queues, stderr names them.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    config = read_config(arguments.config)
    folder = queue_folder(config, arguments.config, arguments.state, arguments.shard)
    others = [] if is_there(folder) else other_queues(folder)
    if others:
        known = ", ".join("the whole" if s.is_whole else f"-shard {s}" for s in others)
        say(f"note: there is no such queue; this workspace has: {known}")
    return folder
