"""`status`: show the queue's counts and the last runs."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from cio_pipeline.commands.queues import find_queue
from cio_pipeline.commands.status.report import status_json, status_text
from cio_pipeline.console.output import width, write
from cio_pipeline.store.status import read_status


def run(arguments: argparse.Namespace) -> int:
    """Show the status once, or repeatedly with ``-watch``."""
    folder = find_queue(arguments)
    if arguments.watch is not None:
        # Imported here, because only -watch needs a live display.
        from cio_pipeline.commands.status.watch import watch  # noqa: PLC0415  # see above

        watch(arguments, folder)
        return 0
    now = datetime.now(UTC)
    status = read_status(folder, now)
    if arguments.json:
        write([status_json(status)])
    else:
        write([status_text(status, now.astimezone(), width())])
    return 0
