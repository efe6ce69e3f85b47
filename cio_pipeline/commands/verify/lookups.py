"""Looking people up: within the App API's rate, and again where it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event

from cio_pipeline.commands.verify.comparison import FoundPerson
from cio_pipeline.core.clock import Clock
from cio_pipeline.core.errors import (
    KeysRejected,
    StopRun,
    Unreachable,
    UsageError,
)
from cio_pipeline.core.identifiers import (
    IdentifierKind,
    identifier_kind,
)
from cio_pipeline.core.jobs import (
    Halt,
    JsonValue,
    NoReply,
    Rejected,
    Reply,
    Retryable,
)
from cio_pipeline.core.json_text import decode
from cio_pipeline.core.limits import (
    APP_API_LIMIT_PER_SECOND,
    LOOK_UP_LIMIT_IDS,
)
from cio_pipeline.customerio import AppClient
from cio_pipeline.customerio.backoff import backoff_seconds
from cio_pipeline.customerio.outcome import (
    judge,
    stop_run,
)
from cio_pipeline.pipeline.rate_limit import Pace

_NOT_THE_APP_API = (
    "what answered a look-up is not Customer.io's App API: its answer has no customers"
    " in it"
)


class LookUps:
    """Asks for people, one request at a time.

    Args:
        client: makes the requests.
        address_hint: a sentence on what to check where the address may be wrong.
        patience_seconds: how long one request may be refused before it is given up.
        stop: set to end every wait.
        clock: time and chance.
    """

    def __init__(
        self,
        client: AppClient,
        *,
        address_hint: str,
        patience_seconds: float,
        stop: Event,
        clock: Clock,
    ) -> None:
        self._client = client
        self._address_hint = address_hint
        self._patience_seconds = patience_seconds
        self._stop = stop
        self._clock = clock
        self._pace = Pace(APP_API_LIMIT_PER_SECOND, clock.monotonic())

    def find(self, user_ids: Sequence[str]) -> dict[str, FoundPerson]:
        """Look people up by the ids they were sent with; who is not there is left out.

        Args:
            user_ids: as many as are at hand; up to `LOOK_UP_LIMIT_IDS` ids are one
                request, an email address or a ``cio_`` id is one of its own.

        Raises:
            StopRun: the key was rejected, or no answer came.
        """
        found: dict[str, FoundPerson] = {}
        plain: list[str] = []
        for user_id in user_ids:
            kind = identifier_kind(user_id)
            if kind == "id":
                plain.append(user_id)
            elif (person := self._find_one(user_id, kind)) is not None:
                found[user_id] = person
        for start in range(0, len(plain), LOOK_UP_LIMIT_IDS):
            found.update(self._find_many(plain[start : start + LOOK_UP_LIMIT_IDS]))
        return found

    def _find_many(self, ids: list[str]) -> Iterator[tuple[str, FoundPerson]]:
        document = self._ask(lambda: self._client.look_up_many(ids))
        if document is None:
            return
        people = document.get("customers")
        if not isinstance(people, list):
            raise self._not_the_app_api()
        for each in people:
            person = _person(each)
            if person is not None:
                yield person.attributes.get("id", ""), person

    def _find_one(self, user_id: str, kind: IdentifierKind) -> FoundPerson | None:
        document = self._ask(
            lambda: self._client.look_up(user_id, kind), may_be_nobody=True
        )
        if document is None:
            return None
        if "customer" not in document:
            raise self._not_the_app_api()
        return _person(document["customer"])

    def _ask(
        self, request: Callable[[], Reply | NoReply], *, may_be_nobody: bool = False
    ) -> dict[str, JsonValue] | None:
        """Make a request until it is answered.

        Returns:
            None where nobody was found, or after a stop.
        """
        began = self._clock.monotonic()
        attempts = 0
        while not self._stop.is_set():
            now = self._clock.monotonic()
            self._stop.wait(max(0.0, self._pace.reserve(now) - now))
            reply = request()
            if isinstance(reply, Reply) and 200 <= reply.status < 300:
                document = _document(reply)
                if document is None:
                    raise self._not_the_app_api()
                return document
            outcome = judge(reply, self._clock.utc_now())
            if isinstance(outcome, Halt):
                raise self._halted(outcome)
            if isinstance(outcome, Rejected):
                if outcome.http_status == 404 and may_be_nobody:
                    return None
                raise UsageError(
                    f"the App API refused a look-up ({outcome.http_status}:"
                    f" {outcome.message}); nothing was compared from there on."
                    f" {self._address_hint}"
                )
            if isinstance(outcome, Retryable):
                self._back_off(outcome, attempts, began)
                attempts += 1
                continue
        return None

    def _back_off(self, outcome: Retryable, attempts: int, began: float) -> None:
        if self._clock.monotonic() - began > self._patience_seconds:
            raise Unreachable(
                f"the App API has not answered for {self._patience_seconds:.0f} s"
                f" (last: {outcome.message}). Nothing was changed; run again later"
            )
        wait = backoff_seconds(attempts, self._clock.random())
        self._stop.wait(max(wait, outcome.at_least_seconds))

    def _not_the_app_api(self) -> UsageError:
        return UsageError(f"{_NOT_THE_APP_API}. {self._address_hint}")

    def _halted(self, halt: Halt) -> StopRun:
        if halt.reason == "keys_rejected":
            return KeysRejected(
                f"Customer.io rejected the App API key ({halt.message}). Check"
                " appApiKey in the configuration: a Track API key will not do."
                f" {self._address_hint}. Nothing was changed"
            )
        if halt.reason == "redirected":
            return StopRun(
                f"the App API's address was {halt.message}, where the key may not go."
                f" {self._address_hint}. Nothing was changed",
                reason="redirected",
            )
        return stop_run(halt)


def _document(reply: Reply) -> dict[str, JsonValue] | None:
    try:
        document = decode(reply.body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _person(document: JsonValue) -> FoundPerson | None:
    """Read a person as the App API writes one."""
    if not isinstance(document, dict):
        return None
    attributes: dict[str, str] = {}
    for part in ("attributes", "identifiers"):
        values = document.get(part)
        if isinstance(values, dict):
            attributes.update(
                (name, value)
                for name, value in values.items()
                if isinstance(value, str) and (value or part == "attributes")
            )
    if isinstance(document.get("unsubscribed"), bool):
        attributes["unsubscribed"] = str(document["unsubscribed"]).lower()
    return FoundPerson(attributes)
