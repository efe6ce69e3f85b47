"""The sandbox answers as the API's published description says.

`tests/data/track_answers.json` holds the answers' schemas of the four operations
that matter here, by operation and status; null where no body is described.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cio_pipeline.sandbox.answers import Answer, Request
from cio_pipeline.sandbox.people import People
from cio_pipeline.sandbox.track_api import TrackApi
from tests.support.program import MAIN

_TOKEN = "Basic " + base64.b64encode(b"site:key").decode()
SCHEMAS: dict[str, dict[str, Any]] = json.loads(
    (MAIN.parent / "tests" / "data" / "track_answers.json").read_text("utf-8")
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
_item = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["person", "object", 1]),
        "action": st.sampled_from(["identify", "delete"]),
        "identifiers": st.dictionaries(
            st.sampled_from(["id", "email", "cio_id", "other"]),
            st.sampled_from(["1", "", "x" * 200]) | _json,
            max_size=2,
        ),
        "attributes": st.dictionaries(st.text(max_size=4), _json, max_size=2) | _json,
    },
)
_body = st.one_of(
    _json, _item, st.fixed_dictionaries({"batch": st.lists(_item | _json, max_size=4)})
)


def ask(operation: str, body: bytes, token: str = _TOKEN) -> Answer:
    """Ask the sandbox."""
    method, _, path = operation.partition(" ")
    path = path.replace("{identifier}", "42")
    request = Request(method, path, {}, {"Authorization": token}, body)
    return TrackApi(People(), _TOKEN).answer(request)


def check(operation: str, answer: Answer) -> None:
    """Check an answer's status and body against the description."""
    described = SCHEMAS[operation]
    if operation.startswith("PUT") and answer.status in (400, 413):
        assert set(json.loads(answer.body)) == {"meta"}  # seen, but not described
        return
    assert str(answer.status) in described
    schema = described[str(answer.status)]
    if schema is not None:
        strict = json.loads(
            json.dumps(schema).replace(
                '"type": "object"', '"type": "object", "additionalProperties": false'
            )
        )
        jsonschema.validate(json.loads(answer.body), strict)


@settings(max_examples=300, deadline=None)
@given(operation=st.sampled_from(sorted(SCHEMAS)), body=_body)
def test_whatever_is_asked_the_answer_is_a_described_one(
    operation: str, body: Any
) -> None:
    """Hostile items included: statuses and shapes are the published ones."""
    check(operation, ask(operation, json.dumps(body).encode()))


@pytest.mark.parametrize("operation", sorted(SCHEMAS))
def test_keys_that_are_wrong_get_a_401_everywhere(operation: str) -> None:
    """As the description says for each of the four."""
    answer = ask(operation, b"{}", token="Basic wrong")

    assert answer.status == 401
    check(operation, answer)


def test_refused_items_are_described() -> None:
    """A 207 that names each refused item."""
    operation = "POST /api/v2/batch"
    good = {"type": "person", "action": "identify", "identifiers": {"id": "1"}}
    answer = ask(operation, json.dumps({"batch": [good, {}, good, 7]}).encode())

    assert answer.status == 207
    assert [e["batch_index"] for e in json.loads(answer.body)["errors"]] == [1, 3]
    check(operation, answer)
