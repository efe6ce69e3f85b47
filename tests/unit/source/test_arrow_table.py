"""Parquet, Arrow and ORC files: rows, columns, resuming, damage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import open_source
from tests.support.tables import (
    Rows,
    write_arrow,
    write_arrow_stream,
    write_orc,
    write_parquet,
)

pytest.importorskip("pyarrow", reason="pyarrow cannot be installed")

ROWS = [{"id": f"user-{n}", "n": n, "note": "x" * 50} for n in range(2500)]
SCHEMA = "struct<id:string,n:bigint,note:string>"
WRITERS: dict[str, Callable[[Rows, Path], Path]] = {
    "data.parquet": write_parquet,
    "data.arrow": write_arrow,
    "data.feather": lambda rows, path: write_arrow(rows, path, "zstd"),
    "data.arrows": write_arrow_stream,
    "data.orc": lambda rows, path: write_orc(rows, path, SCHEMA, 10_000),
}


def options(*names: str) -> ReadOptions:
    """Return the options for some names; the first one identifies a user."""
    return ReadOptions(names=frozenset(names), ids=frozenset(names[:1]))


def read(path: Path, start: int = 0, what: ReadOptions | None = None) -> list[Any]:
    """Read the records of a file from an index on."""
    with open_source(str(path), options=what or ReadOptions()) as source:
        return list(source.records(start))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("start", [0, 1, 999, 1000, 1001, 2499, 2500])
def test_reading_continues_at_any_row(tmp_path: Path, name: str, start: int) -> None:
    """A stopped load continues at its row, whatever batch that is in."""
    path = WRITERS[name](ROWS, tmp_path / name)

    records = read(path, start)

    assert [(r.record_index, r.value) for r in records] == list(enumerate(ROWS))[start:]


@pytest.mark.parametrize("name", WRITERS)
def test_only_the_columns_that_are_used_are_read(tmp_path: Path, name: str) -> None:
    """A warehouse's tables have hundreds of columns."""
    path = WRITERS[name](ROWS[:2], tmp_path / name)

    records = read(path, what=options("id", "n", "missing"))

    assert [r.value for r in records] == [
        {"id": "user-0", "n": 0},
        {"id": "user-1", "n": 1},
    ]


@pytest.mark.parametrize("name", WRITERS)
def test_the_first_bytes_name_the_format(tmp_path: Path, name: str) -> None:
    """Object stores keep files under any name."""
    path = WRITERS[name](ROWS[:1], tmp_path / name).rename(tmp_path / "part-0")

    assert [r.value for r in read(path)] == ROWS[:1]


@pytest.mark.parametrize("name", WRITERS)
def test_a_table_without_rows_has_no_records(tmp_path: Path, name: str) -> None:
    """An export of no users is not an error."""
    polars = pytest.importorskip("polars", reason="polars cannot be installed")
    rows = [] if name == "data.orc" else polars.DataFrame(ROWS).clear()

    assert read(WRITERS[name](rows, tmp_path / name)) == []


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_was_cut_off_is_one_clear_error(tmp_path: Path, name: str) -> None:
    """A download that ended early is no bug of the program."""
    path = WRITERS[name](ROWS, tmp_path / name)
    path.write_bytes(path.read_bytes()[:-1500])

    with pytest.raises(DataFileError) as caught:
        read(path)

    assert "damaged" in str(caught.value)
    assert str(caught.value).endswith("fetch it again")
    assert "\n" not in str(caught.value)


