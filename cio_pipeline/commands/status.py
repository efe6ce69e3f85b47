"""`status`: where the queue stands, and the last runs."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from cio_pipeline import reports
from cio_pipeline.admin import read_status
from cio_pipeline.commands.common import open_folder, write


def run(arguments: argparse.Namespace) -> int:
    """Show it."""
    status = read_status(open_folder(arguments))
    if arguments.json:
        write([reports.status_json(status)])
    else:
        write([reports.status_text(status, datetime.now(UTC))])
    return 0
