"""`sync` and `resume`: send what is queued; `sync` also loads a data file."""

from __future__ import annotations

import argparse
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cio_pipeline.commands.inputs import open_data, read_config_for_shard
from cio_pipeline.commands.next_commands import commands_after
from cio_pipeline.commands.queries import keys_for_data, secrets_of
from cio_pipeline.commands.secret_values import with_secrets
from cio_pipeline.commands.sync.notice import RunNotice
from cio_pipeline.commands.sync.removals import check_kind, confirm_removals
from cio_pipeline.commands.sync.summary import (
    summary_json,
    summary_text,
    unused_keys_text,
)
from cio_pipeline.commands.times import until_time
from cio_pipeline.console.display import open_display
from cio_pipeline.console.output import print_note, width, write
from cio_pipeline.console.signals import StopSignals
from cio_pipeline.core.config import Config, require_app_key, require_track_keys
from cio_pipeline.core.errors import CioPipelineError, StopRun
from cio_pipeline.customerio import basic_token
from cio_pipeline.customerio.http.notice import secrets_in
from cio_pipeline.machine import SYSTEM_CLOCK, allow_connections, prepare_threads
from cio_pipeline.pipeline.cpu_affinity import keep_to_one_core
from cio_pipeline.pipeline.result import RunResult, not_begun
from cio_pipeline.pipeline.run import Run, RunContext
from cio_pipeline.source import Inputs
from cio_pipeline.store import Store, make_private_folder, queue_folder
from cio_pipeline.store.dead_letter_actions import statistics_of
from cio_pipeline.store.resharding import take_turn
from cio_pipeline.store.run_lock import RunLock
from cio_pipeline.store.status import last_ended_at, read_status

if TYPE_CHECKING:
    from cio_pipeline.commands.sync.metrics import RunMetrics

_NOUNS = {"person": "users", "event": "events", "object": "objects"}


def run(arguments: argparse.Namespace) -> int:
    """Load and send."""
    config = _read_config(arguments, keys_for_data(arguments))
    with RunNotice(arguments) as notice, open_data(arguments, config) as inputs:
        return _run_to_end(arguments, config, inputs, notice)


def resume(arguments: argparse.Namespace) -> int:
    """Send what is queued."""
    config = _read_config(arguments, [])
    with RunNotice(arguments) as notice:
        return _run_to_end(arguments, config, None, notice)


def _read_config(arguments: argparse.Namespace, keys: list[str]) -> Config:
    config = read_config_for_shard(arguments)
    if arguments.failures:
        keys = [*keys, "appApiKey"]
    return with_secrets(config, arguments.config, ["siteId", "apiKey", *keys])


def _run_to_end(
    arguments: argparse.Namespace,
    config: Config,
    inputs: Inputs | None,
    notice: RunNotice,
) -> int:
    site_id, api_key = require_track_keys(config, arguments.config)
    token = basic_token(site_id, api_key)
    hidden = [api_key, token, *secrets_in(arguments.notify or "")]
    hidden += secrets_of(arguments, config)
    if arguments.failures:
        hidden.append(require_app_key(config, arguments.config, "-failures"))
    until = arguments.until
    if until is not None:
        until = until_time(until, SYSTEM_CLOCK.utc_now().astimezone())
    run_id = f"{SYSTEM_CLOCK.utc_now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    folder = queue_folder(config, arguments.config, arguments.state, arguments.shard)
    notice.begin(folder, inputs.name if inputs else None)
    if inputs is not None:
        check_kind(arguments, config)
        confirm_removals(arguments, config, inputs, folder)
    stop = threading.Event()
    with open_display(arguments) as display:
        log = display.configure_log(hidden).bind(run_id=run_id)
        signals = StopSignals(stop, on_second=display.abandon)
        new_run = partial(
            Run,
            run_id=run_id,
            command=arguments.command,
            config=config,
            basic_token=token,
            inputs=inputs,
            changed_only=inputs is not None and arguments.changed_only,
            shard=arguments.shard,
            reads_refusals=arguments.failures,
            until=until,
            max_dead_letters=arguments.max_dead_letters,
            stop=stop,
        )
        context = RunContext(clock=SYSTEM_CLOCK, log=log, observer=display)
        try:
            allow_connections(config.parallelism)
            prepare_threads()
            result = _execute(arguments, folder, site_id, new_run, context, signals)
        except StopRun as error:
            result = _not_begun(run_id, folder, error)
    _show_result(arguments, config, folder, result)
    if result.unused:
        problem = unused_keys_text(result.unused, len(config.mappings))
        print_note(f"warning: {problem}")
    code = _exit_code(result, signals.received)
    notice.ended(result.summary, code)
    return code


