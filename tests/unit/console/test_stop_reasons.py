"""Every reason to stop early, in the code, in the table and in the documents."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from cio_pipeline.console.stop_reasons import STOP_REASONS

ROOT = Path(__file__).resolve().parents[3]


def strings_in(node: ast.AST) -> Iterator[str]:
    """Find the texts that a value may be: written out, or one of two."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from strings_in(body)
            yield from strings_in(orelse)


def is_a_runs_reason(node: ast.FunctionDef) -> bool:
    """Whether it is the method that names a run's reason."""
    return node.name == "_reason" and [each.arg for each in node.args.args] == ["self"]


def reasons_in(tree: ast.AST) -> Iterator[str]:
    """Find the reasons of a module: as arguments, as results, and in SQL."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "reason":
            yield from strings_in(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Halt":
            yield from strings_in(node.args[0])
        elif isinstance(node, ast.FunctionDef) and is_a_runs_reason(node):
            for each in ast.walk(node):
                if isinstance(each, ast.Return) and each.value is not None:
                    yield from strings_in(each.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"reason = '(\w+)'", node.value)


def test_every_reason_is_in_the_table_and_the_table_has_no_other() -> None:
    """A reason without its row reaches a person as a bare word, such as a key's."""
    modules = (ROOT / "cio_pipeline").rglob("*.py")

    found = {
        reason
        for path in modules
        for reason in reasons_in(ast.parse(path.read_text("utf-8")))
    }

    assert found == set(STOP_REASONS)


def test_every_reason_is_in_the_operators_handbook() -> None:
    """Whoever reads the word in a log looks it up there."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    section = text.partition("## Why a run stops early")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if "|" in line]

    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert documented == set(STOP_REASONS)
