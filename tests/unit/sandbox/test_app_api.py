"""Look-ups in the sandbox."""

from __future__ import annotations

import json

from tests.support.stand_in import Workspace


def test_people_are_looked_up_with_their_attributes_as_text(
    workspace: Workspace,
) -> None:
    """All values are returned as strings."""
    workspace.put(
        "/api/v1/customers/1", {"f": 12.5, "b": True, "o": {"a": [1]}, "s": "x"}
    )

    status, document = workspace.look_up(
        "/v1/customers/1/attributes", {"id_type": "id"}
    )
    missing, _ = workspace.look_up("/v1/customers/2/attributes", {"id_type": "id"})

    assert (status, missing) == (200, 404)
    assert document["customer"]["attributes"] == {
        "f": "12.5",
        "b": "true",
        "o": '{"a":[1]}',
        "s": "x",
    }


def test_many_people_are_looked_up_at_once(workspace: Workspace) -> None:
    """At most 100 ids; unknown ones are left out."""
    for user in range(3):
        workspace.put(f"/api/v1/customers/{user}", {"n": user})

    path = "/v1/customers/attributes"
    _, found = workspace.look_up(path, body=b'{"ids": ["0", "2", "9"]}')
    too_many, _ = workspace.look_up(
        path, body=json.dumps({"ids": ["1"] * 101}).encode()
    )

    assert [customer["id"] for customer in found["customers"]] == ["0", "2"]
    assert too_many == 400
