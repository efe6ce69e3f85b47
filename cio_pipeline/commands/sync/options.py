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
  1      the run is complete, but some records are dead letters
  2      bad usage, configuration or data file
  3      stopped early; the work is kept, run again to continue
  70     internal error (a bug), the traceback is on stderr; the work is kept
  128+N  stopped by signal N; the work is kept"""


def _add_sync(parser: argparse.ArgumentParser) -> None:
    add_common(parser)
    add_data(parser)
    add_option(
        parser,
        "changed-only",
        action="store_true",
        help="send only users whose payload differs from the last one delivered",
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
        help="write the run's metrics to a file for Prometheus's node_exporter, which"
        " needs the extension .prom; see docs/monitoring.md",
    )


SYNC = Command(
    name="sync",
    about="Send what an earlier run left in the queue, then load and send a data file.",
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
    about="Send what an earlier run left in the queue, without loading a data file.",
    run="cio_pipeline.commands.sync.command:resume",
    add_options=_add_resume,
    examples="""\
  python main.py resume -config configuration.json
  python main.py resume -config configuration.json -shard 2/3""",
    exit_codes=EXIT_CODES,
)
