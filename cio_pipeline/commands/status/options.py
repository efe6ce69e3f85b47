"""The options of `status`."""

from __future__ import annotations

import argparse

from cio_pipeline.commands.options import (
    DONE,
    MISTAKE,
    QUEUES_OF_SHARDS,
    Command,
    add_common,
    add_option,
    add_queue,
    seconds,
)


def _interval(text: str) -> float:
    number = seconds(text)
    if number < 0.1:
        raise argparse.ArgumentTypeError(f"{text!r} is too short: at least 0.1 s")
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
        help="repeat every SECONDS (default: 1) until Ctrl-C; in a pipe, print one"
        " line each time, with -json one document",
    )
    add_queue(parser, QUEUES_OF_SHARDS, takes_all=True)


STATUS = Command(
    name="status",
    about="Show how many jobs are queued, in flight and synced, how many dead letters\n"
    "there are, and the last runs.",
    run="cio_pipeline.commands.status.command:run",
    add_options=_add_options,
    examples="""\
  python main.py status -config configuration.json -watch
  python main.py status -config configuration.json -json""",
    exit_codes=f"{DONE}\n{MISTAKE}",
)
