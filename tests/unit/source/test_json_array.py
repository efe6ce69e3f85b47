"""JSON arrays: streaming, exact values and clear errors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source import open_source
from cio_pipeline.source.raw import PIECE_BYTES
from tests.support.data_files import pieces_of, read_until_it_breaks, read_values


def test_numbers_keep_their_value_and_type(tmp_path: Path) -> None:
    """Integers of any size are exact; floats are those of Python."""
    content = b"[1, -0, 123456789012345678901234567890, 1.5, 3.0, 1e3, -0.0, 0.1]"

    values = read_values(content, tmp_path)

    assert values == [1, 0, 123456789012345678901234567890, 1.5, 3.0, 1000.0, 0.0, 0.1]
    assert [type(value) for value in values] == [int] * 3 + [float] * 5


def test_a_long_file_is_read_to_its_end(tmp_path: Path) -> None:
    """Also the records that span two pieces."""
    users = [{"id": n, "name": "x" * (n % 300)} for n in range(5000)]
    content = json.dumps(users).encode()
    assert len(content) > 5 * PIECE_BYTES

    assert read_values(content, tmp_path) == users


@pytest.mark.parametrize(
    ("content", "words", "offset"),
    [
        (b"", "the file is empty", None),
        (b" \n\t ", "the file is empty", None),
        (b"\xef\xbb\xbf", "the file is empty", None),
        (b'"text"', "starts with text", None),
        (b"12", "starts with a number", None),
        (b"null", "starts with null", None),
        (b"id,name\n1,Ada\n", "-format csv", 0),
        (b"hello", "not JSON", 0),
        (b"PK\x03\x04junk", "a ZIP archive or a spreadsheet", None),
        (b"BZh91AY&SY", "bzip2; decompress it or use gzip", None),
        (b"[1, {}", "the file ends inside the array, after 2 complete records", 6),
        (b'[{"id": 1}, {"id"', "inside the array, after 1 complete record", 17),
        (b"[1, 2] x", "something after the array, after 2 complete records", 7),
        (b"[1, 2][3]", "something after the array", 6),
        (b"[1, 2,]", "a comma after the last value?", 6),
        (b"[1 2]", "is a comma missing, or", 3),
        (b"[1 2]", "after 1 complete record", 3),
        (b"[1, \xff]", "not UTF-8", 4),
        (b"[NaN]", "this is not JSON", 1),
        (b'[{"a": "NaN", "b": NaN}]', "this is not JSON", 19),
        (b"[1, // two\n2]", "comment", 4),
        (b'["a\nb"]', "control character inside text", 3),
        (b"[" * 100_000, "nested too deeply", 1),
        (b'[{"a": tru}]', "this is not JSON", 7),
        (b'[{"a": "\\x"}]', "an escape that JSON does not allow", 8),
        (b'[{"a": 1]', "this is not JSON", 8),
        (b'[1, {"a": "b}, {"c": 1}]', "this is not JSON", 17),
    ],
    ids=lambda value: repr(value)[:24] if isinstance(value, bytes) else "",
)
def test_a_syntax_error_is_reported_with_its_byte(
    tmp_path: Path, content: bytes, words: str, offset: int | None
) -> None:
    """So a person can find it in the file."""
    _, error = read_until_it_breaks(content, tmp_path)

    assert words in str(error)
    if offset is not None:
        assert error.byte_offset == offset


def test_a_file_cut_anywhere_gives_the_complete_records_before_it(
    tmp_path: Path,
) -> None:
    """They are synced, and the end is reported."""
    content = b'[{"id": 1, "n": "\\u00e9"}, {"id": 2.5}, [], "x", null, {"id": 6}]'
    ends = [content.index(b"}"), content.index(b"}", 25)]

    for cut in range(1, len(content)):
        records, error = read_until_it_breaks(content[:cut], tmp_path)
        assert records == json.loads(content)[: len(records)]
        assert len(records) >= sum(end < cut for end in ends)
        assert error.byte_offset == cut


def test_a_syntax_error_far_inside_a_file_has_its_exact_byte(tmp_path: Path) -> None:
    """After many pieces, and with all records before it."""
    good = json.dumps([{"id": n, "name": "é" * 20} for n in range(5000)]).encode()
    at = 3 * PIECE_BYTES + 17
    at = good.index(b"{", at)
    broken = good[:at] + b"!" + good[at + 1 :]

    records, error = read_until_it_breaks(broken, tmp_path)

    assert error.byte_offset == at
    assert records == json.loads(good)[: len(records)]
    assert len(records) == good[:at].count(b"{")


def test_a_record_is_returned_before_the_next_one_arrives() -> None:
    """The records of a slow pipe are not delayed."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", 0) as pipe, os.fdopen(writing, "wb", 0) as end:
        end.write(b'[{"id": 0}')
        with open_source("-", stdin=pipe) as source:
            records = source.records()
            for number in range(1, 5):
                assert next(records).value == {"id": number - 1}
                end.write(b', {"id": %d}' % number)


