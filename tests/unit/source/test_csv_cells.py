"""Cells of a CSV file: guards against spreadsheets, and nulls."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.config_files import FileRules
from cio_pipeline.source import open_source
from cio_pipeline.source.csv_cells import Cells, has_guards, without_guard
from tests.support.data_files import read_values


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("'7210448301122", "7210448301122"),
        ("'+4790000000", "+4790000000"),
        ("'+47 900 00 000", "+47 900 00 000"),
        ("'-5", "-5"),
        ("'=1+1", "=1+1"),
        ("'@ada", "@ada"),
        ("'@ada'", "@ada"),
        ("'|x", "|x"),
        ("'+O'Neil", "+O'Neil"),
        ("'1990-05-02", "1990-05-02"),
        ("'2024-01-31 12:30:00", "2024-01-31 12:30:00"),
        ("'0035g00000AbCdE", "0035g00000AbCdE"),
        ('="00123"', "00123"),
        ('=""', ""),
        ("'80s fan", "'80s fan"),
        ("'n Sync", "'n Sync"),
        ("'123'", "'123'"),
        ("O'5", "O'5"),
        ("'", "'"),
        ("''", "''"),
        ("=1+1", "=1+1"),
        ('="a"&"b"', '="a"&"b"'),
    ],
)
def test_a_guard_is_removed_and_text_is_not(cell: str, value: str) -> None:
    """Shopify guards ids and phones; an apostrophe in a name is part of it."""
    assert without_guard(cell) == value
    assert has_guards(f"id,a\n1,{cell}\n") or cell == value


def test_guards_are_counted() -> None:
    """`check` shows that the file was not sent as it is."""
    notes: Any = Counter()

    values = Cells(["-"], notes).clean(["'1", "\\N", "-", "", "x'1", "'1"])

    assert values == ["1", None, None, "", "x'1", "1"]
    assert notes == {"guard_removed": 2}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_guards_are_found_in_any_cell(
    tmp_path: Path, delimiter: str, quote: str
) -> None:
    """Also in the first and the last one, and far into the file."""
    row = delimiter.join([f"{quote}'1{quote}", "x", f"{quote}'+2{quote}"])
    plain = delimiter.join(["0", "O'Dell", "0"])
    path = tmp_path / "u.csv"
    header = delimiter.join(["id", "name", "phone"])
    path.write_text("\n".join([header, *[plain] * 20_000, row]) + "\n", "utf-8")

    with open_source(str(path), rules=FileRules(delimiter=delimiter)) as source:
        *others, last = (record.value for record in source.records())

    assert last == {"id": "1", "name": "x", "phone": "+2"}
    assert others[0] == {"id": "0", "name": "O'Dell", "phone": "0"}
    assert source.notes["guard_removed"] == 2


def test_a_null_is_no_text(tmp_path: Path) -> None:
    """Snowflake and MySQL write backslash N; other words are named by the user."""
    content = b'id,a,b\n1,\\N,NULL\n2,"\\N",\\Nx\n'

    assert read_values(content, tmp_path, "u.csv") == [
        {"id": "1", "a": None, "b": "NULL"},
        {"id": "2", "a": None, "b": "\\Nx"},
    ]
    assert read_values(
        content, tmp_path, "u.csv", rules=FileRules(nulls=("NULL",))
    ) == [
        {"id": "1", "a": None, "b": None},
        {"id": "2", "a": None, "b": "\\Nx"},
    ]
