"""Open the data and read the configuration that the command line names."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from io import FileIO
from typing import BinaryIO

from cio_pipeline.commands.options import program_name
from cio_pipeline.commands.queries import query_of
from cio_pipeline.core.config import Config, read_config
from cio_pipeline.core.config_files import DEFAULT_RULES, FileRules, with_options
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.core.used_names import id_names, used_names
from cio_pipeline.source import STANDARD_INPUT, Inputs, find_inputs

# Options about files, which a query does not have.
_OF_FILES = ("data", "format", "records", "delimiter", "encoding", "member", "sheet")


def open_data(
    arguments: argparse.Namespace,
    config: Config | None = None,
    *,
    rules: FileRules = DEFAULT_RULES,
) -> Inputs:
    """Return the data that the command line names: files, or a query.

    ``-data -`` is standard input.

    Args:
        arguments: the command line.
        config: what is read of the data; None for all of it.
        rules: how it is read, if there is no configuration.

    Raises:
        UsageError: there is none, or it does not exist or cannot be read.
    """
    _check_data(arguments)
    rules = file_rules(arguments, rules if config is None else config.file)
    options = ReadOptions(format=arguments.format, rules=rules, sheet=arguments.sheet)
    if config is not None:
        options = replace(options, names=used_names(config), ids=id_names(config))
    if arguments.query is not None:
        return Inputs([query_of(arguments, config, options)])
    stdin = _stdin(arguments.data)
    return find_inputs(arguments.data, options, stdin, member=arguments.member)


def _stdin(names: Sequence[str]) -> BinaryIO | None:
    if STANDARD_INPUT not in names or sys.stdin is None:
        return None
    # Not through `sys.stdin`: a thread that waits there holds the lock of its
    # buffer, and the interpreter aborts at exit if it cannot get that lock.
    return FileIO(sys.stdin.fileno(), closefd=False)


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


def has_data(arguments: argparse.Namespace) -> bool:
    """Return whether a command line names any data."""
    return (arguments.data, arguments.query) != (None, None)


def _check_data(arguments: argparse.Namespace) -> None:
    if not has_data(arguments):
        raise UsageError(
            f"{arguments.command} needs -data FILE, or -query SQL -database ADDRESS"
            f" (see: {program_name()} {arguments.command} -help)"
        )
    if arguments.query is None and arguments.database is not None:
        raise UsageError("-database needs -query SQL, or a file as -query users.sql")
    if arguments.query is None:
        return
    for option in _OF_FILES:
        if getattr(arguments, option) is not None:
            raise UsageError(
                f"-{option} and -query exclude each other: remove one of them"
            )


def read_config_for_shard(arguments: argparse.Namespace) -> Config:
    """Read the configuration; a shard gets its share of the rates.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    config = read_config(arguments.config)
    shards = arguments.shard.count
    return replace(
        config,
        requests_per_second=config.requests_per_second / shards,
        users_per_second=config.users_per_second / shards,
    )
