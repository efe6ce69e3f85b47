"""The comparison, as text and as JSON."""

from __future__ import annotations

import json

from cio_pipeline.commands.verify.comparison import Difference
from cio_pipeline.commands.verify.report import verification_json, verification_text
from cio_pipeline.commands.verify.verifier import DifferentUser, Verification

DIFFERENT = Verification(
    checked=30,
    matching=10,
    missing=15,
    different=5,
    invalid=2,
    missing_users=[f"user-{n}" for n in range(15)],
    different_users=[
        DifferentUser(
            "7", [Difference("ltv", 12.5, "13"), Difference("\x1b[2J", "x" * 500, None)]
        )
    ],
)


def test_a_match_says_so_in_its_last_line() -> None:
    """And nothing has to be done."""
    lines = verification_text(Verification(checked=3, matching=3)).splitlines()

    assert lines[0].startswith("3 users")
    assert "all" in lines[-1]


def test_differences_are_shown_with_both_values() -> None:
    """As many as a screen holds; all of them are counted."""
    report = verification_text(DIFFERENT)

    assert "user-9" in report
    assert "user-10" not in report
    assert "ltv: expected 12.5" in report
    assert '"13"' in report
    assert "\x1b" not in report
    assert max(map(len, report.splitlines())) < 200


def test_a_file_without_users_is_no_match() -> None:
    """A wrong userId must not look like success."""
    nobody = Verification(invalid=5)

    assert not nobody.is_match
    assert "Customer.io has all" not in verification_text(nobody)


def test_the_json_has_every_count_and_the_named_users() -> None:
    """`verify -json`."""
    document = json.loads(verification_json(DIFFERENT))

    assert document["missing_users"] == [f"user-{n}" for n in range(15)]
    assert document["different_users"][0] == {
        "user_id": "7",
        "attributes": [
            {"attribute": "ltv", "wanted": 12.5, "found": "13"},
            {"attribute": "\x1b[2J", "wanted": "x" * 500, "found": None},
        ],
    }
    assert [document[name] for name in ("checked", "matching", "invalid")] == [
        30,
        10,
        2,
    ]
