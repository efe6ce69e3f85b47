"""What a command imports before it can answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_PROGRAM = """
import sys
import {module}
print(len(sys.modules), *sys.modules)
"""


@pytest.mark.parametrize("command", ["status", "dead_letters"])
def test_looking_at_a_queue_loads_no_http(command: str) -> None:
    """`status` is asked for often, by people who wait, beside a run that is busy."""
    module = f"cio_pipeline.commands.{command}.command"

    process = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    count, *loaded = process.stdout.split()

    assert "cio_pipeline.store" in loaded
    heavy = {"requests", "urllib3", "httptools", "structlog", "jinja2", "aiohttp"}
    assert heavy.isdisjoint(loaded)
    assert [each for each in loaded if each.startswith("cio_pipeline.source")] == []
    # Below 300 when this was written; other versions of libraries may need more.
    assert int(count) < 350


_CHECK = """
import sys
from cio_pipeline.cli import main
code = main(["check", "-config", "c.json", "-data", "users.json", "-state", "state"])
print(code, *sys.modules, file=sys.stderr)
"""


def test_a_json_file_loads_nothing_of_the_other_sources(tmp_path: Path) -> None:
    """Plain syncs start as fast as ever, with the packages of the extras or without."""
    config = {"parallelism": 1, "userId": "id", "mappings": []}
    (tmp_path / "c.json").write_text(json.dumps(config), "utf-8")
    (tmp_path / "users.json").write_text('[{"id": 1}]', "utf-8")

    process = subprocess.run(
        [sys.executable, "-c", _CHECK],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    code, *loaded = process.stderr.split()

    optional = {"pyarrow", "adbc_driver_manager", "python_calamine", "fsspec", "dask"}
    ours = {"database_address", "arrow_table", "query", "spreadsheet", "workbook_file"}
    ours |= {"cloud_files", "http_file", "read_ahead", "sftp_files"}
    assert code == "0"
    assert [name for name in loaded if ".sync.cluster" in name] == []
    assert optional.isdisjoint(loaded)
    assert ours.isdisjoint(name.rpartition(".")[2] for name in loaded)


_WITHOUT_DASK = """
import sys
sys.modules["distributed"] = None
from cio_pipeline.cli import main
options = ["-config", "c.json", "-data", "users.json", "-state", "state"]
print(main([*options, "-cluster", "local", "-shards", "2"]))
"""


def test_a_cluster_needs_its_extra(tmp_path: Path) -> None:
    """One line with the command that installs it; everything else works without."""
    process = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DASK],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )

    assert process.stdout == "2\n"
    assert "pip install 'cio-pipeline[cluster]'" in process.stderr
    assert "Traceback" not in process.stderr
