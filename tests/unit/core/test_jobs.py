"""The values that the stages of a run pass on."""

from __future__ import annotations

from cio_pipeline.core.jobs import Record, make_record


def test_a_record_that_is_made_fast_is_a_record() -> None:
    """It skips the checks of `Record`, so a new field would be missing silently."""
    record = make_record((5, {"a": 1}, None))

    assert record == Record(5, {"a": 1})
    assert len(record) == len(Record._fields)
    assert record.problem is None
