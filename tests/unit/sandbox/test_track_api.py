"""The sandbox's answers, request by request."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cio_pipeline.sandbox.answers import (
    Answer,
    Request,
    parse_object,
)
from cio_pipeline.sandbox.app_api import AppApi
from cio_pipeline.sandbox.faults import (
    FaultPlan,
    Faults,
)
from cio_pipeline.sandbox.people import (
    Change,
    People,
)
from cio_pipeline.sandbox.track_api import TrackApi

BASIC = "Basic " + base64.b64encode(b"site:key").decode()
BEARER = "Bearer app"


class Workspace:
    """A sandbox without a server."""

    def __init__(self) -> None:
        self.people = People()
        self.track = TrackApi(self.people, BASIC)
        self.app = AppApi(self.people, BEARER)

    def put(self, path: str, body: Any, authorization: str = BASIC) -> Answer:
        """Upsert somebody."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": authorization}
        return self.track.answer(Request("PUT", path, {}, headers, text))

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Post to version 2."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.track.answer(
            Request("POST", path, {}, {"Authorization": BASIC}, text)
        )
        return answer.status, json.loads(answer.body)

    def look_up(
        self, path: str, query: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, Any]:
        """Ask the App API."""
        method = "POST" if body else "GET"
        answer = self.app.answer(
            Request(method, path, query or {}, {"Authorization": BEARER}, body)
        )
        return answer.status, json.loads(answer.body)


@pytest.fixture
def workspace() -> Workspace:
    """Give an empty workspace."""
    return Workspace()


def identify(identifier: Any, kind: str = "id", **attributes: Any) -> dict[str, Any]:
    """Write an item of a batch."""
    return {
        "type": "person",
        "action": "identify",
        "identifiers": {kind: identifier},
        "attributes": attributes,
    }


def test_a_person_is_inserted_and_then_updated(workspace: Workspace) -> None:
    """Attributes the body does not name stay; null and "" remove one."""
    path = "/api/v1/customers/a%2Fb"

    first = workspace.put(path, {"name": "A", "ltv": 1.5, "gone": 1, "empty": 1})
    second = workspace.put(path, {"ltv": 2, "gone": None, "empty": ""})

    person = workspace.people.find("id", "a/b")
    assert (first.status, first.body, second.status) == (200, b"{}", 200)
    assert person is not None
    assert person.attributes == {"name": "A", "ltv": 2}


def test_the_kind_of_an_identifier_is_told_from_its_shape(workspace: Workspace) -> None:
    """On the v1 path alone; version 2 names it."""
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
def test_the_published_limits_hold(
    workspace: Workspace,
    path: str,
    body: Any,
    status: int,
) -> None:
    """Errors in the shape of version 1."""
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


def test_a_batch_takes_the_good_and_lists_the_bad(workspace: Workspace) -> None:
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
def test_a_whole_body_can_be_refused(workspace: Workspace, body: bytes) -> None:
    """400 with the same errors, without an index."""
    status, document = workspace.post("/api/v2/batch", body)

    assert status == 400
    assert "batch_index" not in document["errors"][0]


def test_an_item_over_32_kb_is_refused(workspace: Workspace) -> None:
    """Though no single value is too long."""
    item = identify("1", **{f"n{k}": "v" * 900 for k in range(40)})

    status, _ = workspace.post("/api/v2/batch", {"batch": [item]})

    assert status == 207


def test_people_are_looked_up_with_their_attributes_as_text(
    workspace: Workspace,
) -> None:
    """Values come back as strings, whatever was sent."""
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


def test_no_faults_are_made_unless_asked_for() -> None:
    """And it costs nothing then."""
    plan = FaultPlan(Faults(), now=0.0, draw=lambda: 0.0)

    assert plan.fault(1.0) is None
    assert plan.latency_seconds() == 0.0


@pytest.mark.parametrize(
    ("draw", "status"), [(0.05, 0), (0.15, 502), (0.35, 429), (0.65, None)]
)
def test_faults_come_in_their_shares(draw: float, status: int | None) -> None:
    """Each request draws once."""
    faults = Faults(
        drop_share=0.1, error_share=0.2, error_status=502, throttle_share=0.3
    )

    fault = FaultPlan(faults, now=0.0, draw=lambda: draw).fault(1.0)

    assert (fault.status if fault else None) == status


def test_an_outage_has_a_beginning_and_an_end() -> None:
    """Counted from when it was set."""
    faults = Faults(outage_in_seconds=2, outage_seconds=3, outage_mode="drop")
    plan = FaultPlan(faults, now=10.0, draw=lambda: 0.9)

    statuses = [plan.fault(10.0 + second) for second in range(7)]

    assert [fault is not None for fault in statuses] == [False] * 2 + [True] * 3 + [
        False
    ] * 2


def test_the_rate_limit_lets_its_rate_through_and_no_more() -> None:
    """A leaky bucket that holds a tenth of a second."""
    plan = FaultPlan(Faults(rate_limit=100), now=0.0, draw=lambda: 0.9)

    at_the_rate = [plan.fault(number / 100) for number in range(300)]
    over_it = [plan.fault(3 + number / 200) for number in range(400)]

    assert at_the_rate == [None] * 300
    assert 180 <= sum(fault is not None for fault in over_it) <= 200


def test_numbers_of_any_size_are_kept_exactly() -> None:
    """A stand-in that rounds would hide a program that does."""
    document = parse_object(b'{"n": 123456789012345678901234567890, "t": "\\ud800"}')

    assert document is not None
    assert document["n"] == 123456789012345678901234567890
    assert parse_object(b'{"n": NaN}') is None
    People().upsert("id", "1", Change(document))


def test_an_email_is_one_person_whatever_its_case(workspace: Workspace) -> None:
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


def test_the_email_of_another_is_accepted_and_not_applied(workspace: Workspace) -> None:
    """A 200, and a failure that only the activity log shows."""
    workspace.put("/api/v1/customers/1", {"email": "ada@x.org"})
    answer = workspace.put("/api/v1/customers/2", {"email": "Ada@X.org", "plan": "b"})

    path = "/v1/customers/ada%40x.org/attributes"
    _, owner = workspace.look_up(path, {"id_type": "email"})
    _, other = workspace.look_up("/v1/customers/2/attributes")

    assert answer.status == 200
    assert owner["customer"]["id"] == "1"
    assert other["customer"]["identifiers"]["email"] == ""


def test_an_email_that_a_person_gave_up_is_free(workspace: Workspace) -> None:
    """It may become another's; one that changed only in case stays the person's."""
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
    """The object sets all of them; the App API shows them as JSON text."""
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
    """The published words, in the shape of each version."""
    answer = workspace.put("/api/v1/customers/a@b.io", {"id": value})
    item = identify("a@b.io", "email", id=value)
    status, document = workspace.post("/api/v2/batch", {"batch": [item]})

    assert (answer.status, status) == (400, 207)
    assert json.loads(answer.body) == {"meta": {"error": message}}
    assert document["errors"][0]["message"] == message
    assert len(workspace.people) == 0
