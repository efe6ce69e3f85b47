"""Bodies of many users and the answers to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.jobs import (
    Halt,
    JobOutcome,
    NoReply,
    Outcomes,
    Rejected,
    Reply,
    Retryable,
    Synced,
)
from cio_pipeline.customerio.batch import judge_batch, make_body
from cio_pipeline.customerio.items import item_bytes
from tests.support.builders import make_job

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_a_body_names_identifiers_as_a_path_would_be_understood() -> None:
    """Both ways of sending must reach the same people."""
    jobs = [
        make_job(1, "7", body=b'{"x":1}'),
        make_job(2, "a@b.io"),
        make_job(3, "cio_01"),
    ]

    batch = json.loads(make_body(jobs))["batch"]

    assert [item["identifiers"] for item in batch] == [
        {"id": "7"},
        {"email": "a@b.io"},
        {"cio_id": "01"},
    ]
    assert batch[0] == {
        "type": "person",
        "action": "identify",
        "identifiers": {"id": "7"},
        "attributes": {"x": 1},
    }


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
            st.integers(0, 50),
        ),
        min_size=1,
    )
)
def test_a_body_is_never_larger_than_its_items_were_said_to_be(
    users: list[tuple[str, int]],
) -> None:
    """Also with quotes and control characters, because Customer.io has a limit."""
    jobs = [make_job(1, user, body=b'{"%s":1}' % (b"x" * n)) for user, n in users]

    body = make_body(jobs)

    assert len(body) <= sum(map(item_bytes, jobs)) + 20
    assert len(json.loads(body)["batch"]) == len(jobs)


def one_for_all(reply: Reply | NoReply) -> JobOutcome:
    """Return the shared outcome of a body of three jobs."""
    outcomes = judge_batch(reply, 3, NOW)
    assert isinstance(outcomes, Outcomes)
    assert outcomes.of_all is not None
    assert outcomes.of_jobs == [outcomes.of_all] * 3
    return outcomes.of_all


def test_a_207_is_settled_item_by_item() -> None:
    """The listed items were refused, and all others accepted."""
    errors = [
        {"batch_index": 1, "reason": "invalid", "field": "id", "message": "too long"},
        {"batch_index": 1, "reason": "invalid", "field": "x", "message": "and more"},
        {"batch_index": 2, "reason": "required"},
    ]

    outcome = judge_batch(Reply(207, json.dumps({"errors": errors}).encode()), 4, NOW)

    assert outcome == Outcomes(
        [
            Synced(),
            Rejected("rejected", 207, "id: too long; x: and more"),
            Rejected("rejected", 207, "required"),
            Synced(),
        ]
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"errors": 5}',
        b'{"errors": [{"message": "no index"}]}',
        b'{"errors": [{"batch_index": 9}]}',
        b'{"errors": [{"batch_index": -1}]}',
        b'{"errors": [{"batch_index": true}]}',
        b'{"errors": ["x"]}',
    ],
)
def test_a_207_that_does_not_say_which_refuses_the_whole_body(body: bytes) -> None:
    """It is sent in halves until the bad item is known; nothing is acked on a guess."""
    assert isinstance(one_for_all(Reply(207, body)), Rejected)


def test_other_answers_mean_the_same_as_for_single_requests() -> None:
    """The same function judges both."""
    assert one_for_all(Reply(200)) == Synced()
    assert isinstance(one_for_all(Reply(400)), Rejected)
    assert isinstance(one_for_all(Reply(503)), Retryable)
    assert isinstance(judge_batch(Reply(401), 3, NOW), Halt)
    assert isinstance(one_for_all(NoReply("reset")), Retryable)
