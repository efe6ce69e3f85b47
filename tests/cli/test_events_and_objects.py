"""Files of events and of objects, in both modes of sending."""

from __future__ import annotations

import os
import random
import threading
from typing import Any

import pytest

from cio_pipeline.sandbox.faults import Faults
from tests.support.api import ScriptedApi
from tests.support.program import SIGKILL, Program, killer
from tests.support.published import check_request

BOTH_MODES = pytest.mark.parametrize("mode", ["customers", "batch"])
BOUGHT: dict[str, Any] = {
    "kind": "event",
    "event": {"name": {"from": "what"}, "timestamp": {"from": "at"}},
    "mappings": [{"from": "amount", "to": "amount"}],
}
ACCOUNTS: dict[str, Any] = {
    "kind": "object",
    "object": {"type": "1", "id": {"from": "account"}},
    "relationships": [
        {"kind": "id", "from": "owner"},
        {"kind": "email", "from": "members"},
    ],
    "userId": None,
    "mappings": [{"from": "seats", "to": "seats"}],
}


def paths(api: ScriptedApi) -> set[str]:
    """Return the paths of all requests; each has the published form."""
    for entry in api.ledger:
        check_request(entry)
    return {f"{entry.method} {entry.path}" for entry in api.ledger}


@BOTH_MODES
def test_events_are_sent_with_their_parts(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """The mappings make the data; records without a name or a time are dead letters."""
    program.configure(
        api=mode,
        **BOUGHT,
        userId=[{"from": "id", "kind": "id"}, {"from": "phone", "kind": "phone"}],
    )
    at = "2026-11-24T12:00:00Z"
    outcome = program.sync(
        [
            {"id": "a@b.io", "what": "bought", "at": at, "amount": 1.5},
            {"id": "7", "what": "sold", "at": 1_795_521_600, "amount": {"eur": 10**20}},
            {"phone": "+15551234567", "what": 'data":', "at": at},
            {"id": "8", "what": "bought"},
            {"id": "8", "what": "bought", "at": "soon"},
            {"id": "8", "what": "", "at": at},
            {"what": "bought", "at": at},
        ]
    )

    assert (outcome.code, outcome.result["dead_lettered"]) == (1, 4)
    events = sorted(api.sandbox.events.all(), key=lambda each: each.identifier)
    assert [each._replace(id=None) for each in events] == [
        ("phone", "+15551234567", 'data":', None, 1_795_521_600, {}),
        ("id", "7", "sold", None, 1_795_521_600, {"amount": {"eur": 10**20}}),
        ("id", "a@b.io", "bought", None, 1_795_521_600, {"amount": 1.5}),
    ]
    single = {"POST /api/v1/customers/7/events", "POST /api/v2/entity"}
    assert paths(api) == (single if mode == "customers" else {"POST /api/v2/batch"})


@BOTH_MODES
def test_sending_events_again_counts_nothing_twice(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """The next night, in another order, and with a key of their own or without."""
    program.configure(api=mode, **BOUGHT)
    records = [
        {"id": n % 7, "what": "x", "at": 1_795_521_600 + n, "amount": n}
        for n in range(50)
    ]

    first = program.sync(records)
    again = program.sync(records[::-1])

    assert first.result["synced"] == again.result["synced"] == 50
    assert len(api.sandbox.events) == 50


def test_changed_only_is_not_for_events(program: Program) -> None:
    """It compares with what a person was sent last."""
    program.configure(**BOUGHT)

    outcome = program.sync([], "-changed-only")

    assert outcome.code == 2
    assert "Customer.io counts each one once" in outcome.stderr


def test_events_do_not_disturb_what_changed_only_remembers(program: Program) -> None:
    """A purchase in between is no reason to send the person again."""
    person = [{"id": 1, "name": "Ada"}]
    first = program.sync(person, "-changed-only")
    program.configure(**BOUGHT)
    program.sync([{"id": 1, "what": "x", "at": 1_795_521_600}])
    for name in BOUGHT:
        del program.changes[name]
    again = program.sync(person, "-changed-only")

    assert (first.result["synced"], again.result["skipped"]) == (1, 1)


def test_events_that_are_killed_count_exactly_once(
    program: Program, api: ScriptedApi
) -> None:
    """5,000 events, 20 kills at random times, some errors: exactly 5,000."""
    seed = int(os.environ.get("SEED", "20261125"))
    chance = random.Random(seed)
    print(f"SEED={seed}")  # noqa: T201  # shown when it fails
    api.sandbox.set_faults(Faults(error_share=0.02, latency_ms=30))
    program.configure(**BOUGHT)
    data = program.write_data(
        [
            {"id": n % 900, "what": "x", "at": 1_795_521_600 + n // 3, "amount": n}
            for n in range(5000)
        ]
    )
    kills = 0
    for _ in range(20):
        process = program.start("sync", "-data", data, "-json")
        timer = threading.Timer(chance.uniform(0.5, 0.8), killer(process, SIGKILL))
        timer.start()
        kills += program.finish(process).code == -SIGKILL
        timer.cancel()
        timer.join()
    api.sandbox.set_faults(Faults())
    last = program.run("sync", "-data", data, "-json")

    assert kills == 20
    assert last.code == 0
    assert len(api.sandbox.events) == 5000
    assert {each.data["amount"] for each in api.sandbox.events.all()} == set(
        range(5000)
    )


@BOTH_MODES
def test_objects_and_who_belongs_to_them(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """Attributes by the mappings, relationships to people by kind."""
    program.configure(api=mode, **ACCOUNTS)

    outcome = program.sync(
        [
            {"account": "a/b", "seats": 1, "owner": 7, "members": ["x@y.io", "z@y.io"]},
            {"account": 5, "seats": 2, "owner": None},
            {"account": "a/b", "seats": 3},
            {"account": "", "seats": 4},
            {"account": "c", "owner": ["7", ""]},
        ]
    )

    assert (outcome.code, outcome.result["dead_lettered"]) == (1, 2)
    found = api.sandbox.objects.all()
    assert {key: each.attributes for key, each in found.items()} == {
        ("1", "a/b"): {"seats": 3},
        ("1", "5"): {"seats": 2},
    }
    assert set(found["1", "a/b"].related) == {
        ("id", "7"),
        ("email", "x@y.io"),
        ("email", "z@y.io"),
    }
    way = "entity" if mode == "customers" else "batch"
    assert paths(api) == {f"POST /api/v2/{way}"}


@BOTH_MODES
def test_objects_are_deleted(program: Program, api: ScriptedApi, mode: str) -> None:
    """With the same question as people."""
    program.configure(api=mode, **ACCOUNTS)
    records = [{"account": "a"}, {"account": "b"}]
    program.sync(records)
    program.configure(action="delete")

    refused = program.sync(records[:1])
    deleted = program.sync(records[:1], "-yes")

    assert (refused.code, deleted.code) == (2, 0)
    assert deleted.result["removed"] == 1
    assert set(api.sandbox.objects.all()) == {("1", "b")}
    paths(api)


@BOTH_MODES
def test_people_are_related_to_objects(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """From the file of people; an empty cell is no relationship."""
    program.configure(
        api=mode,
        relationships=[{"objectType": "1", "from": "account"}],
        mappings=[{"from": "name", "to": "name"}],
    )

    outcome = program.sync(
        [
            {"id": 1, "name": "a", "account": ["acme", 5]},
            {"id": 2, "name": "b", "account": ""},
        ]
    )

    assert outcome.code == 0
    related = [list(who.relationships) for who in api.sandbox.people]
    assert sorted(related) == [
        [],
        [
            '{"object_id": "acme", "object_type_id": "1"}',
            '{"object_id": "5", "object_type_id": "1"}',
        ],
    ]
    paths(api)


def test_check_shows_events_and_their_warnings(program: Program) -> None:
    """What would be sent, identical records, old ones and too large ones."""
    program.configure(**BOUGHT)
    data = program.write_data(
        [
            {"id": 1, "what": "x", "at": "2026-11-01"},
            {"id": 1, "what": "x", "at": "2026-11-01"},
            {"id": 2, "what": "x", "at": "2001-01-01", "amount": "y" * 100_001},
            {"id": 2, "what": "x"},
        ]
    )

    outcome = program.run("check", "-data", data, "-json")
    text = program.run("check", "-data", data)

    assert outcome.code == 1
    assert {each["warning"]: each["count"] for each in outcome.result["warnings"]} == {
        "event_old": 3,
        "event_data_too_large": 1,
        "event_repeated": 1,
    }
    assert outcome.result["actions"] == {"track": 3}
    assert outcome.result["first_payloads"][0]["operation"] == "event track"
    assert "2 users" in text.stdout
