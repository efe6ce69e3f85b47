"""Files in which users repeat in any pattern: the last record always wins."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.api import DROP, Answer, ScriptedApi
from tests.support.books import check_order, expected_people
from tests.support.program import Program, balances

# Each failure in a row of one record doubles its backoff, and may cost a probe of
# seconds where several users fail at once. Rows of three, each with its success,
# stay far from the 60 s that a program is waited for, and meet the order as often.
_row = st.lists(st.sampled_from([503, 500, 408, DROP]), max_size=3)
_failures = st.lists(_row, max_size=2).map(
    lambda rows: [answer for row in rows for answer in [*row, 200]]
)


@pytest.mark.timeout(300)  # 15 runs of a program that backs off
@settings(max_examples=15, deadline=None)
@given(
    users=st.lists(st.integers(0, 6), min_size=1, max_size=60),
    lacks_name=st.sets(st.integers(0, 59)),
    failures=st.dictionaries(st.integers(0, 6), _failures, max_size=3),
    parallelism=st.integers(1, 12),
)
def test_the_final_state_is_that_of_records_applied_one_by_one(
    users: list[int],
    lacks_name: set[int],
    failures: dict[int, list[int | Answer]],
    parallelism: int,
) -> None:
    """Under failures and parallelism; no two requests of one user overlap."""
    records: list[dict[str, Any]] = [
        {"id": user, "name": f"record {place}", "computed_ltv": place}
        for place, user in enumerate(users)
    ]
    for place in lacks_name & set(range(len(records))):
        del records[place]["computed_ltv"]
    with tempfile.TemporaryDirectory() as folder, ScriptedApi() as api:
        for user, script in failures.items():
            api.script(str(user), script)
        program = Program(Path(folder), api.url, {"parallelism": parallelism})

        outcome = program.sync(records)

        assert outcome.code == 0, outcome.stderr
        assert balances(outcome.result)
        assert outcome.result["synced"] == len(records)
        assert api.people() == expected_people(records)
        assert api.overlaps() == []
        check_order(api, records)


_SPELLINGS = ("ada@x.org", "Ada@X.org", "ADA@X.ORG", "aDA@x.org")


@pytest.mark.timeout(300)  # as above
@settings(max_examples=10, deadline=None)
@given(
    spellings=st.lists(st.sampled_from([*_SPELLINGS, "bob@x.org", "7"]), max_size=40),
    failures=st.dictionaries(st.sampled_from(_SPELLINGS), _failures, max_size=3),
    parallelism=st.integers(2, 12),
)
def test_the_last_record_of_an_email_wins_whatever_its_spellings(
    spellings: list[str], failures: dict[str, list[int | Answer]], parallelism: int
) -> None:
    """All spellings are one person: an older record must not be sent last."""
    records = [
        {"id": text, "name": f"record {place}"} for place, text in enumerate(spellings)
    ]
    with tempfile.TemporaryDirectory() as folder, ScriptedApi() as api:
        for text, script in failures.items():
            api.script(text, script)
        program = Program(Path(folder), api.url, {"parallelism": parallelism})

        outcome = program.sync(records)

        assert outcome.code == 0, outcome.stderr
        people = {who.lower(): person for who, person in api.people().items()}
        assert people == expected_people(
            [record | {"id": record["id"].lower()} for record in records]
        )
        for entry in api.ledger:
            entry.user_id = entry.user_id.lower()
        assert api.overlaps() == []
        check_order(api, [record | {"id": record["id"].lower()} for record in records])
