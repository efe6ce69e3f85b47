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
    add_data(parser, required=True, about="the data file")
    add = partial(add_option, parser)
    add(
        "sample",
        type=positive,
        metavar="N",
        help="look up so many users only, picked evenly",
    )
    add(
        "wait",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="look users that differ up again for so long: a sync takes seconds to"
        " show (default: 30)",
    )
    add_logging(parser)


VERIFY = Command(
    name="verify",
    about="Look the data file's users up in Customer.io (App API, 10 requests a second,"
    "\n100 users a request) and compare their attributes with what it maps to.",
    run="cio_pipeline.commands.verify.command:run",
    add_options=_add_options,
    examples="""\
  python main.py verify -config configuration.json -data data.json -sample 1000
  python main.py verify -config configuration.json -data data.json -json""",
    exit_codes="""\
  0      everybody is there, with the attributes the file maps to
  1      some are missing or differ
  2      bad usage, configuration or data file
  3      the key was rejected, or Customer.io is out of reach
  128+N  stopped by signal N""",
)
