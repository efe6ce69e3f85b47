"""Sheets of Excel and OpenDocument files, written by other libraries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from cio_pipeline.core.config_files import FileRules
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import open_source
from tests.support.tables import Table, write_open_document, write_workbook

pytest.importorskip("python_calamine", reason="python-calamine cannot be installed")

USERS: Table = [["id", "name"], ["user-0", "Ada"], ["user-1", "Bob"]]
ADA, BOB = {"id": "user-0", "name": "Ada"}, {"id": "user-1", "name": "Bob"}
WRITERS: dict[str, Callable[[dict[str, Table], Path], Path]] = {
    "data.xlsx": write_workbook,
    "data.ods": write_open_document,
}


def read(
    path: Path, start: int = 0, **options: Any
) -> tuple[list[Any], dict[str, int]]:
    """Read the records of a sheet from an index on, and the skipped rows."""
    with open_source(str(path), options=ReadOptions(**options)) as source:
        records = list(source.records(start))
        noted = source.skipped_rows + source.notes
        return records, {str(kind): count for kind, count in noted.items() if count}


@pytest.mark.parametrize("name", WRITERS)
def test_a_cell_is_what_it_is(tmp_path: Path, name: str) -> None:
    """A whole number is no float, and a date no number of days."""
    values = {
        1001: 1001,
        2.5: 2.5,
        "text": "text",
        "007": "007",
        True: True,
        dt.datetime(2024, 1, 2, 3, 4, 5): "2024-01-02T03:04:05",  # noqa: DTZ001  # has none
        dt.date(2024, 1, 2): "2024-01-02",
        None: None,
    }
    rows = [[f"c{at}" for at in range(len(values))], [*values]]

    (record,), _ = read(WRITERS[name]({"Users": rows}, tmp_path / name))

    assert repr([*record.value.values()]) == repr([*values.values()])
    assert record.problem is None


@pytest.mark.parametrize("name", WRITERS)
def test_the_first_bytes_name_the_format(tmp_path: Path, name: str) -> None:
    """Object stores keep files under any name."""
    path = WRITERS[name]({"Users": USERS}, tmp_path / name).rename(tmp_path / "export")

    records, _ = read(path)

    assert [record.value for record in records] == [ADA, BOB]


def test_rows_above_and_between_are_skipped_with_their_index(tmp_path: Path) -> None:
    """A record's index is its row below the header, so that it is found again."""
    rows = [
        [],
        [None, *USERS[0]],
        [None, *USERS[1]],
        [None, "", " "],
        [None, *USERS[2]],
    ]
    path = write_workbook({"Users": rows}, tmp_path / "data.xlsx")

    records, skipped = read(path)
    resumed, _ = read(path, 1)

    assert [(r.record_index, r.value) for r in records] == [(0, ADA), (2, BOB)]
    assert [r.record_index for r in resumed] == [2]
    assert skipped == {"row_without_values": 1}


def test_the_first_sheet_is_read_and_another_one_is_noted(tmp_path: Path) -> None:
    """Nobody syncs the wrong one unnoticed."""
    sheets = {"Users": USERS, "Old": [["id"], ["x"]]}
    path = write_workbook(sheets, tmp_path / "data.xlsx")

    first, first_noted = read(path)
    old, old_noted = read(path, sheet="Old")

    assert [r.value for r in first] == [ADA, BOB]
    assert [r.value for r in old] == [{"id": "x"}]
    assert (first_noted, old_noted) == ({"sheet_not_read": 1}, {})


def test_a_sheet_that_is_not_there_is_an_error_with_the_names(tmp_path: Path) -> None:
    """The person can choose one of them."""
    path = write_workbook({"Users": USERS, "Old": USERS}, tmp_path / "data.xlsx")

    with pytest.raises(
        DataFileError,
        match="no sheet 'users'; its sheets are 'Users', 'Old'; did you mean 'Users'",
    ):
        read(path, sheet="users")


def test_a_sheet_of_a_file_without_sheets_is_an_error(tmp_path: Path) -> None:
    """The option would silently do nothing."""
    path = tmp_path / "data.csv"
    path.write_text("id\n1\n", "utf-8")

    with pytest.raises(DataFileError, match="it has no sheets; remove -sheet"):
        read(path, sheet="Users")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("#N/A", "'v' is an error (#N/A)"),
        ("#DIV/0!", "'v' is an error (#DIV/0!)"),
        (dt.timedelta(hours=30), "'v' is a duration"),
        (12345678901234567890, "'v' is a number with more digits"),
    ],
)
def test_a_cell_that_cannot_be_sent_is_a_problem_of_its_row(
    tmp_path: Path, value: object, problem: str
) -> None:
    """An error that became null would remove the attribute at Customer.io."""
    rows = [[None, "id", "v"], [None, 1, 1], [None, 2, value]]
    path = write_workbook({"Users": rows}, tmp_path / "data.xlsx")

    (first, second), _ = read(path, names=frozenset({"id", "v"}))
    (_, unmapped), _ = read(path, names=frozenset({"id"}))

    assert first.problem is None
    assert problem in second.problem
    assert (unmapped.value, unmapped.problem) == ({"id": 2}, None)


