"""What `-data` names: files, folders and patterns, in order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from cio_pipeline.core.errors import DataFileError, UsageError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import Inputs, find_inputs
from tests.support.data_files import pieces_of

OPTIONS = ReadOptions()


def write(folder: Path, *names: str) -> None:
    """Write files with one record each: the file's number."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{{"id": {number}}}\n', "utf-8")


def find(folder: Path, *names: str) -> Inputs:
    """Find files by names in a folder."""
    return find_inputs([str(folder / name) for name in names], OPTIONS)


def open_files() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def names_of(inputs: Inputs) -> Sequence[str]:
    """Return the names of the files, in order."""
    return [item.name for item in inputs.items]


def test_files_are_read_in_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    """The last record of a user wins, so the order decides."""
    write(tmp_path, "b.jsonl", "a.jsonl")

    with find(tmp_path, "b.jsonl", "a.jsonl") as inputs:
        values = [record.value for record in inputs.records()]

    assert names_of(inputs) == ["b.jsonl", "a.jsonl"]
    assert values == [{"id": 0}, {"id": 1}]
    assert inputs.bytes_read == inputs.size_bytes


def test_a_pattern_gives_files_by_name(tmp_path: Path) -> None:
    """The shell must not expand it; a file of just that name is that file."""
    write(tmp_path, "p-2.csv", "p-10.csv", "p-1.csv", "q.csv", "p[1].csv")

    assert names_of(find(tmp_path, "p-*.csv")) == ["p-1.csv", "p-10.csv", "p-2.csv"]
    assert names_of(find(tmp_path, "q.csv", "p-[12].csv")) == [
        "q.csv",
        "p-1.csv",
        "p-2.csv",
    ]
    assert names_of(find(tmp_path, "p[1].csv")) == ["p[1].csv"]


def test_a_folder_gives_its_data_files(tmp_path: Path) -> None:
    """Products write markers, checksums and lists of files beside the data."""
    others = ["_SUCCESS", "_delta_log/0.json", ".part.crc", "manifest-summary.json"]
    others += ["manifest.json", "part.json.md5", "000_manifest", "q.csv.metadata"]
    write(tmp_path, "d/b.json", "d/a.json", "d/x/c.json", *(f"d/{n}" for n in others))

    assert names_of(find(tmp_path, "d")) == ["a.json", "b.json", "c.json"]
    assert names_of(find(tmp_path, "d/*")) == ["a.json", "b.json"]
    assert names_of(find(tmp_path, "d/**/*.json"))[:3] == ["a.json", "b.json", "c.json"]


def test_files_of_one_name_are_named_by_their_paths(tmp_path: Path) -> None:
    """A dead letter must show which of them has the record."""
    write(tmp_path, "x/users.json", "y/users.json")

    names = names_of(find(tmp_path, "x", "y"))

    assert names == [str(tmp_path / each / "users.json") for each in "xy"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.json", "there is no such file"),
        ("none-*.json", "no file matches it"),
        ("e*", "it matches only 1 folder"),
        ("empty", "the folder has no data files"),
    ],
)
def test_what_is_not_there_is_reported_with_its_name(
    tmp_path: Path, name: str, words: str
) -> None:
    """Before anything is read of the others."""
    write(tmp_path, "a.json")
    (tmp_path / "empty").mkdir()

    with pytest.raises(DataFileError, match=words) as caught:
        find(tmp_path, "a.json", name)

    assert caught.value.path == str(tmp_path / name)


def test_a_file_may_not_be_named_twice(tmp_path: Path) -> None:
    """A pattern and a name of one of its files are probably a mistake."""
    write(tmp_path, "a.json", "b.json")

    with pytest.raises(UsageError, match=r"a\.json twice"):
        find(tmp_path, "*.json", "a.json")


def test_a_file_of_another_format_is_found_before_the_first_is_read(
    tmp_path: Path,
) -> None:
    """Nothing has been sent then."""
    write(tmp_path, "a.json", "b.json")
    (tmp_path / "c.json").write_text("id,name", "utf-8")

    with pytest.raises(DataFileError, match=r"c\.json"), find(tmp_path, "*.json"):
        pass


def test_standard_input_may_be_one_of_several(tmp_path: Path) -> None:
    """Its size is unknown, so there is no total."""
    write(tmp_path, "a.json")
    stdin = pieces_of(b'[{"id": 7}]')

    with find_inputs([str(tmp_path / "a.json"), "-"], OPTIONS, stdin) as inputs:
        values = [record.value for record in inputs.records()]

    assert values == [{"id": 0}, {"id": 7}]
    assert inputs.size_bytes is None
    assert [item.fingerprint() is None for item in inputs.items] == [False, True]


def test_progress_shows_the_file_and_the_bytes_of_all(tmp_path: Path) -> None:
    """`part-2.csv (2 of 3)`; for one file, its name."""
    write(tmp_path, "a.json", "b.json", "c.json")

    with find(tmp_path, "*.json") as inputs:
        with inputs.open(1) as source:
            list(source.records())
            seen = (inputs.current_name, inputs.bytes_read, inputs.size_bytes)
        name = inputs.name

    assert seen == ("b.json (2 of 3)", 20, 30)
    assert name == "a.json and 2 more"
    assert find(tmp_path, "a.json").current_name == "a.json"


def test_a_file_that_is_not_read_is_closed(tmp_path: Path) -> None:
    """A load may continue with a later file; open files are limited."""
    write(tmp_path, "a.json", "b.json")
    before = open_files()

    with find(tmp_path, "*.json") as inputs, inputs.open(1) as source:
        assert open_files() == before + 1
        list(source.records())
    with find(tmp_path, "*.json"):
        pass

    assert open_files() == before
