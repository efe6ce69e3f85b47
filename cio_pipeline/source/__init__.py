"""Reads a data file's records as a stream, in any of the formats."""

from __future__ import annotations

from cio_pipeline.source.data_file import Source, open_source
from cio_pipeline.source.raw import READ_ALL, OnWait, ReadOptions, is_pipe

__all__ = ["READ_ALL", "OnWait", "ReadOptions", "Source", "is_pipe", "open_source"]
