"""How data files are read."""

from __future__ import annotations

from cio_pipeline.core.read_options import ReadOptions


def test_a_load_is_recognized_by_the_format_that_it_is_read_with() -> None:
    """With another one, the same index is another record."""
    texts = {
        ReadOptions(format=name).digest_text("users.csv.gz")
        for name in (None, "csv", "json", "jsonl")
    }

    assert texts == {"csv", "json", "jsonl"}
