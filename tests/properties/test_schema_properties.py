"""The JSON Schema of configurations and the program agree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cio_pipeline.core.config import parse_config
from cio_pipeline.core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads(
    (ROOT / "cio_pipeline" / "configuration.schema.json").read_text("utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)
GOOD: dict[str, Any] = {"parallelism": 25, "userId": "id", "mappings": []}

SECRETS: list[Any] = ["k3y", "", "a b", 5, {"env": "A"}, {"env": ""}, {"env": "A=B"}]
SECRETS += [{"command": ["op", ""]}, {"command": []}, {"command": [""]}, {}, ["k"]]
SECRETS += [{"command": "op"}, {"command": ["op"], "env": "A"}, {"cmd": ["a"]}, "\xe9"]
TEXTS: list[Any] = ["id", "a.b", "", 5, None, ["a"], "\xe9" * 80]
FROM = {"from": "a"}
IDENTIFIERS: list[Any] = [{**FROM, "kind": each} for each in ("id", "phone", "mail", 5)]
IDENTIFIERS += [FROM, {"kind": "id"}, {"from": "", "kind": "id"}]
ACTIONS: list[Any] = [
    {**FROM, "values": {"D": "delete"}},
    {**FROM, "values": {"S": "suppress"}, "default": "upsert"},
    {**FROM, "values": {"S": "x"}},
    {**FROM, "values": {}},
    {**FROM, "values": {"D": "delete"}, "default": None},
    {"values": {"D": "delete"}},
    {**FROM, "values": ["D"]},
]
EVENTS: list[Any] = [
    {"name": "x"},
    {"name": FROM, "timestamp": FROM, "id": FROM},
    {"name": " "},
    {"name": 5},
    {"name": "\xe9" * 60},
    {"name": "x", "timestamp": "2026-01-01"},
    {"name": "x", "timestamp": "soon"},
    {"name": "x", "timestamp": True},
    {"name": "x", "timestamp": 5, "id": None},
    {"name": "x", "id": "5"},
    {"name": "x", "data": 5},
]
OBJECTS: list[Any] = [
    {"type": each, "id": FROM} for each in ("1", 1, "x", "", -1, "\xb2", None)
]
OBJECTS += [{"type": "1", "id": "a"}, {"type": "1"}, {"id": FROM}]
RELATED: list[Any] = [
    {"objectType": "1", **FROM},
    {"objectType": "x", **FROM},
    {"objectType": "1"},
    {"kind": "email", **FROM},
    {"kind": "phone", **FROM},
    FROM,
    5,
]
MAPPING: dict[str, list[Any]] = {
    "from": TEXTS,
    "to": [*TEXTS, "b", "c", "x" * 151],
    "value": [1, None, "x", [1], {"a": "b"}],
    "template": ["{a} {b.c}", "{a", "a", "{}", "{{a}}", 5, ""],
    "default": [1, None, "x", [1]],
    "values": [{"P": "pro"}, {}, {"1": [1]}, ["a"], "x"],
    "transforms": [["trim"], ["lower", "sha256"], [], ["x"], "trim", [1], [["trim"]]],
    "type": ["timestamp", "number", "integer", "boolean", "text", "date", 5],
    "format": ["DD/MM/YYYY", "dd/mm/yyyy", "", 5],
    "decimal": [".", ",", ";", 5],
    "onError": ["skip", "dead_letter", "ignore", False],
    "form": ["a"],
}
KEYS: dict[str, list[Any]] = {
    "$schema": ["s.json", "", 5],
    "parallelism": [1, 1000, 0, 1001, "5", True, None, 2.5],
    "userId": [*TEXTS, *IDENTIFIERS, IDENTIFIERS, IDENTIFIERS[:2], []],
    "kind": ["person", "event", "object", "people", None, 5],
    "people": ["all", "existing", "new", True],
    "action": ["upsert", "delete", "suppress", "erase", 5, *ACTIONS],
    "event": [*EVENTS, "x", {}],
    "object": [*OBJECTS, "x", {}],
    "relationships": [*([each] for each in RELATED), [*RELATED], [], {}],
    "usersPerSecond": [1, 0.5, 0, "5", True],
    "records": TEXTS,
    "delimiter": [";", "tab", "\\t", "\t", "\\x01", "ab", "a", '"', "", 5],
    "encoding": ["windows-1252", "no such", "", 5],
    "columns": [["a"], ["a", ""], [""], [], [5], "a"],
    "skipRows": [0, 1, 1000, 1001, -1, [1, 3], [0], [], "1", True],
    "nulls": [["-"], [""], [], [5], "-"],
    "backslashEscapes": [True, False, "true", 1],
    "siteId": SECRETS,
    "apiKey": SECRETS,
    "appApiKey": SECRETS,
    "database": SECRETS,
    "region": ["us", "eu", "US", "", 5],
    "trackUrl": ["http://127.0.0.1:1/a", "https://c.io/?x", "c.io", "", 5],
    "appUrl": ["https://proxy.example", "https://a:b@c.io", "ftp://c.io", 5],
    "api": ["customers", "batch", "bulk", 5],
    "requestsPerSecond": [0, 1.5, 1000, -1, 1e10, "5", True],
    "maxAttempts": [1, 10**6, 0, "5", 1.5],
    "maxOutageSeconds": [0, 1.5, -1, 1e10, "5", None],
    "timeoutSeconds": [1, 0.5, 3600, 0, 3601, "5"],
    "paralelism": [1],
}
_RECORD_KEYS = ("userId", "people", "action", "event", "object", "relationships")
KEYS_OF_RECORDS = {name: KEYS[name] for name in _RECORD_KEYS}
# What a schema cannot say.
BEYOND = re.compile(
    r"already maps to|already sets|expected a time|'encoding'|\d+ bytes|Url'"
    r"|\.format'|\.template'|is not a|is neither"
)


def subset(keys: dict[str, list[Any]], most: int) -> st.SearchStrategy[dict[str, Any]]:
    """Draw an object with some of the keys."""
    pairs = [(key, value) for key, values in keys.items() for value in values]
    return st.lists(st.sampled_from(pairs), max_size=most).map(dict)


MAPPINGS = st.lists(
    st.sampled_from([{"to": "a"}, {"from": "a"}, {"to": "b", "from": "x"}, {}]).flatmap(
        lambda base: subset(MAPPING, 4).map(lambda more: base | more)
    ),
    max_size=3,
)


def problem_with(document: object) -> str | None:
    """Return the program's message about a configuration; None if it is valid."""
    try:
        parse_config(json.dumps(document).encode(), "c.json")
    except ConfigError as error:
        return str(error)
    return None


