"""The sandbox's Track API, request by request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cio_pipeline.sandbox.answers import Request
from tests.support.stand_in import Workspace, identify


def test_a_person_is_inserted_and_then_updated(workspace: Workspace) -> None:
    """Attributes that are not in the body keep their values; null and "" remove one."""
    path = "/api/v1/customers/a%2Fb"

    first = workspace.put(path, {"name": "A", "ltv": 1.5, "gone": 1, "empty": 1})
    second = workspace.put(path, {"ltv": 2, "gone": None, "empty": ""})

    person = workspace.people.find("id", "a/b")
    assert (first.status, first.body, second.status) == (200, b"{}", 200)
    assert person is not None
    assert person.attributes == {"name": "A", "ltv": 2}


def test_the_kind_of_an_identifier_follows_from_its_form(workspace: Workspace) -> None:
    """Only in v1 paths; version 2 has the kind's name."""
    workspace.put("/api/v1/customers/a%40b.io", {"x": 1})
    workspace.post("/api/v2/entity", identify("c@d.io"))

    assert workspace.people.find("email", "a@b.io") is not None
    assert workspace.people.find("id", "a@b.io") is None
    assert workspace.people.find("id", "c@d.io") is not None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/customers/", {}, 404),
        ("/api/v1/customers/a/b", {}, 404),
        ("/api/v1/other", {}, 404),
        ("/api/v1/customers/1", b"[]", 400),
        ("/api/v1/customers/1", b"{", 400),
        ("/api/v1/customers/" + "x" * 150, {}, 200),
        ("/api/v1/customers/" + "x" * 151, {}, 400),
        ("/api/v1/customers/1", {"n" * 151: 1}, 400),
        ("/api/v1/customers/1", {"n": "v" * 1000}, 200),
        ("/api/v1/customers/1", {"n": "v" * 1001}, 400),
        ("/api/v1/customers/1", {"n": ["v" * 1001]}, 400),
        ("/api/v1/customers/1", {f"n{k}": k for k in range(301)}, 400),
        ("/api/v1/customers/cio_nobody", {}, 400),
    ],
)
def test_the_published_limits_are_checked(
    workspace: Workspace,
    path: str,
    body: Any,
    status: int,
) -> None:
    """Errors have the form of version 1."""
    answer = workspace.put(path, body)

    assert answer.status == status
    if status >= 400:
        assert json.loads(answer.body)["meta"]["error"]


def test_wrong_keys_are_refused(workspace: Workspace) -> None:
    """On both APIs."""
    assert workspace.put("/api/v1/customers/1", {}, "Basic eDp5").status == 401
    assert workspace.app.answer(Request("GET", "/v1/x", {}, {}, b"")).status == 401


def test_update_alone_creates_nobody(workspace: Workspace) -> None:
    """`_update: true`."""
    workspace.put("/api/v1/customers/1", {"_update": True, "x": 1})

    assert len(workspace.people) == 0


def test_a_batch_accepts_valid_items_and_lists_invalid_ones(
    workspace: Workspace,
) -> None:
    """207: the listed items were refused and all others accepted."""
    items = [identify("1", x=1), identify("x" * 151), {"type": "object"}, identify("2")]

    status, document = workspace.post("/api/v2/batch", {"batch": items})

    assert status == 207
    assert [error["batch_index"] for error in document["errors"]] == [1, 2]
    assert {"reason", "field", "message"} <= set(document["errors"][0])
    assert workspace.people.find("id", "1") is not None
    assert workspace.people.find("id", "2") is not None


@pytest.mark.parametrize(
    "body",
    [b"x", b"{}", b'{"batch": 5}', b'{"batch": "' + b"x" * 500_000 + b'"}'],
    ids=["no JSON", "no batch", "no list", "too large"],
)
def test_an_entire_body_can_be_refused(workspace: Workspace, body: bytes) -> None:
    """400 with the same errors, without an index."""
    status, document = workspace.post("/api/v2/batch", body)

    assert status == 400
    assert "batch_index" not in document["errors"][0]


def test_an_item_over_32_kb_is_refused(workspace: Workspace) -> None:
    """Though no single value is too long."""
    item = identify("1", **{f"n{k}": "v" * 900 for k in range(40)})

    status, _ = workspace.post("/api/v2/batch", {"batch": [item]})

    assert status == 207


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "id attribute must be a string value"),
        ("", "id attribute cannot be an empty string"),
    ],
)
def test_an_id_among_the_attributes_is_text(
    workspace: Workspace, value: Any, message: str
) -> None:
    """The published messages, in the form of each version."""
    answer = workspace.put("/api/v1/customers/a@b.io", {"id": value})
    item = identify("a@b.io", "email", id=value)
    status, document = workspace.post("/api/v2/batch", {"batch": [item]})

    assert (answer.status, status) == (400, 207)
    assert json.loads(answer.body) == {"meta": {"error": message}}
    assert document["errors"][0]["message"] == message
    assert len(workspace.people) == 0
