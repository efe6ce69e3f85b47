"""Reading data files: streamed, exact, and clear about what is wrong."""

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


def read(content: bytes, folder: Path, name: str = "data.json", **options: Any) -> Any:
    """Read a file's records."""
    path = folder / name
    path.write_bytes(content)
    with open_source(str(path), **options) as source:
        return [record.value for record in source.records()]


def read_until_it_breaks(
    content: bytes, folder: Path, name: str = "data.json"
) -> tuple[list[Any], DataFileError]:
    """Read what stands before a break, and the complaint about it."""
    path = folder / name
    path.write_bytes(content)
    records: list[Any] = []
    with pytest.raises(DataFileError) as caught, open_source(str(path)) as source:
        records.extend(record.value for record in source.records())
    return records, caught.value


def pieces_of(content: bytes) -> Any:
    """Give bytes as a pipe does: a few at a time, and once."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self._left = content

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            piece, self._left = self._left[: min(7, size)], self._left[min(7, size) :]
            return piece

    return Pipe()


def test_numbers_keep_their_value_and_type(tmp_path: Path) -> None:
    """Integers of any size exactly; floats as Python's own."""
    content = b"[1, -0, 123456789012345678901234567890, 1.5, 3.0, 1e3, -0.0, 0.1]"

    values = read(content, tmp_path)

    assert values == [1, 0, 123456789012345678901234567890, 1.5, 3.0, 1000.0, 0.0, 0.1]
    assert [type(value) for value in values] == [int] * 3 + [float] * 5


@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
def test_a_number_no_float_can_hold_flaws_its_record_alone(
    tmp_path: Path, name: str
) -> None:
    """It becomes a dead letter; the others go on."""
    records = [b'{"id": 1}', b'{"id": 2, "a": {"b": [1e999]}}', b'{"id": 3, "c": 1.5}']
    path = tmp_path / name
    is_array = name == "data.json"
    content = b"[" + b",".join(records) + b"]" if is_array else b"\n".join(records)
    path.write_bytes(content)

    with open_source(str(path)) as source:
        flaws = [record.flaw for record in source.records()]

    assert flaws == [None, "the number at 'a.b.0' is too large", None]


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """Windows programs write one."""
    assert read(b"\xef\xbb\xbf[1]", tmp_path) == [1]


def test_the_ends_of_a_long_file_are_read_too(tmp_path: Path) -> None:
    """Records that lie across the pieces it is read in."""
    users = [{"id": n, "name": "x" * (n % 300)} for n in range(5000)]
    content = json.dumps(users).encode()
    assert len(content) > 5 * PIECE_BYTES

    assert read(content, tmp_path) == users


def test_reading_may_begin_later(tmp_path: Path) -> None:
    """A load goes on where it was; indices stay those of the file."""
    path = tmp_path / "data.json"
    path.write_bytes(json.dumps(list(range(10))).encode())

    with open_source(str(path)) as source:
        records = [(record.record_index, record.value) for record in source.records(7)]

    assert records == [(7, 7), (8, 8), (9, 9)]


@pytest.mark.parametrize(
    ("content", "words", "offset"),
    [
        (b"", "the file is empty", None),
        (b" \n\t ", "the file is empty", None),
        (b"\xef\xbb\xbf", "the file is empty", None),
        (b'"text"', "begins with text", None),
        (b"12", "begins with a number", None),
        (b"null", "begins with null", None),
        (b"id,name\n1,Ada\n", "-format csv", 0),
        (b"hello", "not JSON", 0),
        (b"\xff\xfe[\x001\x00]\x00", "UTF-16", None),
        (b"[\x001\x00]\x00", "UTF-16", None),
        (b"PK\x03\x04junk", "a ZIP archive or a spreadsheet", None),
        (b"BZh91AY&SY", "bzip2; wanted gzip", None),
        (b"[1, {}", "ends before its array does, after 2 whole records", 6),
        (b'[{"id": 1}, {"id"', "ends before its array does, after 1 whole record", 17),
        (b"[1, 2] x", "something follows the array, after 2 whole records", 7),
        (b"[1, 2][3]", "something follows the array", 6),
        (b"[1, 2,]", "a comma after the last one?", 6),
        (b"[1 2]", "a comma is missing, or", 3),
        (b"[1 2]", "after 1 whole record", 3),
        (b"[1, \xff]", "not UTF-8", 4),
        (b"[NaN]", "this is not JSON", 1),
        (b'[{"a": "NaN", "b": NaN}]', "this is not JSON", 19),
        (b"[1, // two\n2]", "comment", 4),
        (b'["a\nb"]', "control character inside text", 3),
        (b"[" * 100_000, "nested too deeply", 1),
        (b'[{"a": tru}]', "this is not JSON", 7),
        (b'[{"a": "\\x"}]', "an escape that JSON does not have", 8),
        (b'[{"a": 1]', "this is not JSON", 8),
        (b'[1, {"a": "b}, {"c": 1}]', "this is not JSON", 17),
    ],
    ids=lambda value: repr(value)[:24] if isinstance(value, bytes) else "",
)
def test_what_is_wrong_is_told_with_its_byte(
    tmp_path: Path, content: bytes, words: str, offset: int | None
) -> None:
    """A person can go there and look."""
    _, error = read_until_it_breaks(content, tmp_path)

    assert words in str(error)
    if offset is not None:
        assert error.byte_offset == offset


