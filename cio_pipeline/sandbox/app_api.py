"""The App API: looks people and objects up, and lists activities. Otherwise pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from cio_pipeline.sandbox.activity_log import DEFAULT_LIMIT, MOST_ACTIVITIES
from cio_pipeline.sandbox.answers import (
    Answer,
    Request,
    json_answer,
    parse_object,
    write_json,
)
from cio_pipeline.sandbox.objects import Objects
from cio_pipeline.sandbox.people import People, Person

MOST_IDS = 100
_CUSTOMERS = "/v1/customers/"
_ATTRIBUTES = "/attributes"
_OBJECTS = "/v1/objects/"


class AppApi:
    """Answers requests to the App API.

    Args:
        people: the workspace's people.
        authorization: the valid ``Authorization`` header.
        objects: the workspace's objects.
    """

    def __init__(
        self, people: People, authorization: str, objects: Objects | None = None
    ) -> None:
        self._people = people
        self._objects = objects or Objects()
        self._authorization = authorization

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        if request.headers.get("Authorization") != self._authorization:
            return _error(401, "unauthorized")
        if request.path == "/v1/activities" and request.method == "GET":
            return self._list_activities(request.query)
        if request.path == "/v1/customers/attributes" and request.method == "POST":
            return self._look_up_many(request)
        is_one = request.path.startswith(_CUSTOMERS) and request.path.endswith(
            _ATTRIBUTES
        )
        if is_one and request.method == "GET":
            return self._look_up(request)
        if request.path.startswith(_OBJECTS) and request.method == "GET":
            return self._look_up_object(request)
        return _error(404, "not found")

    def _list_activities(self, query: dict[str, str]) -> Answer:
        limit = query.get("limit", str(DEFAULT_LIMIT))
        if not limit.isdecimal() or not 1 <= int(limit) <= MOST_ACTIVITIES:
            return _error(400, f"limit must be 1 to {MOST_ACTIVITIES}")
        page = self._people.log.page(
            type=query.get("type"),
            start=query.get("start", ""),
            limit=int(limit),
            customer=(query.get("id_type", "id"), query.get("customer_id")),
            name=query.get("name"),
        )
        return json_answer(200, page)

    def _look_up(self, request: Request) -> Answer:
        segment = request.path[len(_CUSTOMERS) : -len(_ATTRIBUTES)]
        kind = request.query.get("id_type", "id")
        value = unquote(segment)
        if kind == "cio_id":
            value = value.removeprefix("cio_")
        person = self._people.find(kind, value)
        if person is None:
            return _error(404, "not found")
        return json_answer(200, {"customer": _customer(person)})

    def _look_up_object(self, request: Request) -> Answer:
        parts = request.path.removeprefix(_OBJECTS).split("/")
        if len(parts) != 3 or parts[2] != "attributes":
            return _error(404, "not found")
        object_type, object_id = map(unquote, parts[:2])
        found = self._objects.find(object_type, object_id)
        if found is None:
            return _error(404, "not found")
        document = {
            "identifiers": {"object_type_id": object_type, "object_id": object_id},
            "object_type_id": object_type,
            "attributes": {name: _as_text(v) for name, v in found.attributes.items()},
        }
        return json_answer(200, {"object": document})

    def _look_up_many(self, request: Request) -> Answer:
        ids = (parse_object(request.body) or {}).get("ids")
        if not isinstance(ids, list):
            return _error(400, "ids must be a list")
        if len(ids) > MOST_IDS:
            return _error(400, f"at most {MOST_IDS} ids")
        found = [self._people.find("id", each) for each in ids if isinstance(each, str)]
        customers = [_customer(person) for person in found if person is not None]
        return json_answer(200, {"customers": customers})


def _customer(person: Person) -> dict[str, Any]:
    identifiers = {
        "id": person.identifiers.get("id", ""),
        "email": person.identifiers.get("email", ""),
        "cio_id": person.cio_id,
    }
    shown = {name: _as_text(value) for name, value in person.attributes.items()}
    return {
        "id": identifiers["id"],
        "identifiers": identifiers,
        "attributes": shown,
        "timestamps": dict.fromkeys(shown, 0),
        # True, "true" in any case, 1 and "1".
        "unsubscribed": shown.get("unsubscribed", "").lower() in ("true", "1"),
        "devices": [],
    }


def _as_text(value: Any) -> str:  # noqa: ANN401  # any JSON
    return value if isinstance(value, str) else write_json(value)


def _error(status: int, detail: str) -> Answer:
    return json_answer(status, {"errors": [{"detail": detail, "status": str(status)}]})
