"""Reads data files' records as a stream, in any of the formats."""

from __future__ import annotations

from cio_pipeline.core.read_options import READ_ALL, ReadOptions
from cio_pipeline.source.data_file import Source, open_source
from cio_pipeline.source.inputs import (
    STANDARD_INPUT,
    Input,
    Inputs,
    OpenInput,
    find_inputs,
)
from cio_pipeline.source.raw import OnWait

__all__ = [
    "READ_ALL",
    "STANDARD_INPUT",
    "Input",
    "Inputs",
    "OnWait",
    "OpenInput",
    "ReadOptions",
    "Source",
    "find_inputs",
    "open_source",
]
