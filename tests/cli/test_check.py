"""`check`: everything is read and mapped, nothing is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.api import ScriptedApi
from tests.support.program import Program


def check(program: Program, records: object, *options: str) -> dict[str, Any]:
    """Check a file, for the JSON result."""
    data = program.write_data(records)
    outcome = program.run("check", "-data", data, "-json", *options)
    return outcome.result | {"code": outcome.code}


def test_a_good_file(api: ScriptedApi, program: Program) -> None:
    """Counts, first payloads, the time it would take; nothing is sent or kept."""
    records = [{"id": n, "name": f"n{n}"} for n in range(3000)]

    result = check(program, records)

    assert result["code"] == 0
    assert (result["records"], result["users"], result["requests"]) == (3000,) * 3
    assert result["first_payloads"][0] == {"user_id": "0", "attributes": {"name": "n0"}}
    assert result["estimated_seconds"] == pytest.approx(3000 / (25 / 0.08), abs=0.1)
    assert result["warnings"] == result["invalid"] == []
    assert api.ledger == []
    assert not program.state.exists()


def test_a_batch_is_counted_in_bodies(program: Program) -> None:
    """Not in users."""
    program.configure(api="batch")

    result = check(program, [{"id": n, "name": "x" * 500} for n in range(3000)])

    assert 3 <= result["requests"] <= 5


def test_everything_doubtful_is_told_with_its_first_record(program: Program) -> None:
    """The warnings of the specification, counted."""
    program.configure(
        mappings=[
            {"from": name, "to": name}
            for name in ("created_at", "bio", "unsubscribed", "email", "id", "ltv")
        ]
    )
    records: list[dict[str, Any]] = [
        {"id": "1", "created_at": 1700000000},
        {"id": "2", "created_at": "2026-01-01"},
        {"id": "ada@example.com", "bio": "short"},
        {"id": "cio_1", "bio": "x" * 1001},
        {"id": "1", "unsubscribed": "yes"},
        {"id": "3", "bio": {"nested": ["y" * 1001]}},
        {"id": "4"},
        {"id": "5@example.com", "email": "other@example.com"},
        {"id": "6", "bio": ["z" * 999] * 32},
    ]
    records = [{"userId": record.pop("id"), **record} for record in records]
    records.append({"userId": "7", "id": "8"})
    program.configure(userId="userId")

    result = check(program, records)

    told = {
        (each["warning"], each["attribute"]): (each["count"], each["first_record"])
        for each in result["warnings"]
    }
    assert told == {
        ("created_at_not_a_timestamp", "created_at"): (1, 1),
        ("id_read_as_email", None): (2, 2),
        ("id_read_as_cio_id", None): (1, 3),
        ("value_too_long", "bio"): (3, 3),
        ("payload_too_large", None): (1, 8),
        ("identifier_changed", "email"): (1, 7),
        ("identifier_changed", "id"): (1, 9),
        ("reserved_attribute", "unsubscribed"): (1, 4),
        ("nothing_mapped", None): (1, 6),
        ("user_repeated", None): (1, None),
    }
    assert result["unused_mappings"] == [{"from": "ltv", "did_you_mean": None}]
    assert result["code"] == 0


def test_a_doubt_has_values_and_advice(program: Program) -> None:
    """A count alone does not tell what to look for in the file."""
    program.configure(
        userId="id",
        mappings=[{"from": "since", "to": "created_at", "type": "timestamp"}],
    )
    data = program.folder / "data.csv"
    data.write_text("id,since\n4.0,45322.5\n1.2E+11,\n4.0,\n5.0,\n6.0,\n #N/A,\n")

    shown = program.run("check", "-data", data).stdout
    result = program.run("check", "-data", data, "-json").result

    assert 'such as "4.0", "1.2E+11", "5.0"\n' in shown
    assert "export the column as text" in shown
    told = {
        each["warning"]: (each["count"], each["first_record"], each["values"])
        for each in result["warnings"]
    }
    assert told == {
        "id_reformatted": (5, 0, ["4.0", "1.2E+11", "5.0"]),
        "created_at_unlikely": (1, 0, ["45322"]),
        "id_blanks_around": (1, 5, [" #N/A"]),
        "id_spreadsheet_error": (1, 5, [" #N/A"]),
        "user_repeated": (1, None, []),
    }


def test_a_mapping_to_nothing_is_told(api: ScriptedApi, program: Program) -> None:
    """By `check` with the key that may be meant, by `sync` loudly, once."""
    program.configure(
        mappings=[{"from": "name", "to": "n"}, {"from": "computedltv", "to": "ltv"}]
    )
    records = [{"id": 1, "name": "a", "computed_ltv": 5}, {"id": 2}]
    data = program.write_data(records)

    checked = program.run("check", "-data", data)
    synced = program.run("sync", "-data", data)
    program.configure(mappings=[{"from": "computedltv", "to": "ltv"}])
    nothing = program.run("sync", "-data", data)

    assert "'computedltv' (did you mean 'computed_ltv'?)" in checked.stdout
    assert "No problems found" not in checked.stdout
    assert "no record has the mapped key 'computedltv'" in synced.stderr
    assert "no record has any of the mapped keys" in nothing.stderr
    assert (synced.code, nothing.code) == (0, 0)
    assert api.people()["1"] == {"n": "a"}


def test_a_long_payload_is_shown_in_part(program: Program) -> None:
    """A page of it would bury what matters."""
    data = program.write_data([{"id": 1, "name": "x" * 900}])

    assert max(map(len, program.run("check", "-data", data).stdout.split("\n"))) < 350


def test_records_that_cannot_be_sent_are_told(program: Program) -> None:
    """Exit 1, as a sync of them would."""
    result = check(program, [{"id": 1, "name": "a"}, {"name": "b"}, 7, {"name": "c"}])

    assert result["code"] == 1
    assert result["invalid_records"] == 3
    assert {each["count"]: each["first_record"] for each in result["invalid"]} == {
        2: 1,
        1: 2,
    }


def test_a_file_that_breaks_is_told_after_what_was_read(program: Program) -> None:
    """Exit 2, with the byte."""
    data = program.write_data(b'[{"id": 1, "name": "a"}, {"id": 2')

    outcome = program.run("check", "-data", data)

    assert outcome.code == 2
    assert "1 record of 1 user" in outcome.stdout
    assert "byte" in outcome.stderr


def test_a_configuration_alone_can_be_checked(program: Program) -> None:
    """Without data."""
    good = program.run("check")
    program.configure(paralellism=1)
    bad = program.run("check")

    assert (good.code, bad.code) == (0, 2)
    assert "did you mean 'parallelism'" in bad.stderr


def test_what_an_earlier_run_left_is_told(api: ScriptedApi, program: Program) -> None:
    """It would be sent first."""
    api.answer_all(401)
    program.sync([{"id": n, "name": "a"} for n in range(7)])

    assert check(program, [{"id": 1, "name": "a"}])["pending"] == 7


def test_a_suggested_configuration_works(api: ScriptedApi, program: Program) -> None:
    """Its keys filled in, the very file it was made from can be synced."""
    records = [
        {
            "email": f"u{n}@example.com",
            "user_id": n,
            "signed_up": "2026-01-02T03:04:05Z",
            "plan": {"name": "pro", "seats": n},
            "score": 1.5,
        }
        for n in range(20)
    ]
    data = program.write_data(records)

    outcome = program.run("check", "-suggest", "-data", data)

    suggested = json.loads(outcome.stdout)
    assert outcome.code == 0
    assert "signed_up" in outcome.stderr
    assert suggested["userId"] == "user_id"
    assert {"from": "signed_up", "to": "signed_up", "type": "timestamp"} in suggested[
        "mappings"
    ]
    program.configure(
        mappings=suggested["mappings"],
        userId=suggested["userId"],
        parallelism=suggested["parallelism"],
    )
    assert program.sync(records).code == 0
    assert api.people()["7"] == {
        "signed_up": 1767323045,
        "plan_name": "pro",
        "plan_seats": 7,
        "score": 1.5,
    }


def test_a_suggestion_is_a_valid_configuration_at_once(program: Program) -> None:
    """`check -suggest > c.json`, `check -config c.json`, then fill in the keys."""
    long_name = "k" * 151
    record = {"": 1, long_name: 2, "a.b": 3, "a": {"b": 4}, "a_b": 5, "x": {"y": {}}}
    data = program.write_data([record | {"contact_id": n} for n in range(3)])
    suggested = program.folder / "suggested.json"
    suggested.write_text(program.run("check", "-suggest", "-data", data).stdout)

    checked = program.run_as_given("check", "-config", suggested, "-data", data)
    synced = program.run_as_given("sync", "-config", suggested, "-data", data)

    assert checked.code == 0, checked.stderr
    assert "fill in siteId and apiKey" in checked.stdout
    assert '0: {"a.b": 3, "a_b": 5, "x_y": {}}' in checked.stdout
    assert synced.code == 2
    assert "placeholder 'YOUR-SITE-ID'" in synced.stderr


@pytest.mark.parametrize(
    ("records", "user_id"),
    [
        ([{"name": "x", "user_id": 1, "email": "a@b.cd"}], "user_id"),
        ([{"Email": "a@b.cd", "plan": "x"}], "Email"),
        ([{"uuid": "u", "email": "a@b.cd"}], "uuid"),
        ([{"_id": "u", "email": "a@b.cd"}], "_id"),
        ([{"plan": "x", "account_id": 5}], "account_id"),
        ([{"profile": {"id": 5}, "plan": "x"}], "profile.id"),
        ([{"id": 1.5, "userId": 5}], "userId"),
        ([{"id": 1, "email": "a"}, {"email": "b"}], "email"),
        ([{"paid": "x", "plan": "y"}], None),
    ],
    ids=str,
)
def test_the_user_id_is_guessed(
    program: Program, records: list[Any], user_id: str | None
) -> None:
    """The best known name that every record has; else the person is told."""
    data = program.write_data(records)

    outcome = program.run("check", "-suggest", "-data", data, "-json")

    assert outcome.result["user_id"] == user_id


def test_a_suggestion_for_a_table_says_what_its_texts_are(program: Program) -> None:
    """CSV has only text; numbers and times need a type."""
    data = program.folder / "data.csv"
    data.write_text(
        "id,age,ltv,zip,vip,since,phone,seen_at\n"
        "1,30,1.5,01234,true,2026-01-01,+49301,1700000000000\n"
        "2,,,,,,,\n"
    )

    outcome = program.run("check", "-suggest", "-data", data, "-json")

    types = {
        each["from"]: each.get("type")
        for each in outcome.result["configuration"]["mappings"]
    }
    assert types == {
        "age": "integer",
        "ltv": "number",
        "zip": None,
        "vip": "boolean",
        "since": "timestamp",
        "phone": None,
        "seen_at": "timestamp",
    }
    program.configure(mappings=outcome.result["configuration"]["mappings"])
    assert program.run("check", "-data", data).code == 0, "empty cells are no mistakes"


def test_users_that_share_an_email_are_counted_with_examples(program: Program) -> None:
    """Customer.io answers 200 to both, and fails later where no sync can see it."""
    mappings = [{"from": "email", "to": "email"}]
    program.configure(mappings=mappings)
    records = [
        {"id": 1, "email": "ada@example.com"},
        {"id": 2, "email": "bob@example.com"},
        {"id": 3, "email": "Ada@Example.com"},
        {"id": 1, "email": "ADA@example.com"},
        {"id": "Cy@example.com", "email": "cy@example.com"},
        {"id": 4, "email": None},
        {"id": 5, "email": ""},
        {"id": 6, "email": "CY@example.com"},
    ]

    result = check(program, records)
    text = program.run("check", "-data", program.write_data(records)).stdout

    (warning,) = (w for w in result["warnings"] if w["warning"] == "email_of_another")
    assert warning["count"] == 4  # 1 and 3; the one known by the email, and 6
    assert warning["first_record"] == 0
    assert warning["examples"] == [[0, 2], [7]]
    assert "4  users have the email of another" in text
    assert "(first: records 0 and 2)" in text
    assert "identifier_changed" not in {w["warning"] for w in result["warnings"]}


def test_emails_that_share_an_id_and_emails_in_two_cases(program: Program) -> None:
    """The reverse, where users are known by their email; 0 is an id like others."""
    program.configure(userId="email", mappings=[{"from": "id", "to": "id"}])
    records = [
        {"email": "ada@example.com", "id": 0},
        {"email": "Ada@Example.com", "id": "0"},
        {"email": "bob@example.com", "id": "0"},
        {"email": "cy@example.com", "id": "1"},
    ]

    result = check(program, records)

    found = {w["warning"]: (w["count"], w["examples"]) for w in result["warnings"]}
    assert result["users"] == 3
    assert found["user_repeated"] == (1, [])
    assert found["id_of_another"] == (2, [[0, 2]])
    assert "email_of_another" not in found


def test_rows_of_a_table_that_are_no_records_are_counted(program: Program) -> None:
    """Joined exports repeat the header; nobody must wonder where a row went."""
    data = program.folder / "data.csv"
    part = b"\xef\xbb\xbfid;name\r\n%d;Ada\r\n;\r\n"
    data.write_bytes(b"".join(part % number for number in range(3)))

    result = program.run("check", "-data", str(data), "-json").result
    text = program.run("check", "-data", str(data)).stdout

    counts = {each["warning"]: each["count"] for each in result["warnings"]}
    assert counts == {"header_repeated": 2, "row_without_values": 3}
    assert (result["records"], result["users"], result["invalid"]) == (3, 3, [])
    assert "2  the table repeats its header" in text
    assert "3  a row of the table has no values" in text
    assert "No problems found" not in text


def test_the_json_has_the_figures_of_the_page(program: Program) -> None:
    """A program can decide by them whether a person has to look."""
    records = [{"id": n, "name": "a" if n % 2 else "b"} for n in range(10)]

    (name,) = check(program, records)["attributes"]

    assert (name["name"], name["records"], name["distinct"]) == ("name", 10, 2)
    assert name["frequent"] == [
        {"value": "b", "records": 5},
        {"value": "a", "records": 5},
    ]


def test_what_changed_is_counted_without_writing(program: Program) -> None:
    """The check of a nightly file, before it is sent."""
    records = [{"id": n, "name": "a"} for n in range(10)]
    program.sync(records, "-changed-only")
    records[0]["name"] = "b"
    data = program.write_data([*records, {"id": "new"}])

    text = program.run("check", "-data", data, "-changed-only").stdout
    result = check(program, records[:9], "-changed-only")

    assert "1 new, 1 changed, 9 unchanged; 0 delivered users not in the file" in text
    assert "2 requests" in text
    changes = result["changes"]
    assert (changes["new"], changes["changed"], changes["missing"]) == (0, 1, 1)
    assert program.sync(records, "-changed-only").result["synced"] == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-format", "html"], "needs a file: add -output check.html"),
        (["-output", "x.html", "-json"], "use one of them"),
    ],
)
def test_a_page_needs_a_file_of_its_own(
    program: Program, options: list[str], words: str
) -> None:
    """It is not for a terminal."""
    outcome = program.run("check", "-data", program.write_data([]), *options)

    assert outcome.code == 2
    assert words in outcome.stderr


def test_check_prints_the_schema_of_configurations(program: Program) -> None:
    """It needs no configuration: one is about to be written."""
    outcome = program.run_as_given("check", "-schema")

    assert outcome.code == 0
    assert outcome.result["required"] == ["parallelism", "mappings"]
    assert outcome.result["else"]["required"] == ["userId"]  # except for objects
