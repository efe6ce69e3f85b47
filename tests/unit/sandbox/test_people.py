"""People in the sandbox, and changes with a time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.stand_in import Workspace, identify


def test_an_email_is_one_person_in_any_case(workspace: Workspace) -> None:
    """As Customer.io compares emails; ids are exact."""
    workspace.put("/api/v1/customers/Ada%40X.org", {"plan": "old"})
    workspace.put("/api/v1/customers/ada%40x.org", {"plan": "new"})
    workspace.post("/api/v2/batch", {"batch": [identify("ADA@X.ORG", "email", a=1)]})
    workspace.put("/api/v1/customers/A", {})
    workspace.put("/api/v1/customers/a", {})

    path = "/v1/customers/aDA%40x.org/attributes"
    status, found = workspace.look_up(path, {"id_type": "email"})

    assert status == 200
    assert found["customer"]["attributes"] == {"plan": "new", "a": "1"}
    assert len(workspace.people) == 3


def test_another_persons_email_is_accepted_and_not_applied(
    workspace: Workspace,
) -> None:
    """The status is 200, and only the activity log shows the failure."""
    workspace.put("/api/v1/customers/1", {"email": "ada@x.org"})
    answer = workspace.put("/api/v1/customers/2", {"email": "Ada@X.org", "plan": "b"})

    path = "/v1/customers/ada%40x.org/attributes"
    _, owner = workspace.look_up(path, {"id_type": "email"})
    _, other = workspace.look_up("/v1/customers/2/attributes")

    assert answer.status == 200
    assert owner["customer"]["id"] == "1"
    assert other["customer"]["identifiers"]["email"] == ""


def test_an_email_that_a_person_no_longer_has_is_free(workspace: Workspace) -> None:
    """Another person can get it; a change of case alone does not free it."""
    workspace.put("/api/v1/customers/1", {"email": "ada@x.org"})
    workspace.put("/api/v1/customers/1", {"email": "Ada@x.org"})
    workspace.put("/api/v1/customers/1", {"email": "new@x.org"})
    workspace.put("/api/v1/customers/2", {"email": "ADA@x.org"})

    path = "/v1/customers/ada%40x.org/attributes"
    _, found = workspace.look_up(path, {"id_type": "email"})

    assert found["customer"]["id"] == "2"


@pytest.mark.parametrize("is_batch", [False, True], ids=["v1", "v2"])
def test_an_older_change_does_not_overwrite_a_newer_one(
    workspace: Workspace, is_batch: bool
) -> None:
    """Attribute by attribute; a change without a time is always applied."""

    def change(timestamp: int | None, **attributes: Any) -> None:
        if is_batch:
            item = {**identify("1", **attributes), "timestamp": timestamp}
            workspace.post("/api/v2/batch", {"batch": [item]})
        else:
            body = {**attributes, "_timestamp": timestamp}
            workspace.put("/api/v1/customers/1", body)

    change(9, plan="new")
    change(5, plan="old", city="Ulm")
    (person,) = workspace.people
    assert person.attributes == {"plan": "new", "city": "Ulm"}

    change(9, plan="same time")
    change(None, city="Bern")
    assert person.attributes == {"plan": "same time", "city": "Bern"}


def test_a_flat_name_changes_one_topic(workspace: Workspace) -> None:
    """An object sets all topics; the App API returns them as JSON text."""
    topic = "cio_subscription_preferences.topics.topic_"
    for body in (
        {"cio_subscription_preferences": {"topics": {"topic_0": True}}},
        {"cio_subscription_preferences": {"topics": {"topic_1": True}}},
        {topic + "7": False, topic + "8": True},
        {topic + "8": None},
    ):
        workspace.put("/api/v1/customers/1", body)

    _, document = workspace.look_up("/v1/customers/1/attributes")

    preferences = document["customer"]["attributes"]["cio_subscription_preferences"]
    assert json.loads(preferences) == {"topics": {"topic_1": True, "topic_7": False}}


@pytest.mark.parametrize(
    ("value", "is_unsubscribed"),
    [
        *((value, True) for value in (True, "TRUE", 1, "1")),
        *((value, False) for value in (False, "yes", 0, 2)),
    ],
)
def test_unsubscribed_is_read_as_documented(
    workspace: Workspace, value: Any, is_unsubscribed: bool
) -> None:
    """True, "true" in any case, 1 and "1"; nothing else."""
    workspace.put("/api/v1/customers/1", {"unsubscribed": value})

    _, document = workspace.look_up("/v1/customers/1/attributes")

    assert document["customer"]["unsubscribed"] is is_unsubscribed
