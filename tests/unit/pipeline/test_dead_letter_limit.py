"""When there are too many dead letters."""

from __future__ import annotations

import pytest

from cio_pipeline.core.errors import StopRun, UsageError
from cio_pipeline.pipeline.dead_letter_limit import DeadLetterLimit, parse_limit


def is_over(
    limit: DeadLetterLimit,
    *,
    records: int = 0,
    invalid: int = 0,
    settled: int = 0,
    undelivered: int = 0,
) -> bool:
    """Return whether these counts stop a run."""
    try:
        limit.check(
            records=records, invalid=invalid, settled=settled, undelivered=undelivered
        )
    except StopRun as error:
        return error.reason == "too_many_dead_letters"
    return False


def test_a_number_is_of_all_dead_letters() -> None:
    """That many are allowed, and no more."""
    limit = parse_limit("10")

    assert not is_over(limit, records=500, invalid=4, settled=20, undelivered=6)
    assert is_over(limit, records=500, invalid=5, settled=20, undelivered=6)
    assert is_over(parse_limit("0"), records=1, invalid=1)


def test_a_share_is_of_what_was_read_or_of_what_was_sent() -> None:
    """The loader may be far ahead of what is sent, so they are compared apart."""
    limit = parse_limit("2%")

    assert not is_over(limit, records=1000, invalid=20, settled=100, undelivered=2)
    assert is_over(limit, records=1000, invalid=21)
    assert is_over(limit, records=1000, settled=100, undelivered=3)


def test_a_share_of_a_few_records_says_nothing() -> None:
    """The first record may be the only bad one."""
    limit = parse_limit("5%")

    assert not is_over(limit, records=99, invalid=99, settled=99, undelivered=99)
    assert is_over(limit, records=100, invalid=6)


@pytest.mark.parametrize(
    ("text", "most", "share"),
    [("0", 0, 1.0), ("250", 250, 1.0), ("0.5%", None, 0.005), ("100 %", None, 1.0)],
)
def test_limits_that_are_understood(text: str, most: int | None, share: float) -> None:
    """A number, or a share in percent."""
    assert parse_limit(text) == DeadLetterLimit(text, most, share)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "101%", "%", "many", "1e3", "²"])
def test_other_limits_are_refused(text: str) -> None:
    """With examples."""
    with pytest.raises(UsageError, match="expected for example 100 or 2%"):
        parse_limit(text)


def test_the_message_has_the_limit_and_what_was_found() -> None:
    """And that nothing is lost."""
    with pytest.raises(StopRun, match=r"3 of 100 jobs.*-max-dead-letters 2%.*is kept"):
        parse_limit("2%").check(records=0, invalid=0, settled=100, undelivered=3)
