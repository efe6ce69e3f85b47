"""The parser of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import cio_pipeline
from cio_pipeline.cli.completion.options import COMPLETION
from cio_pipeline.cli.environment import unknown_variables, words_from
from cio_pipeline.cli.help import DESCRIPTION, EPILOG
from cio_pipeline.cli.unknown_options import refuse_unknown_options
from cio_pipeline.commands.check.options import CHECK
from cio_pipeline.commands.dead_letters.options import DEAD_LETTERS
from cio_pipeline.commands.options import Command, add_option, program_name
from cio_pipeline.commands.sandbox.options import SANDBOX
from cio_pipeline.commands.status.options import STATUS
from cio_pipeline.commands.sync.options import RESUME, SYNC
from cio_pipeline.commands.verify.options import VERIFY
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.text import nearest

COMMANDS = {
    command.name: command
    for command in (
        SYNC,
        RESUME,
        STATUS,
        DEAD_LETTERS,
        CHECK,
        VERIFY,
        SANDBOX,
        COMPLETION,
    )
}
_ASKS_FOR_HELP = ("-h", "-help", "--help", "-version", "--version")


class _StoreOnce(argparse._StoreAction):  # noqa: SLF001  # argparse has no public name
    """Keep an option's value, as ``store`` does; refuse a second one.

    argparse would silently use the last one.
    """

    _is_given = False

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Keep the value, or raise `UsageError` if there is one already."""
        if self._is_given:
            name = "-" + (option_string or self.dest).lstrip("-")
            raise UsageError(
                f"{name} is given twice, but takes one value: remove one of them"
                f" (see: {parser.prog} -help)"
            )
        self._is_given = True
        super().__call__(parser, namespace, values, option_string)  # type: ignore[arg-type]  # argparse's own types are wider


class _Parser(argparse.ArgumentParser):
    """argparse, with our errors and at most one value for an option."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401  # argparse's own
        super().__init__(**settings)
        self.register("action", None, _StoreOnce)
        self.register("action", "store", _StoreOnce)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see: {self.prog} -help)")


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Lists each option once, with one dash."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        names = [name for name in action.option_strings if not name.startswith("--")]
        if not names:
            return super()._format_action_invocation(action)
        value = self._format_args(action, action.dest.upper())
        return " ".join(filter(None, [", ".join(names), value]))


def parse_arguments(
    argv: Sequence[str],
    environment: Mapping[str, str] | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> argparse.Namespace:
    """Read the command line.

    Args:
        argv: the arguments without the program's name.
        environment: has the values of options that are not among them.
        warn: called with each mistake that does not end the program.

    Returns:
        The options, with the command's name as ``command``.

    Raises:
        UsageError: the command line is not valid.
        SystemExit: help or the version was printed.
    """
    words = list(argv)
    if words[:1] == ["help"]:
        words = [*words[1:2], "-help"]
    is_bare = not words or words[0].startswith("-")
    if is_bare and not (words and words[0] in _ASKS_FOR_HELP):
        words.insert(0, "sync")
    if not is_bare and words[0] not in COMMANDS:
        meant = nearest(words[0], COMMANDS)
        known = f"the commands are {', '.join(COMMANDS)}"
        hint = f"did you mean {meant}?" if meant else known
        raise UsageError(
            f"there is no command {words[0]!r}; {hint} (see: {program_name()} -help)"
        )
    parser = build_parser(program_name())
    if words[0] in COMMANDS:
        parsers = parsers_of(parser)
        refuse_unknown_options(words[0], words[1:], parsers)
        if environment and not {*words} & {*_ASKS_FOR_HELP}:
            for problem in unknown_variables(environment, parsers):
                warn(problem)
            # Before what follows `--`, which is no option.
            end = words.index("--") if "--" in words else len(words)
            words[end:end] = words_from(environment, words[0], words[1:], parsers)
    return parser.parse_args(words)


def parsers_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command, by the command's name."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no public name
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # as above
            return dict(action.choices)
    return {}


def build_parser(name: str) -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Args:
        name: the program's name in help and messages.
    """
    parser = _Parser(
        prog=name,
        description=DESCRIPTION.replace("python main.py", name),
        epilog=EPILOG.replace("python main.py", name),
        formatter_class=_HelpFormatter,
        add_help=False,
        allow_abbrev=False,
        usage=f"{name} [COMMAND] -config FILE [options]",
    )
    _add_help(parser)
    add_option(
        parser,
        "version",
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
    for command in COMMANDS.values():
        _add_command(commands, command, name)
    return parser


def _add_command(
    commands: argparse._SubParsersAction[_Parser], command: Command, program: str
) -> None:
    pages = f"examples:\n{command.examples}\n\nexit codes:\n{command.exit_codes}"
    parser = commands.add_parser(
        command.name,
        help=command.about.partition("\n")[0],
        description=command.about,
        epilog=pages.replace("python main.py", program),
        formatter_class=_HelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    _add_help(parser)
    command.add_options(parser)


def _add_help(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-h", "-help", "--help", action="help", help="show this page and exit"
    )
