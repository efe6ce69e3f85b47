"""The keys that say what records are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cio_pipeline.core.config import Config, parse_config
from cio_pipeline.core.config_record_keys import (
    ActionRule,
    EventRule,
    IdentifierRule,
    Key,
    ObjectRule,
    RelationshipRule,
)
from cio_pipeline.core.config_records import PLAIN_RECORDS
from cio_pipeline.core.errors import ConfigError

EMAIL = {"from": "mail", "kind": "email"}
EVENT: dict[str, Any] = {"name": "bought", "timestamp": {"from": "at"}}
OBJECT: dict[str, Any] = {"type": "1", "id": {"from": "account"}}


def configure(**changes: Any) -> Config:
    """Read a configuration; None leaves a key out."""
    document = {"parallelism": 1, "userId": "id", "mappings": [], **changes}
    kept = {key: value for key, value in document.items() if value is not None}
    return parse_config(json.dumps(kept).encode(), "c.json")


def test_without_the_keys_records_are_people_to_insert_or_update() -> None:
    """The path of the request's own example stays as it is."""
    config = configure()

    assert config.user_id == "id"
    assert config.records == PLAIN_RECORDS


def test_identifiers_have_a_kind_or_are_several() -> None:
    """The first one that a record has is used."""
    one = configure(userId=EMAIL)
    two = configure(userId=[EMAIL, {"from": "no", "kind": "id"}])

    assert one.user_id == ""
    assert one.records.identifiers == (IdentifierRule("mail", "email"),)
    assert [rule.kind for rule in two.records.identifiers] == ["email", "id"]


def test_an_action_is_one_for_all_or_that_of_a_key() -> None:
    """The letters of an export of changes."""
    table = {"from": "op", "values": {"I": "upsert", "D": "delete"}}
    rules = [configure(action=each).records for each in ("suppress", table)]

    assert rules[0].action == "suppress"
    assert rules[1].action == ActionRule("op", (("I", "upsert"), ("D", "delete")))
    assert [each.removals for each in rules] == [("suppress",), ("delete",)]


def test_events_and_objects() -> None:
    """Their parts are constants or keys; an object type may be a number."""
    event = configure(kind="event", event={**EVENT, "id": {"from": "n"}}).records
    fixed = configure(kind="event", event={"name": "x", "timestamp": "1970-01-02"})
    account = configure(
        kind="object",
        object={**OBJECT, "type": 2},
        userId=None,
        relationships=[{"kind": "id", "from": "owner"}],
    ).records

    assert event.event == EventRule("bought", Key("at"), Key("n"))
    assert fixed.records.event == EventRule("x", 86_400)
    assert account.object == ObjectRule("2", Key("account"))
    assert account.relationships == (RelationshipRule("owner", "id"),)


def test_people_may_be_related_to_objects_and_not_be_created() -> None:
    """Both say something about a person's file."""
    rules = configure(
        people="existing", relationships=[{"objectType": "1", "from": "account"}]
    ).records

    assert not rules.creates_people
    assert rules.relationships == (RelationshipRule("account", "1"),)


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"userId": {"from": "a"}}, "userId.kind", "required"),
        ({"userId": {"kind": "id"}}, "userId.from", "required"),
        ({"userId": {"from": "", "kind": "id"}}, "userId.from", "empty"),
        ({"userId": {"from": "a", "kind": "mail"}}, "userId.kind", "'email'"),
        ({"userId": [EMAIL, 7]}, "userId[1]", "expected an object with 'from'"),
        ({"userId": []}, "userId", "empty list"),
        ({"userId": 7}, "userId", "expected text"),
        ({"userId": None}, "userId", "required"),
        ({"people": "new"}, "people", "all, existing"),
        ({"people": True}, "people", "'all' or 'existing'"),
        (
            {"people": "existing", "mappings": [{"from": "u", "to": "_update"}]},
            "people",
            "already sets '_update'",
        ),
        ({"kind": "events"}, "kind", "'event'"),
        ({"kind": None, "action": "remove"}, "action", "no such value"),
        ({"action": 7}, "action", "'upsert' or 'delete'"),
        ({"action": {"from": "op"}}, "action.values", "required"),
        ({"action": {"values": {"D": "delete"}}}, "action.from", "required"),
        ({"action": {"from": "op", "values": {}}}, "action.values", "expected"),
        ({"action": {"from": "op", "values": ["D"]}}, "action.values", "expected"),
        (
            {"action": {"from": "op", "values": {"D": "erase"}}},
            "action.values.D",
            "no such value",
        ),
        (
            {"action": {"from": "op", "values": {"D": "delete"}, "default": "x"}},
            "action.default",
            "no such value",
        ),
        ({"action": {"from": "o", "table": {}}}, "action.table", "no such key"),
        ({"event": EVENT}, "event", '"kind": "event"'),
        ({"object": OBJECT}, "object", '"kind": "object"'),
        ({"kind": "event"}, "event", "required"),
        ({"kind": "event", "event": {}}, "event.name", "required"),
        ({"kind": "event", "event": "x"}, "event", "expected an object"),
        ({"kind": "event", "event": {"name": " "}}, "event.name", "blank"),
        ({"kind": "event", "event": {"name": 7}}, "event.name", "expected text"),
        ({"kind": "event", "event": {"name": "é" * 51}}, "event.name", "102 bytes"),
        (
            {"kind": "event", "event": {"name": "x", "timestamp": "soon"}},
            "event.timestamp",
            "a time",
        ),
        ({"kind": "event", "event": {"name": "x", "id": "7"}}, "event.id", "own id"),
        ({"kind": "event", "event": {"name": "x", "data": 1}}, "event.data", "no such"),
        ({"kind": "event", "event": EVENT, "action": "delete"}, "action", "not for"),
        ({"kind": "event", "event": EVENT, "people": "all"}, "people", "not for"),
        ({"kind": "object", "object": OBJECT, "people": "all"}, "people", "not for"),
        (
            {"kind": "object", "object": OBJECT, "action": "suppress"},
            "action",
            "no such",
        ),
        ({"kind": "object"}, "object", "required"),
        ({"kind": "object", "object": {"type": "1"}}, "object.id", "required"),
        ({"kind": "object", "object": {**OBJECT, "id": "a"}}, "object.id", "expected"),
        *(
            (
                {"kind": "object", "object": {**OBJECT, "type": t}},
                "object.type",
                "number",
            )
            for t in ("accounts", "", "²", -1, 1.5, None, True)
        ),
        ({"relationships": {}}, "relationships", "a list"),
        ({"relationships": [{}]}, "relationships[0].objectType", "required"),
        (
            {"relationships": [{"objectType": "1"}]},
            "relationships[0].from",
            "required",
        ),
        (
            {"relationships": [{"objectType": "x", "from": "a"}]},
            "relationships[0].objectType",
            "number",
        ),
        (
            {
                "kind": "object",
                "object": OBJECT,
                "relationships": [{"kind": "phone", "from": "a"}],
            },
            "relationships[0].kind",
            "no such value",
        ),
        (
            {
                "relationships": [{"objectType": "1", "from": "a"}],
                "mappings": [{"from": "r", "to": "cio_relationships"}],
            },
            "relationships",
            "already sets",
        ),
    ],
)
def test_a_mistake_is_one_clear_line(
    changes: dict[str, Any], key: str, words: str
) -> None:
    """It names the key, what is wrong and what was expected."""
    with pytest.raises(ConfigError) as error:
        configure(**changes)

    assert error.value.key == key
    assert words in error.value.problem