@settings(max_examples=1000, deadline=None)
@given(changes=subset(KEYS, 4), mappings=MAPPINGS)
def test_the_schema_and_the_program_agree(
    changes: dict[str, Any], mappings: list[Any]
) -> None:
    """An editor must not refuse what the program takes, nor the other way round."""
    document = GOOD | {"mappings": mappings} | changes

    problem = problem_with(document)

    if VALIDATOR.is_valid(document):
        assert problem is None or BEYOND.search(problem)
    else:
        assert problem is not None


@settings(max_examples=1000, deadline=None)
@given(
    kind=st.sampled_from(["person", "event", "object"]),
    changes=subset(KEYS_OF_RECORDS, 4),
    left_out=st.sampled_from(["", "userId"]),
)
def test_they_agree_about_what_the_records_are(
    kind: str, changes: dict[str, Any], left_out: str
) -> None:
    """Which keys there may be depends on the kind."""
    parts = {
        "person": {},
        "event": {"event": EVENTS[0]},
        "object": {"object": OBJECTS[0]},
    }
    document = GOOD | {"kind": kind} | parts[kind] | changes
    document.pop(left_out, None)

    problem = problem_with(document)

    if VALIDATOR.is_valid(document):
        assert problem is None or BEYOND.search(problem)
    else:
        assert problem is not None


@pytest.mark.parametrize("key", ["parallelism", "userId", "mappings"])
def test_a_missing_key_is_refused_by_both(key: str) -> None:
    """The request's three keys are required, `userId` except for objects."""
    document = {name: value for name, value in GOOD.items() if name != key}

    assert not VALIDATOR.is_valid(document)
    assert problem_with(document) is not None


def test_both_have_the_same_keys() -> None:
    """Whoever adds a key adds it to the schema, with a description."""
    mapping = SCHEMA["$defs"]["mapping"]["properties"]
    known = problem_with(GOOD | {"zzzzzzzz": 1})
    known_of_mapping = problem_with(GOOD | {"mappings": [{"zzzzzzzz": 1}]})

    assert known is not None
    assert known_of_mapping is not None
    assert {*SCHEMA["properties"]} == {*known.partition("are ")[2].split(", ")}
    assert {*mapping} == {*known_of_mapping.partition("are ")[2].split(", ")}
    described = [*SCHEMA["properties"].values(), *mapping.values()]
    assert [each for each in described if "description" not in each] == []


def test_the_schema_is_one() -> None:
    """An editor refuses a schema with a mistake without a word."""
    Draft202012Validator.check_schema(SCHEMA)
