"""Compressed files: complete, with several members, cut off, damaged."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from cio_pipeline.source import open_source
from tests.support.data_files import read_until_it_breaks, read_values

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
}
PLAIN = json.dumps([{"id": n} for n in range(50_000)]).encode()


@pytest.mark.parametrize("kind", PACK)
def test_an_incomplete_file_gives_the_records_before_its_end(
    tmp_path: Path, kind: str
) -> None:
    """For example a download; the byte is counted in the decompressed data."""
    packed = PACK[kind](PLAIN)

    records, error = read_until_it_breaks(packed[: len(packed) // 2], tmp_path)

    assert f"{kind} data ends too early" in str(error)
    assert error.byte_offset is not None
    assert len(records) == PLAIN[: error.byte_offset].count(b"}")


@pytest.mark.parametrize("kind", PACK)
def test_damaged_data_is_one_line(tmp_path: Path, kind: str) -> None:
    """A transfer in text mode changed bytes, or a server's error is at the end."""
    packed = PACK[kind](b'{"id": 1}\n{"id": 2}\n')

    records, error = read_until_it_breaks(packed + b"junk" * 9, tmp_path, "d.jsonl")

    assert records == [{"id": 1}, {"id": 2}]
    assert f"{kind} data is damaged" in str(error)
    assert "fetch the file again" in str(error)


@pytest.mark.parametrize("kind", PACK)
def test_a_file_of_several_members_is_one_file(tmp_path: Path, kind: str) -> None:
    """`cat a.gz b.gz` makes one, and padding may follow it."""
    parts = b"".join(map(PACK[kind], [b'[{"id": 1},', b"", b'{"id": 2}]']))

    assert read_values(parts + b"\0" * 99, tmp_path) == [{"id": 1}, {"id": 2}]


def test_a_zstd_frame_without_data_is_skipped(tmp_path: Path) -> None:
    """`pzstd` writes one before each frame (RFC 8878, 3.1.2)."""
    empty = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"

    packed = empty + zstd.compress(b"[1,") + empty + zstd.compress(b"2]")

    assert read_values(packed, tmp_path) == [1, 2]


def test_the_extension_of_compression_is_after_that_of_the_format(
    tmp_path: Path,
) -> None:
    """A file is unpacked by its first bytes, whatever its name is."""
    assert read_values(zstd.compress(b"id\n1\n"), tmp_path, "u.csv.zst") == [
        {"id": "1"}
    ]
    assert read_values(gzip.compress(b"id\n1\n"), tmp_path, "u.csv") == [{"id": "1"}]


@pytest.mark.parametrize("kind", PACK)
def test_packed_twice_is_refused(tmp_path: Path, kind: str) -> None:
    """The message says what to do."""
    packed = PACK[kind](PACK[kind](b"[]"))

    _, error = read_until_it_breaks(packed, tmp_path)

    assert "decompress it once" in str(error)


@pytest.mark.parametrize("kind", PACK)
def test_memory_does_not_grow_with_what_is_unpacked(tmp_path: Path, kind: str) -> None:
    """A few kilobytes can hold a gigabyte of blanks."""
    path = tmp_path / "data.json"
    path.write_bytes(PACK[kind](b"[1," + b" " * 50_000_000 + b"2]"))

    tracemalloc.start()
    with open_source(str(path)) as source:
        values = [record.value for record in source.records()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert values == [1, 2]
    assert peak < 20_000_000
