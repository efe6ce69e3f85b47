"""The activity log, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import orjson
import pytest

from cio_pipeline.core.clock import Clock
from cio_pipeline.core.errors import KeysRejected, WrongAddress
from cio_pipeline.core.jobs import NoReply, Reply
from cio_pipeline.customerio.activity_log import (
    LONGEST_SECONDS,
    QUIET_SECONDS,
    Activity,
    ActivityLog,
    Identifier,
    failure_types,
    parse_page,
)
from cio_pipeline.customerio.app_api import app_wording
from cio_pipeline.customerio.asking import Asker
from cio_pipeline.customerio.http.exchange import ANSWER_LIMIT_BYTES

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PUBLISHED = {
    "id": "01AK4N8V8G8KVA4HN8Y50CCZ59",
    "type": "failed_attribute_change",
    "timestamp": 1397566226,
    "customer_id": "42",
    "customer_identifiers": {"id": "42", "email": None, "cio_id": "a3000001"},
    "name": "",
    "data": {"email": {"from": "old", "to": "new"}, "city": {"to": "Rome"}},
}


class FakeLog:
    """An App API client that pages through entries, as the real one does."""

    def __init__(self, entries: Iterable[dict[str, Any]], most: int = 100) -> None:
        self.entries = list(entries)
        self.most = most
        self.pages = 0
        self.date: str | None = None
        self.before_page: Callable[[], object] = lambda: None

    def list_activities(
        self, activity_type: str, limit: int, start: str = ""
    ) -> Reply | NoReply:
        """Return a page of the entries of a type; `start` is a position."""
        self.before_page()
        self.pages += 1
        found = [each for each in self.entries if each["type"] == activity_type]
        begin, size = int(start or 0), min(limit, self.most)
        page = found[begin : begin + size]
        after = str(begin + size) if begin + size < len(found) else ""
        body = orjson.dumps({"activities": page, "next": after})
        return Reply(200, body, date=self.date)


class Answers(FakeLog):
    """An App API client with fixed answers."""

    def __init__(self, *replies: Reply | NoReply) -> None:
        super().__init__([])
        self._replies = list(replies)
        self.asked: list[tuple[str, int, str]] = []

    def list_activities(
        self, activity_type: str, limit: int, start: str = ""
    ) -> Reply | NoReply:
        """Return the next answer."""
        self.asked.append((activity_type, limit, start))
        return self._replies.pop(0)


class Time(Event):
    """A clock and its stop event: waits move the time and take none."""

    now = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        """Move the time, until the event is set."""
        if not self.is_set():
            self.now += timeout or 0.0
        return self.is_set()


def open_log(client: FakeLog, time: Time | None = None) -> ActivityLog:
    """Return a log that reads from a client."""
    clock = time or Time()
    asker = Asker(
        patience_seconds=10.0,
        stop=clock,
        clock=Clock(
            monotonic=lambda: clock.now,
            utc_now=lambda: NOON + timedelta(seconds=clock.now),
            random=lambda: 0.0,
        ),
        wording=app_wording(
            request="the request", address_hint="Check appUrl", kept="Kept"
        ),
    )
    return ActivityLog(client, asker)  # type: ignore[arg-type]  # its one method is all


def entry(number: int, minutes: float = 0.0, **changes: Any) -> dict[str, Any]:
    """Return an activity, some minutes after noon."""
    seconds = NOON.timestamp() + 60 * minutes
    facts = {"id": f"a{number}", "timestamp": seconds, "customer_id": str(number)}
    return PUBLISHED | facts | {"customer_identifiers": None} | changes


def test_an_activity_of_the_published_shape() -> None:
    """Its time is the later one of both: an event may have an older time of its own."""
    page = parse_page({"activities": [PUBLISHED], "next": "n"})

    assert page is not None
    (activity,) = page.activities
    assert page.next == "n"
    assert activity.identifiers == (
        Identifier("id", "42"),
        Identifier("cio_id", "cio_a3000001"),
    )
    assert activity.about == "city, email"
    assert activity.at == 1463666634.0
    assert activity.data == PUBLISHED["data"]


@pytest.mark.parametrize(
    ("changes", "identifiers"),
    [
        ({}, [("id", "1")]),
        ({"customer_id": None}, []),
        (
            {"customer_identifiers": {"email": "a@b.cd"}},
            [("id", "1"), ("email", "a@b.cd")],
        ),
        ({"customer_id": 7, "customer_identifiers": ["x"]}, []),
        (
            {"customer_id": "\ud800", "customer_identifiers": {"cio_id": "cio_1"}},
            [("id", "?"), ("cio_id", "cio_1")],
        ),
    ],
)
def test_any_identifier_may_be_missing(
    changes: dict[str, Any], identifiers: list[tuple[str, str]]
) -> None:
    """Null, absent, or of another type; lone surrogates cannot be stored."""
    page = parse_page({"activities": [entry(1, **changes)]})

    assert page is not None
    assert list(page.activities[0].identifiers) == identifiers


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"name": "purchase"}, "purchase"),
        ({"data": None}, ""),
        ({"data": "text"}, ""),
        ({"data": {}, "name": 7}, ""),
    ],
)
def test_what_was_refused_is_named(changes: dict[str, Any], about: str) -> None:
    """What `data` holds for a failure is not published."""
    page = parse_page({"activities": [entry(1, **changes)]})

    assert page is not None
    assert page.activities[0].about == about


@pytest.mark.parametrize(
    "document", [None, [], {}, {"activities": None}, {"activities": {}}, "text"]
)
def test_another_document_is_not_a_page(document: Any) -> None:
    """It must not look like an empty log."""
    assert parse_page(document) is None


def test_entries_that_are_no_activities_are_left_out() -> None:
    """And an activity without any time counts as old."""
    page = parse_page({"activities": [1, None, {"id": 7, "timestamp": "x"}]})

    assert page is not None
    (activity,) = page.activities
    assert (activity.id, activity.at, activity.identifiers) == ("", 0.0, ())


def ids(activities: Iterable[Activity]) -> list[str]:
    """Return the ids."""
    return [each.id for each in activities]


def test_it_is_read_back_to_the_wanted_time_and_no_further() -> None:
    """The log has thirty days; a run needs minutes of them."""
    client = FakeLog([entry(n, -n) for n in range(50)], most=5)

    found = open_log(client).read(PUBLISHED["type"], NOON - timedelta(minutes=12))

    assert ids(found) == [f"a{n}" for n in range(13)]
    assert client.pages == 4  # one that has only old ones ends it


def test_single_activities_out_of_order_do_not_end_it() -> None:
    """The order is only known from examples."""
    minutes = [0, -1, -30, -2, -3, -4, -30, -30, -30, -30]
    client = FakeLog([entry(n, m) for n, m in enumerate(minutes)], most=2)

    found = open_log(client).read(PUBLISHED["type"], NOON - timedelta(minutes=5))

    assert ids(found) == ["a0", "a1", "a3", "a4", "a5"]


def test_a_log_that_is_oldest_first_is_read_to_its_end() -> None:
    """Otherwise the first page would end it, and nothing would be found."""
    client = FakeLog([entry(n, n - 20) for n in range(20)], most=3)

    found = open_log(client).read(PUBLISHED["type"], NOON - timedelta(minutes=2))

    assert ids(found) == ["a18", "a19"]


def test_pages_that_repeat_do_not_go_on_for_ever() -> None:
    """A server's mistake must not hang the end of a run."""
    page = Reply(200, orjson.dumps({"activities": [entry(1)], "next": "n"}))
    client = Answers(page, page, page)

    found = open_log(client).read(PUBLISHED["type"], NOON)

    assert ids(found) == ["a1", "a1"]


