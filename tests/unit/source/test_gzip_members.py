"""Gzip files: complete, with several members, cut off."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from tests.support.data_files import read_until_it_breaks, read_values


def test_an_incomplete_gzip_file_gives_the_records_before_its_end(
    tmp_path: Path,
) -> None:
    """For example a download; the byte is counted in the decompressed data."""
    plain = json.dumps([{"id": n} for n in range(50_000)]).encode()
    packed = gzip.compress(plain)

    records, error = read_until_it_breaks(packed[: len(packed) // 2], tmp_path)

    assert "gzip data ends too early" in str(error)
    assert error.byte_offset is not None
    assert len(records) == plain[: error.byte_offset].count(b"}")


def test_a_gzip_file_of_several_members_is_one_file(tmp_path: Path) -> None:
    """`cat a.gz b.gz` makes one, and padding may follow it."""
    parts = gzip.compress(b'[{"id": 1},') + gzip.compress(b'{"id": 2}]') + b"\0" * 99

    assert read_values(parts, tmp_path, "data.json.gz") == [{"id": 1}, {"id": 2}]