def _execute(
    arguments: argparse.Namespace,
    folder: Path,
    site_id: str,
    new_run: Callable[..., Run],
    context: RunContext,
    signals: StopSignals,
) -> RunResult:
    """Run with the queue's lock held, its state open, and signals caught."""
    make_private_folder(arguments.state)
    make_private_folder(folder)
    with RunLock(folder), Store(folder) as store, signals:
        keep_to_one_core(None if arguments.shard.is_whole else arguments.shard.index)
        if take_turn(folder, store, is_loading=arguments.command == "sync"):
            context.log.info(
                "split_changed", consequence="every user counts as changed"
            )
        metrics = _open_metrics(arguments, folder, site_id, context)
        on_beat = [metrics.beat] if metrics else []
        run = new_run(store=store, context=replace(context, on_beat=on_beat))
        result = run.execute()
        if metrics is not None:
            code = _exit_code(result, signals.received)
            metrics.end(result.summary, result.dead_letters, code)
    return result


def _not_begun(run_id: str, folder: Path, error: StopRun) -> RunResult:
    """Return a result with the number of queued jobs; raise if it cannot be read."""
    try:
        pending = read_status(folder, SYSTEM_CLOCK.utc_now()).pending
    except CioPipelineError:
        raise error from None
    return not_begun(run_id, pending, error)


def _open_metrics(
    arguments: argparse.Namespace,
    folder: Path,
    site_id: str,
    context: RunContext,
) -> RunMetrics | None:
    """Return the writer of the metrics file, if any; the caller has the run lock."""
    if arguments.metrics is None:
        return None
    # Imported here, so that runs without metrics do not wait for the library.
    from cio_pipeline.commands.sync.metrics import RunMetrics  # noqa: PLC0415  # see above

    return RunMetrics(
        arguments.metrics,
        labels={"site_id": site_id, "shard": str(arguments.shard)},
        latencies=context.latencies,
        last_success=_unix_seconds(last_ended_at(folder, {"completed"})),
        last_completed=_unix_seconds(
            last_ended_at(folder, {"completed", "completed_with_dead_letters"})
        ),
        log=context.log,
    )


def _unix_seconds(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


def _show_result(
    arguments: argparse.Namespace, config: Config, folder: Path, result: RunResult
) -> None:
    if result.error is not None:
        print_note(f"error: {result.error}")
    if arguments.json:
        write([summary_json(result.summary)])
        return
    summary = result.summary
    text = summary_text(
        summary,
        statistics=statistics_of(folder, summary.run_id)
        if summary.counts.dead_lettered or summary.counts.refused_later
        else None,
        refused=result.refused,
        is_loaded=result.is_loaded,
        commands=commands_after(arguments, summary.run_id),
        width=width(),
        noun=_NOUNS[config.records.kind],
    )
    write([text])


def _exit_code(result: RunResult, signal_number: int | None) -> int:
    if result.error is not None:
        return result.error.exit_code
    if result.summary.reason == "interrupted":
        return 128 + (signal_number or 2)
    counts = result.summary.counts
    return 1 if counts.dead_lettered or counts.refused_later else 0
