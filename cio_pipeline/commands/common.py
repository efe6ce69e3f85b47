"""What the commands share: opening what was named, and writing results."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from cio_pipeline.commands.private_file import write_private_file
from cio_pipeline.config import Config, read_config
from cio_pipeline.source import Source, open_source
from cio_pipeline.splits import other_queues
from cio_pipeline.workspace import folder_of

_WIDTH_OF_A_PIPE = 100


def open_data(arguments: argparse.Namespace) -> Source:
    """Open the data file that ``-data`` names; ``-`` is standard input.

    Raises:
        DataFileError: it cannot be read.
    """
    stdin = sys.stdin.buffer if arguments.data == "-" else None
    return open_source(arguments.data, format=arguments.format, stdin=stdin)


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
    others = [] if folder.exists() else other_queues(folder)
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


def log_level(arguments: argparse.Namespace, *, otherwise: str) -> str:
    """Say how much is to be logged: as asked for, or else as fits the place."""
    if arguments.quiet:
        return "error"
    return str(arguments.log_level or otherwise)


def file_level(arguments: argparse.Namespace) -> str:
    """Say how much goes to the log file: no less beside a live display."""
    return str(arguments.log_level or "info")


def width() -> int:
    """How wide a line of the result may be."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_OF_A_PIPE


def say(text: str) -> None:
    """Tell a person something beside the result, on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # what stderr is for


def write(pieces: Iterable[str], path: Path | None = None) -> None:
    """Write a result to stdout, or to a file that replaces what was there.

    A piece without an end of line gets one.

    Raises:
        UsageError: the file cannot be written.
    """
    lines = (piece if piece.endswith("\n") else piece + "\n" for piece in pieces)
    if path is not None:
        write_private_file(path, lines)
        return
    sys.stdout.writelines(lines)
    sys.stdout.flush()
