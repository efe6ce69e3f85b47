"""Records of every kind: any record is mapped or refused, and both modes agree."""

from __future__ import annotations

import base64
import json
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from cio_pipeline.core.config import parse_config
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.jobs import Job, Outcomes, Record, Reply
from cio_pipeline.core.json_text import decode
from cio_pipeline.core.mapping import mapper_for
from cio_pipeline.core.operations import code_or_none, operation_of
from cio_pipeline.customerio.items import item_bytes, items_of
from cio_pipeline.customerio.senders import SENDERS
from cio_pipeline.customerio.track_api import TrackClient
from cio_pipeline.sandbox.answers import Request
from cio_pipeline.sandbox.people import People
from cio_pipeline.sandbox.track_api import TrackApi
from tests.support.builders import make_clock
from tests.support.published import SCHEMAS

_TOKEN = base64.b64encode(b"site:key").decode()
_KINDS = ("id", "email", "cio_id", "phone")
_MAPPINGS = [{"from": "a", "to": "a"}]
_TABLE = {each: each for each in ("upsert", "delete", "suppress", "unsuppress")}
_OBJECT: dict[str, Any] = {
    "kind": "object",
    "object": {"type": "1", "id": {"from": "k"}},
}
_CONFIGURATIONS: list[dict[str, Any]] = [
    {"userId": "k"},
    {"userId": "k", "action": {"from": "op", "values": _TABLE, "default": "upsert"}},
    {"userId": [{"from": kind, "kind": kind} for kind in _KINDS]},
    {
        "userId": [{"from": kind, "kind": kind} for kind in _KINDS],
        "action": {"from": "op", "values": _TABLE},
        "relationships": [{"objectType": "2", "from": "r"}],
        "people": "existing",
    },
    {
        "userId": [{"from": kind, "kind": kind} for kind in _KINDS],
        "kind": "event",
        "event": {
            "name": {"from": "op"},
            "timestamp": {"from": "t"},
            "id": {"from": "i"},
        },
    },
    {"userId": "k", "kind": "event", "event": {"name": "x"}},
    {**_OBJECT, "relationships": [{"kind": each, "from": "r"} for each in _KINDS[:3]]},
    {
        **_OBJECT,
        "action": {"from": "op", "values": {"upsert": "upsert", "x": "delete"}},
    },
]
_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
_identifier = st.sampled_from(
    [
        "7",
        "a@b.io",
        "A@B.io",
        "cio_7",
        "0000000000000001",
        "+15551234567",
        "a/b",
        "ü ☃",
        "@",
    ]
)
_usual = {
    "k": _identifier,
    "id": _identifier,
    "email": _identifier,
    "cio_id": _identifier,
    "phone": _identifier,
    "op": st.sampled_from([*_TABLE, "x"]),
    "t": st.integers(0, 2 * 10**9),
    "r": _identifier | st.lists(_identifier, max_size=3),
    "i": st.sampled_from(["01AK4N8V8G8KVA4HN8Y50CCZ59", "order-1"]),
    "a": st.text(max_size=4) | st.just(',"data":{"'),
}
_records = st.lists(st.fixed_dictionaries({}, optional=_usual), min_size=1, max_size=6)
_odd_record = st.fixed_dictionaries(
    {}, optional={name: each | _anything for name, each in _usual.items()}
)


class Connection:
    """A transport that gives each request to a sandbox without a server."""

    def __init__(self) -> None:
        self.people = People()
        self.track = TrackApi(self.people, f"Basic {_TOKEN}")

    def endpoint(self, url: str) -> str:
        """Return what `send` gets back."""
        return url

    def send(self, _: str, method: str, path: str, body: bytes, head: bytes) -> Reply:
        """Answer a request."""
        del head
        headers = {"Authorization": f"Basic {_TOKEN}"}
        answer = self.track.answer(Request(method, path, {}, headers, body))
        return Reply(answer.status, answer.body)

    @property
    def state(self) -> Any:
        """Everything that requests have left."""
        people = [(p.identifiers, p.attributes, p.relationships) for p in self.people]
        track = self.track
        return people, self.people.suppressed, track.events.all(), track.objects.all()


def jobs_of(configuration: dict[str, Any], records: list[Any]) -> list[Job]:
    """Map records; those that cannot be mapped are left out."""
    document = {"parallelism": 1, "mappings": _MAPPINGS, **configuration}
    mapper = mapper_for(parse_config(json.dumps(document).encode(), "c.json"))
    jobs = []
    for index, value in enumerate(records):
        record = Record(index, value)
        try:
            payload, body = mapper.map_to_json(record)
        except RecordError:
            continue
        assert mapper.identity_in(record) == payload.identity
        assert operation_of(code_or_none(payload.operation)) == payload.operation
        code = code_or_none(payload.operation)
        jobs.append(Job(index, payload.user_id, body, index, code, 1))
    return jobs


def state_after(mode: str, jobs: list[Job]) -> Any:
    """Send jobs one after another; return what is left."""
    connection = Connection()
    client = TrackClient(connection, "http://x", _TOKEN)  # type: ignore[arg-type]  # the two methods are all it needs
    sender = SENDERS[mode](client, make_clock())
    for job in jobs:
        assert isinstance(sender.send([job]), Outcomes)
    return connection.state


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(_CONFIGURATIONS), _records)
def test_both_modes_leave_the_same_workspace(
    configuration: dict[str, Any], records: list[Any]
) -> None:
    """`api` changes the speed, not what is stored, for every kind of record."""
    jobs = jobs_of(configuration, records)

    assert state_after("customers", jobs) == state_after("batch", jobs)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(_CONFIGURATIONS), st.lists(_odd_record, max_size=4))
def test_any_record_is_mapped_or_refused_and_has_the_published_form(
    configuration: dict[str, Any], records: list[Any]
) -> None:
    """A wrong value makes a dead letter, never a crash or a wrong item."""
    schema = {**SCHEMAS["POST /api/v2/entity"], "definitions": SCHEMAS["definitions"]}
    schema["anyOf"] = schema.pop("oneOf")
    for job in jobs_of(configuration, records):
        for item in items_of(job):
            jsonschema.Draft202012Validator(schema).validate(decode(item))
        assert sum(map(len, items_of(job))) <= item_bytes(job)
