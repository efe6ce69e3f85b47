"""`resume`: finish what an earlier run left; load nothing."""

from __future__ import annotations

import argparse

from cio_pipeline.commands.sync.command import run_to_end


def run(arguments: argparse.Namespace) -> int:
    """Send what is queued."""
    return run_to_end(arguments, None)
