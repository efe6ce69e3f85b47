"""Both modes of sending have the published form and the same effect.

`tests/data/track_requests.json` holds the request schemas of both operations. They
allow any name in the attributes of an item, so names in the wrong position are searched
for by name.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cio_pipeline.commands.check.warnings import payload_warnings
from cio_pipeline.core.jobs import Job, Payload
from cio_pipeline.core.json_text import encode
from cio_pipeline.customerio.batch import make_body
from cio_pipeline.customerio.reserved import in_v1_form
from cio_pipeline.customerio.track_api import encode_identifier
from cio_pipeline.sandbox.answers import Answer, Request
from cio_pipeline.sandbox.people import People
from cio_pipeline.sandbox.track_api import TrackApi
from tests.support.builders import make_job
from tests.support.program import MAIN

_TOKEN = "Basic eA=="
SCHEMAS: dict[str, Any] = json.loads(
    (MAIN.parent / "tests" / "data" / "track_requests.json").read_text("utf-8")
)
_VALIDATORS = {
    operation: jsonschema.Draft202012Validator(
        {**schema, "definitions": SCHEMAS["definitions"]}
    )
    for operation, schema in SCHEMAS.items()
    if operation != "definitions"
}
_scalar = st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
_relationship = st.fixed_dictionaries(
    {
        "identifiers": st.fixed_dictionaries(
            {"object_type_id": st.just("1"), "object_id": st.sampled_from("ab")}
        )
        | st.fixed_dictionaries({"cio_object_id": st.sampled_from("ab")})
    },
    optional={
        "relationship_attributes": st.dictionaries(
            st.sampled_from("xy"), _scalar, max_size=2
        )
    },
)
_relationships = st.lists(_relationship, max_size=3)
_relationships_object = st.fixed_dictionaries(
    {
        "action": st.sampled_from(["add_relationships", "delete_relationships"]),
        "relationships": _relationships,
    }
)
_published = {
    "_timestamp": st.integers(0, 9),
    "_update": st.booleans(),
    "created_at": st.integers(0, 9),
    "unsubscribed": st.booleans(),
    "cio_subscription_preferences": st.fixed_dictionaries(
        {"topics": st.dictionaries(st.sampled_from("xy"), st.booleans(), max_size=2)}
    ),
    "cio_relationships": _relationships | _relationships_object,
    "id": st.sampled_from(["1", "2"]),
    "email": st.sampled_from(["a@b.io", "A@b.io"]),
    "plan": _scalar,
}
_user_id = st.sampled_from(["1", "2", "a@b.io", "cio_x", "cio_0000000000000001"])

# Values of any shape: a good one of another name, or what often is in a data file.
_odd = (
    st.none()
    | st.floats(-5, 5)
    | st.sampled_from(["", "true", "TRUE", 1, 0, "1", "2026-01-01T00:00:00Z", 10**12])
    | st.lists(_scalar, max_size=2)
    | st.dictionaries(st.sampled_from(["action", "topics", "x"]), _scalar, max_size=2)
    | st.fixed_dictionaries(
        {
            "action": st.sampled_from(["remove", "delete_relationships", None]),
            "relationships": st.none() | st.lists(_relationship | _scalar, max_size=2),
        }
    )
    | st.lists(
        st.fixed_dictionaries(
            {"identifiers": st.dictionaries(st.sampled_from("ab"), _scalar)},
            optional={"relationship_attributes": _scalar},
        ),
        max_size=2,
    )
    | st.fixed_dictionaries({"topics": st.dictionaries(st.just("x"), _scalar)})
)
_reserved = {name: values | _odd for name, values in _published.items()} | {
    "anonymous_id": _scalar | _odd,
    "cio_subscription_preferences.topics.y": _scalar | _odd,
}
del _reserved["plan"]
_arbitrary = {name: values | _odd for name, values in _reserved.items()} | {
    # A record with relationships to delete is two items: if its time or some of them
    # are unusable, one of the two can be good.
    "_timestamp": st.integers(0, 9) | st.none() | st.just(""),
    "cio_relationships": _relationships | _relationships_object | st.none() | _scalar,
    "plan": _scalar,
}


def _sends(values: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    payload = st.fixed_dictionaries({}, optional=values)
    return st.lists(st.tuples(_user_id, payload), min_size=1, max_size=6)


def jobs_of(sends: list[tuple[str, dict[str, Any]]]) -> list[Job]:
    """Return the jobs of these payloads."""
    return [
        make_job(number, user_id, body=encode(payload))
        for number, (user_id, payload) in enumerate(sends)
    ]


def state_after(requests: list[tuple[str, str, bytes]]) -> list[Any]:
    """Send requests to an empty sandbox; return its people."""
    people = People()
    track = TrackApi(people, _TOKEN)
    for method, path, body in requests:
        answer(track, method, path, body)
    return [
        (who.identifiers, who.attributes, who.relationships, who.changed_at)
        for who in people
    ]


def answer(track: TrackApi, method: str, path: str, body: bytes) -> Answer:
    """Send one request."""
    headers = {"Authorization": _TOKEN}
    return track.answer(Request(method, path, {}, headers, body))


def put_of(job: Job) -> tuple[str, str, bytes]:
    """Return the request that sends one job alone."""
    path = "/api/v1/customers/" + encode_identifier(job.user_id)
    return "PUT", path, in_v1_form(job).body


def validate(operation: str, body: bytes) -> Any:
    """Check a body against an operation's schema; return it."""
    document = json.loads(body)
    _VALIDATORS[operation].validate(document)
    return document


