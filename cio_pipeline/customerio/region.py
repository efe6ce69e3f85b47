"""Which of Customer.io's regions a workspace is in, where no one has said."""

from __future__ import annotations

from threading import Event

from structlog.typing import FilteringBoundLogger

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import (
    StopRun,
    Unreachable,
)
from cio_pipeline.core.jobs import (
    Halt,
    NoReply,
    Outcome,
    Rejected,
    Reply,
    Retryable,
)
from cio_pipeline.core.json_text import decode
from cio_pipeline.customerio.backoff import backoff_seconds
from cio_pipeline.customerio.http.transport import Transport
from cio_pipeline.customerio.outcome import (
    judge,
    stop_run,
)
from cio_pipeline.customerio.track_api import (
    TrackClient,
    track_url_of_region,
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
    """Say which region a workspace is in: as configured, or as Customer.io says.

    Args:
        config: the region, or how long to go on asking.
        transport: the connections.
        basic_token: base64 of ``site id:API key``.
        stop: set to give up; nothing may be sent to the region that is said then.
        clock: time and chance.
        log: told of what was found.

    Raises:
        StopRun: the keys were refused, or the other end cannot be trusted.
        Unreachable: no usable answer for ``maxOutageSeconds``.
    """
    if config.region is not None:
        return config.region
    region = _ask_region(
        TrackClient(transport, track_url_of_region("us"), basic_token),
        patience_seconds=config.max_outage_seconds,
        stop=stop,
        clock=clock,
    )
    if region is None:
        return "us"
    log.info("region_found", region=region)
    return region


def _ask_region(
    client: TrackClient,
    *,
    patience_seconds: float,
    stop: Event,
    clock: Clock,
) -> str | None:
    """Ask again and again while there is no answer; None if told to stop first."""
    began = clock.monotonic()
    attempts = 0
    while not stop.is_set():
        reply = client.ask_region()
        region = _region_in(reply) if isinstance(reply, Reply) else None
        if region is not None:
            return region
        outcome = judge(reply, clock.utc_now())
        if isinstance(outcome, Halt):
            raise _halted(outcome)
        waited = clock.monotonic() - began
        if waited > patience_seconds:
            raise _given_up(waited, reply, outcome)
        stop.wait(backoff_seconds(attempts, clock.random()))
        attempts += 1
    return None


def _halted(halt: Halt) -> StopRun:
    if halt.reason != "redirected":
        return stop_run(halt)
    return StopRun(
        f"the question for the workspace's region was {halt.message}, where the keys"
        " may not go. Check any proxy on the way, and who answers for"
        " track.customer.io; the work is kept",
        reason="redirected",
    )


def _given_up(
    waited_seconds: float, reply: Reply | NoReply, outcome: Outcome
) -> Unreachable:
    last = (
        outcome.message
        if isinstance(outcome, Retryable | Rejected)
        else "the answer names no region"
    )
    # Where nothing answers here, nothing would answer an upsert.
    advice = (
        "; set 'region' in the configuration to go without asking"
        if isinstance(reply, Reply)
        else ""
    )
    return Unreachable(
        "Customer.io could not be asked for the workspace's region in"
        f" {waited_seconds:.0f} s (last: {last}){advice}. Nothing was sent; the work"
        " is kept"
    )


def _region_in(reply: Reply) -> str | None:
    if reply.status != 200:
        return None
    try:
        document = decode(reply.body)
    except ValueError:
        return None
    region = document.get("region") if isinstance(document, dict) else None
    return region if isinstance(region, str) and region in ("us", "eu") else None
