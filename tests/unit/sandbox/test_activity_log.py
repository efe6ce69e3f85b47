"""The sandbox's activity log, through both APIs."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from cio_pipeline.customerio.activity_log import Identifier, parse_page
from cio_pipeline.sandbox.activity_log import ActivityLog
from tests.support.stand_in import Workspace, identify


def listed(workspace: Workspace, **query: str) -> list[dict[str, Any]]:
    """Return the activities of a page."""
    status, page = workspace.look_up("/v1/activities", query)
    assert status == 200
    activities: list[dict[str, Any]] = page["activities"]
    return activities


def test_an_email_of_somebody_else_is_a_200_and_an_activity() -> None:
    """In the published shape; the person keeps the other attributes."""
    workspace = Workspace()
    workspace.put("/api/v1/customers/1", {"email": "ada@x.org"})

    answer = workspace.put("/api/v1/customers/2", {"email": "ADA@x.org", "name": "B"})

    (activity,) = listed(workspace, type="failed_attribute_change")
    person = workspace.people.find("id", "2")
    assert answer.status == 200
    assert person is not None
    assert person.attributes == {"name": "B"}
    assert activity["customer_id"] == "2"
    assert activity["customer_identifiers"]["cio_id"] == person.cio_id
    assert activity["data"] == {"email": {"from": "", "to": "ADA@x.org"}}
    page = parse_page({"activities": [activity], "next": ""})
    assert page is not None
    assert abs(page.activities[0].at - activity["timestamp"]) < 2
    assert Identifier("id", "2") in page.activities[0].identifiers


def test_an_unknown_cio_id_of_a_batch_is_an_activity() -> None:
    """It is dropped without an error."""
    workspace = Workspace()

    status, _ = workspace.post(
        "/api/v2/batch", {"batch": [identify("ff", "cio_id", name="x")]}
    )

    (activity,) = listed(workspace)
    assert status == 200
    assert activity["customer_id"] is None
    assert activity["customer_identifiers"] == {
        "id": None,
        "email": None,
        "cio_id": "ff",
    }


def test_an_update_of_a_suppressed_person_is_an_activity() -> None:
    """It is ignored, with a 200."""
    workspace = Workspace()
    workspace.people.suppress("id", "1")

    answer = workspace.put("/api/v1/customers/1", {"name": "x"})

    (activity,) = listed(workspace, type="skipped_update")
    assert answer.status == 200
    assert activity["customer_id"] == "1"
    assert activity["data"] == {"name": {"to": "x"}}


def test_pages_are_newest_first_and_lead_to_each_other() -> None:
    """Ten by default, a hundred at most; `next` is empty at the end."""
    now = [1000.0]
    workspace = Workspace()
    workspace.people.log = log = ActivityLog(lambda: now[0])
    for number in range(25):
        now[0] += number % 2
        log.add("failed_event", {"id": str(number)}, {}, f"e{number}")

    first = workspace.look_up("/v1/activities")[1]
    second = workspace.look_up(
        "/v1/activities", {"start": first["next"], "limit": "12"}
    )[1]
    third = workspace.look_up("/v1/activities", {"start": second["next"]})[1]

    pages = [first, second, third]
    names = [[each["name"] for each in page["activities"]] for page in pages]
    assert [len(each) for each in names] == [10, 12, 3]
    assert [*chain(*names)] == [f"e{number}" for number in reversed(range(25))]
    assert third["next"] == ""


@pytest.mark.parametrize("limit", ["0", "101", "x", "-1"])
def test_other_sizes_are_refused(limit: str) -> None:
    """A page has a hundred at most."""
    status, _ = Workspace().look_up("/v1/activities", {"limit": limit})

    assert status == 400


def test_filters() -> None:
    """By type, person and name."""
    workspace = Workspace()
    log = workspace.people.log
    log.add("failed_event", {"id": "1", "email": "a@b.cd"}, {}, "e")
    log.add("failed_event", {"id": "2"}, {}, "f")
    log.add("skipped_update", {"id": "1"}, {})

    def names(**query: str) -> list[tuple[str, str]]:
        found = listed(workspace, **query)
        return [(each["type"], each["name"]) for each in found]

    assert names(type="failed_event") == [("failed_event", "f"), ("failed_event", "e")]
    assert names(customer_id="1") == [("skipped_update", ""), ("failed_event", "e")]
    assert names(customer_id="a@b.cd", id_type="email") == [("failed_event", "e")]
    assert names(name="f") == [("failed_event", "f")]


def test_an_activity_may_take_a_while_to_appear() -> None:
    """As at Customer.io."""
    now = [1000.0]
    workspace = Workspace()
    workspace.people.log = ActivityLog(lambda: now[0], delay_seconds=3.0)
    workspace.people.log.add("failed_event", {"id": "1"}, {})

    early = listed(workspace)
    now[0] += 3.0
    late = listed(workspace)
    workspace.people.log.clear()

    assert (len(early), len(late), listed(workspace)) == (0, 1, [])
