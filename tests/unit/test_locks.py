"""The locks have a version of everything that is required, and an allowed one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[2]
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def required(name: str) -> list[str]:
    """Return the requirements of a file, with those of the files that it names."""
    lines = (PROJECT / name).read_text("utf-8").splitlines()
    others = [line.removeprefix("-r ") for line in lines if line.startswith("-r ")]
    own = [line for line in lines if line and not line.startswith(("#", "-r "))]
    return own + [each for other in others for each in required(other)]


def extra(name: str) -> list[str]:
    """Return the requirements of an extra."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project["optional-dependencies"][name])


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        ("requirements.lock", required("requirements.txt") + extra("sandbox")),
        ("requirements-dev.lock", required("requirements-dev.txt")),
    ],
)
def test_a_lock_has_an_allowed_version_of_each_package(
    lock: str, requirements: list[str]
) -> None:
    """After a change of the requirements, `make locks` chooses the versions again."""
    text = (PROJECT / lock).read_text("utf-8")
    pinned: dict[str, list[str]] = {}
    for name, version in _PINNED.findall(text):
        pinned.setdefault(name.lower().replace("_", "-"), []).append(version)

    for requirement in map(Requirement, requirements):
        versions = pinned.get(requirement.name.lower().replace("_", "-"), [])
        assert versions, f"{requirement} is not in {lock}"
        assert all(map(requirement.specifier.contains, versions)), requirement


def test_every_locked_version_has_its_hashes() -> None:
    """Otherwise somebody else could replace the file on its way."""
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (PROJECT / lock).read_text("utf-8")
        for entry in re.split(r"\n(?=\S)", text):
            assert "--hash=sha256:" in entry or not entry.strip(), entry[:60]
