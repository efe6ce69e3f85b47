"""Where a CSV file's header is, and which character is between its cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.config_files import FileRules
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source import open_source
from tests.support.data_files import pieces_of, read_values

ONE = [{"id": "1", "a": "x"}]


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        (b"id^a\n1^x\n", {"delimiter": "^"}),
        (b"id\x01a\n1\x01x\n", {"delimiter": "\x01"}),
        (b"id|a\n1|x\n", {"delimiter": "|"}),
        (b'"id","a"\n1,x\n', {"delimiter": ","}),
        (b"sep=;\nid,a\n1,x\n", {"delimiter": ","}),
        (b"Report; of; all\nid,a\n1,x\n", {"skip_rows": frozenset({1})}),
        (b"\nReport\n\nid;a\n1;x\n", {"skip_rows": frozenset({1, 2, 3})}),
        (b'"a\nb",c\nid,a\n1,x\n', {"skip_rows": frozenset({1})}),
        (b"id,a\nThe id,The a\n1,x\n", {"skip_rows": frozenset({2})}),
        (b"t\nid,a\nThe id,The a\n1,x\n", {"skip_rows": frozenset({1, 3})}),
        (b"1;x\n", {"columns": ("id", "a")}),
        (b"h\n1,x\n", {"columns": ("id", "a"), "skip_rows": frozenset({1})}),
        (b"sep=;\n1;x\n", {"columns": ("id", "a")}),
    ],
)
@pytest.mark.parametrize("is_pipe", [False, True])
def test_the_rules_of_a_file_are_followed(
    tmp_path: Path, content: bytes, rules: dict[str, Any], is_pipe: bool
) -> None:
    """From a file and from a pipe."""
    given = FileRules(**rules)
    if not is_pipe:
        assert read_values(content, tmp_path, "u.csv", rules=given) == ONE
        return
    with open_source("-", stdin=pieces_of(content), format="csv", rules=given) as read:
        assert [record.value for record in read.records()] == ONE


def test_known_columns_show_the_delimiter(tmp_path: Path) -> None:
    """Decimal commas may be as frequent as semicolons."""
    rules = FileRules(columns=("id", "a", "b"))

    assert read_values(b"1;1,5;2,5\n", tmp_path, "u.csv", rules=rules) == [
        {"id": "1", "a": "1,5", "b": "2,5"}
    ]


def test_rules_of_tables_make_a_file_a_table(tmp_path: Path) -> None:
    """Hive's files have no extension, and a delimiter that nobody would guess."""
    rules = FileRules(columns=("id", "a"), delimiter="\x01")

    assert read_values(b"1\x01x\n", tmp_path, "000000_0", rules=rules) == ONE


def test_skipping_more_rows_than_there_are_leaves_nothing(tmp_path: Path) -> None:
    """No records, and no error."""
    rules = FileRules(skip_rows=frozenset(range(1, 9)))

    assert read_values(b"a,b\n1,2\n", tmp_path, "u.csv", rules=rules) == []


def test_the_byte_of_an_error_counts_skipped_rows(tmp_path: Path) -> None:
    """It is a position in the file."""
    path = tmp_path / "u.csv"
    path.write_bytes(b'title\nid,a\n1,x\n2,"y"z\n')

    with (
        pytest.raises(DataFileError) as caught,
        open_source(str(path), rules=FileRules(skip_rows=frozenset({1}))) as source,
    ):
        list(source.records())

    assert caught.value.byte_offset == 15
