"""Options for schedulers, monitors and shells, and what the program is called."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cio_pipeline.shard import WHOLE, parse_shard


def program_name() -> str:
    """How a person calls this program: from its folder, or installed."""
    called = Path(sys.argv[0]).name
    return "python main.py" if called == "main.py" else "cio-pipeline"


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


def add_log_file(parser: argparse.ArgumentParser) -> None:
    """Add ``-log-file``."""
    parser.add_argument(
        "-log-file",
        "--log-file",
        type=Path,
        metavar="FILE",
        help="append the log to a file too, as JSON lines",
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
