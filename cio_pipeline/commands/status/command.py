"""`status`: show the queue's counts and the last runs."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from cio_pipeline.commands.queues import find_queues
from cio_pipeline.commands.status.report import status_json, status_text
from cio_pipeline.commands.status.shards import read_statuses
from cio_pipeline.console.output import width, write


def run(arguments: argparse.Namespace) -> int:
    """Show the status once, or repeatedly with ``-watch``."""
    folders = find_queues(arguments)
    if arguments.watch is not None:
        # Imported here, because only -watch needs a live display.
        from cio_pipeline.commands.status.watch import watch  # noqa: PLC0415  # see above

        watch(arguments, folders)
        return 0
    now = datetime.now(UTC)
    status = read_statuses(folders, now)
    if arguments.json:
        write([status_json(status)])
    else:
        write([status_text(status, now.astimezone(), width())])
    return 0
