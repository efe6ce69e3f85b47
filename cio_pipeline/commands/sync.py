"""`sync`: finish what an earlier run left, then load a data file and send it."""

from __future__ import annotations

import argparse
import random
import secrets
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from cio_pipeline import logs, reports
from cio_pipeline.admin import survey_of
from cio_pipeline.commands.common import open_data, say, width, write
from cio_pipeline.commands.display import open_display
from cio_pipeline.commands.retyping import commands_after
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
    folder = folder_of(config, arguments.config, arguments.state)
    stop = threading.Event()
    with open_display(arguments) as display:
        log = display.configure_log([api_key, token]).bind(run_id=run_id)
        for warning in source.warnings if source else ():
            log.warning("data_file_warned", problem=warning)
        make_private_folder(arguments.state)
        make_private_folder(folder)
        with (
            RunLock(folder),
            Store(folder) as store,
            StopSignals(stop, on_second=display.abandon) as signals,
        ):
            run = Run(
                run_id=run_id,
                config=config,
                basic_token=token,
                store=store,
                source=source,
                changed_only=source is not None and arguments.changed_only,
                stop=stop,
                world=World(
                    clock=time.monotonic, draw=random.random, log=log, observer=display
                ),
            )
            result = run.execute(arguments.command)
    _show_result(arguments, folder, result)
    if result.unused:
        problem = reports.mapped_to_nothing(result.unused, len(config.mappings))
        say(f"warning: {problem}")
    return _exit_code(result, signals.received)


def _show_result(
    arguments: argparse.Namespace, folder: Path, result: RunResult
) -> None:
    if result.error is not None:
        say(f"error: {result.error}")
    if arguments.json:
        write([reports.summary_json(result.summary)])
        return
    summary = result.summary
    text = reports.summary_text(
        summary,
        survey=survey_of(folder, summary.run_id) if summary.dead_lettered else None,
        is_loaded=result.is_loaded,
        commands=commands_after(arguments, summary.run_id),
        width=width(),
    )
    write([text])


def _exit_code(result: RunResult, signal_number: int | None) -> int:
    if result.error is not None:
        return result.error.exit_code
    if result.summary.reason == "interrupted":
        return 128 + (signal_number or 2)
    return 1 if result.summary.dead_lettered else 0
