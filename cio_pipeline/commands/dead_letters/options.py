"""The options of `dead-letters`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from cio_pipeline.commands.options import (
    DONE,
    MISTAKE,
    QUEUES_OF_SHARDS,
    Command,
    add_common,
    add_option,
    add_queue,
    positive,
)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "requeue", "discard"),
        default="list",
        help="what to do with them (default: list)",
    )
    add_common(parser)
    add_queue(parser, QUEUES_OF_SHARDS, takes_all=True)
    _add_selection(parser)
    add = partial(add_option, parser)
    add("limit", type=positive, metavar="N", help="list: show at most N rows")
    add(
        "format",
        choices=("table", "json", "csv", "html"),
        help="list: the output format (default: table); html is a page for a browser"
        " and needs -output",
    )
    add(
        "output",
        type=Path,
        metavar="FILE",
        help="list: write to a file that only you can read (replaces an existing one)",
    )
    add("yes", action="store_true", help="discard: do not ask for confirmation")


def _add_selection(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("selection (all that are given must match)")
    add = partial(add_option, group)
    add("all", action="store_true", help="all of them (for requeue and discard)")
    add("reason", metavar="R", help="with this reason")
    add("user", metavar="ID", help="of this user")
    add("run", metavar="RUN", help="of this run")
    add(
        "since",
        metavar="TIME",
        help="failed at or after this time (ISO 8601; UTC if it has no offset)",
    )
    add(
        "id",
        type=int,
        nargs="+",
        action="extend",
        metavar="N",
        help="with these ids, as in the list",
    )


DEAD_LETTERS = Command(
    name="dead-letters",
    about="Show the records that could not be delivered, and why; put them back into"
    "\nthe queue for the next sync or resume (requeue), or delete them (discard).",
    run="cio_pipeline.commands.dead_letters.command:run",
    add_options=_add_options,
    examples="""\
  python main.py dead-letters -config configuration.json
  python main.py dead-letters -config configuration.json \
-format html -output dead-letters.html
  python main.py dead-letters requeue -config configuration.json \
-reason retries_exhausted
  python main.py dead-letters -config configuration.json -reason rejected -json
  python main.py dead-letters -config configuration.json -format csv -output dead.csv
  python main.py dead-letters requeue -config configuration.json -id 17 18
  python main.py dead-letters discard -config configuration.json -since 2026-11-24""",
    exit_codes=f"""\
{DONE}, with or without dead letters
{MISTAKE}
  3      the state folder cannot be written; nothing was changed""",
)
