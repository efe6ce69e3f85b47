"""`completion`: print a script that makes a shell complete commands and options."""

from __future__ import annotations

import argparse
import re

import shtab

from cio_pipeline.cli.parser import build_parser, parsers_of
from cio_pipeline.console.output import write

_INSTALLED_NAME = "cio-pipeline"
_LONG_AS_SHORT = re.compile(r"(?<= )-s (\w[\w-]+)", re.ASCII)
_KINDS = {"FILE": shtab.FILE, "DIR": shtab.DIRECTORY}


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    script = shtab.complete(_completable(), shell=arguments.shell)
    if arguments.shell == "fish":
        # shtab writes each one-dash option as `-s`; fish needs `-o` for long ones.
        script = _LONG_AS_SHORT.sub(r"-o \1", script)
    write([script])
    return 0


def _completable() -> argparse.ArgumentParser:
    """Return the parser, prepared for shtab, which reads argparse's own objects."""
    parser = build_parser(_INSTALLED_NAME)
    parsers = parsers_of(parser)
    for action in parser._actions:  # noqa: SLF001  # argparse has no public name
        if action.dest == "command":
            action.help = "command"  # shtab leaves out what has no help
    for action in parsers["sync"]._actions:  # noqa: SLF001  # as above
        if not {*action.option_strings} & {*parser._option_string_actions}:  # noqa: SLF001  # as above
            parser._add_action(action)  # noqa: SLF001  # sync needs no name
    for each in (parser, *parsers.values()):
        for action in each._actions:  # noqa: SLF001  # as above
            if action.metavar in _KINDS:
                action.complete = _KINDS[action.metavar]  # type: ignore[attr-defined]  # shtab reads it
    return parser
