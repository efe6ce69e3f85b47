"""ZIP archives: one member, several, and broken ones."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.errors import CioPipelineError, DataFileError, UsageError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import Inputs, find_inputs

USERS = b"id,name\n1,Ada\n"


def pack(
    path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED
) -> str:
    """Write an archive."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return str(path)


def find(path: str, member: str | None = None) -> Inputs:
    """Find what is read of an archive."""
    return find_inputs([path], ReadOptions(), member=member)


def read(path: str, member: str | None = None) -> list[Any]:
    """Read the records."""
    with find(path, member) as inputs:
        return [record.value for record in inputs.records()]


def names_of(inputs: Inputs) -> Sequence[str]:
    """Return the names of what is read."""
    return [item.name for item in inputs.items]


@pytest.mark.parametrize(
    "method",
    [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
)
def test_the_only_file_is_read_by_its_own_extension(
    tmp_path: Path, method: int
) -> None:
    """Products send one file in an archive, and Macs add theirs."""
    members = {
        "out/users.csv": USERS,
        "__MACOSX/out/._users.csv": b"junk",
        "out/.DS_Store": b"junk",
        "out/_SUCCESS": b"",
    }
    path = pack(tmp_path / "export.zip", members, method)

    assert read(path) == [{"id": "1", "name": "Ada"}]
    assert names_of(find(path)) == ["export.zip/out/users.csv"]


def test_it_is_recognized_without_its_extension(tmp_path: Path) -> None:
    """A download may have any name."""
    path = pack(tmp_path / "download", {"users.json": b'[{"id": 1}]'})

    assert read(path) == [{"id": 1}]


def test_a_table_with_a_column_pk_is_no_archive(tmp_path: Path) -> None:
    """An archive's first bytes are `PK` and two numbers."""
    path = tmp_path / "users.csv"
    path.write_bytes(b"PK,name\n1,Ada\n")

    assert read(str(path)) == [{"PK": "1", "name": "Ada"}]


PARTS = {"b.csv": b"id\n2\n", "a.csv": b"id\n1\n", "orders.json": b"[]"}


def test_several_files_are_named_and_one_is_chosen(tmp_path: Path) -> None:
    """Nothing is read of an archive whose file is a guess."""
    path = pack(tmp_path / "x.zip", PARTS)

    with pytest.raises(
        UsageError, match=r"has 3 files.*: a\.csv, b\.csv, orders\.json"
    ):
        find(path)

    assert read(path, "b.csv") == [{"id": "2"}]
    assert read(path, "*.csv") == [{"id": "1"}, {"id": "2"}]
    assert names_of(find(path, "*.csv")) == ["x.zip/a.csv", "x.zip/b.csv"]


def test_each_member_is_recognized_in_a_later_run(tmp_path: Path) -> None:
    """Parts of one export continue as files do."""
    path = pack(tmp_path / "x.zip", PARTS)

    first, again = (
        [item.fingerprint() for item in find(path, "*.csv").items] for _ in range(2)
    )

    assert first == again
    assert len(set(first)) == 2


@pytest.mark.parametrize(
    ("members", "member", "words"),
    [
        ({}, None, "is empty"),
        ({"a/": b""}, None, "is empty"),
        ({"_SUCCESS": b""}, None, "has no data files, only _SUCCESS"),
        ({"a.csv": USERS}, "b.csv", "has no member 'b.csv', only a.csv"),
    ],
)
def test_what_is_not_there_is_reported(
    tmp_path: Path, members: dict[str, bytes], member: str | None, words: str
) -> None:
    """With what is there."""
    path = pack(tmp_path / "x.zip", members)

    with pytest.raises(CioPipelineError, match=words):
        find(path, member)


def test_a_member_of_a_file_that_is_no_archive_is_a_mistake(tmp_path: Path) -> None:
    """The option would do nothing."""
    path = tmp_path / "users.csv"
    path.write_bytes(USERS)

    with pytest.raises(UsageError, match="-member is for ZIP archives"):
        find(str(path), "a.csv")


def test_an_encrypted_file_is_reported(tmp_path: Path) -> None:
    """The bit in both headers says so (APPNOTE.TXT, 4.4.4)."""
    path = tmp_path / "x.zip"
    pack(path, {"a.csv": USERS})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)

    with pytest.raises(DataFileError, match="it is encrypted"):
        find(str(path))


def test_a_way_of_packing_that_is_unknown_is_reported(tmp_path: Path) -> None:
    """Windows packs files of more than 2 GB with Deflate64, method 9."""
    path = tmp_path / "x.zip"
    pack(path, {"a.csv": USERS})
    content = bytearray(path.read_bytes())
    content[8] = content[content.index(b"PK\x01\x02") + 10] = 9
    path.write_bytes(content)

    with pytest.raises(DataFileError, match="cannot unpack"):
        read(str(path))


def test_every_damage_is_one_line(tmp_path: Path) -> None:
    """Cut off or changed anywhere, there is a message and no traceback."""
    users = json.dumps([{"id": n, "name": f"{n:x}"} for n in range(300)]).encode()
    path = tmp_path / "x.zip"
    pack(path, {"a.json": users})
    content = path.read_bytes()
    broken = [content[:size] for size in range(4, len(content), 37)]
    for place in range(4, len(content), 11):
        changed = bytearray(content)
        changed[place] ^= 0x55
        broken.append(bytes(changed))

    problems = 0
    for each in broken:
        path.write_bytes(each)
        try:
            assert len(read(str(path))) <= 300
        except CioPipelineError:
            problems += 1

    assert problems > len(broken) // 2


def test_a_spreadsheet_is_one_file(tmp_path: Path) -> None:
    """Its members are not data."""
    path = pack(tmp_path / "x.xlsx", {"[Content_Types].xml": b"", "xl/a.xml": b""})

    assert names_of(find(path)) == ["x.xlsx"]


def test_an_archive_from_a_pipe_is_refused() -> None:
    """Its list of files is at its end."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.csv", USERS)
    content.seek(0)

    with (
        pytest.raises(DataFileError, match="can be read only from a file"),
        find_inputs(["-"], ReadOptions(), content),
    ):
        pass


def test_memory_does_not_grow_with_what_is_unpacked(tmp_path: Path) -> None:
    """A few kilobytes can hold a gigabyte."""
    path = pack(
        tmp_path / "x.zip", {"a.jsonl": b'{"id": 1}\n' + (b" " * 9999 + b"\n") * 5000}
    )

    tracemalloc.start()
    values = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert values == [{"id": 1}]
    assert peak < 20_000_000
