"""Open the data and read the configuration that the command line names."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from io import FileIO

from cio_pipeline.core.config import Config, read_config
from cio_pipeline.core.config_files import DEFAULT_RULES, FileRules, with_options
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source import Source, open_source


def open_data(
    arguments: argparse.Namespace, rules: FileRules = DEFAULT_RULES
) -> Source:
    """Open the data file that ``-data`` names; ``-`` is standard input.

    Args:
        arguments: the command line.
        rules: the configuration's; the options have priority.

    Raises:
        DataFileError: the data cannot be read.
    """
    rules = file_rules(arguments, rules)
    if arguments.data != "-":
        return open_source(arguments.data, format=arguments.format, rules=rules)
    if sys.stdin is None:
        raise DataFileError("standard input", "it is closed; use -data FILE")
    # Not through `sys.stdin`: a thread that waits there holds the lock of its
    # buffer, and the interpreter aborts at exit if it cannot get that lock.
    stdin = FileIO(sys.stdin.fileno(), closefd=False)
    return open_source("-", format=arguments.format, stdin=stdin, rules=rules)


def file_rules(
    arguments: argparse.Namespace, rules: FileRules = DEFAULT_RULES
) -> FileRules:
    """Return how the data file is read, by the configuration and the options."""
    return with_options(
        rules,
        records=arguments.records,
        delimiter=arguments.delimiter,
        encoding=arguments.encoding,
    )


def read_config_for_shard(arguments: argparse.Namespace) -> Config:
    """Read the configuration; a shard gets its share of the request rate.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    config = read_config(arguments.config)
    share = config.requests_per_second / arguments.shard.count
    return replace(config, requests_per_second=share)
