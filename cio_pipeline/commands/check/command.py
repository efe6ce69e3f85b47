"""`check`: what a sync would do; `check -suggest`: a configuration for a file."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from cio_pipeline.commands.check.findings import (
    check_data,
    estimated_seconds,
    look_at_keys,
)
from cio_pipeline.commands.check.report import (
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
from cio_pipeline.core.config import missing_track_keys
from cio_pipeline.core.errors import StateUnwritable, UsageError
from cio_pipeline.store import queue_folder
from cio_pipeline.store.status import read_status


def run(arguments: argparse.Namespace) -> int:
    """Validate, map and report; send nothing."""
    if arguments.suggest:
        return _suggest(arguments)
    if arguments.config is None:
        raise UsageError("check needs -config FILE, or -suggest -data FILE")
    config = read_config_for_shard(arguments)
    missing_keys = missing_track_keys(config)
    if arguments.data is None:
        show_configuration = (
            configuration_json if arguments.json else configuration_text
        )
        write([show_configuration(missing_keys)])
        return 0
    with open_data(arguments, config.file) as source:
        now_seconds = datetime.now(UTC).timestamp()
        findings = check_data(
            config, source, now_seconds=now_seconds, shard=arguments.shard
        )
    pending = 0
    if config.site_id is not None:
        pending = _pending(
            queue_folder(config, arguments.config, arguments.state, arguments.shard)
        )
    seconds = estimated_seconds(config, findings.requests)
    show = check_json if arguments.json else check_text
    write([show(findings, seconds=seconds, pending=pending, missing_keys=missing_keys)])
    if findings.broken is not None:
        raise findings.broken
    return 1 if findings.invalid else 0


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
