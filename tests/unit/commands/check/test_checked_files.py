"""Where the records of a check's files are."""

from __future__ import annotations

import json
from pathlib import Path

from cio_pipeline.commands.check.checked_files import CheckedFiles
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import find_inputs


def test_a_position_is_a_file_and_an_index_in_it(tmp_path: Path) -> None:
    """A warning names the record as a person finds it."""
    for name, count in (("a.json", 2), ("b.json", 3)):
        (tmp_path / name).write_text(json.dumps([{"id": n} for n in range(count)]))
    files = CheckedFiles()

    records = list(files.records(find_inputs([str(tmp_path)], ReadOptions())))

    assert len(records) == 5
    assert (files.names, files.here, files.are_several) == (
        ["a.json", "b.json"],
        4,
        True,
    )
    assert [files.place_of(n) for n in (0, 1, 2, 4)] == [
        ("a.json", 0), ("a.json", 1), ("b.json", 0), ("b.json", 2)
    ]  # fmt: skip
