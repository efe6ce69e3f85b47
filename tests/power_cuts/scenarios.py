"""What is recorded before the power cuts: runs of every kind."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.store.user_digests import digest_of, user_digest
from tests.support.api import Entry, ScriptedApi
from tests.support.books import numbered_records
from tests.support.program import SIGINT, SIGKILL, Program, killer

Records = list[dict[str, Any]]
METRICS = "run.prom"
TOO_LONG = "x" * 1100  # over Customer.io's limit: refused


# Runs the commands; returns when each data file was first used, in monotonic seconds.
Play = Callable[[Program, ScriptedApi, list[Path]], list[float]]


@dataclass(frozen=True)
class Scenario:
    """One recorded history, and the command that must put everything right.

    Args:
        name: for `--only` and messages.
        play: the recorded commands.
        nights: the records of each data file, in the order in which they are synced.
        config: configuration keys.
        options: of the `sync` after a power cut.
        any_night: whether the file after the power cut may be any of them.
        is_in_order: whether requests have the order of the file: not if older records
            are sent again because somebody asked for it.
        prepare: runs before the recording.
        faults: of the server, while recording.
    """

    name: str
    play: Play
    nights: tuple[Records, ...]
    config: dict[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    any_night: bool = False
    is_in_order: bool = True
    prepare: Callable[[Program, list[Path]], None] = lambda *_: None
    faults: Faults = field(default_factory=Faults)


def _sync(*options: str) -> Play:
    """Make a history of complete runs, one for each file."""

    def play(program: Program, _: ScriptedApi, nights: list[Path]) -> list[float]:
        begun = []
        for data in nights:
            begun.append(time.monotonic())
            own = [program.folder / o if o == METRICS else o for o in options]
            assert program.run("sync", "-data", data, *own).code in (0, 1)
        return begun

    return play


def _plain_after_changed_only(
    program: Program, _: ScriptedApi, nights: list[Path]
) -> list[float]:
    """Send a night without remembering what was sent."""
    begun = [time.monotonic()]
    assert program.run("sync", "-data", nights[0], "-changed-only").code == 0
    begun.append(time.monotonic())
    assert program.run("sync", "-data", nights[1]).code == 0
    return begun


def _stopped(number: int) -> Play:
    """Make a history of runs that a signal ended, and of one that ended itself."""

    def play(program: Program, api: ScriptedApi, nights: list[Path]) -> list[float]:
        begun = [time.monotonic()]
        for requests in (150, 400, 700):
            at = len(api.ledger) + requests
            process = program.start("sync", "-data", nights[0])
            end = killer(process, number)

            api.before_answer = partial(_end_at, at, end)
            program.finish(process)
            api.before_answer = None
            api.wait_until_left()
        assert program.run("sync", "-data", nights[0]).code in (0, 1)
        return begun

    return play


def _end_at(number: int, end: Callable[[], None], entry: Entry) -> None:
    if entry.number >= number:
        end()


def _requeue(program: Program, api: ScriptedApi, nights: list[Path]) -> list[float]:
    begun = _sync()(program, api, nights)
    for _ in range(2):
        assert program.run("dead-letters requeue", "-all").code == 0
        assert program.run("resume").code == 1
    return begun


def _remembered_by_version_1(program: Program, nights: list[Path]) -> None:
    """Leave a state of version 1 that remembers what the first night was sent."""
    assert program.run("sync", "-data", nights[0]).code == 0
    (file,) = program.state.glob("*/queue.db")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "CREATE TABLE deliveries (user BLOB PRIMARY KEY, payload BLOB,"
            " queued INTEGER NOT NULL) WITHOUT ROWID"
        )
        connection.executemany(
            "INSERT INTO deliveries VALUES (?, ?, 0)",
            [
                (user_digest(str(each["id"])), digest_of(payload_of(each)))
                for each in json.loads(nights[0].read_bytes())
            ],
        )
        connection.execute("PRAGMA user_version = 1")


def payload_of(record: dict[str, Any]) -> bytes:
    """Return the body that is sent for a record, as the program writes it."""
    return orjson.dumps({"ltv": record["computed_ltv"], "name": record["name"]})


def _records(count: int, users: int, refused: int = 0, seed: int = 1) -> Records:
    chance = random.Random(seed)
    records = numbered_records(count, users, chance.randrange)
    for record in chance.sample(records, refused):
        record["computed_ltv"] = TOO_LONG
    return records


def _changed(records: Records, share: float) -> Records:
    """Return the records of the next night: some have another name."""
    chance = random.Random(2)
    return [
        record | {"name": f"{record['name']} changed"}
        if chance.random() < share
        else record
        for record in records
    ]


_PEOPLE = [{"id": n, "name": f"record {n}", "computed_ltv": n} for n in range(1200)]
_MISSING = ("-changed-only", "-missing", "delete", "-yes", "-max-missing", "100%")
_FAULTS = Faults(error_share=0.03, error_status=503, drop_share=0.01)

SCENARIOS = (
    Scenario(
        "sync",
        _sync("-metrics", METRICS),
        (_records(1500, 700, 10),),
    ),
    Scenario(
        "faults", _sync(), (_records(800, 300, 5),), {"parallelism": 10}, faults=_FAULTS
    ),
    Scenario("batch", _sync(), (_records(4000, 2500),), {"api": "batch"}),
    Scenario("killed", _stopped(SIGKILL), (_records(2500, 900, 10),)),
    Scenario("interrupted", _stopped(SIGINT), (_records(2500, 900, 10),)),
    Scenario(
        "changed-only",
        _sync("-changed-only"),
        (_PEOPLE, _changed(_PEOPLE, 0.1), _changed(_PEOPLE, 0.5)),
        options=("-changed-only",),
        any_night=True,
        is_in_order=False,
    ),
    Scenario(
        "missing",
        _sync(*_MISSING),
        (_PEOPLE, _changed(_PEOPLE[300:], 0.1), _changed(_PEOPLE[:700], 0.1)),
        options=_MISSING,
        any_night=True,
        is_in_order=False,
    ),
    Scenario(
        "forgotten",
        _plain_after_changed_only,
        (_PEOPLE, _changed(_PEOPLE, 0.5)),
        options=("-changed-only",),
        any_night=True,
        is_in_order=False,
    ),
    Scenario(
        "upgraded",
        _sync("-changed-only"),
        (_PEOPLE, _changed(_PEOPLE, 0.5)),
        options=("-changed-only",),
        any_night=True,
        is_in_order=False,
        prepare=_remembered_by_version_1,
    ),
    Scenario("requeue", _requeue, (_records(400, 200, 40),), is_in_order=False),
)
