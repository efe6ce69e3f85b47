"""Modules that need packages which are not installed with the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cio_pipeline.source.extras import import_optional

ROOT = Path(__file__).parents[3]
# Makes an import fail as it does where the package is not installed.
WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Without)
sys.argv = ["main.py", *sys.argv[1:]]
from cio_pipeline.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("name", "content", "package", "extra"),
    [
        ("data.parquet", b"PAR1", "pyarrow", "parquet"),
        ("data.xlsx", b"PK", "python_calamine", "excel"),
        ("s3://people/users.csv", None, "s3fs", "s3"),
        ("sftp://127.0.0.1/users.csv", None, "paramiko", "sftp"),
    ],
)
def test_a_missing_package_is_one_line_with_the_command(
    tmp_path: Path, name: str, content: bytes | None, package: str, extra: str
) -> None:
    """The person can copy the command that installs it."""
    path = name
    if content is not None:
        path = str(tmp_path / name)
        Path(path).write_bytes(content)
    code = WITHOUT.format(package=package)

    process = subprocess.run(
        [sys.executable, "-c", code, "check", "-suggest", "-data", path],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    assert process.returncode == 2
    assert process.stderr == (
        f"error: {path}: the package {package} is needed to read it; install it:"
        f" pip install 'cio-pipeline[{extra}]'\n"
    )


def test_a_module_of_our_own_that_is_missing_is_a_bug() -> None:
    """No package would help."""
    with pytest.raises(ModuleNotFoundError):
        import_optional("data", "no_such_module", None)


def test_a_module_is_imported_by_its_name() -> None:
    """With its packages, nothing is in the way."""
    assert callable(import_optional("data", "csv", None).reader)
