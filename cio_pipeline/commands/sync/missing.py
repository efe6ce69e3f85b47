"""`-missing`: whether it can be used, and what is shown of its result."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import RecordError, UsageError
from cio_pipeline.core.mapping import mapper_for
from cio_pipeline.core.text import counted
from cio_pipeline.pipeline.missing_rule import (
    DEFAULT_LIMIT,
    MissingRule,
    parse_missing_limit,
)
from cio_pipeline.source import Inputs
from cio_pipeline.store import open_reader
from cio_pipeline.store.user_digests import user_digest

if TYPE_CHECKING:
    from cio_pipeline.pipeline.missing import MissingOptions, MissingResult


def missing_options(
    arguments: argparse.Namespace, config: Config, inputs: Inputs
) -> MissingOptions | None:
    """Return what ``-missing`` asks for; None without it.

    Raises:
        UsageError: it cannot be used with this configuration or data.
    """
    rule: MissingRule | None = arguments.missing
    if rule is None:
        if arguments.max_missing is not None:
            raise UsageError("-max-missing needs -missing delete, or another action")
        return None
    _check(arguments, config, inputs, rule)
    # Imported here, because few runs need it.
    from cio_pipeline.pipeline.missing import MissingOptions, list_name  # noqa: PLC0415  # see above

    limit = arguments.max_missing
    if limit is None and rule.action is not None:
        limit = parse_missing_limit(DEFAULT_LIMIT)
    name = list_name(config, arguments.config, arguments.state)
    return MissingOptions(rule=rule, limit=limit, name=name)


def _check(
    arguments: argparse.Namespace, config: Config, inputs: Inputs, rule: MissingRule
) -> None:
    kind = config.records.kind
    if kind == "event":
        raise UsageError("-missing is for people and objects, not for events")
    if kind == "object" and rule.action == "suppress":
        raise UsageError("-missing suppress is for people; objects can be deleted")
    if not arguments.shard.is_whole:
        raise UsageError(
            "-missing and -shard exclude each other: a shard knows only its part of the"
            " people. Run it without -shard"
        )
    if any(item.is_pipe for item in inputs.items):
        raise UsageError(
            "-missing needs a file: at the end of standard input or a pipe, it is not"
            " known whether the data was complete"
        )


def missing_notes(result: MissingResult) -> Iterator[str]:
    """Return what a person should know besides the figures."""
    found = result.found
    if not found.has_memory and not found.missing:
        yield (
            "note: -missing has no memory of earlier runs of this configuration, so"
            " nobody can be missing. The people of this run are remembered"
        )
    if found.missing and found.unreadable and result.problem is None:
        yield (
            f"warning: {counted(found.unreadable, 'record')} have no usable id; their"
            " people may be among those who are missing"
        )


def count_missing(
    inputs: Inputs, config: Config, options: MissingOptions, folder: Path
) -> int:
    """Read the data, and return how many people something would be done about.

    Args:
        inputs: the data.
        config: the configuration.
        options: what ``-missing`` asks for.
        folder: the workspace's folder, which may not exist yet.
    """
    # Imported here, because few runs need it.
    from cio_pipeline.store.queue.people_memory import preview  # noqa: PLC0415  # see above

    with open_reader(folder) as connection:
        if connection is None:
            return 0
        users = _users_in(inputs, config)
        missing, known = preview(connection, options.name, users)
    is_refused = options.limit is not None and options.limit.is_exceeded(missing, known)
    return 0 if is_refused else missing


def _users_in(inputs: Inputs, config: Config) -> Iterator[bytes]:
    mapper = mapper_for(config)
    for record in inputs.records():
        for other in mapper.identities_in(record):
            yield user_digest(other)
        with suppress(RecordError):
            yield user_digest(mapper.identity_in(record))
