"""CSV files as they occur: joined, padded, with any delimiter."""

from __future__ import annotations

from io import RawIOBase
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import open_source
from cio_pipeline.source.raw import PIECE_BYTES
from cio_pipeline.source.values import RECORD_LIMIT_BYTES
from tests.support.data_files import read_until_it_breaks, read_values

MARK = b"\xef\xbb\xbf"
ADA = {"id": "1", "name": "Ada"}
BOB = {"id": "2", "name": "Bob"}


def read(content: bytes, folder: Path, start: int = 0) -> tuple[Any, dict[str, int]]:
    """Read a table: its records by their index, and the skipped rows."""
    path = folder / "data.csv"
    path.write_bytes(content)
    with open_source(str(path)) as source:
        records = {r.record_index: r.value for r in source.records(start)}
        return records, dict(source.skipped_rows)


@pytest.mark.parametrize(
    "content",
    [
        b"id,name\n1,Ada\nid,name\n2,Bob\n",
        b"id,name\n1,Ada\n" + MARK + b"id,name\n2,Bob\n",
        MARK + b'"id","name"\r\n1,Ada\r\n' + MARK + b'"id","name"\r\n2,Bob\r\n',
        b"id,name\n1,Ada\n\x1a" + MARK + b"id,name\n2,Bob\n\x1a",
        b"id,name\n1,Ada\n\n\nid,name\n2,Bob",
        b"id,name\n1,Ada\nname,id\nBob,2\n",
        b"sep=;\nid;name\n1;Ada\nid;name\n2;Bob\n",
        b"id\tname\r1\tAda\rid\tname\r2\tBob\r",
        b'id,name,"a\nb"\n1,Ada\nid,name,"a\nb"\n2,Bob\n',
    ],
    ids=[
        "plain",
        "mark",
        "quoted mark",
        "end-of-file sign",
        "blank lines",
        "other order",
        "sep line",
        "CR and tabs",
        "line break in a name",
    ],
)
def test_a_repeated_header_is_not_a_record(tmp_path: Path, content: bytes) -> None:
    """Joined files would create a person named like the column."""
    assert read(content, tmp_path) == ({0: ADA, 2: BOB}, {"header_repeated": 1})


def test_a_repeated_sep_line_is_skipped_too(tmp_path: Path) -> None:
    """Excel writes both lines in every file."""
    part = MARK + b"sep=;\r\nid;name\r\n%s\r\n"

    content = part % b"1;Ada" + part % b"2;Bob"

    assert read(content, tmp_path) == ({0: ADA, 3: BOB}, {"header_repeated": 2})


def test_a_part_with_fewer_columns_lacks_the_others(tmp_path: Path) -> None:
    """The values belong to the header above them, not to the first header."""
    content = b"id,plan,name\n1,x,Ada\nid,name\n2,Bob\n"

    records, _ = read(content, tmp_path)

    assert records == {0: ADA | {"plan": "x"}, 2: BOB}


@pytest.mark.parametrize(
    "row",
    [b"name,Ada", b"Ada,name", b"id,Ada", b"1,name", b"id,id", b"ID,x"],
)
def test_one_column_name_in_a_row_is_not_a_header(tmp_path: Path, row: bytes) -> None:
    """It can be chance, and the person must not be lost."""
    records, skipped_rows = read(b"id,name\n" + row + b"\n", tmp_path)

    assert list(records) == [0]
    assert skipped_rows == {}


@pytest.mark.parametrize("row", [b",", b" , ", b"\t,", b'"",""', b",,,,", b" "])
def test_a_row_without_values_is_not_a_record(tmp_path: Path, row: bytes) -> None:
    """Spreadsheets write a row of delimiters for each row that was once used."""
    content = b"id,name\n1,Ada\n" + row + b"\n2,Bob\n" + row

    records, skipped_rows = read(content, tmp_path)

    assert (records, skipped_rows) == ({0: ADA, 2: BOB}, {"row_without_values": 2})


@pytest.mark.parametrize("row", [b"0,", b",x", b'"\n",x', b"\xc2\xa0,x"])
def test_a_row_with_one_value_is_a_record(tmp_path: Path, row: bytes) -> None:
    """Without a user id it becomes a dead letter, and is not lost silently."""
    records, skipped_rows = read(b"id,name\n" + row + b"\n", tmp_path)

    assert (list(records), skipped_rows) == ([0], {})