def test_every_cut_gives_the_whole_records_before_it(tmp_path: Path) -> None:
    """What stands before the break is synced, the break itself named."""
    content = b'[{"id": 1, "n": "\\u00e9"}, {"id": 2.5}, [], "x", null, {"id": 6}]'
    ends = [content.index(b"}"), content.index(b"}", 25)]

    for cut in range(1, len(content)):
        records, error = read_until_it_breaks(content[:cut], tmp_path)
        assert records == json.loads(content)[: len(records)]
        assert len(records) >= sum(end < cut for end in ends)
        assert error.byte_offset == cut


def test_a_break_far_inside_a_file_is_found_to_the_byte(tmp_path: Path) -> None:
    """Beyond the first pieces, and with all records before it."""
    good = json.dumps([{"id": n, "name": "é" * 20} for n in range(5000)]).encode()
    at = 3 * PIECE_BYTES + 17
    at = good.index(b"{", at)
    broken = good[:at] + b"!" + good[at + 1 :]

    records, error = read_until_it_breaks(broken, tmp_path)

    assert error.byte_offset == at
    assert records == json.loads(good)[: len(records)]
    assert len(records) == good[:at].count(b"{")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("d.json", b'{"data": [{"id": 1}], "next": null}\n', "'data' holds an array"),
        ("d.json", b'{"data": [{"id": 1}], "next": null}', "jq .data makes it"),
        ("d.json", b'{\n"a": {"my users": [{}]}}', """jq '.a["my users"]'"""),
        ("d.json", b'{"id": 1, "orders": [{}]}', "if the object is one user"),
        ("d.json", b'{"data": "' + b"a" * 17_000_000, "jq .KEY"),
        ("d.json.gz", gzip.compress(gzip.compress(b"[]")), "with gzip twice"),
    ],
    ids=["line", "no line end", "deeper", "a user", "large", "gzip twice"],
)
def test_a_file_that_wraps_the_records_says_how_to_unwrap_it(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    """An API's answer is one object: no record of it may be passed over silently."""
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
def test_objects_one_after_another_are_read_whatever_the_name(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """What `jq '.data[]'` writes; the first bytes show what it is."""
    assert read(content, tmp_path, name) == [{"id": 1}, {"id": [{"id": 2}]}]


@pytest.mark.parametrize("name", ["d.jsonl", "d.csv", "d.jsonl.gz"])
def test_an_empty_file_of_lines_has_no_records(tmp_path: Path, name: str) -> None:
    """An export that found nobody is not a mistake."""
    content = gzip.compress(b"") if name.endswith("gz") else b""

    assert read(content, tmp_path, name) == []


def test_a_record_is_returned_before_the_next_one_comes() -> None:
    """A slow pipe's records are not held up."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", 0) as pipe, os.fdopen(writing, "wb", 0) as end:
        end.write(b'[{"id": 0}')
        with open_source("-", stdin=pipe) as source:
            records = source.records()
            for number in range(1, 5):
                assert next(records).value == {"id": number - 1}
                end.write(b', {"id": %d}' % number)


def test_a_file_that_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    """One clear line each."""
    with pytest.raises(DataFileError, match="no such file"):
        open_source(str(tmp_path / "none.json"))
    with pytest.raises(DataFileError, match="it is a folder"):
        open_source(str(tmp_path))


def test_a_pipe_is_read_as_it_comes() -> None:
    """Standard input has no size and no second reading."""
    content = json.dumps([{"id": n} for n in range(50)]).encode()

    with open_source("-", stdin=pieces_of(content)) as source:
        values = [record.value for record in source.records()]

    assert values == [{"id": n} for n in range(50)]
    assert source.fingerprint is None
    assert source.name == "stdin"


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


def test_a_fingerprint_knows_the_same_file_and_no_other(tmp_path: Path) -> None:
    """A load goes on only with the very same data; a moved file is the same."""
    path = tmp_path / "data.json"
    path.write_bytes(b"1, 2, 3")
    about = path.stat()

    def look(where: Path, data_format: Any = "csv") -> str | None:
        with open_source(str(where), format=data_format) as source:
            return source.fingerprint

    first, again = look(path), look(path)
    moved = path.rename(tmp_path / "moved.json")
    after_move = look(moved)
    moved.write_bytes(b"1, 2, 4")
    os.utime(moved, ns=(about.st_atime_ns, about.st_mtime_ns))

    assert first == again == after_move
    assert look(moved) != first
    assert look(moved, "jsonl") != look(moved)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_json_lines(tmp_path: Path, packed: bool) -> None:
    """One value a line, whatever ends it; told by the ending, packed or not."""
    content = b'\xef\xbb\xbf{"id": 1}\r\n\n{"id": 12345678901234567890123}\n[2.5e1]'

    values = read(
        gzip.compress(content) if packed else content,
        tmp_path,
        "data.ndjson.gz" if packed else "data.jsonl",
    )

    assert values == [{"id": 1}, {"id": 12345678901234567890123}, [25.0]]


@pytest.mark.parametrize(
    "bad", [b'{"id": }', b"NaN", b"{'a': 1}", b'{"a": 1} {}', b"\xff"]
)
def test_a_line_that_is_not_json_breaks_the_file_there(
    tmp_path: Path, bad: bytes
) -> None:
    """The same rule as for the array."""
    records, error = read_until_it_breaks(
        b'{"id": 1}\n' + bad + b"\n3\n", tmp_path, "d.jsonl"
    )

    assert records == [{"id": 1}]
    assert error.byte_offset is not None
    assert 10 <= error.byte_offset <= 10 + len(bad)
    assert "after 1 whole record" in str(error)


def test_csv_rows_become_objects_of_text(tmp_path: Path) -> None:
    """Types are for the mapping to say."""
    content = (
        b'\xef\xbb\xbfid,name,note\r\n1,"Ada ""L""","two\nlines"\r\n\r\n2,Grace\r\n'
    )

    values = read(content, tmp_path, "data.csv")

    assert values == [
        {"id": "1", "name": 'Ada "L"', "note": "two\nlines"},
        {"id": "2", "name": "Grace"},
    ]


def test_a_row_with_too_many_values_is_flawed(tmp_path: Path) -> None:
    """Nobody knows which value is meant for which key."""
    path = tmp_path / "data.csv"
    path.write_bytes(b"id,name\n1,a,b\n2,c\n")

    with open_source(str(path)) as source:
        flaws = [record.flaw for record in source.records()]

    assert flaws == ["the row has 3 values, the header 2 names", None]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"id,,id\n", "two columns are named 'id' (columns 1 and 3)"),
        (b'[{"id": 1}]', "looks like JSON"),
        (b'id\n"a', "a quote is opened and never closed"),
        (b'id\n"a"b\n', "text follows a closing quote"),
        (b"id\n1\r2\r", "a line break of another kind than the header's"),
        (
            b"id,a,b\n1,x,y\nid,a,c\n2,x,z\n",
            "byte 13: in the row that begins here the header is",
        ),
        (b"id\n\xff\n", "save the file as UTF-8"),
    ],
)
def test_what_is_no_csv_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    """With what to do about it."""
    _, error = read_until_it_breaks(content, tmp_path, "data.csv")

    assert words in str(error)


