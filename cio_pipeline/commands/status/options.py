"""The options of `status`."""

from __future__ import annotations

import argparse

from cio_pipeline.commands.options import (
    DONE,
    MISTAKE,
    QUEUE_OF_SHARD,
    Command,
    add_common,
    add_option,
    add_queue,
    seconds,
)


def _interval(text: str) -> float:
    """Read the seconds between two looks."""
    number = seconds(text)
    if number < 0.1:
        raise argparse.ArgumentTypeError(f"{text!r} is too short: 0.1 s at least")
    return number


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_common(parser)
    add_option(
        parser,
        "watch",
        type=_interval,
        nargs="?",
        const=1.0,
        metavar="SECONDS",
        help="show it again every so many seconds (default: 1) until Ctrl-C; piped,"
        " a line each, with -json a document",
    )
    add_queue(parser, QUEUE_OF_SHARD)


STATUS = Command(
    name="status",
    about="Say what is queued, in flight, dead and synced, and list the last runs.",
    run="cio_pipeline.commands.status.command:run",
    add_options=_add_options,
    examples="""\
  python main.py status -config configuration.json -watch
  python main.py status -config configuration.json -json""",
    exit_codes=f"{DONE}\n{MISTAKE}",
)
