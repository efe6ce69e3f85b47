"""`sandbox`: a local stand-in for Customer.io."""

from __future__ import annotations

import argparse

from cio_pipeline.commands.sandbox.options import settings_from
from cio_pipeline.sandbox.server import serve


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    return serve(settings_from(arguments))
