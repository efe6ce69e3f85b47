"""`check`: what a sync would do; `check -suggest`: a configuration for a file."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from importlib.resources import files

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
from cio_pipeline.commands.inputs import has_data, open_data, read_config_for_shard
from cio_pipeline.commands.queries import keys_for_data
from cio_pipeline.commands.secret_values import is_set, with_secrets
from cio_pipeline.console.output import print_note, width, write
from cio_pipeline.core.config import Config, missing_track_keys
from cio_pipeline.core.errors import StateUnwritable, UsageError
from cio_pipeline.core.secret_sources import FromEnvironment
from cio_pipeline.store import queue_folder
from cio_pipeline.store.status import read_status

_SCHEMA = "configuration.schema.json"


def run(arguments: argparse.Namespace) -> int:
    """Validate, map and report; send nothing."""
    if arguments.schema:
        write([files("cio_pipeline").joinpath(_SCHEMA).read_text("utf-8")])
        return 0
    if arguments.suggest:
        return _suggest(arguments)
    if arguments.config is None:
        raise UsageError("check needs -config FILE, or -suggest -data FILE")
    config = read_config_for_shard(arguments)
    missing_keys = missing_track_keys(config)
    for key, secret in config.secret_sources.items():
        if not is_set(secret):
            print_note(f"note: {secret}, which has {key}, is not set")
    if not has_data(arguments):
        show_configuration = (
            configuration_json if arguments.json else configuration_text
        )
        write([show_configuration(missing_keys)])
        return 0
    config = with_secrets(config, arguments.config, keys_for_data(arguments))
    with open_data(arguments, config) as inputs:
        now_seconds = datetime.now(UTC).timestamp()
        findings = check_data(
            config, inputs, now_seconds=now_seconds, shard=arguments.shard
        )
    pending = _pending(arguments, config)
    seconds = estimated_seconds(config, findings.requests)
    show = check_json if arguments.json else check_text
    write([show(findings, seconds=seconds, pending=pending, missing_keys=missing_keys)])
    if findings.broken is not None:
        raise findings.broken
    return 1 if findings.invalid else 0


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
    folder = queue_folder(config, arguments.config, arguments.state, arguments.shard)
    try:
        return read_status(folder, datetime.now(UTC)).pending
    except StateUnwritable as error:
        print_note(f"note: {error}")
        return 0


def _suggest(arguments: argparse.Namespace) -> int:
    if not has_data(arguments):
        raise UsageError("check -suggest needs -data FILE, or -query and -database")
    with open_data(arguments) as inputs:
        seen = look_at_keys(inputs)
    if not seen.records:
        raise UsageError(f"{', '.join(inputs.paths)}: no record is a JSON object")
    if arguments.json:
        write([keys_json(seen)])
        return 0
    print_note(keys_text(seen, width()))
    write([suggestion_text(seen)])
    return 0
