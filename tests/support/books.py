"""The books: what must be true after a sync, also after kills and failures."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson

from cio_pipeline.sandbox.people import VALUE_LIMIT
from tests.support.api import Entry, ScriptedApi
from tests.support.program import Program

Attributes = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """One user's attributes in one request."""

    user_id: str
    attributes: Attributes
    was_accepted: bool


def requests_of(entry: Entry) -> list[tuple[str, Attributes]]:
    """Return the users of a request that inserts or updates people."""
    if entry.method == "DELETE":
        return []
    if entry.path != "/api/v2/batch":
        return [(entry.user_id, entry.attributes)]
    return [
        (next(iter(item["identifiers"].values())), item["attributes"])
        for item in orjson.loads(entry.body)["batch"]
    ]


def expected_people(records: list[dict[str, Any]]) -> dict[str, Attributes]:
    """Apply records one by one: the complete model of the program.

    Keys are the request's example's: `computed_ltv` becomes `ltv`.
    """
    people: dict[str, Attributes] = {}
    for record in records:
        if is_refused(record):
            continue
        person = people.setdefault(str(record["id"]), {})
        for source, target in (("computed_ltv", "ltv"), ("name", "name")):
            if source in record:
                person[target] = record[source]
    return people


def people_after(ledger: list[Entry]) -> dict[str, Attributes]:
    """Return everybody's attributes after these requests."""
    people: dict[str, Attributes] = {}
    for entry in ledger:
        if entry.status == 200:
            if entry.method == "DELETE":
                people.pop(entry.user_id, None)
            for user_id, attributes in requests_of(entry):
                people.setdefault(user_id, {}).update(attributes)
    return people


def count_sent_twice(api: ScriptedApi) -> int:
    """Count deliveries of what had been accepted already.

    Records must differ from each other for this, as `numbered_records` do.
    """
    times: dict[tuple[str, bytes], int] = defaultdict(int)
    for entry in api.ledger:
        if entry.status == 200:
            for user_id, attributes in requests_of(entry):
                times[user_id, orjson.dumps(attributes)] += 1
    return sum(count - 1 for count in times.values())


def check_order(api: ScriptedApi, records: list[dict[str, Any]]) -> None:
    """Check that each user's records came in the file's order.

    After a kill, a record may be sent again, and with it those after it. But no record
    may come before all earlier ones have come.
    """
    order: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        order[str(record["id"])].append(record["name"])
    came: dict[str, list[Any]] = defaultdict(list)
    for entry in api.ledger:
        for user_id, attributes in requests_of(entry):
            came[user_id].append(attributes["name"])
    for user_id, names in came.items():
        reached = -1
        for name, _ in groupby(names):
            place = order[user_id].index(name)
            assert place <= reached + 1, f"{user_id}: {name} came too early"
            reached = max(reached, place) if place > reached else place


def check_database(program: Program) -> None:
    """Check SQLite's own view, and that the counters agree with the tables."""
    for file in program.state.glob("*/queue.db"):
        with closing(sqlite3.connect(file)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
            if ("ack_queue_jobs",) not in tables:
                assert verdict == "ok"  # killed before its tables were made
                continue
            counted = connection.execute(
                "SELECT (SELECT COUNT(*) FROM ack_queue_jobs),"
                " (SELECT COUNT(*) FROM dead_letters)"
            ).fetchone()
            kept = connection.execute(
                "SELECT pending, dead_letters FROM totals"
            ).fetchone()
        assert verdict == "ok"
        assert counted == kept


def count_loads(program: Program) -> int:
    """Count how often the data was loaded from the start."""
    (file,) = program.state.glob("*/queue.db")
    with closing(sqlite3.connect(file)) as connection:
        (loads,) = connection.execute("SELECT COUNT(*) FROM loads").fetchone()
    return int(loads)


def is_refused(record: dict[str, Any]) -> bool:
    """Return whether Customer.io, and so the sandbox, refuses its payload."""
    return len(str(record.get("computed_ltv", ""))) > VALUE_LIMIT


def numbered_records(count: int, users: int, draw: Any) -> list[dict[str, Any]]:
    """Make records in which users repeat, each with its own name."""
    return [
        {"id": draw(users), "name": f"record {number}", "computed_ltv": number}
        for number in range(count)
    ]
