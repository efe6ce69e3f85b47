"""Customer.io for tests: the sandbox, with a script per user and a ledger."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Self
from urllib.parse import unquote
from urllib.request import ProxyHandler, build_opener

import orjson

from cio_pipeline.sandbox.answers import Answer, Request
from cio_pipeline.sandbox.server import DROP, SILENCE, Sandbox
from cio_pipeline.sandbox.settings import SandboxSettings

__all__ = ["DROP", "SILENCE", "Answer", "Entry", "ScriptedApi"]

_CUSTOMERS = "/api/v1/customers/"


@dataclass(slots=True)
class Entry:
    """One request in the ledger; times are monotonic seconds."""

    number: int
    method: str
    path: str
    user_id: str
    body: bytes
    headers: dict[str, str]
    connection: int
    arrived: float
    answered: float | None = None
    status: int | None = None

    @property
    def attributes(self) -> dict[str, Any]:
        """Return the attributes that were sent."""
        sent: dict[str, Any] = orjson.loads(self.body)
        return sent


@dataclass
class ScriptedApi:
    """A real server on 127.0.0.1 with scripted answers and a ledger.

    Each request for a user takes the next entry of that user's script: a status,
    an `Answer`, `DROP` or `SILENCE`. After the script, and without one, the
    sandbox answers.
    """

    settings: SandboxSettings = field(default_factory=lambda: SandboxSettings(port=0))
    ledger: list[Entry] = field(default_factory=list)
    before_answer: Callable[[Entry], None] | None = None
    after_answer: Callable[[Entry], None] | None = None

    def __post_init__(self) -> None:
        self._scripts: dict[str, deque[Answer]] = defaultdict(deque)
        self._for_all: Answer | None = None
        self._open: dict[int, deque[Entry]] = defaultdict(deque)
        self._lock = threading.Lock()
        self.sandbox = Sandbox(self.settings, interceptor=self)

    def __enter__(self) -> Self:
        self.sandbox.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.__exit__()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.sandbox.url

    def script(self, user_id: str, entries: Iterable[int | Answer]) -> None:
        """Set the answers to a user's next requests."""
        self._scripts[user_id].extend(map(_as_answer, entries))

    def answer_all(self, entry: int | Answer | None) -> None:
        """Answer every request alike; None ends that."""
        self._for_all = None if entry is None else _as_answer(entry)

    def before(self, request: Request, connection: int) -> Answer | None:
        """Note a request, and return its scripted answer."""
        entry = self._note(request, connection)
        if self.before_answer is not None:
            self.before_answer(entry)
        if self._for_all is not None:
            return self._for_all
        script = self._scripts.get(entry.user_id)
        answer = script.popleft() if script else None
        # 200 in a script means: let the sandbox take it.
        return None if answer is not None and answer.status == 200 else answer

    def after(self, request: Request, connection: int, status: int) -> None:
        """Note the status of the answer."""
        del request
        entry = self._open[connection].popleft()
        entry.answered, entry.status = time.monotonic(), status
        if self.after_answer is not None:
            self.after_answer(entry)

    def _note(self, request: Request, connection: int) -> Entry:
        with self._lock:
            entry = Entry(
                len(self.ledger) + 1,
                request.method,
                request.path,
                unquote(request.path.removeprefix(_CUSTOMERS)),
                request.body,
                {name.lower(): value for name, value in request.headers.items()},
                connection,
                time.monotonic(),
            )
            self.ledger.append(entry)
            self._open[connection].append(entry)
            return entry

    def requests_for(self, user_id: str) -> list[Entry]:
        """Return every request for one user, in order."""
        return [entry for entry in self.ledger if entry.user_id == user_id]

    def people(self) -> dict[str, dict[str, Any]]:
        """Return everybody's attributes, by id."""
        return {
            person.identifiers.get("id", person.identifiers.get("email", "")): dict(
                person.attributes
            )
            for person in self.sandbox.people
        }

    def wait_until_left(self) -> None:
        """Wait until every client has left, and all that it sent is in the ledger.

        What a killed process has sent may still be on its way when its end is known.
        Not for one that was answered with `SILENCE`: its connections stay.
        """
        # Connections are accepted in order: after this one, none is left to accept.
        build_opener(ProxyHandler({})).open(self.url + "/_sandbox/stats").close()
        deadline = time.monotonic() + 30
        while self.sandbox.open_connections:
            assert time.monotonic() < deadline, "a client stays connected"
            time.sleep(0.005)

    @property
    def most_in_flight(self) -> int:
        """Return the most requests that were open at one time."""
        return self.sandbox.stats.most_in_flight

    def overlaps(self) -> list[tuple[Entry, Entry]]:
        """Return pairs of one user's requests of which the second came too early."""
        by_user: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.ledger:
            by_user[entry.user_id].append(entry)
        return [
            (first, second)
            for entries in by_user.values()
            for first, second in pairwise(entries)
            if first.answered is None or second.arrived < first.answered
        ]


def _as_answer(entry: int | Answer) -> Answer:
    return Answer(entry) if isinstance(entry, int) else entry
