"""`check`: what a sync would do; `check -suggest`: a configuration for a file."""

from __future__ import annotations

import argparse
import random
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from cio_pipeline.commands.check.attributes import Attributes
from cio_pipeline.commands.check.changes import ChangeCounter, Changes
from cio_pipeline.commands.check.findings import (
    Findings,
    PayloadObserver,
    check_data,
    estimated_seconds,
    look_at_keys,
    needed_requests,
)
from cio_pipeline.commands.check.report import (
    Estimate,
    check_json,
    check_text,
    configuration_json,
    configuration_text,
    keys_json,
    keys_text,
    suggestion_text,
)
from cio_pipeline.commands.check.suggestion import UNNAMED
from cio_pipeline.commands.inputs import (
    file_rules,
    has_data,
    open_data,
    read_config_for_shard,
)
from cio_pipeline.commands.queries import keys_for_data
from cio_pipeline.commands.secret_values import is_set, with_secrets
from cio_pipeline.console.output import print_note, width, write
from cio_pipeline.core.config import Config, missing_track_keys
from cio_pipeline.core.errors import StateUnwritable, UsageError
from cio_pipeline.core.secret_sources import FromEnvironment
from cio_pipeline.source import Inputs
from cio_pipeline.store import queue_folder
from cio_pipeline.store.comparison import open_deliveries
from cio_pipeline.store.status import read_status

_SCHEMA = "configuration.schema.json"
_SHOWN_FILES = 3  # of those whose names are in the page's heading
# The same file has the same report: the numbers only choose which values to sample.
_SEEDED = random.Random(0)  # noqa: S311  # see above


def run(arguments: argparse.Namespace) -> int:
    """Validate, map and report; send nothing."""
    if arguments.schema:
        write([files("cio_pipeline").joinpath(_SCHEMA).read_text("utf-8")])
        return 0
    if arguments.suggest:
        return _suggest(arguments)
    if arguments.config is None:
        raise UsageError("check needs -config FILE, or -suggest -data FILE")
    _choose_report(arguments)
    config = read_config_for_shard(arguments)
    for key, secret in config.secret_sources.items():
        if not is_set(secret):
            print_note(f"note: {secret}, which has {key}, is not set")
    if not has_data(arguments):
        missing_keys = missing_track_keys(config)
        show_configuration = (
            configuration_json if arguments.json else configuration_text
        )
        write([show_configuration(missing_keys)])
        return 0
    keys = ["siteId"] if arguments.changed_only else []
    keys += keys_for_data(arguments)
    config = with_secrets(config, arguments.config, keys)
    with open_data(arguments, config) as inputs:
        findings = _check(arguments, config, inputs)
        name = ", ".join(item.name for item in inputs.items[:_SHOWN_FILES])
    _report(arguments, config, findings, name)
    if findings.broken is not None:
        raise findings.broken
    return 1 if findings.invalid else 0


def _choose_report(arguments: argparse.Namespace) -> None:
    """Separate the report's format from that of the data."""
    if arguments.format == "html":
        arguments.format = None
        if arguments.output is None:
            raise UsageError(
                "-format html needs a file: add -output check.html, and open that file"
                " in a browser"
            )
    if not has_data(arguments) and (arguments.output or arguments.changed_only):
        raise UsageError("-output and -changed-only need -data FILE")
    if arguments.output is not None and arguments.json:
        raise UsageError(
            "-output writes a page, and -json prints JSON: use one of them"
        )


def _check(arguments: argparse.Namespace, config: Config, inputs: Inputs) -> Findings:
    attributes = changes = None
    observers: list[PayloadObserver] = []
    with ExitStack() as stack:
        if arguments.json or arguments.output is not None:
            attributes = Attributes(config, _SEEDED.random)
            observers.append(attributes.add)
        if arguments.changed_only:
            folder = _folder(arguments, config)
            changes = ChangeCounter(stack.enter_context(open_deliveries(folder)))
            observers.append(changes.add)
        findings = check_data(
            config,
            inputs,
            now_seconds=datetime.now(UTC).timestamp(),
            shard=arguments.shard,
            observers=observers,
        )
        if attributes is not None:
            findings.attributes = attributes.facts(findings.files.place_of)
        if changes is not None:
            _note_changes(config, findings, changes.changes(findings.files.place_of))
    return findings


def _note_changes(config: Config, findings: Findings, changes: Changes) -> None:
    sent = changes.new + changes.changed
    findings.changes = changes
    findings.requests = needed_requests(config, sent, changes.bytes_to_send)


def _report(
    arguments: argparse.Namespace, config: Config, findings: Findings, name: str
) -> None:
    facts = Estimate(
        seconds=estimated_seconds(
            config,
            findings.requests,
            findings.records - findings.invalid_records,
        ),
        pending=_pending(arguments, config),
        missing_keys=tuple(missing_track_keys(config)),
    )
    if arguments.output is None:
        write([(check_json if arguments.json else check_text)(findings, facts)])
        return
    # Imported here, because only the page needs Jinja2.
    from cio_pipeline.commands.check.page import check_page  # noqa: PLC0415  # see above

    now = datetime.now(UTC)
    write(check_page(findings, facts, name=name, now=now), arguments.output)
    print_note(
        f"written to {arguments.output}, readable only by you, because payloads are"
        " personal data"
    )


def _folder(arguments: argparse.Namespace, config: Config) -> Path:
    return queue_folder(config, arguments.config, arguments.state, arguments.shard)


def _pending(arguments: argparse.Namespace, config: Config) -> int:
    """Return how many jobs are queued; 0 if that is not known.

    A program that prints the site id is not run: it may ask for a password.
    """
    secret = config.secret_sources.get("siteId")
    if isinstance(secret, FromEnvironment) and is_set(secret):
        config = with_secrets(config, arguments.config, ["siteId"])
    elif secret is not None:
        print_note("note: jobs of an earlier run are not counted: siteId is not known")
    if config.site_id is None:
        return 0
    folder = _folder(arguments, config)
    try:
        return read_status(folder, datetime.now(UTC)).pending
    except StateUnwritable as error:
        print_note(f"note: {error}")
        return 0


def _suggest(arguments: argparse.Namespace) -> int:
    if not has_data(arguments):
        raise UsageError("check -suggest needs -data FILE, or -query and -database")
    rules = file_rules(arguments)
    with open_data(arguments) as inputs:
        seen = look_at_keys(inputs, rules)
    if not seen.has_header and not any(item.is_pipe for item in inputs.items):
        rules = replace(rules, columns=UNNAMED)
        with open_data(arguments, rules=rules) as inputs:
            seen = look_at_keys(inputs, rules)
    if not seen.records:
        raise UsageError(f"{', '.join(inputs.paths)}: no record is a JSON object")
    if arguments.json:
        write([keys_json(seen)])
        return 0
    print_note(keys_text(seen, width()))
    write([suggestion_text(seen)])
    return 0
