"""Reads a data file's records as a stream, in any of the formats."""

from __future__ import annotations

from cio_pipeline.source.data_file import Source, open_source
from cio_pipeline.source.raw import OnWait, is_pipe

__all__ = ["OnWait", "Source", "is_pipe", "open_source"]
