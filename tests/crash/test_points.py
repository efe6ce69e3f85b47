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

STORE = "cio_pipeline.store"
POINTS = [
    # at the start
    (f"{STORE}.schema:_create_private_file:return", 1),
    (f"{STORE}.schema:_make_or_check:return", 1),
    (f"{STORE}.queue:JobQueue.__init__:return", 1),
    ("cio_pipeline.run:Run._begin:return", 1),
    # the loader's commits
    (f"{STORE}.loads:begin_load:return", 1),
    (f"{STORE}.queue:JobQueue.insert:return", 1),
    (f"{STORE}.loads:save_progress:return", 1),
    (f"{STORE}.loads:save_progress:return", 3),
    (f"{STORE}.__init__:Store.enqueue:return", 1),
    (f"{STORE}.__init__:Store.enqueue:return", 2),
    (f"{STORE}.__init__:Store.finish_load:call", 1),
    (f"{STORE}.__init__:Store.finish_load:return", 1),
    # an answer, its outcome, its settling
    ("cio_pipeline.client.transport:Transport.send:return", 1),
    ("cio_pipeline.client.transport:Transport.send:return", 400),
    ("cio_pipeline.policy:judge:return", 150),
    (f"{STORE}.leases:Leases.settle:call", 10),
    (f"{STORE}.leases:Leases.settle:return", 700),
    # the settling commits, dead letters among them
    (f"{STORE}.leases:Leases.commit:call", 5),
    (f"{STORE}.queue:JobQueue.delete:call", 1),
    (f"{STORE}.queue:JobQueue.delete:return", 2),
    (f"{STORE}.dead_letters:insert_dead_letters:call", 5),
    (f"{STORE}.dead_letters:insert_dead_letters:return", 6),
    (f"{STORE}.leases:Leases.commit:return", 6),
    # at the end
    ("cio_pipeline.run:Run._wind_down:call", 1),
    (f"{STORE}.__init__:Store.end_run:call", 1),
    (f"{STORE}.__init__:Store.end_run:return", 1),
    (f"{STORE}.queue:JobQueue.shrink:call", 1),
    (f"{STORE}.queue:JobQueue.shrink:return", 1),
]
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
