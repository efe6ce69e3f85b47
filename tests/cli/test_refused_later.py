"""What Customer.io refuses after its 200."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.people import Change
from tests.support.api import ScriptedApi
from tests.support.program import SIGKILL, Program

MAPPINGS = [{"from": "email", "to": "email"}, {"from": "name", "to": "name"}]
REFUSED = list(range(50, 1000, 140))


def put(api: ScriptedApi, user: str, **attributes: Any) -> None:
    """Change a person as another program of the workspace would."""
    api.sandbox.people.upsert("id", user, Change(attributes))


def users() -> list[dict[str, Any]]:
    """Make 1,000 users of whom 7 have the email of another person."""
    made = [{"id": n, "email": f"u{n}@x.org", "name": f"n {n}"} for n in range(1000)]
    for n in REFUSED:
        made[n]["email"] = f"owner{n}@x.org"
    return made


@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_exactly_the_users_whose_email_belongs_to_others_are_named(
    api: ScriptedApi, program: Program, mode: str
) -> None:
    """A 200 is not the end: the summary, the letters and `verify` name the seven."""
    program.configure(api=mode, mappings=MAPPINGS)
    data = program.write_data(users())
    for n in REFUSED:
        put(api, f"owner-{n}", email=f"owner{n}@x.org")
    # Not ours: another program is refused at the same time, for other people.
    others = iter(["stranger-1", "stranger-2"])
    api.after_answer = lambda _: [put(api, n, email="owner50@x.org") for n in others]

    outcome = program.run("sync", "-data", data, "-failures")
    run = program.run("status", "-json").result["runs"][0]
    letters = program.run("dead-letters", "-json").result
    found = program.run("verify", "-failures", "-data", data, "-wait", "0", "-json")
    everybody = program.run("verify", "-failures", "-wait", "0")

    assert outcome.code == 1, outcome.stderr
    assert "Customer.io refused 7 changes after it had accepted them" in outcome.stdout
    assert "failed_attribute_change: email" in outcome.stdout
    names = outcome.stdout.partition("Refused later: ")[2].partition("\n")[0]
    assert sorted(map(int, names.split(", "))) == REFUSED
    assert run["status"] == "completed_with_dead_letters"
    assert (run["synced"], run["refused_later"], run["dead_lettered"]) == (1000, 7, 0)
    assert sorted(int(each["user_id"]) for each in letters) == REFUSED
    assert [int(each["user_id"]) for each in letters] == [
        each["record_index"] for each in letters
    ]
    assert {each["reason"] for each in letters} == {"refused_later"}
    assert {each["message"] for each in letters} == {"failed_attribute_change: email"}
    assert {each["source"] for each in letters} == {"data.json"}
    assert found.code == everybody.code == 1, found.stderr
    assert sorted(int(each["user_id"]) for each in found.result["failures"]) == REFUSED
    assert found.result["counts"] == [
        {"type": "failed_attribute_change", "attribute": "email", "count": 7}
    ]
    assert "refused 9 changes of anybody in the workspace" in everybody.stdout


def test_updates_of_suppressed_people_and_unknown_cio_ids_are_named(
    api: ScriptedApi, program: Program
) -> None:
    """Customer.io ignores both, with a 200; each is found by its kind of identifier."""
    kinds = [{"from": kind, "kind": kind} for kind in ("cio_id", "email", "id")]
    program.configure(
        api="batch", userId=kinds, mappings=[{"from": "name", "to": "name"}]
    )
    api.sandbox.people.suppress("email", "gone@x.org")
    records = [
        {"id": 1, "name": "a"},
        {"email": "Gone@X.org", "name": "b"},
        {"cio_id": "ffff", "name": "c"},
        {"email": "here@x.org", "name": "d"},
    ]
    data = program.write_data(records)

    outcome = program.run("sync", "-data", data, "-failures", "-json")
    letters = program.run("dead-letters", "-json").result

    assert outcome.code == 1, outcome.stderr
    assert (outcome.result["synced"], outcome.result["refused_later"]) == (4, 2)
    assert {(each["record_index"], each["message"]) for each in letters} == {
        (1, "skipped_update: name"),
        (2, "failed_attribute_change: name"),
    }


def test_what_a_killed_run_did_not_read_is_read_by_the_next(
    api: ScriptedApi, program: Program
) -> None:
    """All was sent, and nobody had looked; the activities take a while to appear."""
    api.sandbox.set_faults(Faults(activity_delay_seconds=2.0))
    program.configure(mappings=MAPPINGS)
    put(api, "owner", email="owner@x.org")
    records = [{"id": n, "email": f"u{n}@x.org"} for n in range(30)]
    records[3]["email"] = records[20]["email"] = "owner@x.org"
    data = program.write_data(records)
    program.kill_at = ("cio_pipeline.pipeline.refusals:Refusals.read:call", 1)
    killed = program.run("sync", "-data", data, "-failures")
    program.kill_at = None

    outcome = program.run("resume", "-failures", "-json")
    requeued = program.run("dead-letters requeue", "-all")
    again = program.run("resume", "-failures", "-json")

    assert killed.code == -SIGKILL
    assert outcome.code == 1
    assert (outcome.result["refused_later"], outcome.result["synced"]) == (2, 0)
    assert requeued.stdout == "0 dead letters requeued\n"
    assert "2 dead letters not requeued, because Customer.io would" in requeued.stderr
    assert again.code == 0
    assert again.result["refused_later"] == 0


@pytest.mark.parametrize(
    ("key", "code", "message"),
    [
        (None, 2, "'appApiKey': this key is required: -failures needs an App API key"),
        ("wrong-app-key", 3, "Customer.io rejected the App API key"),
    ],
)
def test_without_a_valid_app_api_key_nothing_is_sent(
    api: ScriptedApi, program: Program, key: str | None, code: int, message: str
) -> None:
    """Better before the run than after an hour."""
    program.configure(appApiKey=key)
    data = program.write_data([{"id": 1}])

    outcome = program.run("sync", "-data", data, "-failures", "-json")

    assert outcome.code == code
    assert message in outcome.stderr
    assert {entry.path for entry in api.ledger} <= {"/v1/activities"}


def test_without_the_app_api_at_the_end_the_refusals_are_left_for_the_next_run(
    api: ScriptedApi, program: Program
) -> None:
    """The exit code says that something is left to do."""
    program.configure(maxOutageSeconds=0)
    data = program.write_data([{"id": 1}])
    api.script("/v1/activities", [200, 503])

    outcome = program.run("sync", "-data", data, "-failures", "-json")

    assert outcome.code == 3
    assert (outcome.result["synced"], outcome.result["reason"]) == (1, "unreachable")
    assert "run again with -failures" in outcome.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-failures"], "this queue has no runs"),
        (["-failures", "-since", "noon"], "-since 'noon' is not a time"),
        (["-failures", "-sample", "3"], "-sample is for the comparison"),
        (["-since", "2026-11-24", "-data", "d"], "-since is only for -failures"),
        ([], "verify needs -data FILE"),
    ],
)
def test_command_lines_of_verify_that_mean_nothing(
    program: Program, options: list[str], message: str
) -> None:
    """One line each."""
    outcome = program.run("verify", *options)

    assert outcome.code == 2
    assert message in outcome.stderr
