"""Items of batches, for each kind of record and action."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cio_pipeline.core.jobs import Job
from cio_pipeline.core.operations import Operation, code_or_none
from cio_pipeline.customerio.items import item_bytes, items_of
from tests.support.builders import make_job


def job(user_id: str, *operation: Any, body: bytes = b"{}") -> Job:
    """Return a job with an operation."""
    plain = make_job(user_id=user_id, body=body)
    return plain._replace(code=code_or_none(Operation(*operation)))


EVENT = b'{"name":"a \\",\\"data\\":","timestamp":1,"id":"X","data":{"data":{"n":1}}}'
OBJECT = b'{"n":1,"cio_relationships":[{"identifiers":{"id":"1"}}]}'


@pytest.mark.parametrize(
    ("one", "item"),
    [
        (
            job("a@b.io", body=b'{"n":1}'),
            {
                "type": "person",
                "action": "identify",
                "identifiers": {"email": "a@b.io"},
                "attributes": {"n": 1},
            },
        ),
        (
            job("a@b.io", "person", "delete", "id"),
            {"type": "person", "action": "delete", "identifiers": {"id": "a@b.io"}},
        ),
        (
            job("cio_a3", "person", "suppress"),
            {"type": "person", "action": "suppress", "identifiers": {"cio_id": "a3"}},
        ),
        (
            job("+1", "event", "track", "phone", body=EVENT),
            {
                "type": "person",
                "action": "event",
                "identifiers": {"phone": "+1"},
                "name": 'a ","data":',
                "timestamp": 1,
                "id": "X",
                "attributes": {"data": {"n": 1}},
            },
        ),
        (
            job("acme", "object", "upsert", "1", body=OBJECT),
            {
                "type": "object",
                "action": "identify",
                "identifiers": {"object_type_id": "1", "object_id": "acme"},
                "attributes": {"n": 1},
                "cio_relationships": [{"identifiers": {"id": "1"}}],
            },
        ),
        (
            job("acme", "object", "delete", "1"),
            {
                "type": "object",
                "action": "delete",
                "identifiers": {"object_type_id": "1", "object_id": "acme"},
            },
        ),
    ],
    ids=lambda each: each.operation.code if isinstance(each, Job) else "",
)
def test_an_item_names_what_it_is(one: Job, item: dict[str, Any]) -> None:
    """Each has one item, and its size was not underestimated."""
    (made,) = items_of(one)

    assert json.loads(made) == item
    assert len(made) <= item_bytes(one)
