"""What Customer.io refused after its 200: the App API's activity log.

Customer.io accepts a request first and validates it later. What it refuses then is in
the log of ``GET /v1/activities``, a few seconds after the 200.

The published examples are newest first, and there is no filter by time. So each type
of failure is read, page by page, until a page has only activities that are older than
the wanted time. Single activities that are out of order do not end it, and a log that
is oldest first is read to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

from cio_pipeline.core.errors import WrongAddress
from cio_pipeline.core.identifiers import CIO_ID_PREFIX, IdentifierKind
from cio_pipeline.core.jobs import JsonValue, Outcome, Rejected, Reply
from cio_pipeline.core.json_text import decode_object
from cio_pipeline.core.limits import ACTIVITIES_LIMIT
from cio_pipeline.core.ulid import time_of
from cio_pipeline.customerio.app_api import AppClient
from cio_pipeline.customerio.asking import Asker
from cio_pipeline.customerio.backoff import server_time
from cio_pipeline.customerio.http.exchange import ANSWER_LIMIT_BYTES

_TYPES = (
    "failed_attribute_change",
    "failed_event",
    "failed_batch_update",
    "skipped_update",
    "relationship_failed_attribute_change",
)
_KINDS: tuple[IdentifierKind, ...] = ("id", "email", "cio_id")
# A refusal is in the log some seconds after the 200. The log is read again until it has
# had nothing new for this long.
QUIET_SECONDS = 5.0
# But for at most this long: others may be sending to the same workspace.
LONGEST_SECONDS = 60.0
_AGAIN_SECONDS = 1.0
# It is read again from this long before the newest refusal, because its order is not
# documented.
_OVERLAP = timedelta(seconds=60)
_MARGIN = timedelta(seconds=5)
_MARGIN_OF_OUR_CLOCK = timedelta(minutes=5)
_TOGETHER = 500  # the activities that are passed on at a time
# If a page is longer than the part of an answer that is read, a smaller one is asked
# for. An event may have 100,000 bytes of data.
_PAGE_SIZES = (ACTIVITIES_LIMIT, 8)


class Identifier(NamedTuple):
    """An identifier of a person, as it is sent: a ``cio_id`` with its prefix."""

    kind: IdentifierKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One entry of the activity log: something that Customer.io refused.

    Args:
        id: its ULID.
        type: such as ``failed_attribute_change``.
        at: when Customer.io refused it, in Unix seconds.
        identifiers: those of its person that are known.
        name: the event's name, or empty.
        data: what was refused, as Customer.io describes it. For a change of
            attributes, its keys are the attributes.
    """

    id: str
    type: str
    at: float
    identifiers: tuple[Identifier, ...]
    name: str
    data: JsonValue

    @property
    def about(self) -> str:
        """What was refused: the attributes' names, or the event's; may be empty."""
        if self.name:
            return self.name
        return ", ".join(sorted(self.data)) if isinstance(self.data, dict) else ""


class Page(NamedTuple):
    """A page of the log, and the ``start`` of the next one; empty at the end."""

    activities: tuple[Activity, ...]
    next: str


_CUT = Page((), "")  # the page is too long to be read


