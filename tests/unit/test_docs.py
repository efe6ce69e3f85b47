"""What the documents name is there."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from cio_pipeline.core import limits

ROOT = Path(__file__).resolve().parents[2]
DOCS = [
    *sorted((ROOT / "docs").glob("**/*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
]
_TEST = re.compile(r"`(tests/[\w/]+\.py)?(?:::(\w+))?`")
_OUR_FILE = re.compile(r"`((?:cio_pipeline|tests)/[\w/]+\.(?:py|sql|html|css|js))\b")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def defined_in(path: Path) -> set[str]:
    """Name what a test module defines."""
    tree = ast.parse(path.read_text("utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    targets = [node.targets for node in tree.body if isinstance(node, ast.Assign)]
    return names | {
        target.id for each in targets for target in each if isinstance(target, ast.Name)
    }


def named_tests(text: str) -> list[tuple[str, str | None]]:
    """Find the tests that a document names; ``::name`` is of the last module."""
    named: list[tuple[str, str | None]] = []
    module = ""
    for path, name in _TEST.findall(text):
        module = path or module
        if path or name:
            named.append((module, name or None))
    return named


TRACK_API = f"{limits.TRACK_API_LIMIT_PER_SECOND:,.0f} a second"
APP_API = f"{limits.APP_API_LIMIT_PER_SECOND:.0f} a second"


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("user id", f"{limits.ID_LIMIT_BYTES} bytes"),
        ("attribute name", f"{limits.ATTRIBUTE_NAME_LIMIT_BYTES} bytes"),
        ("attributes of a person", f"{limits.ATTRIBUTE_LIMIT_COUNT}"),
        ("attribute value", f"{limits.ATTRIBUTE_VALUE_LIMIT_BYTES:,} bytes"),
        ("one person's payload", f"{limits.PAYLOAD_LIMIT_BYTES // 1000} KB"),
        ("a batch's body", f"{limits.BATCH_LIMIT_BYTES // 1000 + 1} KB"),
        ("requests", f"{TRACK_API}, App API {APP_API}"),
    ],
)
def test_the_limits_are_the_documented_ones(what: str, limit: str) -> None:
    """Users plan with the page: a limit that changes must change there too."""
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")

    assert f"| {what} | {limit} |" in page


def test_every_test_named_in_the_guarantees_exists() -> None:
    """A guarantee without a test that can fail is not one."""
    named = named_tests((ROOT / "docs" / "guarantees.md").read_text("utf-8"))

    missing = [
        f"{module}::{name}"
        for module, name in named
        if not (ROOT / module).is_file()
        or (name is not None and name not in defined_in(ROOT / module))
    ]

    assert len(named) > 40, "the tests are not found in the text any more"
    assert missing == []


def test_every_guarantee_names_its_tests() -> None:
    """All ten of them, none without a proof."""
    text = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
    sections = re.split(r"^## (\d+)\. .*$", text, flags=re.MULTILINE)
    bodies = dict(zip(sections[1::2], sections[2::2], strict=True))

    assert list(bodies) == [str(number) for number in range(1, 11)]
    assert [n for n, body in bodies.items() if not named_tests(body)] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_between_the_documents_leads_somewhere(path: Path) -> None:
    """Files move; links to them do not by themselves."""
    links = _LINK.findall(path.read_text("utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_file_of_ours_that_a_document_names_exists(path: Path) -> None:
    """Modules move more often than the pages that name them are read."""
    named = _OUR_FILE.findall(path.read_text("utf-8"))

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_links_every_document() -> None:
    """A page that is linked nowhere is found by nobody."""
    links = set(_LINK.findall((ROOT / "README.md").read_text("utf-8")))
    pages = [path.relative_to(ROOT).as_posix() for path in DOCS]

    assert [page for page in pages if page != "README.md" and page not in links] == []


def test_the_glossary_has_each_word_once() -> None:
    """Two meanings of one word are what it is there to prevent."""
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ", text, flags=re.MULTILINE)[1:]
    words = [word for row in rows for word in row.split(", ")]

    assert len(words) > 30
    assert sorted(words) == sorted(set(words))


def layers() -> list[list[str]]:
    """Read the layers that import-linter holds the code to."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = document["tool"]["importlinter"]["contracts"]
    (lines,) = [each["layers"] for each in contracts if each["type"] == "layers"]
    return [line.split(" | ") for line in lines]


def test_the_drawing_of_the_layers_is_what_is_checked() -> None:
    """A drawing that is not kept true misleads those who need it most."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    drawing = text.partition("## Layers")[2].split("```")[1]
    # A line goes on in the next where that begins with a bar; words stand apart.
    joined = drawing.strip().replace("\n  │", "\n+ │")
    drawn: list[list[str]] = []
    for line in joined.splitlines():
        names = re.split(r"\s{2,}", line.removeprefix("+ │"))[0].strip().split(" │ ")
        if line.startswith("+"):
            drawn[-1] += names
        else:
            drawn.append(names)

    assert drawn == layers()


def test_every_module_has_its_line_in_the_architecture() -> None:
    """Whoever looks for the place of a change finds it in the table."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]*) \|", text, flags=re.MULTILINE)
    named = {
        name.partition("/")[0] for row in rows for name in re.findall("`(.*?)`", row)
    }

    assert [name for line in layers() for name in line if name not in named] == []
