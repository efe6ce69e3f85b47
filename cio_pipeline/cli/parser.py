"""The command line: what can be asked for, and how."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import cio_pipeline
from cio_pipeline.cli.help import (
    DESCRIPTION,
    EPILOG,
)
from cio_pipeline.cli.unknown_options import refuse_unknown_options
from cio_pipeline.commands.options import (
    QUEUE_OF_SHARD,
    USERS_OF_SHARD,
    HelpFormatter,
    StoreOnce,
    add_common,
    add_format,
    add_logging,
    add_metrics,
    add_selection,
    add_shard,
    epilog,
    interval,
    positive,
    program_name,
    seconds,
)
from cio_pipeline.commands.sandbox.options import add_options
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.text import nearest

COMMANDS = (
    "sync",
    "resume",
    "status",
    "dead-letters",
    "check",
    "verify",
    "sandbox",
    "completion",
)
_ASKS_FOR_HELP = ("-h", "-help", "--help", "-version", "--version")


class _Parser(argparse.ArgumentParser):
    """argparse, with its complaints as our errors, and one value for an option."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401  # argparse's own
        super().__init__(**settings)
        self.register("action", None, StoreOnce)
        self.register("action", "store", StoreOnce)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see: {self.prog} -help)")


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line.

    Returns:
        The options, the command's name as ``command``.

    Raises:
        UsageError: it cannot be understood.
        SystemExit: help or the version was asked for, and printed.
    """
    words = list(argv)
    if words[:1] == ["help"]:
        words = [*words[1:2], "-help"]
    is_bare = not words or words[0].startswith("-")
    if is_bare and not (words and words[0] in _ASKS_FOR_HELP):
        words.insert(0, "sync")
    if not is_bare and words[0] not in COMMANDS:
        meant = nearest(words[0], COMMANDS)
        hint = f"did you mean {meant}?" if meant else f"there are {', '.join(COMMANDS)}"
        raise UsageError(
            f"there is no command {words[0]!r}; {hint} (see: {program_name()} -help)"
        )
    parser = build_parser(program_name())
    if words[0] in COMMANDS:
        refuse_unknown_options(words[0], words[1:], parsers_of(parser))
    return parser.parse_args(words)


def parsers_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Give each command's own parser."""
    for action in parser._actions:  # noqa: SLF001  # argparse shows them nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # as above
            return dict(action.choices)
    return {}


def build_parser(name: str) -> argparse.ArgumentParser:
    """Describe the command line.

    Args:
        name: what the program is called.
    """
    parser = _Parser(
        prog=name,
        description=DESCRIPTION.replace("python main.py", name),
        epilog=EPILOG.replace("python main.py", name),
        formatter_class=HelpFormatter,
        add_help=False,
        allow_abbrev=False,
        usage=f"{name} [COMMAND] -config FILE [options]",
    )
    _add_help(parser)
    parser.add_argument(
        "-version",
        "--version",
        action="version",
        version=f"cio-pipeline {cio_pipeline.__version__}",
        help="print the version and exit",
    )
    commands = parser.add_subparsers(
        dest="command",
        parser_class=_Parser,
        required=True,
        help=argparse.SUPPRESS,
        prog=name,
    )
    _add_sync(commands)
    _add_resume(commands)
    _add_status(commands)
    _add_dead_letters(commands)
    _add_check(commands)
    _add_verify(commands)
    _add_sandbox(commands)
    _add_completion(commands)
    return parser


_Commands = argparse._SubParsersAction  # noqa: SLF001  # argparse names it nowhere else


