"""The table of what dead letters have in common."""

from __future__ import annotations

from cio_pipeline.commands.causes import cause_table, common_causes
from cio_pipeline.store import CauseCount, DeadLetterStatistics, ReasonCount

CAUSES = tuple(CauseCount("rejected", 400, f"message {n}", 1000 * n) for n in (9, 5, 4))


def test_a_cause_is_a_row_of_count_reason_status_and_message() -> None:
    """A record that could not be mapped has no status."""
    unmapped = CauseCount("invalid_record", None, "no id", 1)

    table = cause_table([CAUSES[0], unmapped], 80, heading="records", message="cut")

    rows = [line.split() for line in table.splitlines()[-2:]]
    assert rows == [
        ["9,000", "rejected", "400", "message", "9"],
        ["1", "invalid_record", "no", "id"],
    ]


def test_rarer_causes_are_counted_and_not_shown() -> None:
    """The table fits a screen whatever the messages are."""
    reasons = (ReasonCount("rejected", 20_000, 7),)
    lines = common_causes(DeadLetterStatistics(reasons=reasons, causes=CAUSES), 80)

    assert [line.split()[0] for line in lines[-4:-1]] == ["9,000", "5,000", "4,000"]
    assert "4" in lines[-1].split()


def test_without_rarer_causes_none_are_mentioned() -> None:
    """`and 0 rarer causes` would be noise."""
    reasons = (ReasonCount("rejected", 18_000, 3),)
    lines = common_causes(DeadLetterStatistics(reasons=reasons, causes=CAUSES), 80)

    assert "message 4" in lines[-1]
