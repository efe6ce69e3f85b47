"""The region of a workspace: as configured, or as Customer.io answers."""

from __future__ import annotations

from itertools import count
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import KeysRejected, StopRun, Unreachable
from cio_pipeline.core.jobs import NoReply, Reply
from cio_pipeline.customerio.region import find_region
from tests.support.builders import make_clock

CONFIG = Config(parallelism=1, user_id="id", mappings=(), max_outage_seconds=20.0)
TOKEN = "c2l0ZTprZXk="
EU = Reply(200, b'{"region": "eu"}')
WORDS = Reply(200, b'{"region": "moon"}')


class ScriptedTransport:
    """Connections that answer from a list and record the requests."""

    def __init__(self, *replies: Reply | NoReply) -> None:
        self._replies = list(replies)
        self.asked: list[str] = []

    def endpoint(self, url: str) -> Any:
        """Return an endpoint."""
        return SimpleNamespace(url=url)

    def send(self, endpoint: Any, method: str, path: str, *_: bytes) -> Reply | NoReply:
        """Return the next answer."""
        self.asked.append(f"{method} {endpoint.url}{path}")
        return self._replies.pop(0)


class NoWait(Event):
    """A stop event whose waits take no time."""

    def wait(self, timeout: float | None = None) -> bool:
        """Return at once."""
        del timeout
        return self.is_set()


def find(
    *replies: Reply | NoReply, config: Config = CONFIG, stop: Event | None = None
) -> tuple[str, list[str]]:
    """Return the region and the requests. Each reading of the clock takes 1 s."""
    transport = ScriptedTransport(*replies)
    ticks = count()
    region = find_region(
        config,
        transport,  # type: ignore[arg-type]  # its two methods are all that is needed
        TOKEN,
        stop=stop or NoWait(),
        clock=make_clock(lambda: float(next(ticks))),
        log=structlog.get_logger(),
    )
    return region, transport.asked


def test_what_is_configured_is_not_asked_for() -> None:
    """This saves a request."""
    config = Config(parallelism=1, user_id="id", mappings=(), region="us")

    assert find(config=config) == ("us", [])


def test_customer_io_is_asked_until_it_answers() -> None:
    """A network that is late must not end the nightly run."""
    region, asked = find(NoReply("refused"), Reply(503), Reply(429), EU)

    assert region == "eu"
    assert asked == ["GET https://track.customer.io/api/v1/accounts/region"] * 4


@pytest.mark.parametrize(
    ("reply", "words"),
    [(NoReply("refused"), "refused"), (WORDS, "region"), (Reply(404), "region")],
    ids=["silence", "another answer", "an error"],
)
def test_patience_ends(reply: Reply | NoReply, words: str) -> None:
    """After `maxOutageSeconds`, with the last problem."""
    with pytest.raises(Unreachable, match=words):
        find(*[reply] * 50)


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (Reply(401), KeysRejected, "keys_rejected"),
        (Reply(302, location="https://x.io/"), StopRun, "redirected"),
        (NoReply("expired", is_untrusted=True), StopRun, "untrusted_certificate"),
    ],
)
def test_errors_that_waiting_cannot_fix_stop_it_at_once(
    reply: Reply | NoReply, kind: type[StopRun], reason: str
) -> None:
    """Nothing is sent to a region that is only a guess."""
    with pytest.raises(kind) as caught:
        find(reply)

    assert caught.value.reason == reason


def test_after_a_stop_no_request_is_sent() -> None:
    """The caller does not send anything either."""
    stop = NoWait()
    stop.set()

    _, asked = find(stop=stop)

    assert asked == []