@pytest.mark.parametrize("delimiter", [b",", b";", b"\t", b"|"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", MARK])
def test_the_header_shows_delimiter_and_line_ends(
    tmp_path: Path, delimiter: bytes, end: bytes, mark: bytes
) -> None:
    """The other delimiters are text, and quoted ones do not count."""
    quoted = b'"' + b",;|\t".replace(delimiter, b"") * 3 + b'"'
    content = end.join(
        [
            b"id,name".replace(b",", delimiter) + delimiter + quoted,
            b'1%s"x,y;|\t%sz"' % (delimiter, end),
            b"2,Bob".replace(b",", delimiter),
        ]
    )

    records, _ = read(mark + content, tmp_path)

    assert records == {0: ADA | {"name": f"x,y;|\t{end.decode()}z"}, 1: BOB}


@pytest.mark.parametrize(
    "line", [b"sep=;", b'"sep=;"', b"SEP=;", MARK + b"sep=;", b"\r\nsep=;"]
)
def test_a_sep_line_names_the_delimiter(tmp_path: Path, line: bytes) -> None:
    """Excel writes this line; the header alone would suggest a comma."""
    content = line + b"\r\nid;a,b,c\r\n1;x\r\n"

    assert read(content, tmp_path) == ({0: {"id": "1", "a,b,c": "x"}}, {})


@pytest.mark.parametrize("name", [b'sep="', b"sep=a", b"sep= ", b"sep=", b"sep=\r"])
def test_a_sep_line_with_an_invalid_delimiter_is_ignored(
    tmp_path: Path, name: bytes
) -> None:
    """A character that csv refuses must not end in an internal error."""
    assert read(name + b"\nid,name\n1,Ada\n", tmp_path)[0] == {0: ADA}


def test_columns_without_a_name_are_left_out(tmp_path: Path) -> None:
    """For example row numbers, remarks, and a delimiter at the end of each line."""
    content = b",id, ,name,,\n7,1,x,Ada,remark,\n,id, ,name,,\n8,2,,Bob\n"

    assert read(content, tmp_path) == ({0: ADA, 2: BOB}, {"header_repeated": 1})


@pytest.mark.parametrize(
    "content",
    [b"", MARK, b"\n\n", b"\x1a", b",,\n,,\n", b"sep=;\n", MARK + b"id\n", b"id\n\x1a"],
)
def test_a_table_without_rows_has_no_records(tmp_path: Path, content: bytes) -> None:
    """An export without users is not a mistake."""
    assert read(content, tmp_path)[0] == {}


def test_empty_rows_before_the_header_are_skipped(tmp_path: Path) -> None:
    """Spreadsheets often have some at the top."""
    assert read(b",\n \n,,\nid,name\n1,Ada\n", tmp_path)[0] == {0: ADA}


def test_a_bom_inside_a_quoted_cell_is_text(tmp_path: Path) -> None:
    """Only between rows does a BOM come from joined files."""
    content = b'id,name\n1,"a\n' + MARK + b'b\n\x1ac"\n'

    assert read(content, tmp_path)[0] == {0: ADA | {"name": "a\n\ufeffb\n\x1ac"}}


def test_indexes_do_not_depend_on_the_start(tmp_path: Path) -> None:
    """A resumed load skips records, and repeated headers as well."""
    content = b"id,name\n1,Ada\n,\nname,id\n" + b"Bob,2\n,\nname,id\n" * 9000
    assert len(content) > 2 * PIECE_BYTES
    all_records, _ = read(content, tmp_path)

    for start in (0, 1, 2, 3, 4, 14_000, 27_001):
        rest, _ = read(content, tmp_path, start)
        assert rest == {i: each for i, each in all_records.items() if i >= start}
    assert all_records[3] == BOB


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_error_after_the_first_piece_has_its_byte(
    tmp_path: Path, end: bytes
) -> None:
    """Also after skipped rows, and with characters of two bytes."""
    row = "1,Ä".encode()
    rows = (b"id,name" + end) * 2 + (row + end + b"," + end) * 30_000
    cases = {
        rows + b'2,"open' + end + b"3,x" + end: len(rows),
        rows + b'2,"a"b' + end: len(rows),
        rows + b"2,\xff" + end: len(rows) + 2,
        rows + b'2,"' + b"x" * RECORD_LIMIT_BYTES + end: len(rows),
    }
    for content, offset in cases.items():
        with pytest.raises(DataFileError) as caught:
            read(content, tmp_path)
        assert caught.value.byte_offset == offset


def test_files_with_tabs_are_known_by_their_extensions(tmp_path: Path) -> None:
    """`.tsv` and `.tab`, compressed or not."""
    for name in ("d.tsv", "d.TAB"):
        (tmp_path / name).write_bytes(b"id\tname\n1\tAda\n")
        with open_source(str(tmp_path / name)) as source:
            assert [record.value for record in source.records()] == [ADA]


class Slices(RawIOBase):
    """A pipe that returns a few bytes at a time.

    Args:
        content: all its bytes.
        size: how many bytes at a time.
    """

    def __init__(self, content: bytes, size: int) -> None:
        self._left = content
        self._size = size

    def read(self, size: int = -1) -> bytes:
        """Return the next few bytes."""
        size = min(self._size, size)
        piece, self._left = self._left[:size], self._left[size:]
        return piece


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b'"a\n\n,,,b";id\r\nx;1\r\n', {"a\n\n,,,b": "x", "id": "1"}),
        (b'"a""\n,,";id\nx;1\n', {'a"\n,,': "x", "id": "1"}),
        (b'5" a;id\nx,,,"y;1\n', {'5" a': 'x,,,"y', "id": "1"}),
        (b'"a\n";id\rx;1\r', {"a\n": "x", "id": "1"}),
        (b"id;a\r\n1;x\r\n", {"id": "1", "a": "x"}),
        (b"sep=|\rid|a,b\r1|x\r", {"id": "1", "a,b": "x"}),
    ],
)
def test_the_delimiter_does_not_depend_on_the_pieces_of_a_pipe(
    content: bytes, values: dict[str, str], size: int
) -> None:
    """How a pipe cuts the bytes is chance; the next run must read the same."""
    with open_source("-", format="csv", stdin=Slices(content, size)) as source:
        assert [record.value for record in source.records()] == [values]


