"""The commands to type next, spelled out as this one was."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from cio_pipeline.help_texts import program_name
from cio_pipeline.options import default_state_folder
from cio_pipeline.phrases import visible
from cio_pipeline.reports import Asked, NextCommands


def commands_after(arguments: argparse.Namespace, run_id: str) -> NextCommands:
    """Spell out what may be typed after a run, ready to be pasted into a shell."""
    program = program_as_typed(sys.orig_argv, sys.argv)
    place = _place_of(arguments)
    return NextCommands(
        dead_letters=shlex.join([*program, "dead-letters", *place, "-run", run_id]),
        resume=shlex.join([*program, "resume", *place]),
        again=shlex.join([*program, *sys.argv[1:]]),
    )


def asked_for(arguments: argparse.Namespace) -> Asked:
    """Write out which dead letters a report is of, to be typed again.

    A report may be read by somebody else, elsewhere, so it names the program as
    people know it, not as it was called.
    """
    filters: list[str] = []
    for name in ("user", "run", "since", "id"):
        value = getattr(arguments, name)
        if value is not None:
            values = value if isinstance(value, list) else [value]
            filters += [f"-{name}", *map(str, values)]
    return Asked(
        program=program_name(),
        options=visible(shlex.join(_place_of(arguments))),
        filters=visible(shlex.join(filters)),
        reason=arguments.reason,
    )


def _place_of(arguments: argparse.Namespace) -> list[str]:
    """Say which queue is meant, as options of a command."""
    place = ["-config", arguments.config]
    if arguments.state != default_state_folder():
        place += ["-state", str(arguments.state)]
    if not arguments.shard.is_whole:
        place += ["-shard", str(arguments.shard)]
    return place


def program_as_typed(original: Sequence[str], argv: Sequence[str]) -> list[str]:
    """Say how the program was called: ``python main.py``, or by its own name.

    Args:
        original: the interpreter's whole command line.
        argv: its part that begins with the program.
    """
    before = len(original) - len(argv)
    if before < 1 or list(original[before:]) != list(argv):
        return ["python", "main.py"]
    is_script = argv[0].endswith(".py")
    return [*original[: before + 1]] if is_script else [argv[0]]
