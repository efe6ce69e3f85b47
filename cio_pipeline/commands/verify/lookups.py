"""Look up people within the App API's rate limit, with retries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from threading import Event

from cio_pipeline.commands.verify.comparison import FoundPerson
from cio_pipeline.core.clock import Clock
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.jobs import JsonValue, Outcome, Rejected, Reply
from cio_pipeline.core.json_text import decode_object
from cio_pipeline.core.limits import APP_API_LIMIT_PER_SECOND, LOOK_UP_LIMIT_IDS
from cio_pipeline.customerio import AppClient
from cio_pipeline.customerio.app_api import app_wording
from cio_pipeline.customerio.asking import Asker
from cio_pipeline.pipeline.rate_limit import pace

_NOT_THE_APP_API = (
    "the answer to a look-up has no customers, so it is not from Customer.io's App API"
)
Document = dict[str, JsonValue]
_NOBODY: Document = {"customer": None}


class LookUps:
    """Looks up people, one request at a time.

    Args:
        client: makes the requests.
        address_hint: a sentence on what to check if the address may be wrong.
        patience_seconds: how long one request is retried.
        stop: ends every wait.
        clock: time and random numbers.
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
        self._asker = Asker(
            patience_seconds=patience_seconds,
            stop=stop,
            clock=clock,
            wording=app_wording(
                request="a look-up in the App API",
                address_hint=address_hint,
                kept="Nothing was changed",
            ),
            pace=pace(APP_API_LIMIT_PER_SECOND, clock.monotonic),
        )

    def find(self, users: Mapping[Identity, str]) -> dict[Identity, FoundPerson]:
        """Return the people that exist.

        Args:
            users: any number, with their identifiers as they were sent. Up to
                `LOOK_UP_LIMIT_IDS` ids are one request; each identifier of another
                kind is a separate request.

        Raises:
            StopRun: the key was rejected, or there was no answer.
        """
        found: dict[Identity, FoundPerson] = {}
        plain: list[str] = []
        for user, text in users.items():
            if user.kind == "id":
                plain.append(text)
            elif (person := self._find_one(text, user.kind)) is not None:
                found[user] = person
        for start in range(0, len(plain), LOOK_UP_LIMIT_IDS):
            found.update(self._find_many(plain[start : start + LOOK_UP_LIMIT_IDS]))
        return found

    def _find_many(self, ids: list[str]) -> Iterator[tuple[Identity, FoundPerson]]:
        request = partial(self._client.look_up_many, ids)
        document = self._asker.ask(request, self._document)
        if document is None:
            return
        people = document.get("customers")
        if not isinstance(people, list):
            raise self._not_the_app_api()
        for each in people:
            person = _person(each)
            if person is not None:
                yield Identity("id", person.attributes.get("id", "")), person

    def _find_one(self, text: str, kind: str) -> FoundPerson | None:
        request = partial(self._client.look_up, text, kind)
        document = self._asker.ask(request, self._document_or_nobody)
        if document is None:
            return None
        if "customer" not in document:
            raise self._not_the_app_api()
        return _person(document["customer"])

    def _document(self, reply: Reply, outcome: Outcome) -> Document | None:
        if isinstance(outcome, Rejected):
            raise UsageError(
                f"the App API refused a look-up ({outcome.http_status}:"
                f" {outcome.message}), so the comparison was stopped."
                f" {self._address_hint}"
            )
        if not 200 <= reply.status < 300:
            return None
        document = decode_object(reply.body)
        if document is None:
            raise self._not_the_app_api()
        return document

    def _document_or_nobody(self, reply: Reply, outcome: Outcome) -> Document | None:
        if isinstance(outcome, Rejected) and outcome.http_status == 404:
            return _NOBODY
        return self._document(reply, outcome)

    def _not_the_app_api(self) -> UsageError:
        return UsageError(f"{_NOT_THE_APP_API}. {self._address_hint}")


def _person(document: JsonValue) -> FoundPerson | None:
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