def test_a_header_without_the_user_id_is_an_error(tmp_path: Path) -> None:
    """Before the first record."""
    path = write_workbook({"Users": [["ID", "n"], ["a", "b"]]}, tmp_path / "data.xlsx")

    with pytest.raises(DataFileError, match="no column 'id', the user id; did you mea"):
        read(path, names=frozenset({"id"}), ids=frozenset({"id"}))


@pytest.mark.parametrize(
    ("rows", "rules", "records", "noted"),
    [
        (
            [["Customers of 2024"], [], *USERS, [], ["2 customers were exported"]],
            {},
            [ADA, BOB],
            {"title_skipped": 1, "row_without_values": 1, "footer": 1},
        ),
        (
            [["Report", "2024"], USERS[0], ["The id", "The name"], *USERS[1:]],
            {"skip_rows": frozenset({1, 3})},
            [ADA, BOB],
            {},
        ),
        (USERS[1:], {"columns": ("id", "name")}, [ADA, BOB], {}),
        (
            [["id", "name", "name"], ["user-0", "NULL", "Ada"]],
            {"nulls": ("NULL",)},
            [{"id": "user-0", "name": None, "name (2)": "Ada"}],
            {"column_repeated": 1},
        ),
        ([*USERS, USERS[0]], {}, [ADA, BOB], {"header_repeated": 1}),
        ([["id"], ["a"], ["b"]], {}, [{"id": "a"}, {"id": "b"}], {}),
    ],
    ids=["title and footer", "skipRows", "columns", "nulls", "header", "one column"],
)
def test_what_is_around_a_table_is_found_as_in_csv(
    tmp_path: Path,
    rows: Table,
    rules: dict[str, Any],
    records: list[Any],
    noted: dict[str, int],
) -> None:
    """The same configuration is right for the sheet and for its export as CSV."""
    path = write_workbook({"Users": rows}, tmp_path / "data.xlsx")

    found, found_notes = read(path, rules=FileRules(**rules))

    assert [record.value for record in found] == records
    assert found_notes == noted


def test_the_old_format_of_excel_is_read(tmp_path: Path) -> None:
    """Some products still export it."""
    xlwt = pytest.importorskip("xlwt", reason="xlwt cannot be installed")
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Users")
    for number, row in enumerate(USERS):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    workbook.save(str(tmp_path / "data.xls"))

    records, _ = read(tmp_path / "data.xls")

    assert [record.value for record in records] == [ADA, BOB]


def test_columns_without_a_name_are_left_out(tmp_path: Path) -> None:
    """As in CSV."""
    rows = [["id", None, 2024], ["a", "b", "c"]]
    path = write_workbook({"Users": rows}, tmp_path / "data.xlsx")

    (record,), _ = read(path)

    assert record.value == {"id": "a", "2024": "c"}


@pytest.mark.parametrize("rows", [[], [["id", "name"]]])
def test_a_sheet_without_rows_has_no_records(tmp_path: Path, rows: Table) -> None:
    """An export of no users is not an error."""
    path = write_workbook({"Users": rows}, tmp_path / "data.xlsx")

    assert read(path) == ([], {})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"id\tname\n1\tAda\n", "not an Excel or OpenDocument workbook.*-format csv"),
        (b"PK\x03\x04 and no more", "not an Excel or OpenDocument workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no more", "not an Excel or"),
    ],
)
def test_another_file_under_the_name_is_refused(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    """Many products export text under the name .xls."""
    path = tmp_path / "data.xls"
    path.write_bytes(content)

    with pytest.raises(DataFileError, match=problem) as caught:
        read(path)

    assert "\n" not in str(caught.value)


def test_a_workbook_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    """A download that ended early is no bug of the program."""
    path = write_workbook({"Users": USERS}, tmp_path / "data.xlsx")
    path.write_bytes(path.read_bytes()[:-500])

    with pytest.raises(DataFileError, match="or it is damaged"):
        read(path)


def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    """Its XML may be a thousand times as large as the file."""
    path = tmp_path / "data.xlsx"
    with ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
        archive.infolist()[0].file_size = 600_000_000

    with pytest.raises(DataFileError, match=r"600,000,000 bytes .* as CSV"):
        read(path)


def test_a_header_in_another_order_ends_the_reading(tmp_path: Path) -> None:
    """Otherwise all values below it would have other keys, and nobody would notice."""
    rows: Table = [["id", "name", "plan"], ["a", "Ada", "pro"]]
    rows += [["id", "plan", "name"], ["b", "free", "Bob"]]
    path = write_workbook({"Users": rows}, tmp_path / "users.xlsx")

    with open_source(str(path)) as source:
        records = source.records()
        first = next(records)
        with pytest.raises(DataFileError, match="repeated with other columns"):
            next(records)

    assert first.value == {"id": "a", "name": "Ada", "plan": "pro"}
