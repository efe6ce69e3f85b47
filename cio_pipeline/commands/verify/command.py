"""`verify`: compare the users of a data file with those in Customer.io."""

from __future__ import annotations

import argparse
import threading

from structlog.typing import FilteringBoundLogger

from cio_pipeline.commands.inputs import open_data
from cio_pipeline.commands.queries import keys_for_data, secrets_of
from cio_pipeline.commands.secret_values import with_secrets
from cio_pipeline.commands.verify.lookups import LookUps
from cio_pipeline.commands.verify.report import verification_json, verification_text
from cio_pipeline.commands.verify.verifier import Verifier
from cio_pipeline.console.display import LinesDisplay
from cio_pipeline.console.output import write
from cio_pipeline.console.signals import StopSignals
from cio_pipeline.core.config import Config, read_config
from cio_pipeline.core.errors import ConfigError, UsageError
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.customerio import AppClient, Transport, app_url_of_region, basic_token
from cio_pipeline.customerio.region import find_region
from cio_pipeline.machine import SYSTEM_CLOCK

_PROGRESS_SECONDS = 5.0


def run(arguments: argparse.Namespace) -> int:
    """Look up the users, compare and report; return 1 if some differ."""
    config = read_config(arguments.config)
    config = with_secrets(config, arguments.config, keys_for_data(arguments))
    inputs = open_data(arguments, config)
    if any(item.is_pipe for item in inputs.items):
        raise UsageError(
            "verify reads the data twice, which is not possible with a pipe: use a file"
        )
    keys = ["appApiKey"]
    if config.app_url is None and config.region is None:
        keys += ["siteId", "apiKey"]  # to ask for the region
    config = with_secrets(config, arguments.config, keys)
    if config.app_api_key is None:
        raise ConfigError(
            arguments.config,
            "this key is required: verify needs an App API key (Settings >"
            " Account Settings > API Credentials > App API Keys)",
            key="appApiKey",
        )
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
            mapper=Mapper(config.user_id, config.mappings),
            inputs=inputs,
            look_ups=LookUps(
                AppClient(transport, url, config.app_api_key),
                address_hint=_address_hint(config),
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


def _address_hint(config: Config) -> str:
    if config.app_url is not None:
        return "Check appUrl in the configuration, and the proxy if you use one"
    if config.region is not None:
        return "Check region in the configuration, and the proxy if you use one"
    return "Check the proxy if you use one"


class _Progress:
    """Logs every few seconds how many users were looked up."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._logged_at = SYSTEM_CLOCK.monotonic()

    def __call__(self, checked: int) -> None:
        if SYSTEM_CLOCK.monotonic() - self._logged_at >= _PROGRESS_SECONDS:
            self._logged_at = SYSTEM_CLOCK.monotonic()
            self._log.info("progress", looked_up=checked)
