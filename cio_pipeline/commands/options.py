"""The description of a command, and the options that several commands have.

Modules named ``options`` import nothing that is slow to load, so that `-help` is
fast; ``make lint`` checks this.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cio_pipeline.core.config_files import delimiter_of, encoding_of
from cio_pipeline.core.formats import FORMATS
from cio_pipeline.core.shard import WHOLE, parse_shard

DONE = "  0      done"
MISTAKE = "  2      bad usage, configuration, or state that cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command, as the command line knows it before it runs.

    Args:
        name: its name on the command line.
        about: what it does: the first lines of its help.
        run: the function that runs it, as ``package.module:function``. It takes the
            parsed arguments and returns the exit code. Its module is imported only
            if the command runs.
        add_options: adds its options to its parser.
        examples: command lines for its help.
        exit_codes: what each exit code means, one line each.
    """

    name: str
    about: str
    run: str
    add_options: Callable[[argparse.ArgumentParser], None]
    examples: str
    exit_codes: str


def default_state_folder() -> Path:
    """Return ``state/`` next to ``main.py``, or in the current folder if installed."""
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
    """Add an option that can be written with one dash or two."""
    parser.add_argument(f"-{name}", f"--{name}", **settings)


def add_common(parser: argparse.ArgumentParser, *, needs_config: bool = True) -> None:
    """Add ``-config`` and ``-json``."""
    add = partial(add_option, parser)
    add(
        "config",
        required=needs_config,
        metavar="FILE",
        help="the configuration file (JSON, YAML or TOML)",
    )
    add("json", action="store_true", help="print the result as JSON")


USERS_OF_SHARD = (
    "only the users of part I of N, counted from 0 (0/3, 1/3, 2/3), with a separate"
    " queue and 1/N of the request rate; see docs/sharding.md"
)
QUEUE_OF_SHARD = "the queue of part I of N, the one that sync -shard I/N uses"


def add_queue(parser: argparse.ArgumentParser, about_shard: str) -> None:
    """Add ``-state`` and ``-shard``, which select the queue.

    Args:
        parser: the command's parser.
        about_shard: the help of ``-shard``.
    """
    add = partial(add_option, parser)
    add(
        "state",
        type=Path,
        default=default_state_folder(),
        metavar="DIR",
        help="the folder of the queue (default: %(default)s)",
    )
    add("shard", type=parse_shard, default=WHOLE, metavar="I/N", help=about_shard)


def add_data(
    parser: argparse.ArgumentParser,
    *,
    about: str = "the data file, a folder or a pattern such as 'part-*.csv'; - for"
    " standard input; several are read in the order given",
    reports: tuple[str, ...] = (),
) -> None:
    """Add the options that name the data, and those of a file's form.

    Args:
        parser: the command's parser.
        about: the help of ``-data``.
        reports: values of ``-format`` that are a format of the command's report.
    """
    add = partial(add_option, parser)
    add(
        "data",
        action="extend",
        nargs="+",  # a shell replaces a pattern without quotes by its files
        metavar="FILE",
        help=about,
    )
    add(
        "format",
        choices=[*(each.name for each in FORMATS), *reports],
        help="format of the data file (default: by its content and its extension)"
        + "".join(f"; {each} writes a page for a browser" for each in reports),
    )
    add(
        "records",
        metavar="PATH",
        help="where the array of users is in a JSON document, such as data.users"
        " (default: the only array of objects)",
    )
    add(
        "delimiter",
        type=delimiter,
        metavar="CHARACTER",
        help="the character between two cells of a CSV file, or tab (default: the one"
        " that is most frequent in the header)",
    )
    add(
        "encoding",
        type=encoding,
        metavar="NAME",
        help="the text's encoding, such as windows-1252 (default: UTF-8, or as the"
        " byte-order mark shows)",
    )
    add(
        "member",
        metavar="NAME",
        help="the file to read in a ZIP archive that has several, or a pattern such as"
        " 'part-*.csv' for several of them",
    )
    add(
        "sheet",
        metavar="NAME",
        help="the sheet of an Excel or OpenDocument file (default: its first one)",
    )
    add(
        "query",
        metavar="SQL",
        help="a query of a database instead of a file, or a file of SQL (FILE.sql)",
    )
    add(
        "database",
        metavar="ADDRESS",
        help="the database of -query, such as postgresql://USER:PASSWORD@HOST/NAME or"
        " sqlite:FILE (default: the configuration's database)",
    )


def add_logging(parser: argparse.ArgumentParser) -> None:
    """Add the options of the log."""
    add = partial(add_option, parser)
    add(
        "log-level",
        choices=("debug", "info", "warning", "error"),
        help="lowest level of the log lines on stderr (default: info; warning with a"
        " live display)",
    )
    add(
        "log-format",
        choices=("auto", "console", "json"),
        default="auto",
        help="readable lines or JSON lines, without a live display (default: a live"
        " display if stderr is a terminal, else JSON lines)",
    )
    add("quiet", action="store_true", help="show only errors and the result")
    add(
        "log-file",
        type=Path,
        metavar="FILE",
        help="also append the log to a file, as JSON lines",
    )


def delimiter(text: str) -> str:
    """Read a delimiter: a character, its name, or an escape."""
    character = delimiter_of(text)
    if character is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not one character that is no letter, digit or quote, or tab"
        )
    return character


def encoding(text: str) -> str:
    """Read the name of an encoding."""
    name = encoding_of(text)
    if name is None:
        raise argparse.ArgumentTypeError(
            f"there is no encoding {text!r}; usual ones are utf-8, utf-16, windows-1252"
            " and iso-8859-1"
        )
    return name


def add_page_output(parser: argparse.ArgumentParser) -> None:
    """Add ``-output``, the file of a page for a browser."""
    add_option(
        parser,
        "output",
        type=Path,
        metavar="FILE",
        help="write a page for a browser to a file that only you can read (replaces"
        " an existing one)",
    )


def port(text: str) -> int:
    """Read a port; 0 means a free one."""
    number = int(text) if text.isascii() and text.isdigit() else 65_536
    if number > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return number


def positive(text: str) -> int:
    """Read a whole number above 0."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def seconds(text: str) -> float:
    """Read a number of seconds, 0 or more."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return number


def program_name() -> str:
    """Return how the program is usually called: from its folder, or installed."""
    called = {"main.py": "python main.py", "__main__.py": "python -m cio_pipeline"}
    return called.get(Path(sys.argv[0]).name, "cio-pipeline")
