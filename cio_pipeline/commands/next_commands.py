"""The commands to type next, spelled out as this one was."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from cio_pipeline.commands.options import default_state_folder


def commands_after(arguments: argparse.Namespace, run_id: str) -> NextCommands:
    """Spell out what may be typed after a run, ready to be pasted into a shell."""
    program = program_as_typed(sys.orig_argv, sys.argv)
    place = queue_options(arguments)
    return NextCommands(
        dead_letters=shlex.join([*program, "dead-letters", *place, "-run", run_id]),
        resume=shlex.join([*program, "resume", *place]),
        again=shlex.join([*program, *sys.argv[1:]]),
    )


def queue_options(arguments: argparse.Namespace) -> list[str]:
    """Say which queue is meant, as options of a command."""
    place = ["-config", arguments.config]
    if arguments.state != default_state_folder():
        place += ["-state", str(arguments.state)]
    if not arguments.shard.is_whole:
        place += ["-shard", str(arguments.shard)]
    return place


def program_as_typed(original: Sequence[str], argv: Sequence[str]) -> list[str]:
    """Return how the program was called: by Python, or by its own name.

    Args:
        original: the interpreter's command line.
        argv: the program's file and its arguments.
    """
    end = len(original) - len(argv) + 1
    program, file = [*original[:end]], argv[0]
    # Of a module, argv has the file for the name that was typed.
    is_known = program[-1:] == [file] or file.endswith("__main__.py")
    if not is_known or [*original[end:]] != [*argv[1:]]:
        return ["python", "main.py"]
    return program if file.endswith(".py") else [file]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCommands:
    """What may be typed after a run, ready to be pasted.

    Args:
        dead_letters: shows this run's dead letters.
        resume: finishes what is queued.
        again: the same command once more; it goes on with an unfinished load.
    """

    dead_letters: str
    resume: str
    again: str
