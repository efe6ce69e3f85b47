"""`verify`: Customer.io's people compared with what a file maps to."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from tests.support.api import Answer, ScriptedApi
from tests.support.program import Program, finish

AUTH = ("sandbox-site", "sandbox-key")


def users(count: int) -> list[dict[str, Any]]:
    """Make users with values of every kind."""
    values: list[Any] = [
        12.5,
        True,
        None,
        "text",
        [1, 2],
        {"a": 1.0},
        10**17,
        "",
        "007",
    ]
    return [
        {"id": n, "name": f"name {n}", "computed_ltv": values[n % len(values)]}
        for n in range(count)
    ]


def alter(api: ScriptedApi, user: int) -> None:
    """Change a user behind the program's back."""
    url = f"{api.url}/api/v1/customers/{user}"
    requests.put(url, json={"name": "altered"}, auth=AUTH, timeout=10)


def remove(api: ScriptedApi, user: int) -> None:
    """Remove a user behind the program's back."""
    url = f"{api.url}/api/v1/customers/{user}"
    requests.delete(url, auth=AUTH, timeout=10)


def test_after_a_sync_all_match_and_then_exactly_what_was_altered_is_named(
    api: ScriptedApi, program: Program
) -> None:
    """2,000 users, ten altered, five removed."""
    program.configure(api="batch")
    data = program.write_data(users(2000))
    program.run("sync", "-data", data)

    good = program.run("verify", "-data", data, "-json")
    for user in range(0, 1000, 100):
        alter(api, user)
    for user in range(1001, 1006):
        remove(api, user)
    bad = program.run("verify", "-data", data, "-json", "-wait", "0")

    assert good.code == 0, good.stderr
    assert good.result["checked"] == good.result["matching"] == 2000
    assert bad.code == 1
    assert bad.result["matching"] == 1985
    assert sorted(bad.result["missing_users"]) == [str(n) for n in range(1001, 1006)]
    assert {each["user_id"] for each in bad.result["different_users"]} == {
        str(n) for n in range(0, 1000, 100)
    }
    assert bad.result["different_users"][0]["attributes"][0]["found"] == "altered"


def test_look_ups_are_of_a_hundred_and_ten_a_second(
    api: ScriptedApi, program: Program
) -> None:
    """The App API's limits."""
    data = program.write_data(users(2000))
    program.configure(api="batch")
    program.run("sync", "-data", data)
    api.ledger.clear()

    program.run("verify", "-data", data)

    times = [entry.arrived for entry in api.ledger]
    assert len(times) == 20
    assert times[-1] - times[0] > 19 * 0.1 - 0.15  # evenly, not in bursts
    assert {entry.headers["authorization"] for entry in api.ledger} == {
        "Bearer sandbox-app-key"
    }


def test_a_user_that_stands_in_the_file_twice_is_compared_with_both(
    api: ScriptedApi, program: Program
) -> None:
    """The last record wins, attribute by attribute."""
    data = program.write_data(
        [
            {"id": 1, "name": "old", "computed_ltv": 5},
            {"id": 2, "name": "b"},
            {"id": 1, "name": "new"},
        ]
    )
    program.run("sync", "-data", data)

    outcome = program.run("verify", "-data", data, "-json")

    assert outcome.result["checked"] == outcome.result["matching"] == 2
    assert api.people()["1"] == {"name": "new", "ltv": 5}


def test_emails_are_looked_up_as_such(api: ScriptedApi, program: Program) -> None:
    """Customer.io took the id for an email address."""
    data = program.write_data([{"id": "ada@example.com", "name": "Ada"}])
    program.run("sync", "-data", data)

    outcome = program.run("verify", "-data", data, "-json")

    assert outcome.result["matching"] == 1
    assert api.ledger[-1].path == "/v1/customers/ada%40example.com/attributes"


def test_a_sample_is_so_many_users_and_the_same_ones_each_time(
    api: ScriptedApi, program: Program
) -> None:
    """Picked by a hash of the id."""
    data = program.write_data(users(500))
    asked = []
    for _ in range(2):
        api.ledger.clear()
        outcome = program.run(
            "verify", "-data", data, "-json", "-sample", "50", "-wait", "0"
        )
        asked.append(api.ledger[0].body)

    assert outcome.result["checked"] == outcome.result["missing"] == 50
    assert asked[0] == asked[1]


