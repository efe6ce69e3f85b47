"""Imports the modules that need optional packages."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from cio_pipeline.core.errors import DataFileError


def import_optional(name: str, module: str, extra: str | None) -> ModuleType:
    """Import a module that is needed only for some data.

    Args:
        name: the data, for the message.
        module: the module.
        extra: the optional dependencies that it needs; None if there are none.

    Raises:
        DataFileError: its packages are not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if extra is None:
            raise
        raise DataFileError(
            name,
            f"the package {error.name} is needed to read it; install it:"
            f" pip install 'cio-pipeline[{extra}]'",
        ) from error