def test_a_table_that_breaks_names_the_byte_of_the_row(tmp_path: Path) -> None:
    """Not where the reading was: a quote that is never closed swallows the rest."""
    rows = b'id,note\n1,"two\nlines"\n\n'
    rest = b'2,"never closed\n' + b"3,c\n" * 50_000

    records, error = read_until_it_breaks(rows + rest, tmp_path, "data.csv")

    assert records == [{"id": "1", "note": "two\nlines"}]
    assert error.byte_offset == len(rows)
    assert "after 1 whole record" in str(error)


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"id,name\n", []),
        (b"id,name", []),
        (b'id,name\r\n1,"a\r\nb"\r\n', [{"id": "1", "name": "a\r\nb"}]),
        (b"id,name\n1,\n", [{"id": "1", "name": ""}]),
        (b"id,name\n1,a\x00b\n", [{"id": "1", "name": "a\x00b"}]),
    ],
    ids=["header", "header cut", "quoted line", "empty cell", "NUL"],
)
def test_odd_tables_are_read(tmp_path: Path, content: bytes, records: Any) -> None:
    """All of these come out of real exports."""
    assert read(content, tmp_path, "data.csv") == records


def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    """`-data <(export)`: no size, no second reading."""
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b'{"id": 1}\n{"id": 2}',))
    writer.start()

    with open_source(str(path)) as source:
        values = [record.value for record in source.records()]

    writer.join()
    assert values == [{"id": 1}, {"id": 2}]
    assert source.fingerprint is None


