"""The options of `sync` and `resume`."""

from __future__ import annotations

import argparse
from pathlib import Path

from cio_pipeline.commands.options import (
    QUEUE_OF_SHARD,
    USERS_OF_SHARD,
    Command,
    add_common,
    add_data,
    add_logging,
    add_option,
    add_queue,
)

EXIT_CODES = """\
  0      all synced
  1      the run ended, and some records are dead letters
  2      bad usage, configuration or data file
  3      stopped early, the work kept in the queue: run again to go on
  70     a bug of this program, told on stderr; the work kept
  128+N  stopped by signal N, the work kept"""


def _add_sync(parser: argparse.ArgumentParser) -> None:
    add_common(parser)
    add_data(parser, required=True)
    add_option(
        parser,
        "changed-only",
        action="store_true",
        help="send only users whose payload differs from what was delivered last",
    )
    add_queue(parser, USERS_OF_SHARD)
    _add_metrics(parser)
    add_logging(parser)


def _add_resume(parser: argparse.ArgumentParser) -> None:
    add_common(parser)
    add_queue(parser, QUEUE_OF_SHARD)
    _add_metrics(parser)
    add_logging(parser)


def _add_metrics(parser: argparse.ArgumentParser) -> None:
    add_option(
        parser,
        "metrics",
        type=Path,
        metavar="FILE",
        help="keep the run's numbers in a file for Prometheus's node_exporter, which"
        " wants a name that ends in .prom; see docs/monitoring.md",
    )


SYNC = Command(
    name="sync",
    about="Finish what an earlier run left, then load a data file and send it.",
    run="cio_pipeline.commands.sync.command:run",
    add_options=_add_sync,
    examples="""\
  python main.py -config configuration.json -data data.json
  python main.py -config configuration.json -data data.json -changed-only
  python main.py -config configuration.json -data data.json -shard 0/3
  zcat users.jsonl.gz | python main.py -config configuration.json -data - -format jsonl
  python main.py -config configuration.json -data data.json -json \\
      -log-file sync.log -metrics /var/lib/node_exporter/textfile/sync.prom""",
    exit_codes=EXIT_CODES,
)
RESUME = Command(
    name="resume",
    about="Finish what an earlier run left; load nothing.",
    run="cio_pipeline.commands.sync.command:resume",
    add_options=_add_resume,
    examples="""\
  python main.py resume -config configuration.json
  python main.py resume -config configuration.json -shard 2/3""",
    exit_codes=EXIT_CODES,
)
