"""Kills at every step that matters: after the next run nothing is missing."""

from __future__ import annotations

import random
from signal import SIGXFSZ
from typing import Any

import pytest

from tests.support.api import ScriptedApi
from tests.support.books import (
    check_database,
    check_order,
    count_loads,
    count_sent_twice,
    expected_people,
    is_refused,
    numbered_records,
)
from tests.support.program import SIGKILL, Program, balances
from tests.support.steps import MISSING_POINTS, POINTS, STORE

PARALLELISM, ACK_GROUP = 25, 500
SURE = {"requeue": [], "discard": ["-yes"]}


def file_of_users() -> list[dict[str, Any]]:
    """Return records of users that repeat; some are refused."""
    records = numbered_records(1000, 400, random.Random(5).randrange)
    for record in records[20::40]:
        record["computed_ltv"] = "x" * 1100  # over Customer.io's limit
    return records


def check_dead_letters(program: Program, records: list[dict[str, Any]]) -> None:
    """Check that there is one dead letter for each refused record and load."""
    refused = [n for n, record in enumerate(records) if is_refused(record)]
    letters = sorted(letter["record_index"] for letter in program.dead_letters())
    assert letters == sorted(refused * count_loads(program))


@pytest.mark.parametrize(
    ("point", "occurrence"),
    POINTS,
    ids=[f"{p.split(':', 1)[1]}-{n}" for p, n in POINTS],
)
def test_a_kill_at_this_step_loses_nothing(
    api: ScriptedApi, program: Program, point: str, occurrence: int
) -> None:
    """Guarantees 1 to 3, with SQLite's integrity checked each time."""
    records = file_of_users()
    data = program.write_data(records)

    program.kill_at = (point, occurrence)
    killed = program.run("sync", "-data", data, "-json")
    program.kill_at = None
    check_database(program)
    again = program.run("sync", "-data", data, "-json")

    assert killed.code == -SIGKILL, "the step was never reached"
    assert again.code in (0, 1), again.stderr
    assert balances(again.result)
    assert api.people() == expected_people(records)
    check_dead_letters(program, records)
    assert count_sent_twice(api) <= _bound(point, len(records))
    check_order(api, records)
    check_database(program)


def _bound(point: str, records: int) -> int:
    """Return how many may be sent twice: all, if the run had already ended."""
    is_done = any(
        each in point for each in ("end_run", "shrink", "_wind_down", "save_run")
    )
    return records if is_done else PARALLELISM + ACK_GROUP


REMOVES = ("-changed-only", "-missing", "delete", "-yes", "-max-missing", "50%")


def people_of(numbers: range) -> list[dict[str, Any]]:
    """Return a record for each of these people."""
    return [{"id": n, "name": f"name {n}"} for n in numbers]


def deleted(api: ScriptedApi) -> set[str]:
    """Return whom any request deleted."""
    return {entry.user_id for entry in api.ledger if entry.method == "DELETE"}


@pytest.mark.parametrize(
    ("point", "occurrence"),
    MISSING_POINTS,
    ids=[f"{p.split(':', 1)[1]}-{n}" for p, n in MISSING_POINTS],
)
def test_a_kill_while_missing_people_are_removed_has_no_effect(
    api: ScriptedApi, program: Program, point: str, occurrence: int
) -> None:
    """All who are missing are removed in the end, and nobody else at any time."""
    before = program.write_data(people_of(range(600)), "before.json")
    tonight = program.write_data(people_of(range(100, 650)), "tonight.json")
    program.run("sync", "-data", before, *REMOVES)

    program.kill_at = (point, occurrence)
    killed = program.run("sync", "-data", tonight, *REMOVES)
    program.kill_at = None
    check_database(program)
    again = program.run("sync", "-data", tonight, *REMOVES, "-json")
    quiet = program.run("sync", "-data", tonight, *REMOVES, "-json")

    assert killed.code == -SIGKILL, "the step was never reached"
    assert (again.code, quiet.code) == (0, 0), again.stderr
    assert balances(again.result)
    assert deleted(api) == {str(n) for n in range(100)}
    assert set(api.people()) == {str(n) for n in range(100, 650)}
    assert (quiet.result["missing"], quiet.result["synced"]) == (0, 0)
    check_database(program)