def _command(
    commands: _Commands[_Parser], name: str, about: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=about.partition("\n")[0],
        description=about,
        epilog=epilog(name),
        formatter_class=HelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    _add_help(parser)
    return parser


def _add_help(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-h", "-help", "--help", action="help", help="show this page and exit"
    )


def _add_sync(commands: _Commands[_Parser]) -> None:
    parser = _command(
        commands,
        "sync",
        "Finish what an earlier run left, then load a data file and send it.",
    )
    add_common(parser)
    parser.add_argument(
        "-data",
        "--data",
        required=True,
        metavar="FILE",
        help="the data file; - reads standard input",
    )
    add_format(parser)
    parser.add_argument(
        "-changed-only",
        "--changed-only",
        action="store_true",
        help="send only users whose payload differs from what was delivered last",
    )
    add_shard(parser, USERS_OF_SHARD)
    add_metrics(parser)
    add_logging(parser)


def _add_resume(commands: _Commands[_Parser]) -> None:
    parser = _command(
        commands,
        "resume",
        "Finish what an earlier run left; load nothing.",
    )
    add_common(parser)
    add_shard(parser, QUEUE_OF_SHARD)
    add_metrics(parser)
    add_logging(parser)


def _add_status(commands: _Commands[_Parser]) -> None:
    parser = _command(
        commands,
        "status",
        "Say what is queued, in flight, dead and synced, and list the last runs.",
    )
    add_common(parser)
    parser.add_argument(
        "-watch",
        "--watch",
        type=interval,
        nargs="?",
        const=1.0,
        metavar="SECONDS",
        help="show it again every so many seconds (default: 1) until Ctrl-C; piped,"
        " a line each, with -json a document",
    )
    add_shard(parser, QUEUE_OF_SHARD)


def _add_dead_letters(commands: _Commands[_Parser]) -> None:
    parser = _command(
        commands,
        "dead-letters",
        "Show the records that could not be delivered, and why; put them back in the"
        "\nqueue for the next sync or resume, or drop them.",
    )
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "requeue", "discard"),
        default="list",
        help="what to do with them (default: list)",
    )
    add_common(parser)
    add_shard(parser, QUEUE_OF_SHARD)
    add_selection(parser)
    parser.add_argument(
        "-limit",
        "--limit",
        type=positive,
        metavar="N",
        help="list: show so many rows at most",
    )
    parser.add_argument(
        "-format",
        "--format",
        choices=("table", "json", "csv", "html"),
        help="list: how to show them (default: table); html is a page for a browser,"
        " and needs -output",
    )
    parser.add_argument(
        "-output",
        "--output",
        type=Path,
        metavar="FILE",
        help="list: write to a file, replaced whole, that only you can read",
    )
    parser.add_argument(
        "-yes", "--yes", action="store_true", help="discard: do not ask"
    )


def _add_check(commands: _Commands[_Parser]) -> None:
    parser = _command(
        commands,
        "check",
        "Read and validate everything, map every record, send nothing.",
    )
    add_common(parser, needs_config=False)
    add_shard(parser, USERS_OF_SHARD)
    parser.add_argument(
        "-data", "--data", metavar="FILE", help="the data file; - reads standard input"
    )
    add_format(parser)
    parser.add_argument(
        "-suggest",
        "--suggest",
        action="store_true",
        help="write a configuration for the data file to stdout",
    )


def _add_verify(commands: _Commands[_Parser]) -> None:
    parser = _command(
        commands,
        "verify",
        "Look the data file's users up in Customer.io (App API, 10 requests a second,"
        "\n100 users a request) and compare their attributes with what it maps to.",
    )
    add_common(parser)
    parser.add_argument(
        "-data", "--data", required=True, metavar="FILE", help="the data file"
    )
    add_format(parser)
    parser.add_argument(
        "-sample",
        "--sample",
        type=positive,
        metavar="N",
        help="look up so many users only, picked evenly",
    )
    parser.add_argument(
        "-wait",
        "--wait",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="look users that differ up again for so long: a sync takes seconds to"
        " show (default: 30)",
    )
    add_logging(parser)


def _add_sandbox(commands: _Commands[_Parser]) -> None:
    parser = _command(
        commands,
        "sandbox",
        "Serve a local stand-in for Customer.io's Track and App APIs, in memory.",
    )
    add_options(parser)


def _add_completion(commands: _Commands[_Parser]) -> None:
    parser = _command(
        commands,
        "completion",
        "Print a script that makes a shell complete commands, options and file names"
        "\nof the installed program (pip install .).",
    )
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")
