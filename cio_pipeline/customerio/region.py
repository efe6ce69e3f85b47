"""Finds the region of a workspace."""

from __future__ import annotations

from threading import Event

from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.config import Config
from cio_pipeline.core.jobs import Outcome, Reply
from cio_pipeline.core.json_text import decode_object
from cio_pipeline.customerio.asking import Asker
from cio_pipeline.customerio.http.transport import Transport
from cio_pipeline.customerio.outcome import SENDING
from cio_pipeline.customerio.track_api import TrackClient, track_url_of_region

_WORDING = SENDING._replace(
    request="the request for the workspace's region",
    check_address="Check any proxy, and which server answers for track.customer.io",
    check_answer="; set 'region' in the configuration to avoid this request",
)


def find_region(
    config: Config,
    transport: Transport,
    basic_token: str,
    *,
    stop: Event,
    clock: Clock,
    log: FilteringBoundLogger,
) -> str:
    """Return the region of a workspace: as configured, or as Customer.io answers.

    Args:
        config: the region, or how long to keep asking.
        transport: the connections.
        basic_token: base64 of ``site id:API key``.
        stop: set to give up; nothing may be sent to the returned region then.
        clock: time and random numbers.
        log: logs the region that Customer.io answered.

    Raises:
        StopRun: as `Asker.ask`.
    """
    if config.region is not None:
        return config.region
    client = TrackClient(transport, track_url_of_region("us"), basic_token)
    asker = Asker(
        patience_seconds=config.max_outage_seconds,
        stop=stop,
        clock=clock,
        wording=_WORDING,
    )
    region = asker.ask(client.ask_region, _region_in)
    if region is None:
        return "us"
    log.info("region_found", region=region)
    return region


def _region_in(reply: Reply, _outcome: Outcome) -> str | None:
    if reply.status != 200:
        return None
    region = (decode_object(reply.body) or {}).get("region")
    return region if isinstance(region, str) and region in ("us", "eu") else None
