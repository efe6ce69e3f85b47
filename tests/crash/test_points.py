"""Killed at every step that matters: run again, and the books balance."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.support.api import ScriptedApi
from tests.support.books import (
    check_database,
    check_order,
    count_sent_twice,
    expected_people,
    numbered_records,
)
from tests.support.program import SIGKILL, Program, balances
from tests.support.steps import POINTS, STORE

PARALLELISM, ACK_GROUP = 25, 500


def file_of_users() -> list[dict[str, Any]]:
    """Make records of users that repeat, some of whom are refused."""
    return numbered_records(1500, 600, random.Random(5).randrange)


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
    assert again.code == 0, again.stderr
    assert balances(again.result)
    assert api.people() == expected_people(records)
    assert count_sent_twice(api) <= _bound(point, len(records))
    check_order(api, records)
    check_database(program)


def _bound(point: str, records: int) -> int:
    """What may be sent twice; all of it when the run had already ended."""
    has_ended = "end_run:return" in point or "shrink" in point
    is_done = has_ended or "end_run:call" in point or "_wind_down" in point
    return records if is_done else PARALLELISM + ACK_GROUP


@pytest.mark.parametrize("event", ["call", "return"])
def test_a_kill_while_dead_letters_are_put_back_loses_none(
    api: ScriptedApi, program: Program, event: str
) -> None:
    """They are in one place or the other, never in both or none."""
    for user in range(20):
        api.script(str(user), [400])
    program.sync([{"id": n, "name": "a"} for n in range(40)])

    program.kill_at = (f"{STORE}.dead_letters:requeue_dead_letters:{event}", 1)
    killed = program.run("dead-letters requeue", "-all")
    program.kill_at = None
    check_database(program)
    left = len(program.dead_letters())
    program.run("dead-letters requeue", "-all")
    resumed = program.resume()

    assert killed.code == -SIGKILL
    assert left == 20
    assert resumed.result["synced"] == 20
    assert len(api.people()) == 40
