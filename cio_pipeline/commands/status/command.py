"""`status`: where the queue stands, and the last runs."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from cio_pipeline.commands.queues import find_queue
from cio_pipeline.commands.status.report import status_json, status_text
from cio_pipeline.console.output import width, write
from cio_pipeline.store.status import read_status


def run(arguments: argparse.Namespace) -> int:
    """Show it once, or with ``-watch`` again and again."""
    folder = find_queue(arguments)
    if arguments.watch is not None:
        # Imported now: a single look needs no live display.
        from cio_pipeline.commands.status.watch import watch  # noqa: PLC0415  # as just said

        watch(arguments, folder)
        return 0
    now = datetime.now(UTC)
    status = read_status(folder, now)
    if arguments.json:
        write([status_json(status)])
    else:
        write([status_text(status, now.astimezone(), width())])
    return 0
