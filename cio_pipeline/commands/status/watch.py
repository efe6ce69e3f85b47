"""`status -watch`: show the status repeatedly."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cio_pipeline.commands.status.report import status_json, status_line, status_lines
from cio_pipeline.commands.status.shards import read_statuses
from cio_pipeline.console.live_region import LiveRegion, can_redraw
from cio_pipeline.console.output import write
from cio_pipeline.console.signals import StopSignals
from cio_pipeline.console.standard_streams import stdout_failure
from cio_pipeline.core.runs import Status
from cio_pipeline.core.shard import Shard


def watch(arguments: argparse.Namespace, folders: Mapping[Shard, Path]) -> None:
    """Show the status at intervals, until a signal or until stdout is closed."""
    stop = threading.Event()
    with StopSignals(stop):
        if arguments.json or not can_redraw(sys.stdout):
            _print_repeatedly(arguments, folders, stop)
        else:
            _redraw_repeatedly(arguments, folders, stop)


def _print_repeatedly(
    arguments: argparse.Namespace, folders: Mapping[Shard, Path], stop: threading.Event
) -> None:
    while not stop.is_set() and stdout_failure() is None:
        status = _read(folders)
        if arguments.json:
            write([status_json(status, indent=None)])
        else:
            write([status_line(status, _now())])
        stop.wait(arguments.watch)


def _redraw_repeatedly(
    arguments: argparse.Namespace, folders: Mapping[Shard, Path], stop: threading.Event
) -> None:
    region = LiveRegion(sys.stdout, stays=True)
    try:
        while not stop.is_set() and stdout_failure() is None:
            lines = status_lines(
                _read(folders), _now(), region.width, is_ascii=region.is_ascii
            )
            region.draw(lines)
            stop.wait(arguments.watch)
    finally:
        region.end()


def _read(folders: Mapping[Shard, Path]) -> Status:
    return read_statuses(folders, datetime.now(UTC))


def _now() -> datetime:
    return datetime.now(UTC).astimezone()
