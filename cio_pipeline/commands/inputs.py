"""Opening what a command line names: the data, the configuration, the queue."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from io import FileIO
from pathlib import Path

from cio_pipeline.console.output import say
from cio_pipeline.core.config import (
    Config,
    read_config,
)
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source import (
    Source,
    open_source,
)
from cio_pipeline.store import is_there
from cio_pipeline.store.resharding import other_queues
from cio_pipeline.store.workspace import folder_of


def open_data(arguments: argparse.Namespace) -> Source:
    """Open the data file that ``-data`` names; ``-`` is standard input.

    Raises:
        DataFileError: it cannot be read.
    """
    if arguments.data != "-":
        return open_source(arguments.data, format=arguments.format)
    if sys.stdin is None:
        raise DataFileError("standard input", "it is closed; name a file with -data")
    # Without the buffer of `sys.stdin`: a thread that waits in it holds its lock,
    # and the interpreter aborts at its exit where it cannot get that.
    stdin = FileIO(sys.stdin.fileno(), closefd=False)
    return open_source("-", format=arguments.format, stdin=stdin)


def read_share_of_config(arguments: argparse.Namespace) -> Config:
    """Read the configuration; a shard has its share of the rate.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    config = read_config(arguments.config)
    share = config.requests_per_second / arguments.shard.count
    return replace(config, requests_per_second=share)


def open_folder(arguments: argparse.Namespace) -> Path:
    """Name the folder of the queue that is meant, made or not.

    Where there is none, and the workspace has others, they are named on stderr.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    folder = folder_for(arguments, read_config(arguments.config))
    others = [] if is_there(folder) else other_queues(folder)
    if others:
        known = ", ".join("the whole" if s.is_whole else f"-shard {s}" for s in others)
        say(f"note: there is no such queue; this workspace has: {known}")
    return folder


def folder_for(arguments: argparse.Namespace, config: Config) -> Path:
    """As `open_folder`, of a configuration that was read: a pipe is read once.

    Raises:
        ConfigError: the configuration names no workspace.
    """
    return folder_of(config, arguments.config, arguments.state, arguments.shard)
