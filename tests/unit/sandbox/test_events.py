"""The sandbox's events."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.stand_in import Workspace

ULID = "01AK4N8V8G8KVA4HN8Y50CCZ59"
PATH = "/api/v1/customers/7/events"


def item(**members: Any) -> dict[str, Any]:
    """Return an item of version 2."""
    return {"type": "person", "action": "event", "identifiers": {"id": "7"}, **members}


def test_an_id_counts_once_in_both_versions(workspace: Workspace) -> None:
    """What is sent again after a crash must not count again."""
    for _ in range(2):
        workspace.post(PATH, {"name": "x", "id": ULID, "data": {"n": 1}})
        workspace.post(
            "/api/v2/entity", item(name="x", id=ULID.lower(), attributes={"n": 1})
        )
        workspace.post(PATH, {"name": "x"})

    events = workspace.track.events.all()
    assert [each.id for each in events] == [ULID, None, None]
    assert events[0].data == {"n": 1}


def test_an_event_creates_its_person_unless_suppressed(workspace: Workspace) -> None:
    """As Customer.io does; calls for a suppressed person are ignored."""
    workspace.people.suppress("id", "8")

    status, _ = workspace.post(PATH, {"name": "x"})
    ignored, _ = workspace.post(PATH.replace("7", "8"), {"name": "x"})

    assert (status, ignored) == (200, 200)
    assert workspace.people.find("id", "7") is not None
    assert workspace.people.find("id", "8") is None
    assert len(workspace.track.events) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "event name must not be blank"),
        ({"name": " "}, "event name must not be blank"),
        ({"name": "é" * 51}, "event name cannot be longer than 100 bytes"),
        ({"name": "x", "data": []}, "event data must be a hash"),
        (
            {"name": "x", "data": {"n": "x" * 100_000}},
            "event data cannot be longer than 100000 bytes",
        ),
        ({"name": "x", "id": "order-1"}, "id must be a ULID"),
        ({"name": "x", "timestamp": "now"}, "timestamp must be an integer"),
    ],
)
def test_what_the_api_refuses_is_refused_with_its_words(
    workspace: Workspace, body: dict[str, Any], message: str
) -> None:
    """From the published page on invalid requests."""
    answer = workspace.post(PATH, body)

    assert answer == (400, {"meta": {"error": message}})
    assert len(workspace.track.events) == 0