def test_rows_before_a_damaged_part_are_read(tmp_path: Path) -> None:
    """As in every other format, the records before the damage are synced."""
    path = write_parquet(ROWS, tmp_path / "data.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 3000] = b"\xff" * 3000
    path.write_bytes(content)
    records = []

    with (
        pytest.raises(DataFileError, match=r"after 1,000 complete records; fetch"),
        open_source(str(path)) as source,
    ):
        records.extend(source.records())

    assert [record.value for record in records] == ROWS[:1000]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"PARE and more", "encrypted Parquet file"),
        (b"FEA1 and more", "Feather file of version 1"),
        (b"\x1f\x8b\x08 and more", "compressed with gzip"),
        (b"id,name\n1,Ada\n", "it is not a Parquet, Arrow or"),
    ],
)
def test_another_file_under_the_name_is_refused(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    """The name promises a format that the file does not have."""
    path = tmp_path / "data.parquet"
    path.write_bytes(content)

    with pytest.raises(DataFileError, match=problem):
        read(path)


def test_a_column_for_the_user_id_must_be_there(tmp_path: Path) -> None:
    """One line is better than a million dead letters."""
    path = write_parquet(ROWS[:1], tmp_path / "data.parquet")

    with pytest.raises(
        DataFileError, match="no column 'ID', the user id; did you mean 'id'"
    ):
        read(path, what=options("ID"))
    with pytest.raises(DataFileError, match="the user id; its columns are id, n, note"):
        read(path, what=options("key"))


def test_folders_of_a_partitioned_table_are_columns(tmp_path: Path) -> None:
    """Spark, Hive and Athena keep such columns nowhere else."""
    folder = tmp_path / "country=NO%2FSE" / "plan=__HIVE_DEFAULT_PARTITION__"
    path = write_parquet(ROWS[:1], folder / "part-0.parquet")

    (record,) = read(path, what=options("id", "country", "plan"))

    assert record.value == {"id": "user-0", "country": "NO/SE", "plan": None}


def test_a_partition_may_identify_the_user(tmp_path: Path) -> None:
    """Then the column is not in the file."""
    path = write_parquet(ROWS[:2], tmp_path / "key=7" / "part-0.parquet")

    assert [r.value for r in read(path, what=options("key"))] == [{"key": "7"}] * 2


def test_types_of_another_writer_keep_their_values(tmp_path: Path) -> None:
    """Each type as Polars writes it to Parquet."""
    row = {
        "id": 2**62 + 1,
        "price": Decimal("12.50"),
        "seen": dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        "born": dt.date(1990, 1, 2),
        "tags": ["a", "b"],
        "address": {"city": "Oslo", "zip": None},
    }
    path = write_parquet([row], tmp_path / "data.parquet")

    (record,) = read(path)

    assert record.value == row | {
        "price": 12.5,
        "seen": "2024-01-02T03:04:05Z",
        "born": "1990-01-02",
    }


def test_types_of_orc_keep_their_values(tmp_path: Path) -> None:
    """Hive's maps, structs and decimals, as the ORC project writes them."""
    row = {"id": 1, "m": {"a": 1}, "s": {"city": "Oslo"}, "d": Decimal("12.50")}
    schema = "struct<id:bigint,m:map<string,int>,s:struct<city:string>,d:decimal(20,2)>"
    path = write_orc([row], tmp_path / "data.orc", schema)

    (record,) = read(path, what=options("id", "m.a", "s.city", "d"))

    assert record.value == row | {"d": 12.5}


def test_the_bytes_that_were_read_follow_the_rows(tmp_path: Path) -> None:
    """The time that is left is estimated from them."""
    path = write_parquet(ROWS, tmp_path / "data.parquet")

    with open_source(str(path)) as source:
        records = source.records()
        next(records)
        at_first = source.bytes_read
        for _ in records:
            pass
        at_end = source.bytes_read

    assert 0 <= at_first < path.stat().st_size
    assert at_end == path.stat().st_size


def test_a_wait_can_end_the_reading(tmp_path: Path) -> None:
    """Ctrl-C does not wait for the end of the file."""
    path = write_parquet(ROWS, tmp_path / "data.parquet")
    calls: list[float] = []

    def stop(seconds: float) -> None:
        calls.append(seconds)
        if len(calls) == 2:
            raise InterruptedError

    with open_source(str(path)) as source, pytest.raises(InterruptedError):
        list(source.records(on_wait=stop))

    assert calls == [0.0, 0.0]


def test_all_columns_are_known_although_some_are_read(tmp_path: Path) -> None:
    """`check` suggests the one that was meant."""
    path = write_parquet(ROWS[:1], tmp_path / "data.parquet")

    with open_source(str(path), options=options("id")) as source:
        assert list(source.columns) == ["id", "n", "note"]
