"""A data format is one line of a table and one module."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from cio_pipeline.core.formats import FORMATS, Format, format_of, format_of_magic_number
from cio_pipeline.source import open_source

ROOT = Path(__file__).parents[3]


def test_no_two_formats_share_a_name_or_an_extension() -> None:
    """The second one would never be found."""
    names = Counter(each.name for each in FORMATS)
    extensions = Counter(one for each in FORMATS for one in each.extensions)

    assert max((names + extensions).values()) == 1


TEXT_FORMATS = [each for each in FORMATS if not each.magic_numbers]


@pytest.mark.parametrize("each", FORMATS, ids=[each.name for each in FORMATS])
def test_each_format_has_a_module(each: Format) -> None:
    """Formats of bytes have an extra, whose packages may not be there."""
    path = Path("cio_pipeline", "source", f"{each.module}.py")

    assert (ROOT / path).is_file()
    assert bool(each.magic_numbers) == (each.extra is not None)


@pytest.mark.parametrize("each", TEXT_FORMATS, ids=[each.name for each in TEXT_FORMATS])
def test_each_format_has_a_module_that_reads_it(each: Format, tmp_path: Path) -> None:
    """The module's name is text, so no type checker finds a mistake in it."""
    module = import_module(f"cio_pipeline.source.{each.module}")
    path = tmp_path / "users"
    path.write_bytes(b"id\n1\n" if each.is_text else b'{"id": "1"}\n')

    with open_source(str(path), format=each.name) as source:
        records = list(source.records())

    assert callable(module.begin)
    assert [record.value for record in records] == [{"id": "1"}]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("users.json", "json"),
        ("Users.NDJSON", "jsonl"),
        ("users.jsonl.gz", "jsonl"),
        ("users.tsv", "csv"),
        ("users.csv.json", "json"),
        ("users.txt", "csv"),
        ("users.gz", None),
        ("users", None),
        ("-", None),
    ],
)
def test_a_files_name_gives_its_format(path: str, name: str | None) -> None:
    """Compression and case do not matter."""
    expected = format_of(path)

    assert (expected and expected.name) == name


@pytest.mark.parametrize(
    ("beginning", "name"),
    [
        (b"PAR1\x15\x04", "parquet"),
        (b"ARROW1\0\0", "arrow"),
        (b"\xff\xff\xff\xff\x10", "arrow"),
        (b"ORC\n", "orc"),
        (b'[{"id"', None),
        (b"", None),
    ],
)
def test_the_first_bytes_of_some_formats_name_them(
    beginning: bytes, name: str | None
) -> None:
    """The extension says nothing about such a file that the bytes do not."""
    found = format_of_magic_number(beginning)

    assert (found and found.name) == name


def test_help_imports_no_format() -> None:
    """The option's choices are names: no code that reads a file is imported."""
    code = (
        "import sys, cio_pipeline.cli.parser\n"
        "assert not {'orjson', 'cio_pipeline.source'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
