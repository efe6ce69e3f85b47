"""Commands that a person can type next."""

from __future__ import annotations

import pytest

from cio_pipeline.commands.next_commands import program_as_typed


@pytest.mark.parametrize(
    ("original", "argv", "typed"),
    [
        (["python", "main.py", "-x"], ["main.py", "-x"], ["python", "main.py"]),
        (
            ["py", "-X", "dev", "a/main.py"],
            ["a/main.py"],
            ["py", "-X", "dev", "a/main.py"],
        ),
        (
            ["/v/py", "/v/cio-pipeline", "s"],
            ["/v/cio-pipeline", "s"],
            ["/v/cio-pipeline"],
        ),
        (
            ["py", "-m", "cio_pipeline", "s"],
            ["/w/cio_pipeline/__main__.py", "s"],
            ["py", "-m", "cio_pipeline"],
        ),
        (["pytest"], ["something", "else"], ["python", "main.py"]),
        (["py", "-c", "main()"], ["-c"], ["python", "main.py"]),
    ],
    ids=[
        "a script",
        "interpreter options",
        "installed",
        "a module",
        "unknown",
        "no program",
    ],
)
def test_commands_begin_as_this_one_was_typed(
    original: list[str], argv: list[str], typed: list[str]
) -> None:
    """`python main.py` where that was typed, so that a line can be pasted."""
    assert program_as_typed(original, argv) == typed