def test_what_takes_a_moment_to_show_is_waited_for(
    api: ScriptedApi, program: Program
) -> None:
    """The Track API says 200 before the App API knows."""
    data = program.write_data(users(3))
    program.run("sync", "-data", data)
    alter(api, 1)
    has_looked = threading.Event()
    api.after_answer = lambda _: has_looked.set()

    process = program.start("verify", "-data", data, "-json", "-wait", "20")
    assert has_looked.wait(30)
    program.run("sync", "-data", data)
    outcome = finish(process)

    assert outcome.code == 0, outcome.stderr
    assert outcome.result["matching"] == 3


def test_values_of_every_kind_are_recognised_in_what_comes_back(
    program: Program,
) -> None:
    """The App API answers in text; that must not look like a difference."""
    values: list[Any] = [
        1e21,
        0.1,
        -0.0,
        1.0,
        10**30,
        -5,
        True,
        False,
        None,
        "",
        "1",
        "e\u0301",
        {"b": [1.0, {"c": None}], "a": "x"},
        [],
        {},
    ]
    program.configure(
        mappings=[{"from": f"v{n}", "to": f"v{n}"} for n in range(len(values))]
        + [{"from": name, "to": name} for name in ("email", "unsubscribed", "since")]
        + [{"from": "since", "to": "created_at", "type": "timestamp"}]
    )
    record = {f"v{n}": value for n, value in enumerate(values)}
    data = program.write_data(
        [
            {"id": 1, "email": "a@b.cd", "since": "2026-01-01", **record},
            {"id": 2, "unsubscribed": True},
            {"id": 3, "unsubscribed": None},
        ]
    )
    program.run("sync", "-data", data)

    outcome = program.run("verify", "-data", data, "-json", "-wait", "0")

    assert outcome.result["different_users"] == []
    assert outcome.result["matching"] == 3


def test_repeated_users_may_stand_anywhere_in_the_file(program: Program) -> None:
    """Each is looked up once, after the last of its records."""
    data = program.write_data(
        [{"id": n % 300, "name": f"name {n}"} for n in range(900)]
        + [{"id": 7, "name": "last"}, {"id": 1000}]
    )
    program.configure(api="batch")
    program.run("sync", "-data", data)

    outcome = program.run("verify", "-data", data, "-json")

    assert outcome.result["checked"] == outcome.result["matching"] == 301


@pytest.mark.parametrize(
    "answer",
    [404, Answer(203, b"<html>log in</html>"), Answer(203, b"{}")],
    ids=["404", "HTML", "empty"],
)
def test_an_answer_that_is_not_the_app_apis_is_told(
    api: ScriptedApi, program: Program, answer: Any
) -> None:
    """A wrong address must not read as `everybody is missing`."""
    data = program.write_data(users(3))
    api.script("/v1/customers/attributes", [answer])

    outcome = program.run("verify", "-data", data, "-wait", "0")

    assert outcome.code == 2
    assert outcome.stdout == ""
    assert "appUrl" in outcome.stderr


def test_a_file_of_which_no_record_is_a_user_does_not_pass(program: Program) -> None:
    """Nothing compared is nothing proved."""
    data = program.write_data([{"name": "no id"}])

    outcome = program.run("verify", "-data", data)

    assert outcome.code == 1
    assert "no record could be mapped" in outcome.stdout


def test_failures_are_repeated_and_a_rejected_key_is_told(
    api: ScriptedApi, program: Program
) -> None:
    """429 and 503 as for any request; 401 at once."""
    data = program.write_data(users(3))
    program.run("sync", "-data", data)
    api.script("/v1/customers/attributes", [503, 429, 500])
    repeated = program.run("verify", "-data", data, "-json")
    program.configure(appApiKey="wrong")
    rejected = program.run("verify", "-data", data)
    program.configure(appApiKey=None)
    missing = program.run("verify", "-data", data)

    assert repeated.code == 0
    assert rejected.code == 3
    assert "Check appApiKey" in rejected.stderr
    assert "Track API key does not work" in rejected.stderr
    assert missing.code == 2
    assert "appApiKey" in missing.stderr


def test_spellings_of_an_email_are_one_user_and_one_value(
    api: ScriptedApi, program: Program
) -> None:
    """Else the older spelling is looked up alone, and never matches again."""
    program.configure(
        userId="email",
        mappings=[{"from": "email", "to": "email"}, {"from": "name", "to": "name"}],
    )
    program.run("sync", "-data", program.write_data([{"email": "ada@x.org"}]))
    records = [
        {"email": "Ada@X.org", "name": "old"},
        {"email": "ADA@x.org", "name": "new"},
    ]
    data = program.write_data(records)
    program.run("sync", "-data", data)

    outcome = program.run("verify", "-data", data, "-json", "-wait", "0")

    assert outcome.code == 0, outcome.stdout
    assert outcome.result["checked"] == outcome.result["matching"] == 1
    assert len(api.people()) == 1
