"""Opens the App API's activity log within the API's rate limit."""

from __future__ import annotations

from threading import Event

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.config import Config
from cio_pipeline.core.config_records import RecordRules
from cio_pipeline.core.limits import APP_API_LIMIT_PER_SECOND
from cio_pipeline.customerio import AppClient, Transport
from cio_pipeline.customerio.activity_log import ActivityLog, failure_types
from cio_pipeline.customerio.app_api import address_hint, app_wording
from cio_pipeline.customerio.asking import Asker
from cio_pipeline.pipeline.rate_limit import pace


def open_activity_log(
    config: Config,
    transport: Transport,
    app_url: str,
    *,
    share: float,
    stop: Event,
    clock: Clock,
    kept: str,
) -> ActivityLog:
    """Return a reader of the workspace's activity log; it asks nothing yet.

    Args:
        config: the configuration; it has an App API key.
        transport: the connections.
        app_url: the address of the App API.
        share: the share of the API's rate that may be used, up to 1.
        stop: ends every wait.
        clock: time and random numbers.
        kept: a sentence for errors, about what happens to the work.
    """
    assert config.app_api_key is not None  # noqa: S101  # as the command has checked
    asker = Asker(
        patience_seconds=config.max_outage_seconds,
        stop=stop,
        clock=clock,
        wording=app_wording(
            request="the request for the App API's activity log",
            address_hint=address_hint(config),
            kept=kept,
        ),
        pace=pace(APP_API_LIMIT_PER_SECOND * share, clock.monotonic),
    )
    client = AppClient(transport, app_url, config.app_api_key)
    return ActivityLog(client, asker, failure_types(_object_types(config.records)))


def _object_types(rules: RecordRules) -> set[str]:
    """Return the types of the objects, and of those that people are related to."""
    if rules.object is not None:
        return {rules.object.type}
    return {each.kind for each in rules.relationships if rules.kind == "person"}
