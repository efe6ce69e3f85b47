"""Packed files: whole, in several parts, cut off."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from tests.support.data_files import read_until_it_breaks, read_values


def test_a_package_that_is_cut_off_gives_what_stood_before(tmp_path: Path) -> None:
    """A download that broke off; the byte is counted in what it unpacks to."""
    plain = json.dumps([{"id": n} for n in range(50_000)]).encode()
    packed = gzip.compress(plain)

    records, error = read_until_it_breaks(packed[: len(packed) // 2], tmp_path)

    assert "gzip data ends too early" in str(error)
    assert error.byte_offset is not None
    assert len(records) == plain[: error.byte_offset].count(b"}")


def test_a_package_of_several_parts_is_one_file(tmp_path: Path) -> None:
    """`cat a.gz b.gz` is one package, and padding may follow it."""
    parts = gzip.compress(b'[{"id": 1},') + gzip.compress(b'{"id": 2}]') + b"\0" * 99

    assert read_values(parts, tmp_path, "data.json.gz") == [{"id": 1}, {"id": 2}]