def test_a_file_that_shrinks_while_it_is_read_breaks_there(tmp_path: Path) -> None:
    """Whoever writes it anew under our eyes gets a message, not half a record."""
    path = tmp_path / "data.json"
    path.write_bytes(json.dumps([{"id": n} for n in range(50_000)]).encode())
    records: list[Any] = []

    with open_source(str(path)) as source:
        reading = source.records()
        records.append(next(reading).value)
        os.truncate(path, 2 * PIECE_BYTES)
        with pytest.raises(DataFileError, match="ends before its array does"):
            records.extend(record.value for record in reading)

    assert records == [{"id": n} for n in range(len(records))]


def test_a_package_that_is_cut_off_gives_what_stood_before(tmp_path: Path) -> None:
    """A download that broke off; the byte is counted in what it unpacks to."""
    plain = json.dumps([{"id": n} for n in range(50_000)]).encode()
    packed = gzip.compress(plain)

    records, error = read_until_it_breaks(packed[: len(packed) // 2], tmp_path)

    assert "gzip packing is cut off" in str(error)
    assert error.byte_offset is not None
    assert len(records) == plain[: error.byte_offset].count(b"}")


def test_a_package_of_several_parts_is_one_file(tmp_path: Path) -> None:
    """`cat a.gz b.gz` is one package, and padding may follow it."""
    parts = gzip.compress(b'[{"id": 1},') + gzip.compress(b'{"id": 2}]') + b"\0" * 99

    assert read(parts, tmp_path, "data.json.gz") == [{"id": 1}, {"id": 2}]


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


def test_half_of_a_surrogate_pair_breaks_no_json_lines(tmp_path: Path) -> None:
    """JSON allows it; one user's cut emoji must not stop the file."""
    content = b'{"id": 1, "name": "\\ud83d"}\n{"id": 2}\n'

    assert read(content, tmp_path, "data.jsonl") == [
        {"id": 1, "name": "\ud83d"},
        {"id": 2},
    ]


def test_an_array_called_json_lines_is_told(tmp_path: Path) -> None:
    """Each of its lines would be a dead letter."""
    _, error = read_until_it_breaks(b'[{"id": 1},\n{"id": 2}]', tmp_path, "d.jsonl")

    assert "say -format json" in str(error)


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
def test_whatever_json_can_say_is_read_as_it_is(
    values: list[Any],
    ascii_only: bool,
) -> None:
    """The standard library reads the same."""
    content = json.dumps(values, ensure_ascii=ascii_only).encode()

    with open_source("-", stdin=io.BytesIO(content)) as source:
        assert [record.value for record in source.records()] == values


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["json", "jsonl", "csv"]))
def test_no_bytes_at_all_raise_anything_else(junk: bytes, data_format: Any) -> None:
    """Fuzzing: a broken file is a message, never a traceback."""
    for content in (junk, b'[{"id": 1}, ' + junk, b'{"id": 1}\n' + junk):
        try:
            with open_source(
                "-", format=data_format, stdin=io.BytesIO(content)
            ) as source:
                list(source.records())
        except DataFileError:
            pass


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
def test_half_of_a_surrogate_pair_is_no_other_character_in_an_array(
    tmp_path: Path, text: bytes, value: str, before: int
) -> None:
    """The parser of ijson gives `?`: an id would become that of another user."""
    filled = b'["' + b"a" * (before - 4) + b'",' + text + b',{"k":[%b]}, 1]' % text

    values = read(filled, tmp_path)

    assert values[1:] == [value, {"k": [value]}, 1]


def test_half_of_a_pair_in_a_value_that_ends_pieces_later_is_kept(
    tmp_path: Path,
) -> None:
    """The record before it was complete in the same piece, and had one too."""
    filling = b"a" * (2 * PIECE_BYTES)
    content = (
        rb'[{"\ud800": 1}, {"id": "\ud801", "a": "' + filling + rb'"}, "\ufdd0d8"]'
    )

    values = read(content, tmp_path)

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
    """Whole pairs, halves, escaped backslashes, wherever the pieces end."""
    content = '[{"' + texts[0] + '": 0}, "' + '", "'.join(texts) + '"]'

    with open_source("-", stdin=pieces_of(content.encode())) as source:
        values = [record.value for record in source.records()]

    assert values == json.loads(content)


@pytest.mark.parametrize("ending", ["", "]", "\\", r"\ud83d", r"\ud83d\u", '"'])
def test_an_array_that_ends_inside_an_escape_is_broken_there(
    tmp_path: Path, ending: str
) -> None:
    """What is kept of an escape for the next piece is not forgotten."""
    content = rb'["a", "\ud800 b' + ending.encode()

    records, error = read_until_it_breaks(content, tmp_path)

    assert records == ["a"] if ending != '"' else ["a", "\ud800 b"]
    assert error.byte_offset == len(content)