def test_a_page_that_is_too_long_to_be_read_is_asked_for_in_parts() -> None:
    """A hundred failed events may have a hundred thousand bytes each."""
    whole = orjson.dumps({"activities": [entry(1)], "next": ""})
    cut = b'{"activities": [' + b" " * ANSWER_LIMIT_BYTES
    client = Answers(Reply(200, cut), Reply(200, whole))

    found = open_log(client).read("failed_event", NOON)

    assert ids(found) == ["a1"]
    assert client.asked == [("failed_event", 100, ""), ("failed_event", 8, "")]


@pytest.mark.parametrize(
    ("replies", "problem"),
    [
        ([Reply(404, b"{}")], "404"),
        ([Reply(200, b"{}")], "no activities"),
        ([Reply(200, b'{"' + b" " * ANSWER_LIMIT_BYTES)] * 2, "too long"),
    ],
)
def test_an_answer_of_something_else_ends_it(
    replies: list[Reply], problem: str
) -> None:
    """With a wrong address, everything would look fine."""
    with pytest.raises(WrongAddress, match=f"{problem}.*Check appUrl"):
        list(open_log(Answers(*replies)).read("failed_event", NOON))


def test_failures_are_repeated_and_a_rejected_key_ends_it() -> None:
    """As for every request."""
    good = Reply(200, orjson.dumps({"activities": [entry(1)]}))

    found = open_log(Answers(Reply(503), NoReply("reset"), good)).read("x", NOON)

    assert ids(found) == ["a1"]
    with pytest.raises(KeysRejected, match="appApiKey"):
        list(open_log(Answers(Reply(401))).read("x", NOON))


