"""The list of what was refused after its 200."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from cio_pipeline.commands.verify.failures import (
    MOST_NAMED,
    Failures,
    failures_json,
    failures_text,
)
from cio_pipeline.core.duplicates import Duplicates
from cio_pipeline.core.identifiers import identity_of
from cio_pipeline.customerio.activity_log import Activity, Identifier

SINCE = datetime(2026, 11, 24, 12, tzinfo=UTC)


def activity(number: int = 1, *identifiers: Identifier, **changes: Any) -> Activity:
    """Return an activity; arguments change single fields."""
    facts: dict[str, Any] = {
        "id": f"a{number}",
        "type": "failed_attribute_change",
        "at": SINCE.timestamp() + number,
        "identifiers": identifiers or (Identifier("id", str(number)),),
        "name": "",
        "data": {"email": {"from": "a", "to": "b"}},
    }
    return Activity(**facts | changes)


def test_refusals_are_counted_once_by_type_and_attribute() -> None:
    """The log is read several times."""
    failures = Failures(SINCE)
    some = [activity(1), activity(2), activity(3, type="failed_event", name="e")]

    assert failures.take(some) == 3
    assert failures.take([*some, activity(4)]) == 1
    assert failures.counts == {
        ("failed_attribute_change", "email"): 3,
        ("failed_event", "e"): 1,
    }


def test_with_a_file_only_its_people_count() -> None:
    """By any of their identifiers."""
    people = Duplicates()
    people.add(identity_of("2"))
    people.add(identity_of("Ada@x.org"))
    failures = Failures(SINCE, people)
    ada = Identifier("email", "ada@X.org")

    failures.take([activity(1), activity(2), activity(3, Identifier("id", "9"), ada)])

    assert [each.user_id for each in failures.named] == ["2", "ada@X.org"]


def test_the_document_has_what_customer_io_returned() -> None:
    """`data` is shown as it came."""
    failures = Failures(SINCE, invalid=2)
    failures.take([activity(data=["anything"]), activity(2, identifiers=())])

    document = json.loads(failures_json(failures))

    assert document == {
        "since": "2026-11-24T12:00:00+00:00",
        "refused_later": 2,
        "invalid": 2,
        "counts": [
            {"type": "failed_attribute_change", "attribute": "", "count": 1},
            {"type": "failed_attribute_change", "attribute": "email", "count": 1},
        ],
        "failures": [
            {
                "id": "a1",
                "type": "failed_attribute_change",
                "attribute": "",
                "user_id": "1",
                "refused_at": "2026-11-24T12:00:01+00:00",
                "data": ["anything"],
            },
            {
                "id": "a2",
                "type": "failed_attribute_change",
                "attribute": "email",
                "user_id": "",
                "refused_at": "2026-11-24T12:00:02+00:00",
                "data": {"email": {"from": "a", "to": "b"}},
            },
        ],
    }


def test_the_list_is_bounded_and_the_counts_are_of_all() -> None:
    """A bad night may have a million."""
    failures = Failures(SINCE)
    failures.take([activity(number) for number in range(MOST_NAMED + 500)])

    text = failures_text(failures, 80)
    first_lines = " ".join(text.splitlines()[:2])

    assert len(failures.named) == MOST_NAMED
    assert "refused 1,500 changes of anybody in the workspace later" in first_lines
    assert "The first 20 of 1,500 are shown" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_nothing_refused_is_said_so() -> None:
    """And of whom."""
    nobody = failures_text(Failures(SINCE), 100)
    people = Duplicates()
    of_file = failures_text(Failures(SINCE, people, invalid=1), 100)

    assert nobody == (
        "Since 2026-11-24 12:00:00 UTC, Customer.io refused nothing of anybody in the"
        " workspace later."
    )
    assert "nothing of people of this file" in of_file
    assert "1 record skipped" in of_file
