"""Text that is not UTF-8."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cio_pipeline.core.config_files import FileRules
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source import open_source
from cio_pipeline.source.encodings import encoding_by_content
from tests.support.data_files import pieces_of, read_values

TABLE = "id;name\r\n1;Jørn 😀\r\n"
JORN = [{"id": "1", "name": "Jørn 😀"}]


@pytest.mark.parametrize(
    "encoding",
    [f"utf-{bits}{end}" for bits in (16, 32) for end in ("", "-le", "-be")],
)
@pytest.mark.parametrize("packed", [False, True])
def test_unicode_is_recognized(tmp_path: Path, encoding: str, packed: bool) -> None:
    """Excel's "Unicode text", SQL Server and Google Contacts write UTF-16."""
    content = TABLE.encode(encoding)

    data = gzip.compress(content) if packed else content

    assert read_values(data, tmp_path, "users.txt") == JORN


def test_json_may_be_utf_16_as_well(tmp_path: Path) -> None:
    """PowerShell writes it so."""
    assert read_values('[{"id": "ø"}]'.encode("utf-16"), tmp_path) == [{"id": "ø"}]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1252", "Jørn €"),
        ("iso8859-1", "Jørn"),
        ("shift_jis", "田中"),
        ("cp1251", "Я"),
    ],
)
def test_other_encodings_are_read_if_they_are_named(
    tmp_path: Path, encoding: str, name: str
) -> None:
    """No byte shows them, so nothing is guessed."""
    content = f"id,name\n1,{name}\n".encode(encoding)

    values = read_values(content, tmp_path, "u.csv", rules=FileRules(encoding=encoding))

    assert values == [{"id": "1", "name": name}]


def test_a_byte_order_mark_has_priority(tmp_path: Path) -> None:
    """It is certain; the option may be left from another file."""
    content = TABLE.encode("utf-8-sig")

    assert (
        read_values(content, tmp_path, "u.csv", rules=FileRules(encoding="cp1252"))
        == JORN
    )


def test_without_a_name_the_message_says_how_to_give_one(tmp_path: Path) -> None:
    """A guess would change names silently."""
    with pytest.raises(DataFileError, match="-encoding windows-1252") as caught:
        read_values(b"id,name\n1,J\xf8rn\n", tmp_path, "u.csv")

    assert caught.value.byte_offset == 11


@pytest.mark.parametrize(
    ("content", "encoding", "byte"),
    [
        (b"id\n1\n\x81\n", "cp1252", 5),
        ("id\n1\n".encode("utf-16") + b"\x00\xd8\n\x00", "utf-16", 12),
        ("id\n1\n".encode("utf-16") + b"\n", "utf-16", 12),
    ],
)
def test_a_byte_that_is_not_text_ends_the_file(
    content: bytes, encoding: str, byte: int
) -> None:
    """The records before it are read."""
    records = []

    with (
        pytest.raises(DataFileError, match=f"not {encoding}") as caught,
        open_source(
            "-",
            stdin=pieces_of(content),
            rules=FileRules(encoding=encoding),
            format="csv",
        ) as source,
    ):
        records.extend(record.value for record in source.records())

    assert records == [{"id": "1"}]
    assert caught.value.byte_offset == byte


@pytest.mark.parametrize(
    "beginning", [b"", b"a", b"id,n", b"\x00\x00\x00\x00", b"a\0bc"]
)
def test_other_beginnings_show_no_encoding(beginning: bytes) -> None:
    """A zero byte alone is no sign of UTF-16."""
    assert encoding_by_content(beginning) is None
