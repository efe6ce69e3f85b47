"""What is done about people who are missing, and when nothing is done."""

from __future__ import annotations

import pytest

from cio_pipeline.core.errors import UsageError
from cio_pipeline.pipeline.missing_rule import (
    MissingRule,
    parse_missing,
    parse_missing_limit,
    problem_of,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("set:active=false", False),
        ("set:active=null", None),
        ("set:active=12", 12),
        ("set:active=1.5", 1.5),
        ('set:active="12"', "12"),
        ("set:active=gone", "gone"),
        ("set:active=", ""),
        ("set:active=a=b:c", "a=b:c"),
        ("set:active=NaN", "NaN"),
        ("set:active=-Infinity", "-Infinity"),
        ("set:active=1e999", "1e999"),
        ("set:active=[1", "[1"),
    ],
)
def test_a_value_is_json_or_text(text: str, value: object) -> None:
    """Numbers and true keep their types; most texts need no quotes."""
    rule = parse_missing(text)

    assert rule.action == "upsert"
    assert rule.payload("person") == {"active": value, "_update": True}
    assert rule.payload("object") == {"active": value}


def test_a_removal_sends_nothing_but_itself() -> None:
    """A deletion has no attributes; a report has no action."""
    assert parse_missing("report") == MissingRule("report", None)
    assert [parse_missing(word).action for word in ("delete", "suppress")] == [
        "delete",
        "suppress",
    ]
    assert parse_missing("delete").payload("person") == {}
    assert [parse_missing(w).removes for w in ("report", "delete", "set:a=1")] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Delete", "expected report, delete, suppress or set:NAME=VALUE"),
        ("set", "expected report"),
        ("set:name", "expected report"),
        ("set: =1", "the name is empty"),
        (f"set:{'x' * 151}=1", "the name has 151 bytes"),
        (f"set:a={'x' * 1001}", "the value has 1,001 bytes"),
        ('set:a={"b": 1}', "found an object or a list"),
    ],
)
def test_a_mistake_is_explained(text: str, problem: str) -> None:
    """Nothing is sent, and the message has the forms that are expected."""
    with pytest.raises(UsageError, match=problem):
        parse_missing(text)


@pytest.mark.parametrize(
    ("limit", "missing", "known", "is_exceeded"),
    [
        ("1%", 150, 20_000, False),
        ("1%", 200, 20_000, False),
        ("1%", 201, 20_000, True),
        ("1%", 1, 99, True),
        ("0", 1, 100, True),
        ("5", 5, 5, False),
        ("100%", 5, 5, False),
    ],
)
def test_a_limit_is_a_number_or_a_share_of_the_known_people(
    limit: str, missing: int, known: int, *, is_exceeded: bool
) -> None:
    """At the limit it is not exceeded."""
    found = parse_missing_limit(limit).is_exceeded(missing, known)

    assert found is is_exceeded


def test_a_limit_that_cannot_be_read_is_a_mistake() -> None:
    """The message names the option."""
    with pytest.raises(UsageError, match="-max-missing '-1' is neither a number"):
        parse_missing_limit("-1")


def test_a_problem_has_the_figures() -> None:
    """Whoever is woken at night must see how many of how many."""
    limit = parse_missing_limit("1%")

    def problem(missing: int, *, unreadable: int = 0, acts: bool = True) -> str | None:
        return problem_of(
            limit, missing=missing, known=1000, unreadable=unreadable, acts=acts
        )

    assert problem(10) is None
    assert "11 of 1,000 known people (1.1%)" in str(problem(11))
    assert "2 records of the data have no usable id" in str(problem(1, unreadable=2))
    assert problem(1, unreadable=2, acts=False) is None
    assert problem(0, unreadable=2) is None
