"""JSON Lines: one record per line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cio_pipeline.core.errors import DataFileError
from tests.support.data_files import read_until_it_breaks, read_values


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_json_lines(tmp_path: Path, packed: bool) -> None:
    """One value per line, any line end; `.jsonl` or `.ndjson`, compressed or not."""
    content = b'\xef\xbb\xbf{"id": 1}\r\n\n{"id": 12345678901234567890123}\n[2.5e1]'

    values = read_values(
        gzip.compress(content) if packed else content,
        tmp_path,
        "data.ndjson.gz" if packed else "data.jsonl",
    )

    assert values == [{"id": 1}, {"id": 12345678901234567890123}, [25.0]]


@pytest.mark.parametrize(
    "bad", [b'{"id": }', b"NaN", b"{'a': 1}", b'{"a": 1} {}', b"\xff"]
)
def test_a_line_that_is_not_json_ends_the_file(tmp_path: Path, bad: bytes) -> None:
    """The same rule as for arrays."""
    records, error = read_until_it_breaks(
        b'{"id": 1}\n' + bad + b"\n3\n", tmp_path, "d.jsonl"
    )

    assert records == [{"id": 1}]
    assert error.byte_offset is not None
    assert 10 <= error.byte_offset <= 10 + len(bad)
    assert "after 1 complete record" in str(error)


def test_a_lone_surrogate_is_valid_in_json_lines(tmp_path: Path) -> None:
    """JSON allows it; one user's cut emoji must not stop the file."""
    content = b'{"id": 1, "name": "\\ud83d"}\n{"id": 2}\n'

    assert read_values(content, tmp_path, "data.jsonl") == [
        {"id": 1, "name": "\ud83d"},
        {"id": 2},
    ]


def test_an_array_in_a_json_lines_file_is_refused(tmp_path: Path) -> None:
    """Otherwise each of its lines would be a dead letter."""
    with pytest.raises(DataFileError) as caught:
        read_values(b'[{"id": 1},\n{"id": 2}]', tmp_path, "d.jsonl", format="jsonl")

    assert "use -format json" in str(caught.value)
