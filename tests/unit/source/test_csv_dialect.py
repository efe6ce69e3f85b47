"""How a CSV file is written: quotes, escapes, titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.core.config_files import FileRules
from cio_pipeline.source import open_source
from cio_pipeline.source.csv_dialect import (
    PLAIN,
    Dialect,
    dialect_of,
    looks_like_data,
    title_rows,
)
from tests.support.data_files import pieces_of, read_values

NO_QUOTES = Dialect(has_quotes=False)
ESCAPES = Dialect(has_escapes=True)
COPY_TEXT = Dialect(has_quotes=False, has_escapes=True)


@pytest.mark.parametrize(
    ("sample", "delimiter", "dialect"),
    [
        ("id,a\n1,x\n", ",", PLAIN),
        ('id,a\n1,"x, ""y"""\n', ",", PLAIN),
        ('id,a\n1,"two\nlines"\n', ",", PLAIN),
        ("id,a\n1,C:\\temp\n", ",", PLAIN),
        ('id,a\n1,"{""a"": ""b\\n""}"\n', ",", PLAIN),
        ('id,a\n1,\\N\n2,"x"\n', ",", PLAIN),
        ("id,a\n1,Lund\\, Ada\n", ",", ESCAPES),
        ('id,a\n1,"say \\"hi\\" now"\n', ",", ESCAPES),
        ("id\ta\n1\tx\n", "\t", PLAIN),
        ('id\ta\n1\t"x ""y"""\n', "\t", PLAIN),
        ('id\ta\n1\t"Bo" Reyes\n', "\t", NO_QUOTES),
        ("id\ta\n1\tC:\\temp\n", "\t", PLAIN),
        ("id\ta\n1\t\\N\n", "\t", COPY_TEXT),
        ("id\ta\n\\N\tlikes\\ttabs\n", "\t", COPY_TEXT),
        ('id\ta\n1\t"x"\n2\t\\N\n', "\t", PLAIN),
        ("id\ta\n1\ta\\\tb\n2\tc\n", "\t", ESCAPES),
    ],
)
def test_the_dialect_follows_from_the_first_lines(
    sample: str, delimiter: str, dialect: Dialect
) -> None:
    """A wrong one changes text silently, or joins rows."""
    assert dialect_of(sample, delimiter, has_escapes=None) == dialect


def test_the_user_can_name_the_dialect() -> None:
    """The first lines may have no escape."""
    assert dialect_of("", "\t", has_escapes=True) == COPY_TEXT
    assert dialect_of("", ",", has_escapes=True) == ESCAPES
    assert dialect_of("a\tb\n\\N\t1\n", "\t", has_escapes=False) == PLAIN


COPY = (
    b"id\tname\tbio\n"
    b'1\t"Bo" Reyes\tlikes\\ttabs\\nand lines\n'
    b"2\t\\N\tC:\\\\temp\\\\new\n"
    b"3\t\\\\N\ta\\\tb\\\nc\n"
)
ROWS = [
    {"id": "1", "name": '"Bo" Reyes', "bio": "likes\ttabs\nand lines"},
    {"id": "2", "name": None, "bio": "C:\\temp\\new"},
    {"id": "3", "name": "\\N", "bio": "a\tb\nc"},
]


@pytest.mark.parametrize("name", ["users.tsv", "users.txt", "users"])
def test_what_copy_and_into_outfile_write_is_read(tmp_path: Path, name: str) -> None:
    r"""PostgreSQL writes \t, MySQL a backslash and the tab itself."""
    assert read_values(COPY, tmp_path, name) == ROWS
    assert read_values(COPY, tmp_path, name, format="tsv") == ROWS


def test_in_a_pipe_escapes_have_to_be_named() -> None:
    """What has arrived is chance, and the next run must read the same."""
    rules = FileRules(backslash_escapes=True)

    with open_source("-", stdin=pieces_of(COPY), rules=rules) as source:
        assert [record.value for record in source.records()] == ROWS


def test_escapes_that_are_kept_are_noted(tmp_path: Path) -> None:
    """Without a null, nothing shows whether they are escapes or Windows' paths."""
    path = tmp_path / "u.tsv"
    path.write_bytes(b"id\tpath\n1\tC:\\temp\n")

    with open_source(str(path)) as source:
        assert [record.value for record in source.records()] == [
            {"id": "1", "path": "C:\\temp"}
        ]
        assert source.notes["escapes_kept"] == 1


@pytest.mark.parametrize(
    ("sample", "count"),
    [
        ("Notes:\nsome text\n\nid,name\n1,a\n2,b\n", 3),
        ("Report\n,\nid,name\n1,a\n2,b\n", 2),
        ("id,name\n1,a\n2,b\n", 0),
        ("id\n1\n2\n", 0),
        ("name\nDoe, Jane\nLee\nRoe\n", 0),
        ("email\na@b.example,x\nc@d.example,y\n", 0),
        ("", 0),
    ],
)
def test_titles_are_before_the_header(sample: str, count: int) -> None:
    """LinkedIn and reports write some; a column of names is no title."""
    assert title_rows(sample, ",", PLAIN) == count


def test_titles_are_skipped_and_noted(tmp_path: Path) -> None:
    """With the delimiter of the header below them."""
    path = tmp_path / "connections.csv"
    path.write_bytes(
        b'Notes:\r\n"When you export, some, many; emails are missing."\r\n\r\n'
        b"First Name;URL\r\nAda;https://example.com/ada\r\nBo;https://example.com/b\r\n"
    )

    with open_source(str(path)) as source:
        values = [record.value for record in source.records()]

    assert values[0] == {"First Name": "Ada", "URL": "https://example.com/ada"}
    assert len(values) == 2
    assert source.notes["title_skipped"] == 3


@pytest.mark.parametrize(
    ("row", "is_data"),
    [
        (["1", "Ada"], True),
        (["2024-01-31", "Ada"], True),
        (["x", "ada@example.com"], True),
        (["x", "\\N"], True),
        (["x", "TRUE"], True),
        (["id", "2024", "2025-01-31"], False),
        (["id", "e-mail", "", "Line 1", "2024 Total"], False),
    ],
)
def test_a_first_row_with_values_looks_like_data(row: list[str], is_data: bool) -> None:
    """Snowflake, MySQL and bcp write no header by default."""
    assert looks_like_data(row) is is_data
