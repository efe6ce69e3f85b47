"""The commands to type next, written in the same way as the current one."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from cio_pipeline.commands.options import default_state_folder
from cio_pipeline.commands.queries import without_address


def commands_after(arguments: argparse.Namespace, run_id: str) -> NextCommands:
    """Return the commands to type after a run."""
    program = program_as_typed(sys.orig_argv, sys.argv)
    queue = queue_options(arguments)
    return NextCommands(
        dead_letters=shlex.join([*program, "dead-letters", *queue, "-run", run_id]),
        resume=shlex.join([*program, "resume", *queue]),
        again=shlex.join([*program, *without_address(_without_notify(sys.argv[1:]))]),
    )


def _without_notify(words: Sequence[str]) -> list[str]:
    """Leave out ``-notify`` and its address, which is a secret."""
    kept: list[str] = []
    is_address = False
    for word in words:
        name = word.partition("=")[0].lstrip("-")
        is_option = word.startswith("-") and name in ("notify", "notify-always")
        if not is_option and not is_address:
            kept.append(word)
        is_address = is_option and word.lstrip("-") == "notify"
    return kept


def queue_options(arguments: argparse.Namespace) -> list[str]:
    """Return the options of a command that select the same queue."""
    options = ["-config", arguments.config]
    if arguments.state != default_state_folder():
        options += ["-state", str(arguments.state)]
    if not arguments.shard.is_whole:
        options += ["-shard", str(arguments.shard)]
    return options


def program_as_typed(original: Sequence[str], argv: Sequence[str]) -> list[str]:
    """Return how the program was called: with Python, or by its own name.

    Args:
        original: the interpreter's command line, `sys.orig_argv`.
        argv: the program's file and its arguments, `sys.argv`.
    """
    end = len(original) - len(argv) + 1
    program, file = [*original[:end]], argv[0]
    # After `python -m`, argv has the module's file, not the name that was typed.
    is_known = program[-1:] == [file] or file.endswith("__main__.py")
    if not is_known or [*original[end:]] != [*argv[1:]]:
        return ["python", "main.py"]
    return program if file.endswith(".py") else [file]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCommands:
    """Commands to type after a run, quoted for a shell.

    Args:
        dead_letters: shows this run's dead letters.
        resume: sends what is queued.
        again: the same command again; it continues an unfinished load.
    """

    dead_letters: str
    resume: str
    again: str
