"""Ask before a run deletes or suppresses people or objects."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from cio_pipeline.commands.inputs import open_data
from cio_pipeline.commands.sync.missing import count_missing
from cio_pipeline.console.output import ask_yes_or_no, print_note
from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import RecordError, UsageError
from cio_pipeline.core.mapping import mapper_for
from cio_pipeline.core.operations import Action
from cio_pipeline.pipeline.loader import load_identities, mapping_digest
from cio_pipeline.source import Inputs
from cio_pipeline.store.queue.loads import are_begun

if TYPE_CHECKING:
    from cio_pipeline.pipeline.missing import MissingOptions


def confirm_removals(
    arguments: argparse.Namespace,
    config: Config,
    inputs: Inputs,
    folder: Path,
    missing: MissingOptions | None,
) -> None:
    """Ask at the terminal, with the number of removals, if the run has any.

    The data is read once for the number; a pipe cannot be, and is asked about without
    it. Loads that an earlier run began were confirmed then.

    Args:
        arguments: the command line.
        config: the configuration.
        inputs: the data.
        folder: the workspace's folder, which may not exist yet.
        missing: what ``-missing`` asks for, or None.

    Raises:
        UsageError: the answer is not yes, or there is nobody to ask.
    """
    rule = missing.rule if missing else None
    removes_missing = rule is not None and rule.removes
    if arguments.yes or not (config.records.removals or removes_missing):
        return
    mapping = mapping_digest(
        config,
        changed_only=arguments.changed_only,
        shard=arguments.shard,
        missing=rule.text if rule else "",
    )
    if are_begun(folder, load_identities(inputs, mapping)):
        return
    if sys.stdin is None or not sys.stdin.isatty():
        verbs = config.records.removals or (rule.text if rule else "",)
        cause = "this configuration" if config.records.removals else "-missing"
        raise UsageError(
            f"{cause} can {' and '.join(verbs)} {_nouns(config)}. Without a terminal to"
            " confirm it, add -yes; "
            + (
                "`check` shows what would be sent"
                if config.records.removals
                else "`-missing report` shows who is missing"
            )
        )
    what = _removals(arguments, config, inputs)
    if missing is not None and removes_missing:
        print_note(f"looking for people who are missing in {inputs.name}")
        with open_data(arguments, config) as again:
            count = count_missing(again, config, missing, folder)
        if count:
            nouns = _nouns(config)
            what.append(f"{missing.rule.text} {count:,} {nouns} who are missing")
    if what and not ask_yes_or_no(f"This run will {', and '.join(what)}. Continue?"):
        raise UsageError("nothing was sent")


def _removals(
    arguments: argparse.Namespace, config: Config, inputs: Inputs
) -> list[str]:
    """Return what the records of the data remove, as parts of a question."""
    if not config.records.removals:
        return []
    if any(item.is_pipe for item in inputs.items):
        verbs = " and ".join(config.records.removals)
        return [f"{verbs} {_nouns(config)} in {inputs.name}"]
    print_note(f"counting what {inputs.name} removes")
    counts = _count_removals(arguments, config)
    if not counts:
        return []
    what = " and ".join(f"{action} {n:,}" for action, n in counts.items())
    return [f"{what} {_nouns(config)}"]


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