def failure_types(object_types: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the types of activities that are failures.

    Args:
        object_types: the numbers of the object types whose failures are included.
    """
    of_objects = (
        f"_{letter}:{number}:failed_attribute_change"
        for number in object_types
        for letter in "or"
    )
    return (*_TYPES, *of_objects)


def parse_page(document: JsonValue) -> Page | None:
    """Read a page of the activity log; return None if it is not one.

    Args:
        document: ``{"activities": [{"id", "type", "timestamp", "customer_id",
            "customer_identifiers", "name", "data"}], "next": text}``.
    """
    entries = document.get("activities") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(entries, list):
        return None
    found = tuple(_activity(each) for each in entries if isinstance(each, dict))
    return Page(found, _text(document.get("next")))


def _activity(entry: dict[str, JsonValue]) -> Activity:
    return Activity(
        id=_text(entry.get("id")),
        type=_text(entry.get("type")),
        at=_time(entry),
        identifiers=tuple(_identifiers(entry)),
        name=_text(entry.get("name")),
        data=entry.get("data"),
    )


def _time(entry: dict[str, JsonValue]) -> float:
    """Return the later one of the two times that an activity has.

    The ULID begins with the time at which it was written. ``timestamp`` may be the time
    of an event that was sent with an older one.
    """
    times = [0.0]
    stamp, written = entry.get("timestamp"), time_of(_text(entry.get("id")))
    if isinstance(stamp, int | float):
        times.append(float(stamp))
    if written is not None:
        times.append(written / 1000)
    return max(times)


def _identifiers(entry: dict[str, JsonValue]) -> Iterator[Identifier]:
    known = entry.get("customer_identifiers")
    values = dict(known) if isinstance(known, dict) else {}
    values["id"] = values.get("id") or entry.get("customer_id")
    for kind in _KINDS:
        text = _text(values.get(kind))
        if text and kind == "cio_id":
            text = CIO_ID_PREFIX + text.removeprefix(CIO_ID_PREFIX)
        if text:
            yield Identifier(kind, text)


def _text(value: JsonValue) -> str:
    # JSON can contain lone surrogates, which cannot be stored.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


class ActivityLog:
    """Reads a workspace's activity log.

    Args:
        client: makes the requests.
        asker: repeats them, within the App API's limit.
        types: the types of activities that `follow` reads.
    """

    def __init__(
        self, client: AppClient, asker: Asker, types: Sequence[str] = _TYPES
    ) -> None:
        self._client = client
        self._asker = asker
        self._types = types

    def by_server_clock(self, time: datetime) -> datetime:
        """Return a time of our clock by the server's clock, or slightly earlier.

        It asks for the ``Date`` of an answer, which has full seconds. Without that
        header, our clock may be wrong by minutes.

        Raises:
            StopRun: the key was rejected, or there was no answer.
        """
        request = partial(self._client.list_activities, _TYPES[0], 1)
        reply = self._asker.ask(request, self._reply)
        if reply is None or reply.date is None:
            return time - _MARGIN_OF_OUR_CLOCK
        now = self._asker.clock.utc_now()
        return time + (server_time(reply.date, now) - now) - _MARGIN

    def read(self, activity_type: str, since: datetime) -> Iterator[Activity]:
        """Read the activities of a type, back to a time by the server's clock.

        It ends early after a stop.

        Raises:
            StopRun: the key was rejected, there was no answer, or the answer is not
                from the App API.
        """
        start, seen = "", {""}
        while (page := self._page(activity_type, start)) is not None:
            new = [each for each in page.activities if each.at >= since.timestamp()]
            yield from new
            start = page.next
            if start in seen or (not new and _is_newest_first(page.activities)):
                return
            seen.add(start)

    def follow(
        self,
        since: datetime,
        take: Callable[[list[Activity]], int],
        *,
        longest_seconds: float = LONGEST_SECONDS,
    ) -> None:
        """Read all refusals since a time, until there is nothing new for a while.

        Some activities are read several times.

        Args:
            since: the earliest time, by the server's clock.
            take: gets some activities at a time, and returns how many of them are new
                and matter.
            longest_seconds: how long to read again after the first time.

        Raises:
            StopRun: as `read`.
        """
        monotonic, stop = self._asker.clock.monotonic, self._asker.stop
        newest, _ = self._read_once(since, take)
        began = quiet_since = now = monotonic()
        while now - quiet_since < QUIET_SECONDS and now - began < longest_seconds:
            if stop.wait(_AGAIN_SECONDS):
                return
            newest, found = self._read_once(max(since, newest - _OVERLAP), take)
            now = monotonic()
            quiet_since = now if found else quiet_since

    def _read_once(
        self, since: datetime, take: Callable[[list[Activity]], int]
    ) -> tuple[datetime, int]:
        """Return the time of the newest refusal, and how many were new."""
        newest, found = since.timestamp(), 0
        activities = chain.from_iterable(self.read(each, since) for each in self._types)
        while some := list(islice(activities, _TOGETHER)):
            newest = max(newest, *(each.at for each in some))
            found += take(some)
        return utc(newest), found

    def _page(self, activity_type: str, start: str) -> Page | None:
        page: Page | None = _CUT
        for size in _PAGE_SIZES:
            request = partial(self._client.list_activities, activity_type, size, start)
            page = self._asker.ask(request, self._read_page)
            if page is not _CUT:
                return page
        raise self._not_the_app_api("it is too long")

    def _read_page(self, reply: Reply, outcome: Outcome) -> Page | None:
        if self._reply(reply, outcome) is None:
            return None
        if len(reply.body) >= ANSWER_LIMIT_BYTES:
            return _CUT
        page = parse_page(decode_object(reply.body))
        if page is None:
            raise self._not_the_app_api("it has no activities")
        return page

    def _reply(self, reply: Reply, outcome: Outcome) -> Reply | None:
        if isinstance(outcome, Rejected):
            raise self._not_the_app_api(f"{outcome.http_status}: {outcome.message}")
        return reply if 200 <= reply.status < 300 else None

    def _not_the_app_api(self, problem: str) -> WrongAddress:
        wording = self._asker.wording
        return WrongAddress(
            f"the answer to {wording.request} is not one of the App API ({problem})."
            f" {wording.check_address}. {wording.kept}"
        )


def _is_newest_first(activities: tuple[Activity, ...]) -> bool:
    return not activities or activities[0].at >= activities[-1].at


def utc(seconds: float) -> datetime:
    """Return Unix seconds as a time in UTC; the earliest one if there is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
