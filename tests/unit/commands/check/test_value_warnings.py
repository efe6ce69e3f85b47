"""Warnings about user ids and times."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.commands.check.value_warnings import id_warnings, time_warning

NOW_SECONDS = 1_800_000_000


@pytest.mark.parametrize(
    ("kind", "user_ids"),
    [
        (
            "id_reformatted",
            [
                "1.23457E+12",
                "1,5e3",
                "-2E-05",
                "4.0",
                "4,00",
                "1.000",
                "1,234",
                "12,345,678.00",
                "1.234.567",
                "1\xa0234",
                "1'234",
                "3-Apr",
                "12345678901234500",
                "123456789012345000000",
            ],
        ),
        ("id_guarded", ["'0013", '="0012"', "=12", '"12"']),
        (
            "id_spreadsheet_error",
            ["#REF!", "#N/A", "#DIV/0!", "#NAME?", "#NV", "#WERT!", "#####"],
        ),
        (
            "id_no_value",
            [
                "nan",
                "NULL",
                "\\N",
                "None",
                "undefined",
                "N/A",
                "-",
                "--",
                "?",
                "nil",
                "(null)",
                "<NA>",
                "NaT",
                "[object Object]",
                "(blank)",
            ],
        ),
        ("id_blanks_around", [" 7", "7 ", "7\t", "7\xa0", "\ufeff7", "7\u200b", "7\r"]),
    ],
)
def test_an_id_that_a_program_has_changed_gets_a_warning(
    kind: str, user_ids: list[str]
) -> None:
    """Each is the id of a person that nobody has, and two may become one."""
    assert {user_id: list(id_warnings(user_id)) for user_id in user_ids} == {
        user_id: [kind] for user_id in user_ids
    }


@pytest.mark.parametrize(
    "user_id",
    [
        "7",
        "0012",
        "+4930123456",
        "-7",
        "1234567890123456789",
        "ada@example.com",
        "65a0e1b2c3",
        "a-b",
        "O'Hara",
        "1.5.2",
        "nano",
        "user #7",
        "#7",
        "1e",
        "1 2",
        "550e8400-e29b-41d4-a716-446655440000",
        "ID-2024",
        "null@example.com",
        "naila",
    ],
)
def test_a_usual_id_gets_no_warning(user_id: str) -> None:
    """A warning that is often wrong is soon read by nobody."""
    assert list(id_warnings(user_id)) == []


def test_blanks_around_hide_no_other_warning() -> None:
    """Both have to be corrected."""
    assert list(id_warnings(" NULL ")) == ["id_blanks_around", "id_no_value"]


@pytest.mark.parametrize(
    ("name", "value", "warning"),
    [
        ("created_at", 45322, "created_at_unlikely"),
        ("created_at", 0, "created_at_unlikely"),
        ("created_at", -1, "created_at_unlikely"),
        ("created_at", 20240131, "created_at_unlikely"),
        ("created_at", 315_532_799, "created_at_unlikely"),
        ("created_at", 315_532_800, None),
        ("created_at", NOW_SECONDS + 86_400, None),
        ("created_at", NOW_SECONDS + 86_401, "created_at_unlikely"),
        ("created_at", None, None),
        ("created_at", "2026", None),
        ("seen_at", 45322, "time_unlikely"),
        ("seen_at", 20240131, "time_unlikely"),
        ("seen_at", 20_240_131_123, "time_unlikely"),
        ("birthday", -100_000_000, None),
        ("birthday", 100_000_000, None),
        ("contract_end", NOW_SECONDS * 2, None),
    ],
)
def test_a_time_that_nobody_means_gets_a_warning(
    name: str, value: Any, warning: str | None
) -> None:
    """Days of a spreadsheet, and other units; birthdays and ends are usual."""
    found = time_warning(name, value, is_typed=True, now_seconds=NOW_SECONDS)

    assert found == warning


def test_a_number_that_is_no_time_gets_no_warning() -> None:
    """Only its mapping's type makes a number a time; created_at always is one."""
    found = [
        time_warning(name, 45322, is_typed=False, now_seconds=NOW_SECONDS)
        for name in ("logins", "created_at")
    ]

    assert found == [None, "created_at_unlikely"]
