"""Commands that a person can type next."""

from __future__ import annotations

import sys
from argparse import Namespace

import pytest

from cio_pipeline.commands.next_commands import commands_after, program_as_typed
from cio_pipeline.commands.options import default_state_folder
from cio_pipeline.core.shard import WHOLE


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


def test_the_same_command_again_is_without_the_address_of_notices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever reads the summary in a mail must not get it."""
    words = ["-notify", "https://h.example/secret", "-data", "d", "-notify-always"]
    more = ["--notify=https://h.example/secret", "-until", "06:00"]
    monkeypatch.setattr(sys, "argv", ["main.py", *words, *more])
    arguments = Namespace(config="c", state=default_state_folder(), shard=WHOLE)

    commands = commands_after(arguments, "r1")

    assert commands.again.endswith("main.py -data d -until 06:00")
