"""Changes pure modules in small ways (mutants), and counts which the tests notice.

    python tests/mutants/check_mutants.py
    python tests/mutants/check_mutants.py core/mapping core/text

mutmut makes the mutants of functions; those of decorated functions and of a module's
own constants are left out. For each module, only its own unit tests run,
and the property tests that import it. A module's folder in build/mutants is used again
until it or its tests change, so a campaign that was stopped continues.

Mutants that survive are printed, except those that `equivalent.toml` explains.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "cio_pipeline"
WORK = PROJECT / "build" / "mutants"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
PURE = (
    "core/*",
    "commands/verify/comparison",
    "customerio/backoff",
    "customerio/batch",
    "customerio/items",
    "customerio/outcome",
    "customerio/reserved",
    "pipeline/first_answers",
    "pipeline/outage",
    "pipeline/rate_limit",
    "pipeline/retry",
    "store/queue/load_plan",
    "store/queue/window",
)
COPIED = ("cio_pipeline", "tests", "docs", "examples", "main.py", "README.md")
# mutmut's codes for a mutant's end: the tests failed, or did not end.
KILLED = {1, 3, 24, 36, 37, 152, 255, -24}
SURVIVED = 0


def modules() -> list[str]:
    """Return the names of the modules, as in ``core/mapping``."""
    paths = [path for each in PURE for path in sorted(PACKAGE.glob(f"{each}.py"))]
    names = [path.relative_to(PACKAGE).with_suffix("").as_posix() for path in paths]
    return [name for name in names if not name.endswith("__init__")]


def tests_of(module: str) -> list[Path]:
    """Return a module's unit tests, and the property tests that import it."""
    folder, _, name = module.rpartition("/")
    own = PROJECT / "tests" / "unit" / folder / f"test_{name}.py"
    package = "cio_pipeline." + folder.replace("/", ".")
    imports = re.compile(
        rf"^from {re.escape(package)}(\.{name} import| import .*\b{name}\b)",
        re.MULTILINE,
    )
    properties = sorted((PROJECT / "tests" / "properties").glob("test_*.py"))
    others = [path for path in properties if imports.search(path.read_text("utf-8"))]
    return [path for path in (own, *others) if path.exists()]


def prepare(module: str, tests: list[Path]) -> Path:
    """Copy the project for mutmut, if the module or its tests changed."""
    folder = WORK / module.replace("/", ".")
    note = folder / "digest"
    source = PACKAGE / f"{module}.py"
    content = b"".join(path.read_bytes() for path in [source, *tests])
    digest = hashlib.sha256(content).hexdigest()
    if note.exists() and note.read_text("utf-8") == digest:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, folder / name, ignore=ignored)
        else:
            shutil.copy2(PROJECT / name, folder / name)
    shutil.copy2(PROJECT / "pyproject.toml", folder)
    names = "\n    ".join(path.relative_to(PROJECT).as_posix() for path in tests)
    (folder / "setup.cfg").write_text(
        "[mutmut]\n"
        "source_paths=cio_pipeline\n"
        f"only_mutate=cio_pipeline/{module}.py\n"
        "also_copy=\n    docs\n    examples\n    main.py\n    README.md\n"
        "pytest_add_cli_args=\n    -p\n    no:cacheprovider\n"
        f"pytest_add_cli_args_test_selection=\n    {names}\n",
        "utf-8",
    )
    note.write_text(digest, "utf-8")
    return folder


def mutmut(folder: Path, *arguments: str) -> str:
    """Run mutmut; return its output."""
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def changed_lines(folder: Path, mutant: str) -> tuple[str, str]:
    """Return what a mutant replaces, and by what."""
    lines = mutmut(folder, "show", mutant).splitlines()
    old, new = (
        " ".join(
            line[1:].strip()
            for line in lines
            if line.startswith(sign) and not line.startswith(sign * 3)
        )
        for sign in "-+"
    )
    return old, new


def check(module: str) -> tuple[int, int, int]:
    """Run a module's mutants; return how many died, are equivalent, and there were."""
    tests = tests_of(module)
    folder = prepare(module, tests)
    output = mutmut(folder, "run", "--max-children", str(os.cpu_count() or 1))
    results = folder / "mutants" / "cio_pipeline" / f"{module}.py.meta"
    codes = json.loads(results.read_bytes())["exit_code_by_key"] if tests else {}
    if not codes or None in codes.values():
        print(f"{module}: not complete\n{output[-2000:]}", flush=True)
        return 0, 0, 0
    known = tomllib.loads(EQUIVALENT.read_text("utf-8")).get(module, [])
    explained = {(each["old"], each["new"]) for each in known}
    survivors = {
        mutant: changed_lines(folder, mutant)
        for mutant, code in codes.items()
        if code not in KILLED
    }
    unexplained = {k: v for k, v in survivors.items() if v not in explained}
    died, same = len(codes) - len(survivors), len(survivors) - len(unexplained)
    print(f"{module}: {died} of {len(codes)} died, {same} equivalent", flush=True)
    for mutant, (old, new) in unexplained.items():
        function = mutant.rpartition(".")[2]
        why = "" if codes[mutant] == SURVIVED else f" ({codes[mutant]})"
        print(f"  {function}{why}\n    - {old}\n    + {new}", flush=True)
    return died, same, len(codes)


def main() -> int:
    """Check the modules that are named, or all of them."""
    figures = [check(module) for module in sys.argv[1:] or modules()]
    died, same, total = (sum(column) for column in zip(*figures, strict=True))
    print(f"in all: {died} of {total} died, {same} are equivalent")
    return 0 if died + same == total else 1


if __name__ == "__main__":
    sys.exit(main())
