"""`verify`: compare the users of a data file with those in Customer.io."""

from __future__ import annotations

import argparse
import threading
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from cio_pipeline.commands.inputs import has_data, open_data
from cio_pipeline.commands.queries import keys_for_data, secrets_of
from cio_pipeline.commands.queues import find_queue
from cio_pipeline.commands.secret_values import with_secrets
from cio_pipeline.commands.times import utc_time
from cio_pipeline.commands.verify.failures import Failures, failures_json, failures_text
from cio_pipeline.commands.verify.lookups import LookUps
from cio_pipeline.commands.verify.report import verification_json, verification_text
from cio_pipeline.commands.verify.verifier import Verifier
from cio_pipeline.console.display import LinesDisplay
from cio_pipeline.console.output import width, write
from cio_pipeline.console.signals import StopSignals
from cio_pipeline.core.config import Config, read_config, require_app_key
from cio_pipeline.core.duplicates import Duplicates
from cio_pipeline.core.errors import ConfigError, RecordError, UsageError
from cio_pipeline.core.mapping import mapper_for
from cio_pipeline.customerio import AppClient, Transport, app_url_of_region, basic_token
from cio_pipeline.customerio.activity_log import LONGEST_SECONDS
from cio_pipeline.customerio.app_api import address_hint
from cio_pipeline.customerio.region import find_region
from cio_pipeline.machine import SYSTEM_CLOCK
from cio_pipeline.pipeline.app_api import open_activity_log
from cio_pipeline.store.status import read_status

_PROGRESS_SECONDS = 5.0


def run(arguments: argparse.Namespace) -> int:
    """Look up the users, compare and report; return 1 if some differ."""
    _check_options(arguments)
    if arguments.failures:
        return _list_failures(arguments)
    config = read_config(arguments.config)
    if config.records.kind != "person":
        raise UsageError(f"verify compares people; these are {config.records.kind}s")
    config = with_secrets(config, arguments.config, keys_for_data(arguments))
    inputs = open_data(arguments, config)
    if any(item.is_pipe for item in inputs.items):
        raise UsageError(
            "verify reads the data twice, which is not possible with a pipe: use a file"
        )
    config = _with_app_keys(arguments, config)
    app_api_key = require_app_key(config, arguments.config, "verify")
    log = LinesDisplay(arguments).configure_log(
        [*_secrets(config), *secrets_of(arguments, config)]
    )
    with inputs:
        pass  # report a wrong name before the first request
    stop = threading.Event()
    with StopSignals(stop) as signals:
        transport = Transport(
            connect_timeout_seconds=config.connect_timeout_seconds,
            read_timeout_seconds=config.read_timeout_seconds,
        )
        url = _find_url(config, arguments.config, transport, stop, log)
        verifier = Verifier(
            mapper=mapper_for(config),
            inputs=inputs,
            look_ups=LookUps(
                AppClient(transport, url, app_api_key),
                address_hint=address_hint(config),
                patience_seconds=config.max_outage_seconds,
                stop=stop,
                clock=SYSTEM_CLOCK,
            ),
            sample=arguments.sample,
            wait_seconds=arguments.wait,
            stop=stop,
            clock=SYSTEM_CLOCK,
            on_progress=_Progress(log),
        )
        result = verifier.run()
        transport.close()
    if signals.received:
        return 128 + signals.received
    show = verification_json if arguments.json else verification_text
    write([show(result)])
    return 0 if result.is_match else 1


def _with_app_keys(arguments: argparse.Namespace, config: Config) -> Config:
    """Return the configuration with the keys that look-ups need."""
    keys = ["appApiKey"]
    if config.app_url is None and config.region is None:
        keys += ["siteId", "apiKey"]  # to ask for the region
    return with_secrets(config, arguments.config, keys)


def _check_options(arguments: argparse.Namespace) -> None:
    if arguments.since is not None and not arguments.failures:
        raise UsageError("-since is only for -failures")
    if arguments.sample is not None and arguments.failures:
        raise UsageError("-sample is for the comparison; -failures lists all failures")


def _list_failures(arguments: argparse.Namespace) -> int:
    """List what Customer.io refused after its 200; return 1 if there is anything."""
    config = read_config(arguments.config)
    # Before the log is opened, which hides them.
    config = with_secrets(config, arguments.config, keys_for_data(arguments))
    config = _with_app_keys(arguments, config)
    require_app_key(config, arguments.config, "verify")
    log = LinesDisplay(arguments).configure_log(
        [*_secrets(config), *secrets_of(arguments, config)]
    )
    failures = Failures(_since(arguments))
    if has_data(arguments):
        _read_people(arguments, config, failures)
    stop = threading.Event()
    with StopSignals(stop) as signals:
        transport = Transport(
            connect_timeout_seconds=config.connect_timeout_seconds,
            read_timeout_seconds=config.read_timeout_seconds,
        )
        activities = open_activity_log(
            config,
            transport,
            _find_url(config, arguments.config, transport, stop, log),
            share=1.0,
            stop=stop,
            clock=SYSTEM_CLOCK,
            kept="Nothing was changed",
        )
        if arguments.since is None:  # it is a time of our clock
            failures.since = activities.by_server_clock(failures.since)
        longest = min(arguments.wait, LONGEST_SECONDS)
        activities.follow(failures.since, failures.take, longest_seconds=longest)
        transport.close()
    if signals.received:
        return 128 + signals.received
    text = (
        failures_json(failures) if arguments.json else failures_text(failures, width())
    )
    write([text])
    return 1 if failures.total else 0


def _since(arguments: argparse.Namespace) -> datetime:
    """Return the time of ``-since``, or when the last run started."""
    if arguments.since is not None:
        return datetime.fromisoformat(utc_time(arguments.since))
    runs = read_status(find_queue(arguments), SYSTEM_CLOCK.utc_now()).runs
    if not runs:
        raise UsageError(
            "this queue has no runs, so it is not known where to begin; add -since TIME"
        )
    return datetime.fromisoformat(runs[0].started_at)


def _read_people(
    arguments: argparse.Namespace, config: Config, failures: Failures
) -> None:
    """Note the people of the data: only their refusals are listed."""
    mapper = mapper_for(config)
    failures.people = people = Duplicates()
    for record in open_data(arguments, config).records():
        try:
            people.add(mapper.identity_in(record))
        except RecordError:
            failures.invalid += 1


def _secrets(config: Config) -> list[str]:
    keys = [config.app_api_key, config.api_key]
    if config.site_id and config.api_key:
        keys.append(basic_token(config.site_id, config.api_key))
    return [key for key in keys if key]


def _find_url(
    config: Config,
    path: str,
    transport: Transport,
    stop: threading.Event,
    log: FilteringBoundLogger,
) -> str:
    if config.app_url is not None:
        return config.app_url
    if config.region is None and (config.site_id is None or config.api_key is None):
        raise ConfigError(path, "this key is required: 'us' or 'eu'", key="region")
    region = find_region(
        config,
        transport,
        basic_token(config.site_id or "", config.api_key or ""),
        stop=stop,
        clock=SYSTEM_CLOCK,
        log=log,
    )
    return app_url_of_region(region)


class _Progress:
    """Logs every few seconds how many users were looked up."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._logged_at = SYSTEM_CLOCK.monotonic()

    def __call__(self, checked: int) -> None:
        if SYSTEM_CLOCK.monotonic() - self._logged_at >= _PROGRESS_SECONDS:
            self._logged_at = SYSTEM_CLOCK.monotonic()
            self._log.info("progress", looked_up=checked)
