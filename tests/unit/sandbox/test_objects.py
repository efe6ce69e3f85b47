"""The sandbox's objects."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.sandbox.app_api import AppApi
from tests.support.stand_in import BEARER, Workspace

ACME = {"object_type_id": "1", "object_id": "a/b"}
ADA: dict[str, Any] = {"identifiers": {"email": "ada@x.io"}}


def item(action: str = "identify", **members: Any) -> dict[str, Any]:
    """Return an item about one object."""
    return {"type": "object", "action": action, "identifiers": ACME, **members}


def test_an_object_is_inserted_updated_and_deleted(workspace: Workspace) -> None:
    """Attributes that are not named stay; null removes one."""
    objects = workspace.track.objects
    workspace.post("/api/v2/entity", item(attributes={"n": 1, "gone": 1}))
    workspace.post(
        "/api/v2/batch", {"batch": [item(attributes={"m": 2, "gone": None})]}
    )
    found = objects.find("1", "a/b")
    workspace.post("/api/v2/entity", item("delete"))

    assert found is not None
    assert found.attributes == {"n": 1, "m": 2}
    assert len(objects) == 0


def test_relationships_are_added_and_deleted(workspace: Workspace) -> None:
    """By the kinds of identifiers of people."""
    ada: dict[str, Any] = {**ADA, "relationship_attributes": {"role": "owner"}}
    workspace.post("/api/v2/entity", item(cio_relationships=[ada]))
    found = workspace.track.objects.find("1", "a/b")
    assert found is not None
    before = dict(found.related)

    workspace.post(
        "/api/v2/entity", item("delete_relationships", cio_relationships=[ADA])
    )

    assert before == {("email", "ada@x.io"): {"role": "owner"}}
    assert found.related == {}


def test_an_object_is_looked_up_as_the_app_api_does(workspace: Workspace) -> None:
    """Values are text, as those of people."""
    workspace.post("/api/v2/entity", item(attributes={"seats": 5}))
    workspace.app = AppApi(workspace.people, BEARER, workspace.track.objects)

    status, document = workspace.look_up("/v1/objects/1/a%2Fb/attributes")

    assert (status, document["object"]["attributes"]) == (200, {"seats": "5"})
    assert workspace.look_up("/v1/objects/1/other/attributes")[0] == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"identifiers": {}},
        {"identifiers": {"object_type_id": "x", "object_id": "a"}},
        {"identifiers": {"object_type_id": "1", "object_id": ""}},
        {"identifiers": {"object_type_id": "1"}},
        {"identifiers": 7},
        {"action": "merge"},
        {"attributes": {"x": "y" * 1001}},
        {"cio_relationships": {}},
        {"cio_relationships": [{"identifiers": {"phone": "+1"}}]},
        {"cio_relationships": [{"identifiers": {"id": ""}}]},
        {"cio_relationships": [7]},
        {"cio_relationships": [{**ADA, "relationship_attributes": 1}]},
    ],
)
def test_what_has_another_form_is_refused(
    workspace: Workspace, wrong: dict[str, Any]
) -> None:
    """With an error that names the item."""
    status, document = workspace.post("/api/v2/batch", {"batch": [item() | wrong]})

    assert status == 207
    assert [error["batch_index"] for error in document["errors"]] == [0]
    assert len(workspace.track.objects) == 0
