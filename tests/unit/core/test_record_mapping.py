"""Mapping of deletions, events, objects and people with named identifiers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cio_pipeline.core.config import parse_config
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.jobs import Payload, Record
from cio_pipeline.core.mapping import Mapper, mapper_for
from cio_pipeline.core.operations import UPSERT, Operation
from cio_pipeline.core.ulid import is_ulid

NAME = [{"from": "name", "to": "name"}]
BOUGHT: dict[str, Any] = {"name": "bought", "timestamp": {"from": "at"}}
ACCOUNT: dict[str, Any] = {"type": "1", "id": {"from": "account"}}


def mapper(**changes: Any) -> Mapper:
    """Return the mapper of a configuration."""
    document = {"parallelism": 1, "userId": "id", "mappings": NAME, **changes}
    return mapper_for(parse_config(json.dumps(document).encode(), "c.json"))


def map_one(record: Any, **changes: Any) -> Payload:
    """Map one record."""
    return mapper(**changes).map(Record(0, record))


def event(record: Any, **parts: Any) -> Payload:
    """Map one record as an event."""
    return map_one(record, kind="event", event=BOUGHT | parts)


def test_plain_people_have_the_plain_mapper() -> None:
    """They must not pay for what they do not use."""
    assert type(mapper()) is Mapper
    assert map_one({"id": 1}).operation is UPSERT


@pytest.mark.parametrize(
    ("kind", "value", "user_id", "named"),
    [
        ("id", 7, "7", None),
        ("id", "a@b.io", "a@b.io", "id"),
        ("id", "cio_7", "cio_7", "id"),
        ("email", "Ada@B.io", "Ada@B.io", None),
        ("email", "ada", "ada", "email"),
        ("email", "a b@c.io", "a b@c.io", "email"),
        ("cio_id", "a3000001", "cio_a3000001", None),
        ("cio_id", "cio_a3000001", "cio_a3000001", None),
        ("phone", "+15551234567", "+15551234567", "phone"),
        ("phone", 15551234567, "15551234567", "phone"),
    ],
)
def test_a_kind_is_named_where_a_path_may_not_show_it(
    kind: str, value: Any, user_id: str, named: str | None
) -> None:
    """All others go the usual way."""
    payload = map_one({"x": value}, userId={"from": "x", "kind": kind})

    assert payload.user_id == user_id
    assert payload.operation == Operation(kind=named)
    assert payload.identity.kind == kind


def test_the_first_identifier_that_a_record_has_is_used() -> None:
    """Missing, null and blank ones are skipped; a wrong one is an error."""
    rules = [{"from": "a", "kind": "id"}, {"from": "b", "kind": "email"}]

    found = [
        map_one(record, userId=rules).identity
        for record in ({"a": 1, "b": "x@y.io"}, {"a": None, "b": "x@y.io"})
    ]

    assert found == [Identity("id", "1"), Identity("email", "x@y.io")]
    for record in ({}, {"a": " ", "b": None}, {"a": [], "b": "x@y.io"}):
        with pytest.raises(RecordError):
            map_one(record, userId=rules)


@pytest.mark.parametrize(
    ("value", "action"),
    [("D", "delete"), ("I", "upsert"), (1, "suppress"), (True, "unsuppress")],
)
def test_the_action_of_a_record_is_in_a_table(value: Any, action: str) -> None:
    """Numbers and true are compared as they are written in JSON."""
    table = {"D": "delete", "I": "upsert", "1": "suppress", "true": "unsuppress"}

    payload = map_one(
        {"id": 1, "name": "x", "op": value}, action={"from": "op", "values": table}
    )

    assert payload.operation.action == action
    assert payload.attributes == ({"name": "x"} if action == "upsert" else {})


@pytest.mark.parametrize("record", [{}, {"op": None}, {"op": "d"}, {"op": ["D"]}])
def test_a_value_outside_the_table_is_an_error_or_has_the_default(record: Any) -> None:
    """Nobody is deleted by a guess."""
    table: dict[str, Any] = {"from": "op", "values": {"D": "delete"}}

    with pytest.raises(RecordError, match="'op'"):
        map_one({"id": 1, **record}, action=table)
    default = map_one({"id": 1, **record}, action={**table, "default": "unsuppress"})
    assert default.operation.action == "unsuppress"


def test_only_upserts_use_mapped_keys() -> None:
    """A file of ids has no other keys, and that is no mistake."""
    deleting, mixed = (
        mapper(action=action)
        for action in (
            "delete",
            {"from": "op", "values": {"D": "delete", "I": "upsert"}},
        )
    )
    deleting.map(Record(0, {"id": 1}))
    mixed.map(Record(0, {"id": 1, "op": "I"}))

    assert deleting.unused == []
    assert mixed.unused == ["name"]


def test_people_that_exist_are_only_updated() -> None:
    """Customer.io creates nobody with this attribute."""
    payload = map_one({"id": 1, "name": "x"}, people="existing")

    assert payload.attributes == {"name": "x", "_update": True}


def test_an_event_has_its_parts_in_a_fixed_order() -> None:
    """The data is last, where an item of a batch is cut."""
    payload, body = mapper(kind="event", event=BOUGHT).map_to_json(
        Record(0, {"id": 7, "at": "1970-01-02T00:00:00Z", "name": ',"data":{}'})
    )

    assert list(payload.attributes) == ["name", "timestamp", "id", "data"]
    assert payload.attributes["timestamp"] == 86_400
    assert payload.attributes["data"] == {"name": ',"data":{}'}
    assert payload.operation == Operation("event", "track")
    assert json.loads(body) == payload.attributes


def test_the_same_record_is_the_same_event() -> None:
    """Whatever the order of its keys, in every run; another record is another one."""
    one = event({"id": 7, "at": 100, "n": 1})
    same = event({"n": 1, "at": 100, "id": 7})
    others = [
        event({"id": 7, "at": 100, "n": 2}),
        event({"id": 7, "at": 101, "n": 1}),
        event({"id": 8, "at": 100, "n": 1}),
        event({"id": 7, "at": 100, "n": 1}, name="sold"),
    ]

    ids = {str(each.attributes["id"]) for each in (one, same, *others)}
    assert one == same
    assert len(ids) == 5
    assert all(map(is_ulid, ids))


def test_an_id_of_the_record_is_sent_or_makes_the_ulid() -> None:
    """A ULID as it is; any other text counts the event once as well."""
    known = "01AK4N8V8G8KVA4HN8Y50CCZ59"
    parts = {"id": {"from": "n"}}
    ids = [
        event({"id": 1, "at": 100, "n": n, "x": x}, **parts).attributes["id"]
        for n, x in ((known, 1), ("order-1", 1), ("order-1", 2), ("order-2", 1))
    ]
    without = [
        event({"id": 1, "at": 100, "x": 1, **n}, **parts).attributes["id"]
        for n in ({}, {"n": ""})
    ]

    assert ids[0] == known
    assert ids[1] == ids[2] != ids[3]
    assert all(is_ulid(str(each)) for each in ids + without)


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1},
        {"id": 1, "at": None},
        {"id": 1, "at": ""},
        {"id": 1, "at": "soon"},
        {"id": 1, "at": True},
        {"at": 100},
    ],
)
def test_an_event_without_a_time_or_a_person_is_an_error(record: Any) -> None:
    """Customer.io would use the time of its arrival."""
    with pytest.raises(RecordError):
        event(record)


@pytest.mark.parametrize("name", [None, "", " ", 7, "é" * 51, ["x"]])
def test_an_event_needs_a_name(name: Any) -> None:
    """At most 100 bytes of text."""
    with pytest.raises(RecordError, match="name of the event"):
        event({"id": 1, "at": 1, "what": name}, name={"from": "what"})


def test_an_event_may_have_no_time_of_its_own() -> None:
    """The time is left out, and the id is still the same in every run."""
    made = [
        map_one({"id": 1}, kind="event", event={"name": "x"}).attributes
        for _ in range(2)
    ]

    assert made[0] == made[1]
    assert list(made[0]) == ["name", "id", "data"]


def test_a_record_that_is_too_deep_for_an_id_is_an_error() -> None:
    """Not a bug of ours."""
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(RecordError, match="nested too deeply"):
        event({"id": 1, "at": 1, "deep": deep})


def test_an_object_is_identified_by_type_and_id() -> None:
    """Its relationships name people by kind."""
    payload = map_one(
        {"account": 7, "name": "Acme", "owner": "1", "members": ["a@b.io", "c@d.io"]},
        kind="object",
        object=ACCOUNT,
        relationships=[
            {"kind": "id", "from": "owner"},
            {"kind": "email", "from": "members"},
            {"kind": "cio_id", "from": "missing"},
        ],
    )

    assert payload.identity == Identity("object 1", "7")
    assert payload.operation == Operation("object", "upsert", "1")
    assert payload.attributes == {
        "name": "Acme",
        "cio_relationships": [
            {"identifiers": {"id": "1"}},
            {"identifiers": {"email": "a@b.io"}},
            {"identifiers": {"email": "c@d.io"}},
        ],
    }


def test_a_person_is_related_to_objects() -> None:
    """One value or a list; an empty cell is no relationship."""
    rules = [{"objectType": "1", "from": "account"}]
    related = [
        map_one({"id": 1, "account": value}, relationships=rules).attributes
        for value in (7, ["a", "b"], "", None, [])
    ]

    assert [
        [each["identifiers"]["object_id"] for each in one.get("cio_relationships", [])]  # type: ignore[union-attr,index,call-overload]  # any JSON
        for one in related
    ] == [["7"], ["a", "b"], [], [], []]


@pytest.mark.parametrize("value", [["a", ""], ["a", None], True, {"id": 1}, [["a"]]])
def test_a_relationship_to_nothing_is_an_error(value: Any) -> None:
    """It would be refused with the person's attributes."""
    with pytest.raises(RecordError, match="relationship"):
        map_one(
            {"id": 1, "account": value},
            relationships=[{"objectType": "1", "from": "account"}],
        )


@pytest.mark.parametrize("record", [{}, {"account": None}, {"account": " "}])
def test_an_object_needs_an_id(record: Any) -> None:
    """Its message names the key."""
    with pytest.raises(RecordError, match="'account'"):
        map_one(record, kind="object", object=ACCOUNT)


def test_whom_a_record_is_about_is_known_without_mapping_it() -> None:
    """Shards are chosen by it."""
    record = Record(0, {"id": "a@b.io", "account": "x"})

    assert mapper(userId={"from": "id", "kind": "id"}, action="delete").identity_in(
        record
    ) == Identity("id", "a@b.io")
    assert mapper(kind="object", object=ACCOUNT).identity_in(record) == Identity(
        "object 1", "x"
    )


def test_a_date_of_mongodb_is_the_time_that_a_mapping_makes_of_it() -> None:
    """It is in milliseconds, however small the number is."""
    payload = event({"id": 1, "at": {"$date": 86_400_000}})

    assert payload.attributes["timestamp"] == 86_400
