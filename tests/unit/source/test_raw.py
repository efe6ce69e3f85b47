"""Reading a slow pipe: complete records are returned at once."""

from __future__ import annotations

import os
import zlib
from io import FileIO
from typing import Any

import pytest

from cio_pipeline.source import open_source

TWO = [{"id": "1"}, {"id": "2"}]


class Dry(Exception):
    """The pipe gives nothing."""


def raise_when_dry(waited_seconds: float) -> None:
    """End the reading when it waits."""
    if waited_seconds:
        raise Dry


def read_until_dry(content: bytes, data_format: Any, *, blocks: bool = True) -> Any:
    """Read what a pipe returns that stays open after these bytes."""
    reading_end, writing_end = os.pipe()
    os.set_blocking(reading_end, blocks)
    os.write(writing_end, content)
    records: list[Any] = []
    try:
        with (
            FileIO(reading_end) as stdin,
            pytest.raises(Dry),
            open_source("-", format=data_format, stdin=stdin) as source,
        ):
            records.extend(r.value for r in source.records(0, raise_when_dry))
    finally:
        os.close(writing_end)
    return records


def packed(content: bytes) -> bytes:
    """Compress bytes as a producer does that flushes and has not ended."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)


LINES = b'{"id": "1"}\n{"id": "2"}\n{"id'
ARRAY = b'[{"id": "1"}, {"id": "2"}, {"id'
TABLE = b"id\n1\n2\n3"
OLD_TABLE = b"id\r1\rid\r2\r3"


@pytest.mark.parametrize(
    ("content", "data_format"),
    [
        (LINES, "jsonl"),
        (ARRAY, "json"),
        (TABLE, "csv"),
        (OLD_TABLE, "csv"),
        (packed(LINES), "jsonl"),
        (packed(ARRAY), "json"),
        (zlib.compress(LINES[:12], wbits=31) + packed(LINES[12:]), "jsonl"),
    ],
)
def test_complete_records_are_returned_before_a_wait(
    content: bytes, data_format: str
) -> None:
    """An incomplete record does not delay the others."""
    assert read_until_dry(content, data_format) == TWO


def test_a_non_blocking_pipe_is_waited_for() -> None:
    """The parent process may share the pipe, and have set it so."""
    assert read_until_dry(LINES, "jsonl", blocks=False) == TWO