def test_csv_rows_become_objects_of_text(tmp_path: Path) -> None:
    """The mapping decides the types."""
    content = (
        b'\xef\xbb\xbfid,name,note\r\n1,"Ada ""L""","two\nlines"\r\n\r\n2,Grace\r\n'
    )

    values = read_values(content, tmp_path, "data.csv")

    assert values == [
        {"id": "1", "name": 'Ada "L"', "note": "two\nlines"},
        {"id": "2", "name": "Grace"},
    ]


def test_json_in_a_file_that_is_named_csv_is_refused(tmp_path: Path) -> None:
    """The name of a format has priority over the content, but not silently."""
    with pytest.raises(DataFileError, match="looks like JSON"):
        read_values(b'[{"id": 1}]', tmp_path, "data.csv", format="csv")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ID,name\n1,Ada\n", "it has no column 'id', the user id; did you mean 'ID'?"),
        (b"email,name\n1,Ada\n", "its columns are email, name"),
        (b"7,ada@example.com\n", "if there is no header, name the columns"),
    ],
)
def test_a_table_without_the_user_id_is_refused(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """Each row would be a dead letter; no value of the first person is shown."""
    options = ReadOptions(ids=frozenset({"id"}))

    with pytest.raises(DataFileError) as caught:
        read_values(content, tmp_path, "data.csv", options=options)

    assert words in str(caught.value)
    assert "ada@" not in str(caught.value)


def test_a_row_with_too_many_values_has_a_problem(tmp_path: Path) -> None:
    """It is unknown which value belongs to which key."""
    path = tmp_path / "data.csv"
    path.write_bytes(b"id,name\n1,a,b\n2,c\n")

    with open_source(str(path)) as source:
        problems = [record.problem for record in source.records()]

    assert problems == ["the row has 3 values, the header 2 names", None]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<?xml version='1.0'?>\n<Error/>", "it is XML or HTML"),
        (b'id\n"a', "a quote is never closed"),
        (b'id\n"a"b\n', "there is text after a closing quote"),
        (b"id\n1\r2\r", "another kind of line break than the header"),
        (
            b"id,a,b\n1,x,y\nid,a,c\n2,x,z\n",
            "byte 13: in the row that starts here, the header is",
        ),
        (b"id\n\xff\n", "save the file as UTF-8"),
    ],
)
def test_invalid_csv_is_reported(tmp_path: Path, content: bytes, words: str) -> None:
    """With what to do about it."""
    _, error = read_until_it_breaks(content, tmp_path, "data.csv")

    assert words in str(error)


def test_a_syntax_error_has_the_byte_of_its_row(tmp_path: Path) -> None:
    """Not where reading stopped: after an open quote, that is the end of the file."""
    rows = b'id,note\n1,"two\nlines"\n\n'
    rest = b'2,"never closed\n' + b"3,c\n" * 50_000

    records, error = read_until_it_breaks(rows + rest, tmp_path, "data.csv")

    assert records == [{"id": "1", "note": "two\nlines"}]
    assert error.byte_offset == len(rows)
    assert "after 1 complete record" in str(error)


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
def test_unusual_tables_are_read(tmp_path: Path, content: bytes, records: Any) -> None:
    """All of these occur in real exports."""
    assert read_values(content, tmp_path, "data.csv") == records
