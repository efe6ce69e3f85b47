"""What describes a command, and the options that several commands have.

The modules named ``options`` import nothing that takes time to load, so that `-help`
and mistakes are answered at once; ``make lint`` checks it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cio_pipeline.core.shard import WHOLE, parse_shard

DONE = "  0      done"
MISTAKE = "  2      bad usage, configuration, or state that cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What the command line knows of a command before it runs.

    Args:
        name: what is typed for it.
        about: what it does, on the first lines of its help.
        run: the name of the function that runs it, ``package.module:function``. The
            function takes the parsed arguments and returns the exit code. Its module
            is imported only if the command runs.
        add_options: adds its options to its parser.
        examples: command lines for its help.
        exit_codes: what each exit code means, a line each.
    """

    name: str
    about: str
    run: str
    add_options: Callable[[argparse.ArgumentParser], None]
    examples: str
    exit_codes: str


def default_state_folder() -> Path:
    """``state/`` beside ``main.py``; where installed without it, in this folder."""
    project = Path(__file__).resolve().parents[2]
    if (project / "main.py").exists():
        return project / "state"
    try:
        return Path.cwd() / "state"
    except OSError:  # it was deleted
        return Path("state")


def add_option(
    parser: argparse._ActionsContainer,
    name: str,
    **settings: Any,  # noqa: ANN401  # those of `add_argument`
) -> None:
    """Add an option that may be written with one dash or two."""
    parser.add_argument(f"-{name}", f"--{name}", **settings)


def add_common(parser: argparse.ArgumentParser, *, needs_config: bool = True) -> None:
    """Add ``-config`` and ``-json``."""
    add = partial(add_option, parser)
    add(
        "config",
        required=needs_config,
        metavar="FILE",
        help="the configuration file (JSON)",
    )
    add("json", action="store_true", help="print the result as JSON")


USERS_OF_SHARD = (
    "only the users of part I of N, counted from 0 (0/3, 1/3, 2/3), with a queue of"
    " their own and 1/N of the rate; see docs/sharding.md"
)
QUEUE_OF_SHARD = "the queue of part I of N, as of sync -shard I/N"


def add_queue(parser: argparse.ArgumentParser, about_shard: str) -> None:
    """Add what names the queue: ``-state`` and ``-shard``.

    Args:
        parser: the command's.
        about_shard: what a shard means to the command.
    """
    add = partial(add_option, parser)
    add(
        "state",
        type=Path,
        default=default_state_folder(),
        metavar="DIR",
        help="where the queue lives (default: %(default)s)",
    )
    add("shard", type=parse_shard, default=WHOLE, metavar="I/N", help=about_shard)


def add_data(
    parser: argparse.ArgumentParser,
    *,
    required: bool,
    about: str = "the data file; - reads standard input",
) -> None:
    """Add ``-data`` and ``-format``."""
    add = partial(add_option, parser)
    add("data", required=required, metavar="FILE", help=about)
    add(
        "format",
        choices=("json", "jsonl", "csv"),
        help="what the data file is (default: told by its ending, else a JSON array)",
    )


def add_logging(parser: argparse.ArgumentParser) -> None:
    """Add what is printed on stderr, and ``-log-file``."""
    add = partial(add_option, parser)
    add(
        "log-level",
        choices=("debug", "info", "warning", "error"),
        help="how much is told on stderr (default: info; warning beside a live"
        " display)",
    )
    add(
        "log-format",
        choices=("auto", "console", "json"),
        default="auto",
        help="readable lines or JSON lines, and no live display (default: a live"
        " display where stderr is a terminal, else JSON lines)",
    )
    add("quiet", action="store_true", help="show nothing but errors and the result")
    add(
        "log-file",
        type=Path,
        metavar="FILE",
        help="append the log to a file too, as JSON lines",
    )


def positive(text: str) -> int:
    """Read a whole number from 1 on."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return number


def seconds(text: str) -> float:
    """Read a number of seconds, from 0 on."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return number


def program_name() -> str:
    """Return how people call the program: from its folder, or installed."""
    called = {"main.py": "python main.py", "__main__.py": "python -m cio_pipeline"}
    return called.get(Path(sys.argv[0]).name, "cio-pipeline")
