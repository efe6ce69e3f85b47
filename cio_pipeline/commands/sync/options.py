"""The options of `sync` and `resume`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

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
from cio_pipeline.core.errors import UsageError
from cio_pipeline.pipeline.dead_letter_limit import parse_limit

EXIT_CODES = """\
  0      all synced
  1      the run is complete, but some records are dead letters or were refused later
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
    add_option(
        parser,
        "yes",
        action="store_true",
        help="do not ask before people or objects are deleted or suppressed",
    )
    add_queue(parser, USERS_OF_SHARD)
    _add_limits(parser)
    _add_failures(parser)
    _add_notify(parser)
    _add_metrics(parser)
    add_logging(parser)


def _add_resume(parser: argparse.ArgumentParser) -> None:
    add_common(parser)
    add_queue(parser, QUEUE_OF_SHARD)
    _add_limits(parser)
    _add_failures(parser)
    _add_notify(parser)
    _add_metrics(parser)
    add_logging(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    add = partial(add_option, parser)
    add(
        "until",
        metavar="HH:MM",
        help="stop at this local time and keep the rest for the next run (exit code 3)",
    )
    add(
        "max-dead-letters",
        type=parse_limit,
        metavar="N|P%",
        help="stop if this run has more dead letters than this number, or than this"
        " share of what it has read or sent so far (exit code 3)",
    )


def _add_failures(parser: argparse.ArgumentParser) -> None:
    add_option(
        parser,
        "failures",
        action="store_true",
        help="at the end, make dead letters of what Customer.io refused after its 200"
        " (reads the activity log, needs appApiKey); see docs/after-the-200.md",
    )


def _add_notify(parser: argparse.ArgumentParser) -> None:
    add = partial(add_option, parser)
    add(
        "notify",
        type=_web_address,
        metavar="URL",
        help="at the end, POST the result as JSON to this address (a Slack webhook, for"
        " example), if the run did not end as the last one did; see docs/operations.md",
    )
    add("notify-always", action="store_true", help="-notify: after every run")


def _web_address(text: str) -> str:
    """Check an address; the message does not repeat it, because it may be secret."""
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_valid = is_web and text.isprintable() and " " not in text and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise UsageError(
            "-notify: expected an http or https address, such as"
            " https://hooks.example.com/services/…"
        )
    if "@" in parts.netloc:
        raise UsageError("-notify: expected an address without a user and password")
    return text


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
  python main.py -config configuration.json -data data.json -until 06:00 \\
      -max-dead-letters 2% -notify https://hooks.example.com/services/KEY
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
