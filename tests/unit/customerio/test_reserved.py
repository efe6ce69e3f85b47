"""Reserved attributes: one payload, in the form of each operation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cio_pipeline.core.jobs import Job, Outcomes, Rejected, Reply, Synced
from cio_pipeline.core.json_text import MOST_LEVELS, encode
from cio_pipeline.customerio.batch import judge_batch, make_body
from cio_pipeline.customerio.items import item_bytes
from cio_pipeline.customerio.reserved import in_v1_form
from tests.support.builders import make_job
from tests.unit.customerio.test_batch import NOW

ACME = {
    "identifiers": {"object_type_id": "1", "object_id": "acme"},
    "relationship_attributes": {"role": "owner"},
}
ADD = {"action": "add_relationships", "relationships": [ACME]}
DELETE = {"action": "delete_relationships", "relationships": [ACME]}


def job_of(attributes: Any, user_id: str = "7") -> Job:
    """Return a job with these attributes."""
    return make_job(1, user_id, body=encode(attributes))


def items_of(*jobs: Job) -> list[dict[str, Any]]:
    """Return the items of a body."""
    items: list[dict[str, Any]] = json.loads(make_body(jobs))["batch"]
    return items


@pytest.mark.parametrize("relationships", [ADD, [ACME]])
def test_an_item_has_two_reserved_names_beside_its_attributes(
    relationships: Any,
) -> None:
    """In the attributes, Customer.io would store them as plain data."""
    stays = {
        "_update": True,
        "created_at": 1,
        "unsubscribed": False,
        "cio_subscription_preferences": {"topics": {"topic_7": True}},
    }
    job = job_of({**stays, "_timestamp": 5, "cio_relationships": relationships})

    assert items_of(job) == [
        {
            "type": "person",
            "action": "identify",
            "identifiers": {"id": "7"},
            "attributes": stays,
            "timestamp": 5,
            "cio_relationships": [ACME],
        }
    ]


def test_relationships_to_delete_get_an_item_of_their_own() -> None:
    """An identify item can only add; the first items remain those of the jobs."""
    first, second, deletion = items_of(
        job_of({"x": 1, "cio_relationships": DELETE}, "cio_a1"), job_of({"x": 2})
    )

    assert first["attributes"] == {"x": 1}
    assert "cio_relationships" not in first
    assert second["attributes"] == {"x": 2}
    assert deletion == {
        "type": "person",
        "action": "delete_relationships",
        "identifiers": {"cio_id": "a1"},
        "cio_relationships": [ACME],
    }


@pytest.mark.parametrize("value", [None, ""])
def test_no_value_leaves_nothing_beside_the_attributes(value: Any) -> None:
    """A null would be refused instead of a number or a list."""
    (item,) = items_of(job_of({"_timestamp": value, "cio_relationships": value}))

    assert set(item) == {"type", "action", "identifiers", "attributes"}


@pytest.mark.parametrize("value", [{"action": "remove", "relationships": [ACME]}, 7])
def test_an_unknown_form_is_sent_where_it_is_checked(value: Any) -> None:
    """Customer.io refuses it; it is never stored as an attribute or dropped."""
    (item,) = items_of(job_of({"cio_relationships": value}))

    assert item["cio_relationships"] == value


def test_names_in_nested_values_are_plain_data() -> None:
    """Only the top level is reserved."""
    attributes = {"a": {"_timestamp": 1, "cio_relationships": []}}

    assert items_of(job_of(attributes))[0]["attributes"] == attributes


def test_a_list_becomes_the_object_of_the_put_operation() -> None:
    """The same mapping works in both modes."""
    assert json.loads(in_v1_form(job_of({"cio_relationships": [ACME]})).body) == {
        "cio_relationships": ADD
    }
    unchanged = job_of({"cio_relationships": DELETE, "_timestamp": 5})
    assert in_v1_form(unchanged) is unchanged


@pytest.mark.parametrize("relationships", [ADD, DELETE, [ACME]])
def test_the_size_is_not_underestimated(relationships: Any) -> None:
    """A body over the limit would be refused."""
    job = job_of({"_timestamp": 5, "cio_relationships": relationships}, 'cio_"\u00e9')

    assert len(make_body([job])) <= item_bytes(job) + 20


@pytest.mark.parametrize("status", [200, 202, 207])
def test_errors_count_on_every_success(status: int) -> None:
    """A refused item must not count as accepted."""
    errors = b'{"errors":[{"batch_index":1,"message":"no"}]}'

    assert judge_batch(Reply(status, errors), 2, NOW) == Outcomes(
        [Synced(), Rejected("rejected", status, "no")]
    )


@pytest.mark.parametrize("body", [b'{"errors":[]}', b'{"errors":null}', b'"errors"'])
def test_an_empty_list_of_errors_refuses_nobody(body: bytes) -> None:
    """A 200 with an empty list refuses nobody."""
    assert judge_batch(Reply(200, body), 2, NOW) == Outcomes(
        [Synced(), Synced()], Synced()
    )


def test_an_error_of_the_second_item_is_its_jobs() -> None:
    """A body of one job may have two items."""
    reply = Reply(207, b'{"errors":[{"batch_index":1,"message":"no"}]}')

    assert judge_batch(reply, 1, NOW) == Outcomes([Rejected("rejected", 207, "no")])


def nested(levels: int) -> Any:
    """Return nested lists; the innermost is empty."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_what_can_be_queued_can_be_read_again() -> None:
    """The form is made just before a request, when an error would end the run."""
    attributes = {"_timestamp": 5, "deep": nested(MOST_LEVELS - 1)}

    assert items_of(job_of(attributes))[0]["attributes"]["deep"] == attributes["deep"]
    assert in_v1_form(job_of({**attributes, "cio_relationships": [ACME]})).body
