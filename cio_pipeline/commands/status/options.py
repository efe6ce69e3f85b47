"""The options of `status`."""

from __future__ import annotations

import argparse
from functools import partial

from cio_pipeline.commands.options import (
    DONE,
    MISTAKE,
    QUEUE_OF_SHARD,
    Command,
    add_common,
    add_option,
    add_page_output,
    add_queue,
    port,
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
    add = partial(add_option, parser)
    add("run", metavar="RUN", help="only this run, instead of the last ones")
    add(
        "format",
        choices=("html",),
        help="a page for a browser about one run, the newest unless -run names one;"
        " needs -output",
    )
    add_page_output(parser)
    add(
        "serve",
        action="store_true",
        help="show the page of the current run live, at an address of this machine"
        " only, until Ctrl-C",
    )
    add(
        "port",
        type=port,
        metavar="P",
        help="serve: the port on 127.0.0.1 (default: any free port)",
    )
    add_queue(parser, QUEUE_OF_SHARD)


STATUS = Command(
    name="status",
    about="Show how many jobs are queued, in flight and synced, how many dead letters\n"
    "there are, and the last runs.",
    run="cio_pipeline.commands.status.command:run",
    add_options=_add_options,
    examples="""\
  python main.py status -config configuration.json -watch
  python main.py status -config configuration.json -json
  python main.py status -config configuration.json -format html -output run.html
  python main.py status -config configuration.json -serve""",
    exit_codes=f"{DONE}\n{MISTAKE}",
)