@pytest.mark.parametrize("event", ["before_commit", "after_commit"])
def test_a_kill_while_removals_are_withdrawn_has_no_effect(
    api: ScriptedApi, program: Program, event: str
) -> None:
    """Who has come back is not removed; who has not is."""
    program.configure(maxOutageSeconds=0)
    nights = [
        program.write_data(people_of(numbers), f"night-{n}.json")
        for n, numbers in enumerate((range(60), range(40), range(50)))
    ]
    program.run("sync", "-data", nights[0], *REMOVES)
    api.answer_all(503)
    stopped = program.run("sync", "-data", nights[1], *REMOVES)
    pending = program.status()["pending"]
    api.answer_all(None)
    api.ledger.clear()

    program.kill_at = (f"{STORE}.store:Store._withdraw_some:{event}", 1)
    killed = program.run("sync", "-data", nights[2], *REMOVES)
    program.kill_at = None
    check_database(program)
    again = program.run("sync", "-data", nights[2], *REMOVES, "-json")

    assert (stopped.code, pending, killed.code) == (3, 20, -SIGKILL)
    assert again.code == 0, again.stderr
    assert deleted(api) == {str(n) for n in range(50, 60)}
    assert set(api.people()) == {str(n) for n in range(50)}
    check_database(program)


@pytest.mark.parametrize("event", ["before_commit", "after_commit"])
@pytest.mark.parametrize("action", ["requeue", "discard"])
def test_a_kill_while_dead_letters_are_moved_loses_none(
    api: ScriptedApi, program: Program, action: str, event: str
) -> None:
    """Each is in exactly one of the two tables."""
    for user in range(20):
        api.script(str(user), [400])
    program.sync([{"id": n, "name": "a"} for n in range(40)])

    program.kill_at = (f"{STORE}.store:Store.{action}:{event}", 1)
    killed = program.run(f"dead-letters {action}", "-all", *SURE[action])
    program.kill_at = None
    check_database(program)
    left = len(program.dead_letters())
    pending = program.status()["pending"]
    program.run("dead-letters requeue", "-all")
    resumed = program.resume()

    assert killed.code == -SIGKILL
    assert left == (20 if event == "before_commit" else 0)
    assert pending == (20 if event == "after_commit" and action == "requeue" else 0)
    assert resumed.result["synced"] == left + pending
    assert len(api.people()) == 20 + left + pending


@pytest.mark.parametrize("event", ["before_commit", "after_commit"])
def test_a_kill_while_it_begins_to_keep_deliveries_forgets_no_job(
    api: ScriptedApi, program: Program, event: str
) -> None:
    """The table counts waiting jobs; if it is incomplete, some would be skipped."""
    records = file_of_users()[:400]
    data = program.write_data(records)
    program.kill_at = (f"{STORE}.store:Store.finish_load:return", 1)
    program.run("sync", "-data", data)

    program.kill_at = (f"{STORE}.queue.job_queue:JobQueue.keep_deliveries:{event}", 1)
    killed = program.run("sync", "-data", data, "-changed-only")
    program.kill_at = None
    check_database(program)
    again = program.run("sync", "-data", data, "-changed-only", "-json")
    quiet = program.run("sync", "-data", data, "-changed-only", "-json")

    assert killed.code == -SIGKILL
    assert again.code == quiet.code == 1
    assert balances(again.result)
    assert api.people() == expected_people(records)
    assert quiet.result["skipped"] > 0


@pytest.mark.parametrize("milliseconds", [2, 8, 20])
def test_a_kill_while_space_is_given_back_damages_nothing(
    api: ScriptedApi, program: Program, milliseconds: int
) -> None:
    """SQLite rewrites the complete file; half of that must not count."""
    records = [{"id": n, "name": "x" * 300} for n in range(20_000)]
    program.configure(api="batch")
    data = program.write_data(records)

    program.kill_at = (f"{STORE}.queue.job_queue:JobQueue.shrink:during", milliseconds)
    killed = program.run("sync", "-data", data)
    program.kill_at = None
    check_database(program)
    totals = program.status()
    again = program.run("resume", "-json")

    assert killed.code == -SIGKILL
    assert (totals["pending"], totals["synced_total"]) == (0, 20_000)
    assert again.code == 0
    assert again.result["resumed"] == 0
    assert len(api.people()) == 20_000


@pytest.mark.parametrize("size", [2_000, 30_000, 70_123, 110_000, 150_001])
def test_a_kill_in_the_middle_of_a_write_loses_nothing(
    api: ScriptedApi, program: Program, size: int
) -> None:
    """The kernel ends the process at that byte, when half of the page is written."""
    records = file_of_users()
    data = program.write_data(records)

    program.disk = f"dies={size}"
    killed = program.run("sync", "-data", data)
    program.disk = None
    check_database(program)
    again = program.run("sync", "-data", data, "-json")

    assert killed.code == -SIGXFSZ
    assert again.code in (0, 1), again.stderr
    assert balances(again.result)
    assert api.people() == expected_people(records)
    check_dead_letters(program, records)
    assert count_sent_twice(api) <= PARALLELISM + ACK_GROUP
    check_order(api, records)
    check_database(program)
