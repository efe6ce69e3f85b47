"""Ask before a run deletes or suppresses people or objects."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from cio_pipeline.commands.inputs import open_data
from cio_pipeline.console.output import ask_yes_or_no, print_note
from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import RecordError, UsageError
from cio_pipeline.core.mapping import mapper_for
from cio_pipeline.core.operations import Action
from cio_pipeline.pipeline.loader import load_identities, mapping_digest
from cio_pipeline.source import Inputs
from cio_pipeline.store.queue.loads import are_begun


def confirm_removals(
    arguments: argparse.Namespace, config: Config, inputs: Inputs, folder: Path
) -> None:
    """Ask at the terminal, with the number of removals, if the run has any.

    The data is read once for the number; a pipe cannot be, and is asked about without
    it. Loads that an earlier run began were confirmed then.

    Args:
        arguments: the command line.
        config: the configuration.
        inputs: the data.
        folder: the workspace's folder, which may not exist yet.

    Raises:
        UsageError: the answer is not yes, or there is nobody to ask.
    """
    if arguments.yes or not config.records.removals:
        return
    mapping = mapping_digest(
        config, changed_only=arguments.changed_only, shard=arguments.shard
    )
    if are_begun(folder, load_identities(inputs, mapping)):
        return
    verbs = " and ".join(config.records.removals)
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            f"this configuration can {verbs} {_nouns(config)}. Without a terminal to"
            " confirm it, add -yes; `check` shows what would be sent"
        )
    what = f"{verbs} {_nouns(config)} in {inputs.name}"
    if not any(item.is_pipe for item in inputs.items):
        print_note(f"counting what {inputs.name} removes")
        counts = _count_removals(arguments, config)
        if not counts:
            return
        what = " and ".join(f"{action} {n:,}" for action, n in counts.items())
        what += f" {_nouns(config)}"
    if not ask_yes_or_no(f"This run will {what}. Continue?"):
        raise UsageError("nothing was sent")


def check_kind(arguments: argparse.Namespace, config: Config) -> None:
    """Refuse ``-changed-only`` for events.

    Raises:
        UsageError: it is given with events.
    """
    if arguments.changed_only and config.records.kind == "event":
        raise UsageError(
            "-changed-only is for people and objects. An event needs no comparison:"
            " Customer.io counts each one once, however often it is sent"
        )


def _count_removals(arguments: argparse.Namespace, config: Config) -> Counter[Action]:
    """Count the records that remove something."""
    mapper = mapper_for(config)
    counts: Counter[Action] = Counter()
    with open_data(arguments, config) as inputs:
        for record in inputs.records():
            if not arguments.shard.takes(record, mapper):
                continue
            try:
                operation = mapper.map(record).operation
            except RecordError:
                continue
            counts[operation.action] += operation.removes
    return +counts


def _nouns(config: Config) -> str:
    return "objects" if config.records.kind == "object" else "people"
