"""Reading data files: streaming, exact values and clear errors."""

from __future__ import annotations

import gzip
import io
import json
import os
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source import open_source
from cio_pipeline.source.raw import PIECE_BYTES
from tests.support.data_files import pieces_of, read_until_it_breaks, read_values


@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
def test_a_number_too_large_for_a_float_affects_only_its_record(
    tmp_path: Path, name: str
) -> None:
    """It becomes a dead letter; the others are sent."""
    records = [b'{"id": 1}', b'{"id": 2, "a": {"b": [1e999]}}', b'{"id": 3, "c": 1.5}']
    path = tmp_path / name
    is_array = name == "data.json"
    content = b"[" + b",".join(records) + b"]" if is_array else b"\n".join(records)
    path.write_bytes(content)

    with open_source(str(path)) as source:
        problems = [record.problem for record in source.records()]

    assert problems == [None, "the number at 'a.b.0' is too large", None]


def test_a_bom_is_skipped(tmp_path: Path) -> None:
    """Windows programs write one."""
    assert read_values(b"\xef\xbb\xbf[1]", tmp_path) == [1]


def test_reading_may_start_later(tmp_path: Path) -> None:
    """A load continues where it was; indexes are positions in the file."""
    path = tmp_path / "data.json"
    path.write_bytes(json.dumps(list(range(10))).encode())

    with open_source(str(path)) as source:
        records = [(record.record_index, record.value) for record in source.records(7)]

    assert records == [(7, 7), (8, 8), (9, 9)]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("d.json", b'{"id": 1, "orders": [{}]}', "if the object is one user"),
        ("d.json", b'{"data": "' + b"a" * 17_000_000, "-records KEY"),
        (
            "d.json.gz",
            gzip.compress(gzip.compress(b"[]", mtime=0), mtime=0),
            "with gzip twice",
        ),
    ],
    ids=["a user", "large", "gzip twice"],
)
def test_what_is_unclear_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    """A guess could make people of a user's orders."""
    records, error = read_until_it_breaks(content, tmp_path, name)

    assert records == []
    assert words in str(error)


@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
@pytest.mark.parametrize(
    "content",
    [
        b'{"id": 1}\n{"id": [{"id": 2}]}\n',
        b'{\n  "id": 1\n}\n{\n  "id": [{"id": 2}]\n}\n',
        b'{"id": 1}{"id": [{"id": 2}]}',
    ],
    ids=["lines", "over several lines", "without a gap"],
)
def test_a_sequence_of_objects_is_read_from_any_json_file(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """`jq '.data[]'` writes this; the first bytes show the format."""
    assert read_values(content, tmp_path, name) == [{"id": 1}, {"id": [{"id": 2}]}]


@pytest.mark.parametrize("name", ["d.jsonl", "d.csv", "d.jsonl.gz"])
def test_an_empty_file_of_lines_has_no_records(tmp_path: Path, name: str) -> None:
    """An export without users is not a mistake."""
    content = gzip.compress(b"") if name.endswith("gz") else b""

    assert read_values(content, tmp_path, name) == []


def test_a_missing_file_or_a_folder_is_reported(tmp_path: Path) -> None:
    """As one clear line."""
    with pytest.raises(DataFileError, match="no such file"):
        open_source(str(tmp_path / "none.json"))
    with pytest.raises(DataFileError, match="it is a folder"):
        open_source(str(tmp_path))


def test_a_pipe_is_read() -> None:
    """Standard input has no size, and can be read only once."""
    content = json.dumps([{"id": n} for n in range(50)]).encode()

    with open_source("-", stdin=pieces_of(content)) as source:
        values = [record.value for record in source.records()]

    assert values == [{"id": n} for n in range(50)]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Guarantee 9: records are streamed."""
    peaks = []
    for count in (2_000, 40_000):
        path = tmp_path / f"{count}.json"
        path.write_text(json.dumps([{"id": n, "name": "x" * 50} for n in range(count)]))
        tracemalloc.start()
        with open_source(str(path)) as source:
            for _ in source.records():
                pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 2 * peaks[0]


def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    """`-data <(export)` has no size, and can be read only once."""
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b'{"id": 1}\n{"id": 2}',))
    writer.start()

    with open_source(str(path)) as source:
        values = [record.value for record in source.records()]

    writer.join()
    assert values == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    ("name", "begin", "piece"),
    [
        ("data.json.gz", b'[{"id": 0}, {"id": "', b"a" * 1_000_000),
        ("data.json.gz", b'[{"id": 0}, [', b"1," * 500_000),
        ("data.jsonl.gz", b'{"id": 0}\n{"id": "', b"a" * 1_000_000),
        ("data.csv.gz", b'id,name\n0,x\n1,"', b"a\n" * 500_000),
    ],
    ids=["text", "list", "line", "quote"],
)
def test_a_record_without_an_end_is_not_taken_into_memory(
    tmp_path: Path, name: str, begin: bytes, piece: bytes
) -> None:
    """Guarantee 9: 100 KB of gzip can hold a gigabyte of one letter."""
    path = tmp_path / name
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(begin)
        for _ in range(20):
            file.write(piece)
    records: list[Any] = []

    with (
        pytest.raises(DataFileError, match="more than 16,000,000 bytes") as caught,
        open_source(str(path)) as source,
    ):
        records.extend(record.value for record in source.records())

    assert len(records) == 1
    assert caught.value.byte_offset is not None
    assert caught.value.byte_offset <= PIECE_BYTES


_text = st.text(st.characters(exclude_categories=["Cs"]))
_floats = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _floats | _text,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_json, max_size=8), st.booleans())
def test_all_json_is_read_exactly(
    values: list[Any],
    ascii_only: bool,
) -> None:
    """As the standard library reads it."""
    content = json.dumps(values, ensure_ascii=ascii_only).encode()

    with open_source("-", stdin=io.BytesIO(content)) as source:
        assert [record.value for record in source.records()] == values


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["json", "jsonl", "csv"]))
def test_no_bytes_raise_another_error(junk: bytes, data_format: Any) -> None:
    """A broken file must give a message, never a traceback."""
    for content in (junk, b'[{"id": 1}, ' + junk, b'{"id": 1}\n' + junk):
        try:
            with open_source(
                "-", format=data_format, stdin=io.BytesIO(content)
            ) as source:
                list(source.records())
        except DataFileError:
            pass