def is_partly_good(payload: dict[str, Any]) -> bool:
    """Return whether a record is two items, of which one may have an unusable id."""
    relationships = payload.get("cio_relationships")
    return isinstance(relationships, dict) and bool({"id", "email"} & payload.keys())


@settings(max_examples=200, deadline=None)
@given(_sends(_arbitrary))
def test_people_are_the_same_one_by_one_and_in_batches(
    sends: list[tuple[str, dict[str, Any]]],
) -> None:
    """`api` changes the speed, not what is stored."""
    assume(not any(is_partly_good(payload) for _, payload in sends))
    jobs = jobs_of(sends)

    one_by_one = state_after([put_of(job) for job in jobs])
    in_batches = state_after(
        [("POST", "/api/v2/batch", make_body([job])) for job in jobs]
    )

    assert one_by_one == in_batches


@settings(max_examples=200, deadline=None)
@given(_sends(_published))
def test_requests_have_the_published_form(
    sends: list[tuple[str, dict[str, Any]]],
) -> None:
    """A name in the wrong position is stored as plain data, without any error."""
    jobs = jobs_of(sends)

    for job in jobs:
        validate("PUT /api/v1/customers/{identifier}", in_v1_form(job).body)
    for item in validate("POST /api/v2/batch", make_body(jobs))["batch"]:
        assert not {"_timestamp", "cio_relationships"} & set(item.get("attributes", {}))
        assert not item["identifiers"].get("cio_id", "").startswith("cio_")


@settings(max_examples=400, deadline=None)
@given(st.fixed_dictionaries({}, optional=_reserved))
def test_check_warns_of_each_value_without_the_published_form(
    attributes: dict[str, Any],
) -> None:
    """What is refused, or misread, is known before the first request."""
    warned = {each.attribute for each in payload_warnings(Payload("7", attributes))}
    # Null is no form: it removes an attribute, whatever its name.
    rest = {k: v for k, v in attributes.items() if k not in warned and v is not None}
    (job,) = jobs_of([("7", rest)])

    validate("PUT /api/v1/customers/{identifier}", in_v1_form(job).body)
    validate("POST /api/v2/batch", make_body([job]))


def test_relationships_are_deleted_in_both_modes() -> None:
    """Also if other attributes change in the same record."""
    acme = {"identifiers": {"object_type_id": "1", "object_id": "acme"}}
    jobs = jobs_of(
        [
            ("1", {"cio_relationships": [acme]}),
            (
                "1",
                {
                    "x": 2,
                    "cio_relationships": {
                        "action": "delete_relationships",
                        "relationships": [acme],
                    },
                },
            ),
        ]
    )
    bodies = [("POST", "/api/v2/batch", make_body([job])) for job in jobs]

    assert state_after(bodies[:1])[0][2] != {}
    assert state_after(bodies) == [({"id": "1"}, {"x": 2}, {}, {})]
    assert state_after([put_of(job) for job in jobs]) == state_after(bodies)


@pytest.mark.parametrize(
    ("attributes", "field", "message"),
    [
        (
            {"n" * 151: 1},
            "n" * 50,
            "attribute name cannot be longer than 150 bytes",
        ),
        (
            {"bio": "v" * 1001},
            "bio",
            "value for attribute 'bio' cannot be longer than 1000 bytes",
        ),
        (
            {f"n{k}": k for k in range(301)},
            "attributes",
            "cannot identify more than 300 attributes in one request",
        ),
        ({"_timestamp": "now"}, "timestamp", "timestamp must be an integer"),
    ],
)
def test_both_versions_refuse_the_same_with_the_same_message(
    attributes: dict[str, Any], field: str, message: str
) -> None:
    """The published messages, in the form of each version."""
    (job,) = jobs_of([("1", attributes)])
    track = TrackApi(People(), _TOKEN)

    alone = answer(track, *put_of(job))
    batch = answer(track, "POST", "/api/v2/batch", make_body([job]))

    assert (alone.status, batch.status) == (400, 207)
    assert json.loads(alone.body) == {"meta": {"error": message}}
    assert json.loads(batch.body) == {
        "errors": [
            {
                "batch_index": 0,
                "reason": "invalid",
                "field": field,
                "message": message,
            }
        ]
    }


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        (None, "id attribute must be present"),
        (5, "id attribute must be a string value"),
        ("", "id attribute cannot be an empty string"),
    ],
)
def test_the_sandbox_refuses_identifiers_with_the_published_message(
    identifier: Any, message: str
) -> None:
    """A person who tries it sees what Customer.io would answer."""
    item = {
        "type": "person",
        "action": "identify",
        "identifiers": {"id": identifier},
    }
    track = TrackApi(People(), _TOKEN)

    refused = answer(track, "POST", "/api/v2/entity", json.dumps(item).encode())

    assert refused.status == 400
    assert json.loads(refused.body)["errors"][0]["message"] == message


def test_a_cio_id_that_nobody_has_is_dropped_from_a_batch() -> None:
    """Without an error, and without a person."""
    track = TrackApi(people := People(), _TOKEN)

    reply = answer(
        track, "POST", "/api/v2/batch", make_body(jobs_of([("cio_x", {"a": 1})]))
    )

    assert (reply.status, reply.body, len(people)) == (200, b"{}", 0)
