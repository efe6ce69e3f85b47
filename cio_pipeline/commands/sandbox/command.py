"""`sandbox`: a local stand-in for Customer.io."""

from __future__ import annotations

import argparse

from cio_pipeline.commands.sandbox.options import settings_from
from cio_pipeline.core.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted.

    Raises:
        UsageError: its packages are not installed.
    """
    try:
        from cio_pipeline.sandbox.server import serve  # noqa: PLC0415  # optional
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the sandbox needs the package {error.name}; install it:"
            " pip install 'cio-pipeline[sandbox]'"
        ) from error
    return serve(settings_from(arguments))
