"""`sync -cluster`: the same sync, by shards on the workers of a Dask cluster."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import secrets
import shlex
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cio_pipeline.commands.inputs import open_data, read_options
from cio_pipeline.commands.next_commands import (
    NextCommands,
    commands_after,
    program_as_typed,
    queue_options,
)
from cio_pipeline.commands.queries import keys_for_data, secrets_of
from cio_pipeline.commands.secret_values import with_secrets
from cio_pipeline.commands.sync.cluster.inspection import Inspection, digest_of_file
from cio_pipeline.commands.sync.cluster.ledger import Ledger, open_ledger
from cio_pipeline.commands.sync.cluster.passed_options import (
    check_options,
    data_of,
    words_of,
)
from cio_pipeline.commands.sync.cluster.shard_task import ShardEnd, ShardOrder
from cio_pipeline.commands.sync.cluster.totals import (
    statistics_of_ends,
    summary_of,
    worst_code,
)
from cio_pipeline.commands.sync.removals import check_kind, confirm_removals
from cio_pipeline.commands.sync.summary import summary_text
from cio_pipeline.console.display import open_display
from cio_pipeline.console.output import print_note, width, write
from cio_pipeline.console.signals import StopSignals
from cio_pipeline.core.config import Config, read_config, require_track_keys
from cio_pipeline.core.counts import document_of
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.runs import RunSummary
from cio_pipeline.core.shard import AllShards, Shard
from cio_pipeline.customerio import basic_token
from cio_pipeline.machine import SYSTEM_CLOCK
from cio_pipeline.source import Inputs
from cio_pipeline.store import make_private_folder, queue_folder
from cio_pipeline.store.run_lock import RunLock

if TYPE_CHECKING:
    from cio_pipeline.commands.sync.cluster.driver import Driver


def run_on_cluster(arguments: argparse.Namespace) -> int:
    """Load and send on a cluster."""
    check_options(arguments)
    try:
        # Imported here, because Dask is an extra.
        from cio_pipeline.commands.sync.cluster.session import drive  # noqa: PLC0415  # see above
    except ModuleNotFoundError as error:
        raise UsageError(
            f"-cluster needs the package {error.name}; install it: pip install"
            " 'cio-pipeline[cluster]'"
        ) from error
    arguments.config = str(Path(arguments.config).absolute())
    arguments.state = arguments.state.absolute()
    names = ["siteId", "apiKey", *keys_for_data(arguments)]
    names += ["appApiKey"] if arguments.failures else []
    config = with_secrets(read_config(arguments.config), arguments.config, names)
    site_id, api_key = require_track_keys(config, arguments.config)
    hidden = [api_key, basic_token(site_id, api_key), *secrets_of(arguments, config)]
    folder = queue_folder(config, arguments.config, arguments.state)
    with open_data(arguments, config) as inputs:
        check_kind(arguments, config)
        confirm_removals(arguments, config, inputs, folder, None)
        inspection = _inspection(arguments, config, inputs, tuple(names))
    own = folder.with_name(f"{folder.name}-cluster-of-{arguments.shards}")
    make_private_folder(arguments.state)
    make_private_folder(own)
    stop = threading.Event()
    with RunLock(own), open_display(arguments) as display:
        ledger = open_ledger(own, _identity(arguments, inspection), _new_id())
        log = display.configure_log(hidden).bind(run_id=ledger.token)
        signals = StopSignals(stop, on_second=display.abandon)
        with signals, _marked(arguments.state, inspection.nonce):
            driver = asyncio.run(
                drive(
                    arguments.cluster,
                    inspection=inspection,
                    order=_order(arguments, ledger),
                    ledger=ledger,
                    show=display.show,
                    log=log,
                    stop=stop,
                )
            )
        ends = _with_signal(driver.ends, signals.received)
    return _show_result(arguments, ledger, driver, ends)


def _new_id() -> str:
    return f"{SYSTEM_CLOCK.utc_now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _inspection(
    arguments: argparse.Namespace,
    config: Config,
    inputs: Inputs,
    names: tuple[str, ...],
) -> Inspection:
    fingerprints = tuple(item.fingerprint() for item in inputs.items)
    if any(item.is_pipe for item in inputs.items):
        raise UsageError(
            "-cluster needs data files that every worker can read, not standard input"
            " or a pipe"
        )
    return Inspection(
        config=arguments.config,
        config_digest=digest_of_file(arguments.config),
        state=str(arguments.state),
        nonce=f".cluster-{secrets.token_hex(8)}",
        shards=arguments.shards,
        data=data_of(arguments),
        options=read_options(arguments, config),
        member=arguments.member,
        fingerprints=fingerprints,
        secrets=names,
    )


def _identity(arguments: argparse.Namespace, inspection: Inspection) -> str:
    """Return what tells the same sync from another one."""
    facts = [inspection.config_digest, inspection.fingerprints, words_of(arguments)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _order(arguments: argparse.Namespace, ledger: Ledger) -> ShardOrder:
    log_file = arguments.log_file
    return ShardOrder(
        token=ledger.token,
        driver=_new_id(),
        shard=Shard(0, arguments.shards),
        config=arguments.config,
        state=str(arguments.state),
        words=words_of(arguments),
        log_file=None if log_file is None else str(log_file.absolute()),
    )


@contextmanager
def _marked(state: Path, nonce: str) -> Iterator[None]:
    """Put a file into the state folder, by which workers know that they share it."""
    mark = state / nonce
    mark.touch(mode=0o600)
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def _with_signal(
    ends: Mapping[int, ShardEnd], number: int | None
) -> dict[int, ShardEnd]:
    """Return the ends; shards that were stopped have the driver's signal."""
    if number is None:
        return dict(ends)
    return {
        index: end if end.code != 143 else end.with_code(128 + number)
        for index, end in ends.items()
    }


def _show_result(
    arguments: argparse.Namespace,
    ledger: Ledger,
    driver: Driver,
    ends: Mapping[int, ShardEnd],
) -> int:
    code = worst_code([end.code for end in ends.values()])
    summary = summary_of(ledger.token, ends, code=code, seconds=driver.seconds)
    if len(ledger.ended) == arguments.shards:
        ledger.close()
    _print_errors(ends)
    if arguments.json:
        write([_json(summary, arguments.shards, ends)])
        return code
    text = summary_text(
        summary,
        statistics=statistics_of_ends(list(ends.values())),
        is_loaded=False,
        commands=_next_commands(arguments, summary.run_id),
        width=width(),
    )
    write([text])
    return code


def _print_errors(ends: Mapping[int, ShardEnd]) -> None:
    """Print each error once, with the number of shards that have it."""
    errors = Counter(end.error for end in ends.values() if end.error)
    for error, shards in errors.items():
        print_note(error if shards == 1 else f"{error} (in {shards:,} shards)")


def _json(summary: RunSummary, count: int, ends: Mapping[int, ShardEnd]) -> str:
    shards = [
        {"shard": str(Shard(index, count)), "exit_code": end.code} | (end.result or {})
        for index, end in sorted(ends.items())
    ]
    return json.dumps(document_of(summary) | {"shards": shards}, indent=2)


def _next_commands(arguments: argparse.Namespace, run_id: str) -> NextCommands:
    again = commands_after(arguments, run_id).again
    arguments.shard = AllShards(arguments.shards)
    program = program_as_typed(sys.orig_argv, sys.argv)
    letters = [*program, "dead-letters", *queue_options(arguments)]
    return NextCommands(dead_letters=shlex.join(letters), resume=again, again=again)
