"""Options that several commands have, and the kinds of values options take."""

from __future__ import annotations

import argparse
from pathlib import Path

from cio_pipeline.errors import UsageError
from cio_pipeline.shard import WHOLE, parse_shard


def default_state_folder() -> Path:
    """``state/`` beside ``main.py``; where installed without it, in this folder."""
    project = Path(__file__).resolve().parent.parent
    if (project / "main.py").exists():
        return project / "state"
    try:
        return Path.cwd() / "state"
    except OSError:  # it was deleted
        return Path("state")


def add_common(parser: argparse.ArgumentParser, *, needs_config: bool = True) -> None:
    """Add ``-config``, ``-state`` and ``-json``."""
    parser.add_argument(
        "-config",
        "--config",
        required=needs_config,
        metavar="FILE",
        help="the configuration file (JSON)",
    )
    parser.add_argument(
        "-state",
        "--state",
        type=Path,
        default=default_state_folder(),
        metavar="DIR",
        help="where the queue lives (default: %(default)s)",
    )
    parser.add_argument(
        "-json", "--json", action="store_true", help="print the result as JSON"
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add ``-format``, of a data file."""
    parser.add_argument(
        "-format",
        "--format",
        choices=("json", "jsonl", "csv"),
        help="what the data file is (default: told by its ending, else a JSON array)",
    )


def add_logging(parser: argparse.ArgumentParser) -> None:
    """Add what is told on stderr, and ``-log-file``."""
    parser.add_argument(
        "-log-level",
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        help="how much is told on stderr (default: info; warning beside a live"
        " display)",
    )
    parser.add_argument(
        "-log-format",
        "--log-format",
        choices=("auto", "console", "json"),
        default="auto",
        help="readable lines or JSON lines, and no live display (default: a live"
        " display where stderr is a terminal, else JSON lines)",
    )
    parser.add_argument(
        "-quiet",
        "--quiet",
        action="store_true",
        help="show nothing but errors and the result",
    )
    parser.add_argument(
        "-log-file",
        "--log-file",
        type=Path,
        metavar="FILE",
        help="append the log to a file too, as JSON lines",
    )


def add_metrics(parser: argparse.ArgumentParser) -> None:
    """Add ``-metrics``."""
    parser.add_argument(
        "-metrics",
        "--metrics",
        type=Path,
        metavar="FILE",
        help="keep the run's numbers in a file for Prometheus's node_exporter, which"
        " wants a name that ends in .prom; see docs/monitoring.md",
    )


USERS_OF_SHARD = (
    "only the users of part I of N, counted from 0 (0/3, 1/3, 2/3), with a queue of"
    " their own and 1/N of the rate; see docs/sharding.md"
)
QUEUE_OF_SHARD = "the queue of part I of N, as of sync -shard I/N"


def add_shard(parser: argparse.ArgumentParser, about: str) -> None:
    """Add ``-shard``, and say what it means to the command."""
    parser.add_argument(
        "-shard",
        "--shard",
        type=parse_shard,
        default=WHOLE,
        metavar="I/N",
        help=about,
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add what dead letters are chosen by."""
    which = parser.add_argument_group("which ones (all that are given must hold)")
    which.add_argument(
        "-all", "--all", action="store_true", help="all of them (for requeue, discard)"
    )
    which.add_argument("-reason", "--reason", metavar="R", help="with this reason")
    which.add_argument("-user", "--user", metavar="ID", help="of this user")
    which.add_argument("-run", "--run", metavar="RUN", help="of this run")
    which.add_argument(
        "-since",
        "--since",
        metavar="TIME",
        help="failed at or after this (ISO 8601; UTC where it names no offset)",
    )
    which.add_argument(
        "-id",
        "--id",
        type=int,
        nargs="+",
        action="extend",
        metavar="N",
        help="with these numbers",
    )


class StoreOnce(argparse._StoreAction):  # noqa: SLF001  # argparse has no public name
    """Keep an option's value, as ``store`` does; refuse a second one.

    argparse would use the last one without a word. It is made for each parse, so that
    it may remember.
    """

    _is_given = False

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Keep the value.

        Raises:
            UsageError: there is one already.
        """
        if self._is_given:
            name = "-" + (option_string or self.dest).lstrip("-")
            raise UsageError(
                f"{name} is given twice, and takes one value: leave one of them out"
                f" (see: {parser.prog} -help)"
            )
        self._is_given = True
        super().__call__(parser, namespace, values, option_string)  # type: ignore[arg-type]  # what argparse hands over


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


def interval(text: str) -> float:
    """Read the seconds between two looks."""
    number = seconds(text)
    if number < 0.1:
        raise argparse.ArgumentTypeError(f"{text!r} is too short: 0.1 s at least")
    return number
