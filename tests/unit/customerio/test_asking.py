"""A request is repeated until it is answered or that cannot help."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from threading import Event

import pytest

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.errors import KeysRejected, StopRun, Unreachable
from cio_pipeline.core.jobs import NoReply, Outcome, Reply
from cio_pipeline.customerio.asking import Asker
from cio_pipeline.customerio.outcome import SENDING

BUSY = Reply(503)
EMPTY = Reply(200, b"{}")
WORDING = SENDING._replace(request="the question", check_answer="; look again")


def ask(
    replies: list[Reply | NoReply],
    times: Iterator[float] | None = None,
    stop: Event | None = None,
) -> tuple[bytes | None, int]:
    """Ask with a patience of 10 s; return the answer, and the questions it took."""
    seconds = count(0.0) if times is None else times
    clock = Clock(
        monotonic=lambda: next(seconds),
        utc_now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        random=lambda: 0.0,  # no backoff
    )
    asker = Asker(
        patience_seconds=10.0, stop=stop or Event(), clock=clock, wording=WORDING
    )
    remaining = iter(replies)
    asked = 0

    def request() -> Reply | NoReply:
        nonlocal asked
        asked += 1
        return next(remaining, replies[-1])

    def read(reply: Reply, _: Outcome) -> bytes | None:
        return reply.body if reply.body.startswith(b"yes") else None

    return asker.ask(request, read), asked


def test_it_is_repeated_until_there_is_an_answer() -> None:
    """It is repeated after no reply, a busy server, and an answer without the data."""
    answer, asked = ask([NoReply("reset"), BUSY, EMPTY, Reply(200, b"yes")])

    assert (answer, asked) == (b"yes", 4)


def test_rejected_keys_end_it_at_once() -> None:
    """Waiting does not make keys valid."""
    with pytest.raises(KeysRejected, match="rejected the keys"):
        ask([Reply(401), Reply(200, b"yes")])


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (BUSY, "the question had no answer for 10 s (last: HTTP 503 without"),
        (BUSY, "); look again. The work is kept"),
        (EMPTY, "(last: an answer without the requested data); look again"),
        (NoReply("reset"), "(last: reset). The work is kept"),
    ],
)
def test_patience_has_an_end(reply: Reply | NoReply, words: str) -> None:
    """The error has the last problem, and advice on answers only if one came."""
    with pytest.raises(Unreachable) as raised:
        ask([reply])

    assert words in str(raised.value)


def test_a_suspended_process_goes_on_asking() -> None:
    """An hour of suspension is not an hour without an answer."""
    times = iter([0.0, 1.0, 3600.0, 3601.0, 3602.0])

    answer, asked = ask([BUSY, BUSY, BUSY, Reply(200, b"yes")], times)

    assert (answer, asked) == (b"yes", 4)


def test_a_request_to_wait_longer_than_its_patience_ends_it() -> None:
    """It would wait, and then give up anyway."""
    with pytest.raises(Unreachable, match="only after 60 s"):
        ask([Reply(503, retry_after="60")])


def test_a_stop_ends_it_without_an_answer() -> None:
    """No request is sent after Ctrl-C."""
    stop = Event()
    stop.set()

    assert ask([BUSY], stop=stop) == (None, 0)


def test_a_redirect_elsewhere_ends_it_at_once() -> None:
    """The keys must not be sent there, and a second request would not change that."""
    with pytest.raises(StopRun, match="the question was redirected to https://x"):
        ask([Reply(307, location="https://x")])
