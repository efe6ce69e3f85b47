"""`-changed-only`: the nightly job sends what changed, and nothing that did not."""

from __future__ import annotations

import random
from typing import Any

import pytest

from cio_pipeline.store.queue.deliveries import MERGE_USERS
from tests.support.api import ScriptedApi
from tests.support.books import check_database, expected_people, numbered_records
from tests.support.program import SIGKILL, Outcome, Program, balances


def users(count: int, **changed: Any) -> list[dict[str, Any]]:
    """Make users; some of them changed, by id."""
    return [{"id": n, "name": changed.get(f"u{n}", f"name {n}")} for n in range(count)]


def sync(program: Program, records: object, *options: str) -> Outcome:
    """Sync only what changed."""
    return program.sync(records, "-changed-only", *options)


def sent(api: ScriptedApi) -> list[tuple[str, Any]]:
    """Take the requests since last asked: whose, and which name."""
    requests = [(entry.user_id, entry.attributes.get("name")) for entry in api.ledger]
    api.ledger.clear()
    return requests


@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_a_second_run_sends_nothing_and_a_third_what_changed(
    api: ScriptedApi, program: Program, mode: str
) -> None:
    """One in a hundred changed: one in a hundred is sent."""
    program.configure(api=mode)
    sync(program, users(1000))
    sent(api)
    second = sync(program, users(1000))
    sent_again = len(api.ledger)
    third = sync(program, users(1000, **{f"u{n}": "new" for n in range(0, 1000, 100)}))

    assert sent_again == 0
    assert (second.code, second.result["skipped"]) == (0, 1000)
    assert third.result["synced"] == 10
    assert third.result["skipped"] == 990
    assert balances(second.result)
    assert balances(third.result)
    assert {k for k, v in api.people().items() if v["name"] == "new"} == {
        str(n) for n in range(0, 1000, 100)
    }


def test_one_user_twice_in_a_file_is_sent_twice_every_night(
    api: ScriptedApi, program: Program
) -> None:
    """A then B, B having been acked last: both must go, for A may hold more."""
    records = [{"id": 1, "computed_ltv": 1}, {"id": 1, "name": "B"}]
    sync(program, records)
    sent(api)
    again = sync(program, records)

    assert len(api.requests_for("1")) == 2
    assert again.result["skipped"] == 0
    assert api.people() == {"1": {"ltv": 1, "name": "B"}}


def test_a_dead_letter_does_not_count_as_delivered(
    api: ScriptedApi, program: Program
) -> None:
    """It is sent again the next night."""
    api.script("3", [400])
    first = sync(program, users(5))
    sent(api)
    second = sync(program, users(5))

    assert first.result["dead_lettered"] == 1
    assert sent(api) == [("3", "name 3")]
    assert second.result["skipped"] == 4


def test_a_changed_mapping_sends_everybody(api: ScriptedApi, program: Program) -> None:
    """What counts is the payload, not the record."""
    sync(program, users(5))
    sent(api)
    program.configure(mappings=[{"from": "name", "to": "full_name"}])
    outcome = sync(program, users(5))

    assert outcome.result["synced"] == 5


def test_runs_without_it_are_seen_by_the_next_run_with_it(
    api: ScriptedApi, program: Program
) -> None:
    """A plain run that sends something else must not be forgotten."""
    sync(program, users(3))
    program.sync(users(3, u1="other"))
    sent(api)
    outcome = sync(program, users(3))

    assert sent(api) == [("1", "name 1")]
    assert outcome.result["skipped"] == 2


def test_what_a_plain_run_left_in_the_queue_is_counted_in(
    api: ScriptedApi, program: Program
) -> None:
    """The table is made while older payloads are still waiting."""
    api.answer_all(401)
    program.sync(users(3, u1="old"))
    api.answer_all(None)
    sent(api)
    outcome = sync(program, users(3))
    again = sync(program, users(3))

    assert outcome.result["resumed"] == 3
    assert outcome.result["synced"] == 6
    assert again.result["skipped"] == 3
    assert api.people()["1"] == {"name": "name 1"}


@pytest.mark.parametrize("options", [[], ["-changed-only"]], ids=["all", "changed"])
def test_a_broken_off_load_is_not_gone_on_with_after_another_file(
    api: ScriptedApi, program: Program, options: list[str]
) -> None:
    """The first half of it was overwritten by the other file: all of it must go."""
    broken = b'[{"id": 1, "name": "first"}, {"id": 2, "name": "first"} !'
    monday = program.write_data(broken, "monday.json")
    tuesday = program.write_data([{"id": 1, "name": "second"}], "tuesday.json")
    program.run("sync", "-data", monday, *options)
    program.run("sync", "-data", tuesday, *options)
    sent(api)

    again = program.run("sync", "-data", monday, "-json", *options)

    assert again.result["records"] == 2
    assert api.people()["1"] == {"name": "first"}


def test_a_discarded_dead_letter_was_not_delivered(
    api: ScriptedApi, program: Program
) -> None:
    """Dropped from the report, it is sent again the next night all the same."""
    api.script("1", [400])
    sync(program, users(2))
    program.run("dead-letters", "discard", "-all", "-yes")
    sent(api)
    sync(program, users(2))

    assert sent(api) == [("1", "name 1")]


