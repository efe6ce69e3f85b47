"""The Track API. Pure, except for the workspace's people, events and objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from cio_pipeline.sandbox.answers import (
    NOT_FOUND,
    OK,
    UNAUTHORIZED,
    Answer,
    Request,
    json_answer,
    parse_object,
    v1_error,
)
from cio_pipeline.sandbox.events import Events
from cio_pipeline.sandbox.objects import Objects
from cio_pipeline.sandbox.people import (
    Change,
    People,
    Refusal,
    UnknownPerson,
    check_identifier,
    read_identifier,
    size_as_json,
)

BODY_LIMIT = 500_000
ITEM_LIMIT = 32_000
_CUSTOMERS = "/api/v1/customers/"
_KINDS = ("id", "email", "cio_id", "phone")
_V1_ACTIONS = {
    ("DELETE",): "delete",
    ("POST", "suppress"): "suppress",
    ("POST", "unsuppress"): "unsuppress",
}
_V1_DELETES = {"add_relationships": False, "delete_relationships": True}


class TrackApi:
    """Answers requests to the Track API.

    Args:
        people: the workspace.
        authorization: the valid ``Authorization`` header.
    """

    def __init__(self, people: People, authorization: str) -> None:
        self._people = people
        self.events = Events(people)
        self.objects = Objects()
        self._authorization = authorization

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        if request.headers.get("Authorization") != self._authorization:
            return UNAUTHORIZED
        if request.path.startswith(_CUSTOMERS):
            return self._customer(request)
        if request.path == "/api/v2/batch" and request.method == "POST":
            return self._batch(request)
        if request.path == "/api/v2/entity" and request.method == "POST":
            return self._entity(request)
        if request.path == "/api/v1/accounts/region" and request.method == "GET":
            document = {
                "url": "https://track.customer.io",
                "region": "us",
                "environment_id": 1,
            }
            return json_answer(200, document)
        return NOT_FOUND

    def _customer(self, request: Request) -> Answer:
        segment, *rest = request.path[len(_CUSTOMERS) :].split("/")
        if not segment or len(rest) > 1:
            return NOT_FOUND
        identifier = unquote(segment)
        name = (request.method, *rest)
        if name == ("PUT",):
            return self._identify(request, identifier)
        if name == ("POST", "events"):
            return self._track(request, identifier)
        act = self._acts.get(_V1_ACTIONS.get(name, ""))
        if act is None:
            return NOT_FOUND
        act(*read_identifier(identifier))
        return OK

    @property
    def _acts(self) -> dict[str, Callable[[str, str], None]]:
        return {
            "delete": self._people.remove,
            "suppress": self._people.suppress,
            "unsuppress": self._people.unsuppress,
        }

    def _track(self, request: Request, identifier: str) -> Answer:
        event = parse_object(request.body)
        if event is None:
            return v1_error(400, "the body is not a JSON object")
        try:
            self.events.track(*read_identifier(identifier), event)
        except Refusal as refusal:
            return v1_error(400, refusal.message)
        return OK

    def _identify(self, request: Request, identifier: str) -> Answer:
        attributes = parse_object(request.body)
        if attributes is None:
            return v1_error(400, "the body is not a JSON object")
        if len(request.body) > ITEM_LIMIT:
            return v1_error(413, f"the body is larger than {ITEM_LIMIT} bytes")
        try:
            kind, value = read_identifier(identifier)
            self._people.upsert(kind, value, _v1_change(attributes))
        except Refusal as refusal:
            return v1_error(400, refusal.message)
        return OK

    def _entity(self, request: Request) -> Answer:
        item = parse_object(request.body)
        if item is None:
            return _v2_error(Refusal("invalid", "body", "not a JSON object"))
        try:
            self._take(item)
        except Refusal as refusal:
            return _v2_error(refusal)
        return OK

    def _batch(self, request: Request) -> Answer:
        if len(request.body) >= BODY_LIMIT:
            return _v2_error(Refusal("invalid", "batch", "the batch is too large"))
        document = parse_object(request.body)
        items = document.get("batch") if document is not None else None
        if not isinstance(items, list):
            return _v2_error(Refusal("required", "batch", "batch must be a list"))
        errors = []
        for index, item in enumerate(items):
            try:
                self._take(item)
            except UnknownPerson:
                continue  # dropped without an error
            except Refusal as refusal:
                errors.append({"batch_index": index, **_facts(refusal)})
        return json_answer(207, {"errors": errors}) if errors else OK

    def _take(self, item: Any) -> None:  # noqa: ANN401  # any JSON
        if not isinstance(item, dict):
            raise Refusal("invalid", "item", "an item must be an object")
        if size_as_json(item) > ITEM_LIMIT:
            raise Refusal("invalid", "item", f"larger than {ITEM_LIMIT} bytes")
        if item.get("type") == "object":
            self.objects.take(item)
        elif item.get("type") == "person":
            self._take_person(item, str(item.get("action")))
        else:
            raise Refusal("invalid", "type", "the sandbox supports people and objects")

    def _take_person(self, item: dict[str, Any], action: str) -> None:
        identifiers = item.get("identifiers")
        if not isinstance(identifiers, dict) or len(identifiers) != 1:
            raise Refusal("required", "identifiers", "one identifier is required")
        ((kind, identifier),) = identifiers.items()
        if kind not in _KINDS:
            raise Refusal("invalid", "identifiers", "unknown kind of identifier")
        if action in _CHANGES:
            self._people.upsert(kind, identifier, _CHANGES[action](item))
            return
        check_identifier(identifier)
        if action in self._acts:
            self._acts[action](kind, identifier)
        elif action == "event":
            event = {**item, "data": item.get("attributes", {})}
            self.events.track(kind, identifier, event)
        else:
            words = "the sandbox does not support this action"
            raise Refusal("invalid", "action", words)


def _v1_change(body: dict[str, Any]) -> Change:
    """Read a v1 body; two of its names are not attributes.

    Raises:
        Refusal: ``cio_relationships`` does not have the published form.
    """
    attributes = dict(body)
    timestamp = attributes.pop("_timestamp", None)
    relationships = attributes.pop("cio_relationships", None)
    if relationships is None or relationships == "":
        return Change(attributes, timestamp=timestamp)
    action = relationships.get("action") if isinstance(relationships, dict) else None
    if not isinstance(action, str) or action not in _V1_DELETES:
        words = "cio_relationships needs an action: " + " or ".join(_V1_DELETES)
        raise Refusal("invalid", "cio_relationships", words)
    if not isinstance(relationships.get("relationships"), list):
        words = "relationships must be a list"
        raise Refusal("invalid", "cio_relationships", words)
    return Change(
        attributes, relationships["relationships"], _V1_DELETES[action], timestamp
    )


def _identify_change(item: dict[str, Any]) -> Change:
    return Change(
        item.get("attributes", {}),
        item.get("cio_relationships"),
        timestamp=item.get("timestamp"),
    )


def _add_change(item: dict[str, Any]) -> Change:
    return Change({}, item.get("cio_relationships"))


def _delete_change(item: dict[str, Any]) -> Change:
    only_update = {"_update": True}  # do not create a person
    return Change(only_update, item.get("cio_relationships"), deletes=True)


_CHANGES: dict[str, Callable[[dict[str, Any]], Change]] = {
    "identify": _identify_change,
    "add_relationships": _add_change,
    "delete_relationships": _delete_change,
}


def _facts(refusal: Refusal) -> dict[str, str]:
    return {
        "reason": refusal.reason,
        "field": refusal.field,
        "message": refusal.message,
    }


def _v2_error(refusal: Refusal) -> Answer:
    return json_answer(400, {"errors": [_facts(refusal)]})