@pytest.mark.parametrize(
    ("date", "minutes"),
    [
        ("Tue, 24 Nov 2026 12:03:00 GMT", 3 - 5 / 60),
        ("Tue, 24 Nov 2026 11:58:00 GMT", -2 - 5 / 60),
        (None, -5),
        ("soon", -5 / 60),
    ],
)
def test_times_are_compared_by_the_servers_clock(
    date: str | None, minutes: float
) -> None:
    """Ours may be wrong; what was refused would then seem to be from before the run."""
    client = FakeLog([])
    client.date = date

    found = open_log(client).by_server_clock(NOON)

    assert (found - NOON).total_seconds() == pytest.approx(60 * minutes)


class Taken(list[str]):
    """Collects the ids of activities, each once."""

    def __call__(self, activities: list[Activity]) -> int:
        """Return how many are new."""
        new = [each for each in ids(activities) if each not in self]
        self.extend(new)
        return len(new)


def test_it_is_read_until_nothing_new_comes_for_a_while() -> None:
    """A refusal is in the log some seconds after its 200."""
    time, taken = Time(), Taken()
    client = FakeLog([entry(0)])

    def appear() -> None:
        if time.now >= 4 and len(client.entries) == 1:
            client.entries.insert(0, entry(1, 1, type="failed_event", name="e"))

    client.before_page = appear
    open_log(client, time).follow(NOON, taken)

    assert taken == ["a0", "a1"]
    assert 4 + QUIET_SECONDS <= time.now < 6 + QUIET_SECONDS


def test_a_log_that_never_gets_quiet_is_left_after_a_time() -> None:
    """Others may send to the workspace all night."""
    time, taken = Time(), Taken()
    client = FakeLog([])
    client.before_page = lambda: client.entries.insert(
        0, entry(client.pages, client.pages)
    )

    open_log(client, time).follow(NOON, taken)

    assert LONGEST_SECONDS <= time.now < LONGEST_SECONDS + 2


def test_a_stop_ends_it() -> None:
    """Ctrl-C at the end of a run."""
    time, taken = Time(), Taken()
    client = FakeLog([entry(0)])
    client.before_page = time.set

    open_log(client, time).follow(NOON, taken)

    assert client.pages == 1
    assert time.now == 0


def test_types_of_objects_are_asked_for_by_their_number() -> None:
    """Each object type has types of its own."""
    assert "failed_attribute_change" in failure_types()
    assert failure_types(["3"])[-2:] == (
        "_o:3:failed_attribute_change",
        "_r:3:failed_attribute_change",
    )
