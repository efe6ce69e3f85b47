"""Every module of the package has unit tests of its own, where they are looked for."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from fnmatch import filter as filter_names
from fnmatch import fnmatchcase
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cio_pipeline"
UNIT = ROOT / "tests" / "unit"

# Modules that are tested in another place, and why; `*` is any name.
ELSEWHERE = {
    # A process of its own: signals, exit codes, a terminal, another working folder.
    "cli/__init__": "cli/test_help.py",
    "cli/completion*": "cli/test_help.py",
    "*/command": "cli",
    "*/options": "unit/cli/test_parser.py",
    "commands/check/page": "browser/test_check_page.py",
    "commands/dead_letters/page": "browser/test_dead_letter_page.py",
    "commands/queues": "cli/test_sharding.py",
    "commands/sync/removals": "cli/test_kinds_of_records.py",
    "commands/status/page": "browser/test_run_page.py",
    "commands/status/reports": "browser/test_run_page.py",
    "commands/status/watch": "cli/test_terminal.py",
    "console/display": "cli/test_terminal.py",
    "console/live_region": "cli/test_terminal.py",
    "console/pages/page": "browser/test_dead_letter_page.py",
    # Threads, connections and the disk together.
    "customerio/senders": "cli/test_batch_mode.py",
    "customerio/http/transport": "integration/test_kept_connections.py",
    "pipeline/consumer": "cli/test_main_job.py",
    "pipeline/counters": "cli/test_main_job.py",
    "pipeline/app_api": "cli/test_refused_later.py",
    "pipeline/refusals": "cli/test_refused_later.py",
    "pipeline/run": "cli/test_main_job.py",
    "pipeline/supervisor": "integration/test_slow_sources.py",
    "sandbox/server": "integration/test_sandbox_server.py",
    "source/adbc_rows": "integration/test_databases.py",
    "store/__init__": "unit/store/test_status.py",
    "store/dead_letter_actions": "cli/test_dead_letter_report.py",
    "store/dead_letters/table": "properties/test_store_properties.py",
    "store/queue/job_queue": "properties/test_store_properties.py",
    "store/queue/leases": "integration/test_leases.py",
    "store/queue/sent_log": "unit/store/test_refused_later.py",
    "store/runs": "unit/store/test_status.py",
    "store/store": "properties/test_store_properties.py",
    # Pure, and there are more cases than a person would think of.
    "commands/verify/comparison": "properties/test_comparison_properties.py",
    "core/times": "properties/test_time_properties.py",
    "source/json_cut": "properties/test_json_reading.py",
    "store/queue/window": "properties/test_window_properties.py",
}
# Modules that only define values: there is nothing in them that could fail.
VALUES = {
    "core/clock",
    "core/runs",
    "pipeline/parts",
    "sandbox/settings",
    "source/place",
}
EXCEPTIONS = [*ELSEWHERE, *sorted(VALUES)]


def has_code(path: Path) -> bool:
    """Whether a module defines a function or a class of its own."""
    body = ast.parse(path.read_text("utf-8")).body
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in body)


def name_of(path: Path) -> str:
    """Name a module by its path in the package, without `.py`."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


MODULES = [name_of(path) for path in sorted(PACKAGE.rglob("*.py")) if has_code(path)]


def unit_tests_of(module: str) -> Path:
    """Name the unit tests of a module."""
    folder, _, name = module.rpartition("/")
    return UNIT / folder / f"test_{name}.py"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_unit_tests_of_its_own(module: str) -> None:
    """A bug shows where it is, and not as a red process test of ten seconds."""
    has_tests = unit_tests_of(module).is_file()

    is_exception = any(fnmatchcase(module, each) for each in EXCEPTIONS)
    assert has_tests != is_exception, f"expected {unit_tests_of(module)}"


def test_each_exception_is_a_module_and_has_its_tests() -> None:
    """A module that was renamed or removed leaves no exception behind."""
    gone = [each for each in EXCEPTIONS if not filter_names(MODULES, each)]
    missing = [each for each in ELSEWHERE.values() if not (UNIT.parent / each).exists()]

    assert (gone, missing) == ([], [])


def test_unit_tests_are_of_a_module() -> None:
    """A folder without a module of its name would be looked for in vain."""
    tests = sorted(UNIT.rglob("*/test_*.py"))
    files = {unit_tests_of(name_of(path)) for path in PACKAGE.rglob("*.py")}

    assert [test.name for test in tests if test not in files] == []


def required() -> set[str]:
    """Return the names of the packages that the program is installed with."""
    return named_in((ROOT / "requirements.txt").read_text("utf-8").splitlines())


def optional() -> set[str]:
    """Return the names of the packages that only some kinds of data need."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = document["project"]["optional-dependencies"].values()
    return {name for extra in extras for name in named_in(extra)}


def named_in(requirements: list[str]) -> set[str]:
    """Return the names of the packages in lines of requirements."""
    names = (re.match(r"[\w-]+", line) for line in requirements)
    return {found[0].lower() for found in names if found}


def imported() -> set[str]:
    """Return the top-level modules that the package imports."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(str(node.module).partition(".")[0])
    for_type_checkers = {"_typeshed"}
    return found - sys.stdlib_module_names - for_type_checkers - {PACKAGE.name}


def test_every_package_that_is_imported_is_required() -> None:
    """One that only comes with another is gone once that needs it no longer."""
    owners = packages_distributions()
    packages = {owners[name][0].lower().replace("_", "-") for name in imported()}

    assert packages - optional() == required()


def test_every_requirement_says_what_it_is_for() -> None:
    """A dependency that nobody can explain is one too many."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]*) \|", text, flags=re.MULTILINE)
    names = (name.partition(" (")[0] for row in rows for name in row.split(", "))
    explained = {name.lower() for name in names}

    assert (required() | optional()) - explained == set()
