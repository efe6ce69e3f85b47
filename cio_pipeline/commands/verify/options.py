"""The options of `verify`."""

from __future__ import annotations

import argparse
from functools import partial

from cio_pipeline.commands.options import (
    QUEUE_OF_SHARD,
    Command,
    add_common,
    add_data,
    add_logging,
    add_option,
    add_queue,
    positive,
    seconds,
)


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_common(parser)
    add_data(
        parser,
        about="the data file, a folder or a pattern; several are read in order;"
        " required without -failures",
    )
    add = partial(add_option, parser)
    add(
        "sample",
        type=positive,
        metavar="N",
        help="look up only N users, an even sample",
    )
    add(
        "wait",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="look up users that differ again for this long, because a sync takes"
        " seconds to show (default: 30)",
    )
    add(
        "failures",
        action="store_true",
        help="instead of comparing, list what Customer.io refused after its 200 (reads"
        " the activity log); with -data only for its people; see docs/after-the-200.md",
    )
    add(
        "since",
        metavar="TIME",
        help="-failures: only later ones (ISO 8601; UTC if it has no offset; default:"
        " since the queue's last run started)",
    )
    add_queue(parser, "-failures: " + QUEUE_OF_SHARD)
    add_logging(parser)


VERIFY = Command(
    name="verify",
    about="Look up the users of the data file in Customer.io (App API, 10 requests per"
    "\nsecond, 100 users per request) and compare them with what it maps to.",
    run="cio_pipeline.commands.verify.command:run",
    add_options=_add_options,
    examples="""\
  python main.py verify -config configuration.json -data data.json -sample 1000
  python main.py verify -config configuration.json -data data.json -json
  python main.py verify -config configuration.json -failures -since 2026-11-24""",
    exit_codes="""\
  0      all users exist and have the mapped attributes
  1      some users are missing or differ (-failures: something was refused)
  2      bad usage, configuration or data file
  3      the key was rejected, or Customer.io cannot be reached
  128+N  stopped by signal N""",
)