def test_a_file_that_shrinks_during_reading_is_an_error(tmp_path: Path) -> None:
    """If another program overwrites it, there is a message, not half a record."""
    path = tmp_path / "data.json"
    path.write_bytes(json.dumps([{"id": n} for n in range(50_000)]).encode())
    records: list[Any] = []

    with open_source(str(path)) as source:
        reading = source.records()
        records.append(next(reading).value)
        os.truncate(path, 2 * PIECE_BYTES)
        with pytest.raises(DataFileError, match="the file ends inside the array"):
            records.extend(record.value for record in reading)

    assert records == [{"id": n} for n in range(len(records))]


HALVES = [
    (rb'"\ud800"', "\ud800"),
    (rb'"\uDC00\uDFFF x"', "\udc00\udfff x"),
    (rb'"\ud83d\u0041"', "\ud83dA"),
    (rb'"\ud83d\ud83d\ude00\ude00"', "\ud83d\U0001f600\ude00"),
    (rb'"\\ud800"', r"\ud800"),
    (rb'"\\ud83d\ude00"', "\\ud83d\ude00"),
    (rb'"\\\ud800\\"', "\\\ud800\\"),
    (rb'"\ud83d\\ude00"', "\ud83d\\ude00"),
    (rb'"\ud83d\ude00 \u00e9"', "\U0001f600 \u00e9"),
]


@pytest.mark.parametrize(("text", "value"), HALVES, ids=[t.decode() for t, _ in HALVES])
@pytest.mark.parametrize("before", range(PIECE_BYTES - 20, PIECE_BYTES + 2))
def test_a_lone_surrogate_in_an_array_does_not_change(
    tmp_path: Path, text: bytes, value: str, before: int
) -> None:
    """If it became `?`, an id could become that of another user."""
    filled = b'["' + b"a" * (before - 4) + b'",' + text + b',{"k":[%b]}, 1]' % text

    values = read_values(filled, tmp_path)

    assert values[1:] == [value, {"k": [value]}, 1]


def test_a_lone_surrogate_in_a_value_of_several_pieces_is_kept(
    tmp_path: Path,
) -> None:
    """The record before it was complete in the same piece, and had one too."""
    filling = b"a" * (2 * PIECE_BYTES)
    content = (
        rb'[{"\ud800": 1}, {"id": "\ud801", "a": "' + filling + rb'"}, "\ufdd0d8"]'
    )

    values = read_values(content, tmp_path)

    assert values[0] == {"\ud800": 1}
    assert values[1]["id"] == "\ud801"
    assert values[2] == "\ufdd0d8"


_code_units = st.sampled_from(
    [r"\ud83d", r"\ude00", r"\uD800", r"\udfFF", r"\u0041", r"\\", "u", "d83d", "x"]
)


@given(st.lists(st.lists(_code_units, max_size=12).map("".join), min_size=1))
def test_text_of_any_escapes_is_what_the_standard_library_reads(
    texts: list[str],
) -> None:
    """Surrogates, alone or in pairs, and escaped backslashes, in pieces of any size."""
    content = '[{"' + texts[0] + '": 0}, "' + '", "'.join(texts) + '"]'

    with open_source("-", stdin=pieces_of(content.encode())) as source:
        values = [record.value for record in source.records()]

    assert values == json.loads(content)


@pytest.mark.parametrize("ending", ["", "]", "\\", r"\ud83d", r"\ud83d\u", '"'])
def test_an_array_that_ends_inside_an_escape_is_an_error(
    tmp_path: Path, ending: str
) -> None:
    """The start of the escape is kept for the next piece, and not forgotten."""
    content = rb'["a", "\ud800 b' + ending.encode()

    records, error = read_until_it_breaks(content, tmp_path)

    assert records == ["a"] if ending != '"' else ["a", "\ud800 b"]
    assert error.byte_offset == len(content)
