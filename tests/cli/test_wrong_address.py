"""A wrong address stops a run before its users become dead letters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.api import Answer, ScriptedApi
from tests.support.program import Program, balances

USERS = [{"id": n, "name": "a"} for n in range(60)]
FEW = 19  # one user less than it takes


def sync(
    program: Program, records: object, **changes: object
) -> tuple[int, dict[str, Any]]:
    """Sync records, for the exit code and the result."""
    program.configure(**changes)
    data = program.write_data(records)
    outcome = program.run("sync", "-data", data, "-json")
    assert "Traceback" not in outcome.stderr
    assert balances(outcome.result)
    return outcome.code, outcome.result


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        (404, {}),
        (405, {"parallelism": 1}),
        (501, {"api": "batch"}),
        (410, {"requestsPerSecond": 40}),
    ],
    ids=["404", "405 one by one", "501 batches", "410 slowly"],
)
def test_a_wrong_address_stops_the_run_and_keeps_all_work(
    api: ScriptedApi, program: Program, status: int, changes: dict[str, object]
) -> None:
    """A million users of a file would be a million dead letters."""
    api.answer_all(Answer(status, b"Cannot PUT /api/v1/customers/5"))
    code, result = sync(program, USERS, **changes)

    assert (code, result["reason"]) == (3, "wrong_address")
    assert (result["pending"], result["dead_lettered"]) == (len(USERS), 0)
    assert result["requests"] < len(USERS)

    api.answer_all(None)
    resumed = program.run("resume", "-json")
    assert (resumed.code, resumed.result["synced"]) == (0, len(USERS))


def test_the_message_names_the_status_and_what_to_check(
    api: ScriptedApi, program: Program
) -> None:
    """But not the server's words, which may hold an address with a user id."""
    api.answer_all(Answer(404, b"Cannot PUT /api/v1/customers/5"))
    data = program.write_data(USERS)
    outcome = program.run("sync", "-data", data, "-quiet")

    assert outcome.code == 3
    assert "HTTP 404" in outcome.stderr
    assert "trackUrl" in outcome.stderr
    assert "customers/5" not in outcome.stderr


@pytest.mark.parametrize("api_mode", ["customers", "batch"])
def test_a_few_users_who_are_all_refused_are_dead_letters(
    api: ScriptedApi, program: Program, api_mode: str
) -> None:
    """The end of the work decides; each record of theirs is sent once, in order."""
    api.answer_all(404)
    records = [{"id": n % FEW, "name": f"{n}"} for n in range(3 * FEW)]
    code, result = sync(program, records, api=api_mode)

    assert (code, result["status"]) == (1, "completed_with_dead_letters")
    assert result["dead_lettered"] == 3 * FEW
    if api_mode == "customers":
        assert result["requests"] == 3 * FEW
        sent = [entry.attributes["name"] for entry in api.requests_for("0")]
        assert sent == ["0", "19", "38"]


def test_one_success_makes_dead_letters_of_those_refused_before(
    api: ScriptedApi, program: Program
) -> None:
    """The address is right then, however many are refused after it."""
    for n in range(60):
        if n != FEW:
            api.script(str(n), [404])
    code, result = sync(program, USERS, parallelism=1)

    assert (code, result["synced"], result["dead_lettered"]) == (1, 1, 59)
    assert result["requests"] == 60
    letters = json.loads(program.run("dead-letters", "-json").stdout)
    assert {(each["reason"], each["attempts"]) for each in letters} == {
        ("not_found", 1)
    }


def test_a_proxy_that_wants_a_password_stops_the_run_at_once(
    api: ScriptedApi, program: Program
) -> None:
    """A 407 is about the proxy and never about a user: one is enough."""
    api.answer_all(407)
    code, result = sync(program, USERS[:1])

    assert (code, result["reason"]) == (3, "proxy_unusable")
    assert (result["pending"], result["requests"]) == (1, 1)
