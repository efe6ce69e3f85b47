"""The data and the configuration that a command line names."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from io import FileIO

from cio_pipeline.core.config import Config, read_config
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source import Source, open_source


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


def read_config_for_shard(arguments: argparse.Namespace) -> Config:
    """Read the configuration; a shard has its share of the rate.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    config = read_config(arguments.config)
    share = config.requests_per_second / arguments.shard.count
    return replace(config, requests_per_second=share)
