"""`api: batch`: the same guarantees, many users a request."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.support.api import DROP, Answer, Entry, ScriptedApi
from tests.support.program import SIGKILL, Program, balances, killer


@pytest.fixture
def batch(program: Program) -> Program:
    """Give the program, configured for batches."""
    program.configure(api="batch")
    return program


def users(count: int) -> list[dict[str, Any]]:
    """Make users."""
    return [{"id": n, "name": f"User {n}", "computed_ltv": n} for n in range(count)]


def expected(count: int) -> dict[str, dict[str, Any]]:
    """What they become."""
    return {str(n): {"name": f"User {n}", "ltv": n} for n in range(count)}


def ids_in(entry: Entry) -> list[str]:
    """Who is in a body."""
    items = json.loads(entry.body)["batch"]
    return [next(iter(item["identifiers"].values())) for item in items]


def test_bodies_are_filled_by_size(api: ScriptedApi, batch: Program) -> None:
    """Few requests, each under the limit."""
    outcome = batch.sync(users(20_000))

    assert outcome.code == 0
    assert balances(outcome.result)
    assert api.people() == expected(20_000)
    assert len(api.ledger) < 60
    assert max(len(entry.body) for entry in api.ledger) < 500_000
    assert outcome.result["requests"] == len(api.ledger)


def test_large_records_make_bodies_of_few(api: ScriptedApi, batch: Program) -> None:
    """By size, not by count."""
    batch.configure(mappings=[{"from": f"a{n}", "to": f"a{n}"} for n in range(30)])
    records = [{"id": n, **{f"a{k}": "v" * 900 for k in range(30)}} for n in range(100)]

    outcome = batch.sync(records)

    assert outcome.code == 0
    assert max(len(entry.body) for entry in api.ledger) < 500_000
    assert all(len(ids_in(entry)) <= 18 for entry in api.ledger)
    assert len(api.people()) == 100


def test_both_modes_leave_the_same_people(api: ScriptedApi, batch: Program) -> None:
    """Ids that a path would take for an email or a cio_ id included."""
    records = [
        {"id": user, "name": f"n{index}"}
        for index, user in enumerate(
            ["1", "a@b.io", 'q"uote', "ü/☃", "x" * 150, "..", "\x01"]
        )
    ]
    batch.sync(records)
    in_batches = api.people()
    api.sandbox.reset()
    batch.configure(api="customers")

    batch.sync(records)

    assert api.people() == in_batches
    assert len(in_batches) == len(records)


def test_one_users_records_arrive_in_order(api: ScriptedApi, batch: Program) -> None:
    """Never two of one user in a body, nor in flight."""
    records = [{"id": n % 7, "name": str(n)} for n in range(700)]

    outcome = batch.sync(records)

    sent: dict[str, list[int]] = {str(user): [] for user in range(7)}
    for entry in api.ledger:
        ids = ids_in(entry)
        assert len(ids) == len(set(ids))
        for item in json.loads(entry.body)["batch"]:
            sent[item["identifiers"]["id"]].append(int(item["attributes"]["name"]))
    assert outcome.code == 0
    assert all(names == sorted(names) for names in sent.values())
    assert api.people() == {str(u): {"name": str(693 + u)} for u in range(7)}


def test_refused_items_are_dead_letters_and_the_others_are_not(
    api: ScriptedApi, batch: Program
) -> None:
    """207 is settled item by item, with Customer.io's words."""
    records = users(500)
    for index in (3, 250, 499):
        records[index]["name"] = "x" * 1001

    outcome = batch.sync(records)

    letters = batch.dead_letters()
    assert outcome.code == 1
    assert balances(outcome.result)
    assert [letter["user_id"] for letter in letters] == ["3", "250", "499"]
    assert {letter["reason"] for letter in letters} == {"rejected"}
    assert {letter["message"] for letter in letters} == {
        "name: value for attribute 'name' cannot be longer than 1000 bytes"
    }
    assert set(api.people()) == {str(n) for n in range(500)} - {"3", "250", "499"}


@pytest.mark.parametrize("status", [400, 413, 500])
def test_a_body_refused_whole_is_halved_until_the_culprit_stands_alone(
    api: ScriptedApi, batch: Program, status: int
) -> None:
    """One bad record must not condemn its neighbours; nor may a 500 it causes."""
    batch.configure(maxAttempts=2, parallelism=4)

    def refuse(entry: Entry) -> None:
        api.answer_all(
            Answer(status, b'{"meta":{"error":"no"}}')
            if "77" in ids_in(entry)
            else None
        )

    api.before_answer = refuse

    outcome = batch.sync(users(300))

    letters = batch.dead_letters()
    assert outcome.code == 1
    assert [letter["user_id"] for letter in letters] == ["77"]
    assert set(api.people()) == {str(n) for n in range(300)} - {"77"}
    assert len(api.ledger) < 60


def test_retryable_answers_repeat_the_body(api: ScriptedApi, batch: Program) -> None:
    """429 with Retry-After, 503, a dropped connection."""
    answers = [Answer(429, b"{}", "1"), Answer(503), DROP]

    def fail_first(entry: Entry) -> None:
        api.answer_all(answers[entry.number - 1] if entry.number <= 3 else None)

    api.before_answer = fail_first

    outcome = batch.sync(users(1000))

    assert outcome.code == 0
    assert outcome.result["dead_lettered"] == 0
    assert outcome.result["retries"] >= 3
    assert api.people() == expected(1000)


@pytest.mark.parametrize("moment", ["before_answer", "after_answer"])
@pytest.mark.parametrize("request_number", [1, 2, 4])
def test_a_kill_loses_nothing(
    api: ScriptedApi, batch: Program, moment: str, request_number: int
) -> None:
    """Guarantee 1: what is sent twice is what was in flight and one group."""
    batch.configure(parallelism=2)
    data = batch.write_data(users(30_000))
    process = batch.start("sync", "-data", data)
    kill = killer(process, SIGKILL)

    def at(entry: Entry) -> None:
        if entry.number == request_number:
            kill()

    setattr(api, moment, at)
    batch.finish(process)
    setattr(api, moment, None)
    again = batch.run("sync", "-data", data, "-json")

    accepted = Counter(
        user for entry in api.ledger if entry.status == 200 for user in ids_in(entry)
    )
    largest = max(len(ids_in(entry)) for entry in api.ledger)
    twice = sum(count - 1 for count in accepted.values())
    assert again.code == 0
    assert balances(again.result)
    assert api.people() == expected(30_000)
    assert twice <= 2 * largest + 500 + largest


@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_payloads_over_the_limits_are_dead_letters_and_the_others_go_on(
    api: ScriptedApi, program: Program, mode: str
) -> None:
    """A long value, an item over 32 KB, one no body can hold: each sent once."""
    program.configure(api=mode)
    records: list[dict[str, Any]] = [{"id": n, "name": "fine"} for n in range(20)]
    records[3]["name"] = "x" * 1001
    records[7]["name"] = ["x" * 900] * 40
    records[11]["name"] = ["x" * 900] * 700

    outcome = program.sync(records)

    assert outcome.code == 1
    assert balances(outcome.result)
    letters = {each["user_id"]: each for each in program.dead_letters()}
    assert set(letters) == {"3", "7", "11"}
    assert {each["reason"] for each in letters.values()} <= {"rejected", "too_large"}
    assert all(each["attempts"] == 1 for each in letters.values())
    assert len(api.people()) == 17
    assert outcome.result["requests"] <= 20
