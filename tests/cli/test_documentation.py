"""What README and docs show is what the program takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from cio_pipeline.cli.parser import parse_arguments
from cio_pipeline.core.config import PLACEHOLDERS, parse_config
from tests.support.program import MAIN

ROOT = MAIN.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def configurations() -> Iterator[tuple[str, str, str]]:
    """Find the fenced configurations: page, language, text."""
    for page in PAGES:
        for language, text in _FENCE.findall(page.read_text("utf-8")):
            if language in ("json", "yaml", "toml") and "parallelism" in text:
                yield page.name, language, text


def command_lines() -> Iterator[tuple[str, str]]:
    """Find what begins with `python main.py`, in fences and in running text.

    Not the fences of mistakes.md: test_documented_mistakes.py runs those, and one
    of the mistakes is a wrong command line.
    """
    for page in PAGES:
        text = page.read_text("utf-8")
        spans = re.findall(r"`(python main\.py [^`]+)`", re.sub(r"```", "", text))
        fenced = [
            line.removeprefix("$ ")
            for _, block in _FENCE.findall(text)
            if page.name != "mistakes.md"
            for line in block.replace("\\\n", " ").splitlines()
            if line.removeprefix("$ ").startswith("python main.py")
        ]
        for line in dict.fromkeys([*spans, *fenced]):
            prints_and_exits = line.endswith(("-help", "-version", "help COMMAND"))
            if not prints_and_exits:
                yield page.name, " ".join(line.split())


@pytest.mark.parametrize(("page", "language", "text"), list(configurations()))
def test_every_configuration_shown_is_valid(
    page: str, language: str, text: str
) -> None:
    """Whoever copies one starts with something that works."""
    filled = text.replace('"…"', f'"{PLACEHOLDERS["siteId"]}"')

    assert parse_config(filled.encode(), f"{page}.{language}")


@pytest.mark.parametrize(("page", "line"), list(command_lines()))
def test_every_command_line_shown_is_understood(page: str, line: str) -> None:
    """No option that was renamed lives on in a page."""
    plain = re.sub(r" -id N( …)?", " -id 1", re.sub(r"[|>].*", "", line))
    words = shlex.split(plain)[2:]

    assert parse_arguments(words).command, page


def test_there_is_something_to_test() -> None:
    """A pattern that matches nothing would pass for ever."""
    assert len(list(configurations())) >= 3
    assert len(list(command_lines())) >= 15


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Moved pages are the first thing to rot."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []
