"""Options that several commands have, and the kinds of values options take."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.formats import FORMATS
from cio_pipeline.core.shard import (
    WHOLE,
    parse_shard,
)


def default_state_folder() -> Path:
    """``state/`` beside ``main.py``; where installed without it, in this folder."""
    project = Path(__file__).resolve().parents[2]
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
        choices=[each.name for each in FORMATS],
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


EXIT_CODES_OF_RUNS = """\
  0      all synced
  1      the run ended, and some records are dead letters
  2      bad usage, configuration or data file
  3      stopped early, the work kept in the queue: run again to go on
  70     a bug of this program, told on stderr; the work kept
  128+N  stopped by signal N, the work kept"""


_DONE = "  0      done"


_MISTAKE = "  2      bad usage, configuration, or state that cannot be read"


_UNWRITABLE = "  3      the state folder cannot be written; nothing was changed"


_EXAMPLES = {
    "sync": """\
  python main.py -config configuration.json -data data.json
  python main.py -config configuration.json -data data.json -changed-only
  python main.py -config configuration.json -data data.json -shard 0/3
  zcat users.jsonl.gz | python main.py -config configuration.json -data - -format jsonl
  python main.py -config configuration.json -data data.json -json \\
      -log-file sync.log -metrics /var/lib/node_exporter/textfile/sync.prom""",
    "resume": """\
  python main.py resume -config configuration.json
  python main.py resume -config configuration.json -shard 2/3""",
    "status": """\
  python main.py status -config configuration.json -watch
  python main.py status -config configuration.json -json""",
    "dead-letters": """\
  python main.py dead-letters -config configuration.json
  python main.py dead-letters -config configuration.json \
-format html -output dead-letters.html
  python main.py dead-letters requeue -config configuration.json \
-reason retries_exhausted
  python main.py dead-letters -config configuration.json -reason rejected -json
  python main.py dead-letters -config configuration.json -format csv -output dead.csv
  python main.py dead-letters requeue -config configuration.json -id 17 18
  python main.py dead-letters discard -config configuration.json -since 2026-11-24""",
    "check": """\
  python main.py check -config configuration.json -data data.json
  python main.py check -suggest -data data.json > configuration.json
  python main.py check -config configuration.json""",
    "verify": """\
  python main.py verify -config configuration.json -data data.json -sample 1000
  python main.py verify -config configuration.json -data data.json -json""",
    "sandbox": """\
  python main.py sandbox -port 8080 -latency-ms 80
  python main.py sandbox -error-share 0.05 -throttle-share 0.01 -retry-after 2
  python main.py sandbox -outage-in-seconds 10 -outage-seconds 30 -outage-mode drop""",
    "completion": """\
  python main.py completion bash > \
~/.local/share/bash-completion/completions/cio-pipeline
  python main.py completion zsh > ~/.zfunc/_cio-pipeline
  python main.py completion fish > ~/.config/fish/completions/cio-pipeline.fish""",
}


_EXIT_CODES = {
    "sync": EXIT_CODES_OF_RUNS,
    "resume": EXIT_CODES_OF_RUNS,
    "status": f"{_DONE}\n{_MISTAKE}",
    "dead-letters": f"{_DONE}, whether there are any or not\n{_MISTAKE}\n{_UNWRITABLE}",
    "check": f"""\
  0      every record can be sent
  1      some records would be dead letters
{_MISTAKE};
         or the data file cannot be read to its end""",
    "verify": """\
  0      everybody is there, with the attributes the file maps to
  1      some are missing or differ
  2      bad usage, configuration or data file
  3      the key was rejected, or Customer.io is out of reach
  128+N  stopped by signal N""",
    "sandbox": "  0      stopped by Ctrl-C or SIGTERM\n  2      bad usage",
    "completion": f"{_DONE}\n  2      bad usage",
}


def program_name() -> str:
    """Name the program as people know it: run from its folder, or installed."""
    called = Path(sys.argv[0]).name
    return "python main.py" if called == "main.py" else "cio-pipeline"


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Lists each option once, as it is written here: with one dash."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        names = [name for name in action.option_strings if not name.startswith("--")]
        if not names:
            return super()._format_action_invocation(action)
        value = self._format_args(action, action.dest.upper())
        return " ".join(filter(None, [", ".join(names), value]))


def epilog(command: str) -> str:
    """Say how a command is called, and what its exit codes mean."""
    text = f"examples:\n{_EXAMPLES[command]}\n\nexit codes:\n{_EXIT_CODES[command]}"
    return text.replace("python main.py", program_name())
