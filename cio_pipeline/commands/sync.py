"""`sync`: finish what an earlier run left, then load a data file and send it."""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import threading
import time
from datetime import UTC, datetime

from cio_pipeline import logs, reports
from cio_pipeline.commands.common import open_data, say, write
from cio_pipeline.config import read_config, require_track_keys
from cio_pipeline.run import Run, RunResult, World
from cio_pipeline.runlock import RunLock
from cio_pipeline.signals import StopSignals
from cio_pipeline.source import Source
from cio_pipeline.store import Store, make_private_folder
from cio_pipeline.workspace import folder_of


def run(arguments: argparse.Namespace) -> int:
    """Load and send."""
    with open_data(arguments) as source:
        return run_to_end(arguments, source)


def run_to_end(arguments: argparse.Namespace, source: Source | None) -> int:
    """Run, show the summary, and say the exit code.

    Args:
        arguments: the command line.
        source: the data, or None to only finish what is queued.
    """
    config = read_config(arguments.config)
    site_id, api_key = require_track_keys(config, arguments.config)
    token = logs.basic_token(site_id, api_key)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    log = logs.configure(
        level=arguments.log_level,
        format=arguments.log_format,
        stream=sys.stderr,
        secrets=[api_key, token],
    ).bind(run_id=run_id)
    for warning in source.warnings if source else ():
        log.warning("data_file_warned", problem=warning)
    folder = folder_of(config, arguments.config, arguments.state)
    make_private_folder(arguments.state)
    make_private_folder(folder)
    stop = threading.Event()
    with (
        RunLock(folder),
        Store(folder) as store,
        StopSignals(stop, lambda: log.warning("stop_requested")) as signals,
    ):
        run = Run(
            run_id=run_id,
            config=config,
            basic_token=token,
            store=store,
            source=source,
            changed_only=source is not None and arguments.changed_only,
            stop=stop,
            world=World(clock=time.monotonic, draw=random.random, log=log),
        )
        result = run.execute(arguments.command)
    _show_summary(arguments, result)
    if result.unused:
        say(
            f"warning: {reports.mapped_to_nothing(result.unused, len(config.mappings))}"
        )
    return _exit_code(result, signals.received)


def _show_summary(arguments: argparse.Namespace, result: RunResult) -> None:
    if arguments.json:
        write([reports.summary_json(result.summary)])
    else:
        config = f"-config {arguments.config}"
        text = reports.summary_text(
            result.summary,
            dead_letter_command=f"python main.py dead-letters {config}",
            resume_command=f"python main.py resume {config}",
        )
        write([text])
    if result.error is not None:
        say(f"error: {result.error}")


def _exit_code(result: RunResult, signal_number: int | None) -> int:
    if result.error is not None:
        return result.error.exit_code
    if result.summary.reason == "interrupted":
        return 128 + (signal_number or 2)
    return 1 if result.summary.dead_lettered else 0
