"""Runs the tests on every Python of this machine, from 3.11 to 3.15.

    python tests/installs/check_pythons.py
    python tests/installs/check_pythons.py --fast

Pythons are those in PATH, and pyenv's. Each has an environment in .venvs, with the
versions of the locks. The newest runs every test, the others the unit and property
tests. A package without a wheel for a Python is printed, and its tests are left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = (PROJECT / "requirements.lock", PROJECT / "requirements-dev.lock")
MINORS = range(11, 16)
FAST = ("tests/unit", "tests/properties")
# This one has no wheel for any Python; it is pure.
WITHOUT_WHEELS = "odfpy"
_DESCRIBE = """\
import json, sys, sysconfig
free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
print(json.dumps([*sys.version_info[:3], sys.version_info[3], free]))
"""


@dataclass(frozen=True, slots=True)
class Python:
    """One interpreter.

    Args:
        version: its major, minor and micro number.
        release: ``final``, or that of a version to come.
        is_free_threaded: whether it was built without the GIL.
    """

    program: Path
    version: tuple[int, int, int]
    release: str
    is_free_threaded: bool

    @property
    def name(self) -> str:
        """Return its version, as in ``3.14.0t``."""
        text = ".".join(map(str, self.version))
        pre = "" if self.release == "final" else self.release
        return text + pre + ("t" if self.is_free_threaded else "")


def candidates() -> list[Path]:
    """Return the programs that may be a Python, pyenv's first."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [shutil.which(f"python3.{minor}{t}") for minor in MINORS for t in ("", "t")]
    pyenvs = sorted(root.glob("versions/*/bin/python"))
    return [*pyenvs, *(Path(path) for path in found if path)]


def describe(program: Path) -> Python | None:
    """Return the Python that a program is; None if it does not run."""
    done = subprocess.run(
        [program, "-c", _DESCRIBE], capture_output=True, text=True, check=False
    )
    if done.returncode:  # pyenv has a shim in PATH for versions that are not active
        return None
    major, minor, micro, release, is_free_threaded = json.loads(done.stdout)
    return Python(program, (major, minor, micro), release, is_free_threaded)


def pythons() -> list[Python]:
    """Return the newest Python of each minor version, oldest first."""
    newest: dict[tuple[int, bool], Python] = {}
    for python in filter(None, map(describe, candidates())):
        major, minor, _ = python.version
        key = (minor, python.is_free_threaded)
        if major == 3 and minor in MINORS:
            known = newest.setdefault(key, python)
            if python.version > known.version:
                newest[key] = python
    return sorted(newest.values(), key=lambda each: each.version)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder; errors go with its output."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def install(python: Path, *requirements: Path) -> bool:
    """Install what a lock names; return whether it worked."""
    files = [part for path in requirements for part in ("-r", path)]
    options = (
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--no-deps",
    )
    wheels = ("--only-binary", ":all:", "--no-binary", WITHOUT_WHEELS)
    pip = (python, "-m", "pip", "install", *options, *wheels)
    return run(*pip, *files).returncode == 0


def install_each(python: Path) -> list[str]:
    """Install each package of the locks on its own; return those without a wheel."""
    missing = []
    with TemporaryDirectory() as folder:
        one = Path(folder) / "one.lock"
        for lock in LOCKS:
            for entry in re.split(r"\n(?=\S)", lock.read_text("utf-8")):
                one.write_text(entry + "\n", "utf-8")
                if not install(python, one):
                    missing.append(entry.partition("==")[0])
    return sorted(set(missing))


def environment(python: Python) -> tuple[Path, list[str]]:
    """Make or reuse an environment; return its Python and what it lacks."""
    folder = PROJECT / ".venvs" / python.name
    inside = folder / "bin" / "python"
    note = folder / "missing.json"
    key = hashlib.sha256(b"".join(lock.read_bytes() for lock in LOCKS)).hexdigest()
    if note.exists() and (known := json.loads(note.read_bytes()))["locks"] == key:
        return inside, list(known["missing"])
    run(python.program, "-m", "venv", "--clear", folder).check_returncode()
    missing = [] if install(inside, *LOCKS) else install_each(inside)
    note.write_text(json.dumps({"locks": key, "missing": missing}), "utf-8")
    return inside, missing


def tests_with(packages: list[str]) -> list[Path]:
    """Return the test files that import a package, also through tests/support."""
    owners = packages_distributions()
    names = {
        module
        for module, owner in owners.items()
        if owner[0].lower().replace("_", "-") in packages
    }
    files = [path for path in (PROJECT / "tests").rglob("*.py") if path.is_file()]
    found = [path for path in files if _imports(path, names)]
    names |= {f"tests.support.{path.stem}" for path in found}
    return [path for path in files if "test_" in path.name and _imports(path, names)]


def _imports(path: Path, names: set[str]) -> bool:
    pattern = "|".join(map(re.escape, sorted(names)))
    used = rf"^\s*(import|from) ({pattern})\b|importorskip\(\"({pattern})\b"
    text = path.read_text("utf-8")
    return bool(names) and re.search(used, text, re.MULTILINE) is not None


def check(python: Python, tests: tuple[str, ...]) -> bool:
    """Run tests on a Python, print one line, and the failures if there are some."""
    program, missing = environment(python)
    if needed := [each for each in missing if f"{each}==" in LOCKS[0].read_text()]:
        print(f"{python.name:8} not tested: no wheel for {', '.join(needed)}")
        return True
    ignored = [f"--ignore={path}" for path in tests_with(missing)]
    parallel = ("-n", "3", "--dist", "worksteal", "-p", "no:cacheprovider")
    done = run(program, "-m", "pytest", "-q", *parallel, *ignored, *tests)
    suite = "unit and property tests" if tests else "every test"
    without = f"; no wheel for {', '.join(missing)}" if missing else ""
    result = done.stdout.strip().rpartition("\n")[2].strip("= ")
    print(f"{python.name:8} {suite}: {result}{without}", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def main() -> int:
    """Check every Python."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--fast", action="store_true", help="only the unit and property tests, on all"
    )
    fast_only = parser.parse_args().fast
    found = pythons()
    passed = [
        check(each, () if each is found[-1] and not fast_only else FAST)
        for each in found
    ]
    absent = set(MINORS) - {each.version[1] for each in found}
    if absent:
        print(f"not here: {', '.join(f'Python 3.{each}' for each in sorted(absent))}")
    return 0 if passed and all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
