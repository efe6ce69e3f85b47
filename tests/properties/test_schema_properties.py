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
    "userId": TEXTS,
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
# What a schema cannot say.
BEYOND = re.compile(
    r"already maps to|\d+ bytes|Url'|\.format'|\.template'|is not a|is neither"
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


@pytest.mark.parametrize("key", ["parallelism", "userId", "mappings"])
def test_a_missing_key_is_refused_by_both(key: str) -> None:
    """The request's three keys are required."""
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
