"""The options of `verify`."""

from __future__ import annotations

import argparse
from functools import partial

from cio_pipeline.commands.options import (
    Command,
    add_common,
    add_data,
    add_logging,
    add_option,
    positive,
    seconds,
)


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_common(parser)
    add_data(
        parser, about="the data file, a folder or a pattern; several are read in order"
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
    add_logging(parser)


VERIFY = Command(
    name="verify",
    about="Look up the users of the data file in Customer.io (App API, 10 requests per"
    "\nsecond, 100 users per request) and compare them with what it maps to.",
    run="cio_pipeline.commands.verify.command:run",
    add_options=_add_options,
    examples="""\
  python main.py verify -config configuration.json -data data.json -sample 1000
  python main.py verify -config configuration.json -data data.json -json""",
    exit_codes="""\
  0      all users exist and have the mapped attributes
  1      some users are missing or differ
  2      bad usage, configuration or data file
  3      the key was rejected, or Customer.io cannot be reached
  128+N  stopped by signal N""",
)
