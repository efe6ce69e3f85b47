"""What a sync would do, as text and as JSON."""

from __future__ import annotations

import json
from typing import Any

from cio_pipeline.commands.check.checked_files import CheckedFiles
from cio_pipeline.commands.check.findings import Findings, Found
from cio_pipeline.commands.check.report import (
    Estimate,
    check_json,
    check_text,
    configuration_json,
    configuration_text,
    keys_json,
    keys_text,
    suggestion_text,
)
from cio_pipeline.commands.check.suggestion import SeenKeys
from cio_pipeline.commands.check.warnings import MEANINGS, PayloadWarning
from cio_pipeline.core.jobs import Payload

FINE = Findings(records=2, users=2, requests=2, payloads=[Payload("1", {"n": 1})])
BAD = Findings(
    records=9,
    users=8,
    requests=7,
    payloads=[Payload("\x1b[2J", {"name": "x" * 5000})],
    invalid={"no id": Found(2, 3)},
    files=CheckedFiles(["users.json"], [0]),
    warnings={
        PayloadWarning("value_too_long", "name"): Found(4, 5, values=["xxx"]),
        PayloadWarning("email_of_another"): Found(2, 1, [(1, 6)]),
    },
    unused={"naem": "name"},
)


def text(findings: Findings, **options: Any) -> str:
    """Write the report."""
    return check_text(findings, Estimate(**({"seconds": 1.5} | options)))


def test_where_nothing_is_wrong_the_report_says_so() -> None:
    """And nothing else has to be read."""
    assert text(FINE).splitlines()[-1] == "No problems found."
    assert "No problems found" not in text(BAD)


def test_everything_that_was_found_is_in_the_text() -> None:
    """With its count, its first record and what is meant."""
    report = text(BAD, pending=12, missing_keys=("siteId", "apiKey"))

    for words in (
        "9 records",
        "8 users",
        "7 requests",
        "12 jobs",
        "no id (first: record 3)",
        f"name: {MEANINGS['value_too_long']}",
        '"xxx"',
        "records 1 and 6",
        "'naem'",
        "name",
        "siteId and apiKey",
    ):
        assert words in report


def test_data_cannot_steer_the_terminal_nor_fill_it() -> None:
    """Payloads are shown as they would be sent, but not all of them."""
    assert "\x1b" not in text(BAD)
    assert max(map(len, text(BAD).splitlines())) < 400


def test_the_json_has_the_same_and_can_be_read_by_programs() -> None:
    """`check -json`."""
    document = json.loads(
        check_json(BAD, Estimate(seconds=1.54, pending=12, missing_keys=("apiKey",)))
    )

    assert document["records"] == 9
    assert document["invalid_records"] == 2
    assert document["estimated_seconds"] == 1.5
    assert document["invalid"] == [
        {
            "message": "no id",
            "count": 2,
            "first_record": 3,
            "first_source": "users.json",
        }
    ]
    assert [each["warning"] for each in document["warnings"]] == [
        "value_too_long",
        "email_of_another",
    ]
    assert document["unused_mappings"] == [{"from": "naem", "did_you_mean": "name"}]
    assert (document["missing_keys"], document["broken"]) == (["apiKey"], None)


def test_a_configuration_alone_is_valid_and_may_lack_keys() -> None:
    """`check` without -data."""
    assert json.loads(configuration_json(["apiKey"])) == {
        "valid": True,
        "missing_keys": ["apiKey"],
    }
    assert "apiKey" in configuration_text(["apiKey"])
    assert "fill in" not in configuration_text([])


def seen() -> SeenKeys:
    """Look at two records."""
    keys = SeenKeys(is_text=False)
    keys.add({"id": 1, "name": "a"})
    keys.add({"id": 2})
    return keys


def test_a_suggested_configuration_is_json_with_a_line_a_mapping() -> None:
    """Ready to be edited: a line is deleted where a key is not wanted."""
    suggestion = suggestion_text(seen())

    assert json.loads(suggestion) == seen().configuration()
    assert sum('"from"' in line for line in suggestion.splitlines()) == len(
        json.loads(suggestion)["mappings"]
    )


def test_a_suggestion_without_keys_is_json_too() -> None:
    """A file of empty objects."""
    empty = SeenKeys(is_text=False)
    empty.add({})

    assert json.loads(suggestion_text(empty))["mappings"] == []


def test_the_keys_are_shown_with_how_many_records_have_them() -> None:
    """As a share for people, as a number for programs."""
    rows = [line.split() for line in keys_text(seen(), 80).splitlines()]

    assert any(row[:3] == ["id", "100", "%"] for row in rows)
    assert any(row[:3] == ["name", "50", "%"] for row in rows)
    document = json.loads(keys_json(seen()))
    assert {each["key"]: each["records"] for each in document["keys"]} == {
        "id": 2,
        "name": 1,
    }
