"""A gentle pace, and stops on purpose: at a time, or at too many dead letters."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

from tests.support.api import Answer, Entry, ScriptedApi
from tests.support.program import Outcome, Program


def users_in(entry: Entry) -> int:
    """Count the users of a request."""
    if entry.path != "/api/v2/batch":
        return 1
    return len(orjson.loads(entry.body)["batch"])


@pytest.mark.parametrize(("mode", "bodies"), [("customers", 150), ("batch", 3)])
def test_no_more_users_a_second_than_allowed(
    api: ScriptedApi, program: Program, mode: str, bodies: int
) -> None:
    """A body of many users costs as many as it has."""
    program.configure(api=mode, usersPerSecond=60)
    data = program.write_data([{"id": n, "name": f"n {n}"} for n in range(150)])

    outcome = program.run("sync", "-data", data, "-json")

    sent = sorted(api.ledger, key=lambda entry: entry.arrived)
    assert outcome.result["synced"] == sum(map(users_in, sent)) == 150
    assert max(map(users_in, sent)) <= 60
    assert len(sent) >= bodies
    assert sent[-1].arrived - sent[0].arrived >= 0.9 * (150 - 60) / 60


def test_a_run_stops_at_its_time_and_the_next_one_continues(
    api: ScriptedApi, program: Program
) -> None:
    """The night is over; nothing is lost, and nothing is sent twice."""
    program.configure(usersPerSecond=20)
    data = program.write_data([{"id": n, "name": "n"} for n in range(2000)])

    outcome = run_until_next_minute(program, data)
    again = program.run("status", "-json")
    program.configure(usersPerSecond=None)
    rest = program.run("resume", "-json")

    result = outcome.result
    assert outcome.code == 3, outcome.stderr
    assert (result["status"], result["reason"]) == ("stopped", "until_reached")
    assert result["pending"] + result["synced"] == 2000
    assert 0 < result["synced"] < 200
    assert "the time of -until" in outcome.stderr
    assert again.result["pending"] == result["pending"]
    assert rest.result["synced"] == result["pending"]
    assert len(api.ledger) == 2000


def run_until_next_minute(program: Program, data: Any) -> Outcome:
    """Run until the next minute, in a time zone where it begins in a few seconds."""
    for left in (4, 10, 20):  # a busy machine may start the program too late
        shift = (60 - left - int(time.time())) % 60
        local = time.gmtime(time.time() + shift + left)
        outcome = program.run(
            "sync",
            "-data",
            data,
            "-json",
            "-until",
            f"{local.tm_hour:02}:{local.tm_min:02}",
            TZ=f"XXX-00:00:{shift:02}",
        )
        if "has passed" not in outcome.stderr:
            return outcome
    raise AssertionError(outcome.stderr)


@pytest.mark.parametrize("limit", ["30", "5%"])
def test_a_bad_export_stops_early_and_shows_the_causes(
    api: ScriptedApi, program: Program, limit: str
) -> None:
    """The rest stays in the queue, and a later run sends it."""
    api.answer_all(Answer(400, b'{"meta":{"error":"plan is unknown"}}'))
    program.configure(parallelism=4, requestsPerSecond=400)
    data = program.write_data([{"id": n, "name": "n"} for n in range(3000)])

    outcome = program.run("sync", "-data", data, "-max-dead-letters", limit)
    run = program.run("status", "-json").result["runs"][0]
    api.answer_all(None)
    program.configure(requestsPerSecond=0)
    rest = program.run("sync", "-data", data, "-json", "-max-dead-letters", limit)

    assert outcome.code == 3, outcome.stderr
    assert (run["status"], run["reason"]) == ("stopped", "too_many_dead_letters")
    assert 30 < run["dead_lettered"] < 1000
    assert "plan is unknown" in outcome.stdout
    assert "there were too many dead letters" in outcome.stdout
    assert rest.code == 0
    assert rest.result["synced"] == 3000 - run["dead_lettered"]


def test_a_file_without_ids_stops_early(program: Program) -> None:
    """Records that cannot be mapped count too; the file is not read to its end."""
    records = [{"id": n} if n < 500 else {"key": n} for n in range(200_000)]
    data = program.write_data(records)

    outcome = program.run("sync", "-data", data, "-json", "-max-dead-letters", "1%")

    assert outcome.code == 3, outcome.stderr
    assert outcome.result["reason"] == "too_many_dead_letters"
    assert outcome.result["records"] < 200_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-until", "noon"], "-until 'noon' is not a time of day"),
        (["-max-dead-letters", "few"], "-max-dead-letters 'few' is neither"),
    ],
)
def test_limits_that_mean_nothing_are_refused_before_anything_is_sent(
    api: ScriptedApi, program: Program, options: list[str], message: str
) -> None:
    """One line each."""
    outcome = program.sync([{"id": 1}], *options)

    assert outcome.code == 2
    assert message in outcome.stderr
    assert api.ledger == []
