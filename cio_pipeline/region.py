"""Which of Customer.io's regions a workspace is in, where no one has said."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event

from structlog.typing import FilteringBoundLogger

from cio_pipeline.client import TrackClient, Transport, track_url_of_region
from cio_pipeline.config import Config
from cio_pipeline.errors import Unreachable
from cio_pipeline.model import Halt, Reply
from cio_pipeline.policy import backoff_seconds, judge, stop_run


def find_address(
    config: Config,
    transport: Transport,
    basic_token: str,
    *,
    stop: Event,
    clock: Callable[[], float],
    draw: Callable[[], float],
    log: FilteringBoundLogger,
) -> str:
    """Say where to send: as configured, or as Customer.io says of the workspace.

    Raises:
        KeysRejected: the keys were refused.
        Unreachable: no answer for ``maxOutageSeconds``.
    """
    if config.track_url is not None:
        return config.track_url
    if config.region is not None:
        return track_url_of_region(config.region)
    region = ask_region(
        transport,
        basic_token,
        patience_seconds=config.max_outage_seconds,
        stop=stop,
        clock=clock,
        draw=draw,
    )
    if region is not None:
        log.info("region_found", region=region)
    # None: stopped, and nothing will be sent.
    return track_url_of_region(region or "us")


def ask_region(
    transport: Transport,
    basic_token: str,
    *,
    patience_seconds: float,
    stop: Event,
    clock: Callable[[], float],
    draw: Callable[[], float],
) -> str | None:
    """Ask Customer.io, again and again while it does not answer.

    Args:
        transport: the connections.
        basic_token: base64 of ``site id:API key``.
        patience_seconds: how long to go on asking.
        stop: set to give up.
        clock: monotonic seconds.
        draw: a random number in [0, 1).

    Returns:
        ``us`` or ``eu``; None if told to stop first.

    Raises:
        StopRun: the keys were refused, or the other end cannot be trusted.
        Unreachable: no usable answer in that time.
    """
    client = TrackClient(transport, track_url_of_region("us"), basic_token)
    began = clock()
    attempts = 0
    while not stop.is_set():
        reply = client.ask_region()
        region = _region_in(reply) if isinstance(reply, Reply) else None
        if region is not None:
            return region
        outcome = judge(reply, datetime.now(UTC))
        if isinstance(outcome, Halt):
            raise stop_run(outcome)
        waited = clock() - began
        if waited > patience_seconds:
            raise Unreachable(
                "Customer.io could not be asked for the workspace's region"
                f" in {waited:.0f} s; set 'region' in the configuration to go"
                " without asking. Nothing was sent; the work is kept"
            )
        stop.wait(backoff_seconds(attempts, draw()))
        attempts += 1
    return None


def _region_in(reply: Reply) -> str | None:
    if reply.status != 200:
        return None
    try:
        region = json.loads(reply.body).get("region")
    except (ValueError, AttributeError):
        return None
    return region if region in ("us", "eu") else None
