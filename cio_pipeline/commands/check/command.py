"""`check`: what a sync would do; `check -suggest`: a configuration for a file."""

from __future__ import annotations

import argparse
import random
from contextlib import ExitStack
from datetime import UTC, datetime
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
from cio_pipeline.commands.inputs import open_data, read_config_for_shard
from cio_pipeline.console.output import print_note, width, write
from cio_pipeline.core.config import Config, missing_track_keys
from cio_pipeline.core.errors import StateUnwritable, UsageError
from cio_pipeline.source import Source
from cio_pipeline.store import queue_folder
from cio_pipeline.store.comparison import open_deliveries
from cio_pipeline.store.status import read_status

# The same file has the same report: the numbers only choose which values to sample.
_SEEDED = random.Random(0)  # noqa: S311  # see above


def run(arguments: argparse.Namespace) -> int:
    """Validate, map and report; send nothing."""
    if arguments.suggest:
        return _suggest(arguments)
    if arguments.config is None:
        raise UsageError("check needs -config FILE, or -suggest -data FILE")
    _choose_report(arguments)
    config = read_config_for_shard(arguments)
    if arguments.data is None:
        missing_keys = missing_track_keys(config)
        show_configuration = (
            configuration_json if arguments.json else configuration_text
        )
        write([show_configuration(missing_keys)])
        return 0
    with open_data(arguments) as source:
        findings = _check(arguments, config, source)
    _report(arguments, config, findings)
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
    if arguments.data is None and (arguments.output or arguments.changed_only):
        raise UsageError("-output and -changed-only need -data FILE")
    if arguments.output is not None and arguments.json:
        raise UsageError(
            "-output writes a page, and -json prints JSON: use one of them"
        )


def _check(arguments: argparse.Namespace, config: Config, source: Source) -> Findings:
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
            source,
            now_seconds=datetime.now(UTC).timestamp(),
            shard=arguments.shard,
            observers=observers,
        )
        if attributes is not None:
            findings.attributes = attributes.facts()
        if changes is not None:
            _note_changes(config, findings, changes.changes())
    return findings


def _note_changes(config: Config, findings: Findings, changes: Changes) -> None:
    sent = changes.new + changes.changed
    findings.changes = changes
    findings.requests = needed_requests(config, sent, changes.bytes_to_send)


def _report(arguments: argparse.Namespace, config: Config, findings: Findings) -> None:
    has_queue = config.site_id is not None
    facts = Estimate(
        seconds=estimated_seconds(config, findings.requests),
        pending=_pending(_folder(arguments, config)) if has_queue else 0,
        missing_keys=tuple(missing_track_keys(config)),
    )
    if arguments.output is None:
        write([(check_json if arguments.json else check_text)(findings, facts)])
        return
    # Imported here, because only the page needs Jinja2.
    from cio_pipeline.commands.check.page import check_page  # noqa: PLC0415  # see above

    name = Path(arguments.data).name
    write(
        check_page(findings, facts, name=name, now=datetime.now(UTC)), arguments.output
    )
    print_note(
        f"written to {arguments.output}, readable only by you, because payloads are"
        " personal data"
    )


def _folder(arguments: argparse.Namespace, config: Config) -> Path:
    return queue_folder(config, arguments.config, arguments.state, arguments.shard)


def _pending(folder: Path) -> int:
    """Return how many jobs are queued; 0 if we may not read the state."""
    try:
        return read_status(folder, datetime.now(UTC)).pending
    except StateUnwritable as error:
        print_note(f"note: {error}")
        return 0


def _suggest(arguments: argparse.Namespace) -> int:
    if arguments.data is None:
        raise UsageError("check -suggest needs -data FILE")
    with open_data(arguments) as source:
        seen = look_at_keys(source)
    if not seen.records:
        raise UsageError(f"{arguments.data}: no record is a JSON object")
    if arguments.json:
        write([keys_json(seen)])
        return 0
    print_note(keys_text(seen, width()))
    write([suggestion_text(seen)])
    return 0