def test_a_requeued_payload_is_what_was_delivered_last(
    api: ScriptedApi, program: Program
) -> None:
    """An old one that goes out late overwrites the newer: the newer goes again."""
    api.script("1", [400])
    sync(program, users(2, u1="old"))
    sync(program, users(2))
    program.run("dead-letters", "requeue", "-all")
    program.resume()
    sent(api)
    sync(program, users(2))

    assert sent(api) == [("1", "name 1")]


def test_a_null_removes_once(api: ScriptedApi, program: Program) -> None:
    """A removal is a payload like any other; a key left out changes nothing."""
    sync(program, [{"id": 1, "name": "a", "computed_ltv": 5}])
    sync(program, [{"id": 1, "name": None, "computed_ltv": 5}])
    sent(api)
    again = sync(program, [{"id": 1, "name": None, "computed_ltv": 5}])

    assert again.result["skipped"] == 1
    assert api.people() == {"1": {"ltv": 5}}


def test_requeued_dead_letters_are_known_of(api: ScriptedApi, program: Program) -> None:
    """A requeued job changes what Customer.io holds."""
    api.script("1", [400])
    sync(program, users(2, u1="old"))
    sync(program, users(2))
    program.run("dead-letters", "requeue", "-all")
    outcome = sync(program, users(2))

    assert outcome.result["resumed"] == 1
    assert outcome.result["skipped"] == 1
    assert api.people()["1"] == {"name": "name 1"}


@pytest.mark.parametrize("seed", range(4))
def test_kills_do_not_make_it_forget_or_imagine(
    api: ScriptedApi, program: Program, seed: int
) -> None:
    """After any number of kills: everybody is right, and the next night is quiet."""
    chance = random.Random(seed)
    tonight = numbered_records(1200, 4000, chance.randrange)
    last_night = tonight[:600]
    sync(program, last_night)
    data = program.write_data(tonight)
    for step, occurrence in (
        (
            "cio_pipeline.store.queue.deliveries:Deliveries.note_settled:call",
            chance.randrange(1, 4),
        ),
        (
            "cio_pipeline.store.queue.deliveries:Deliveries.note_enqueued:return",
            chance.randrange(1, 3),
        ),
        (
            "cio_pipeline.store.queue.leases:Leases.commit:return",
            chance.randrange(1, 9),
        ),
        ("cio_pipeline.store.store:Store.finish_load:return", 1),
    ):
        program.kill_at = (step, occurrence)
        killed = program.run("sync", "-data", data, "-changed-only")
        assert killed.code in (-SIGKILL, 0)
        program.kill_at = None
        check_database(program)
    last = sync(program, tonight)
    api.ledger.clear()
    people = api.people()
    quiet = sync(program, tonight)

    assert last.code == 0
    assert people == expected_people(tonight) == api.people()
    once = {
        record["id"]
        for record in tonight
        if sum(other["id"] == record["id"] for other in tonight) == 1
    }
    assert quiet.result["skipped"] >= len(once)
    assert not {int(entry.user_id) for entry in api.ledger} & once


def test_a_kill_while_deliveries_are_merged_forgets_nobody(
    api: ScriptedApi, program: Program
) -> None:
    """What is in the log must not be emptied without having reached the table."""
    program.configure(api="batch")
    data = program.write_data(users(MERGE_USERS + 1))
    program.kill_at = (
        "cio_pipeline.store.queue.deliveries:Deliveries._merge:return",
        1,
    )
    killed = program.run("sync", "-data", data, "-changed-only")
    program.kill_at = None
    check_database(program)
    program.run("sync", "-data", data, "-changed-only")
    quiet = program.run("sync", "-data", data, "-changed-only", "-json")

    assert killed.code == -SIGKILL
    assert quiet.result["skipped"] == MERGE_USERS + 1
    assert len(api.people()) == MERGE_USERS + 1


@pytest.mark.parametrize("is_newer_synced", [True, False])
def test_requeueing_warns_of_users_who_were_synced_since(
    api: ScriptedApi, program: Program, *, is_newer_synced: bool
) -> None:
    """The older record will go over the newer one, of the same file even."""
    api.script("1", [400])
    newer = [{"id": 1, "name": "new"}] if is_newer_synced else []
    sync(program, [{"id": 1, "name": "old"}, *newer, {"id": 2, "name": "other"}])

    requeued = program.run("dead-letters", "requeue", "-all")

    assert requeued.stdout == "1 dead letter requeued\n"
    assert ("of them have older data of users" in requeued.stderr) == (is_newer_synced)


def test_spellings_of_an_email_share_one_memory(
    api: ScriptedApi, program: Program
) -> None:
    """The record skipped must be what was sent last, in whatever spelling."""
    old = {"id": "ada@x.org", "name": "old"}
    sync(program, [old])
    sync(program, [{"id": "Ada@X.org", "name": "new"}])
    sent(api)

    again = sync(program, [old])
    same = sync(program, [{"id": "ADA@X.ORG", "name": "old"}])

    assert (again.result["synced"], same.result["skipped"]) == (1, 1)
    assert sent(api) == [("ada@x.org", "old")]
