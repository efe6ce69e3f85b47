"""Looking people up, one request at a time, until there is an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from threading import Event
from typing import Any

import orjson
import pytest

from cio_pipeline.commands.verify.comparison import FoundPerson
from cio_pipeline.commands.verify.lookups import LookUps
from cio_pipeline.core.errors import KeysRejected, StopRun, Unreachable, UsageError
from cio_pipeline.core.identifiers import identity_of
from cio_pipeline.core.jobs import NoReply, Reply
from tests.support.builders import make_clock

BUSY = Reply(503)
NOT_JSON = Reply(200, b"<html>")


class ScriptedClient:
    """An App API client that answers from a list, and notes what was asked."""

    def __init__(self, replies: Sequence[Reply | NoReply]) -> None:
        self._replies = list(replies)
        self.asked: list[Any] = []

    def look_up_many(self, ids: list[str]) -> Reply | NoReply:
        """Answer for many."""
        self.asked.append(ids)
        return self._replies.pop(0)

    def look_up(self, identifier: str, kind: str) -> Reply | NoReply:
        """Answer for one."""
        self.asked.append((identifier, kind))
        return self._replies.pop(0)


class NoWait(Event):
    """A stop event whose waits take no time."""

    def wait(self, timeout: float | None = None) -> bool:
        """Return at once."""
        del timeout
        return self.is_set()


def look_ups(
    *replies: Reply | NoReply,
    stop: Event | None = None,
) -> tuple[LookUps, ScriptedClient]:
    """Make look-ups that get these replies; a look at the clock takes a second."""
    client = ScriptedClient(replies)
    ticks: Iterator[int] = count()
    made = LookUps(
        client,  # type: ignore[arg-type]  # the two methods are all it needs
        address_hint="Check appUrl",
        patience_seconds=20.0,
        stop=stop or NoWait(),
        clock=make_clock(lambda: float(next(ticks))),
    )
    return made, client


def find(finder: LookUps, *texts: str) -> dict[str, FoundPerson]:
    """Look people up by identifiers whose kind their form shows."""
    users = {identity_of(text): text for text in texts}
    return {users[user]: found for user, found in finder.find(users).items()}


def people(**attributes: dict[str, str]) -> Reply:
    """Answer with people, as the App API writes them."""
    found = [
        {"id": user, "identifiers": {"id": user}, "attributes": values}
        for user, values in attributes.items()
    ]
    return Reply(200, orjson.dumps({"customers": found}))


def one(**facts: Any) -> Reply:
    """Answer with one person."""
    return Reply(200, orjson.dumps({"customer": facts}))


def test_ids_are_asked_for_together_and_emails_one_by_one() -> None:
    """A hundred ids are one request; that is what the App API offers."""
    email = one(attributes={"plan": "x"}, identifiers={"email": "a@x.io"})
    finder, client = look_ups(email, people(a={"n": "1"}), people(z={"n": "2"}))
    ids = ["a", *(f"id-{n}" for n in range(99)), "z"]

    found = find(finder, "a@x.io", *ids)

    assert client.asked == [("a@x.io", "email"), ids[:100], ["z"]]
    assert sorted(found) == ["a", "a@x.io", "z"]
    assert found["z"].attributes["n"] == "2"
    assert found["a@x.io"].attributes == {"plan": "x", "email": "a@x.io"}


def test_nobody_is_not_an_error() -> None:
    """A user who is missing is what `verify` looks for."""
    finder, _ = look_ups(Reply(404), people())

    assert find(finder, "a@x.io", "b") == {}


def test_a_failure_is_asked_again() -> None:
    """A minute's outage must not end a comparison of an hour."""
    finder, client = look_ups(BUSY, NoReply("refused"), Reply(429), people(a={}))

    assert list(find(finder, "a")) == ["a"]
    assert len(client.asked) == 4


def test_patience_ends() -> None:
    """With how long, and the last problem."""
    finder, _ = look_ups(*[NoReply("refused")] * 50)

    with pytest.raises(Unreachable, match=r"20 s.*refused"):
        find(finder, "a")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401), KeysRejected),
        (Reply(400, b'{"meta":{"error":"no"}}'), UsageError),
        (Reply(404), UsageError),
        (NOT_JSON, UsageError),
        (Reply(200, b"{}"), UsageError),
        (Reply(302, location="https://x.io/"), StopRun),
        (NoReply("expired", is_untrusted=True), StopRun),
    ],
    ids=["keys", "refused", "no such path", "a page", "no people", "moved", "tls"],
)
def test_what_waiting_does_not_help_against_ends_it_at_once(
    reply: Reply | NoReply, error: type[Exception]
) -> None:
    """A wrong address would else look like a workspace without people."""
    finder, client = look_ups(reply)

    with pytest.raises(error):
        find(finder, "a")
    assert len(client.asked) == 1


def test_after_a_stop_nothing_is_asked() -> None:
    """Ctrl-C ends a comparison at once."""
    stop = NoWait()
    stop.set()
    finder, client = look_ups(stop=stop)

    assert find(finder, "a", "b@x.io") == {}
    assert client.asked == []


def test_unsubscribed_is_an_attribute_like_others() -> None:
    """The App API has it beside the attributes, as true or false."""
    finder, _ = look_ups(one(attributes={}, unsubscribed=True))

    assert find(finder, "a@x.io")["a@x.io"].attributes == {"unsubscribed": "true"}
