"""`status`: where the queue stands, and the last runs; once, or again and again."""

from __future__ import annotations

import argparse
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from cio_pipeline import reports
from cio_pipeline.admin import read_status
from cio_pipeline.commands.opening import open_folder
from cio_pipeline.commands.output import width, write
from cio_pipeline.commands.terminal import Redrawn, can_redraw
from cio_pipeline.model import Status
from cio_pipeline.signals import StopSignals
from cio_pipeline.standard_streams import stdout_failure


def run(arguments: argparse.Namespace) -> int:
    """Show it."""
    folder = open_folder(arguments)
    if arguments.watch is not None:
        _watch(arguments, folder)
        return 0
    status = _read(folder)
    if arguments.json:
        write([reports.status_json(status)])
    else:
        write([reports.status_text(status, _now(), width())])
    return 0


def _watch(arguments: argparse.Namespace, folder: Path) -> None:
    """Show it every so many seconds, until a signal comes or nobody can see it."""
    stop = threading.Event()
    with StopSignals(stop):
        if arguments.json or not can_redraw(sys.stdout):
            _print_on(arguments, folder, stop)
        else:
            _redraw_on(arguments, folder, stop)


def _print_on(
    arguments: argparse.Namespace, folder: Path, stop: threading.Event
) -> None:
    while not stop.is_set() and stdout_failure() is None:
        status = _read(folder)
        if arguments.json:
            write([reports.status_json(status, indent=None)])
        else:
            write([reports.status_line(status, _now())])
        stop.wait(arguments.watch)


def _redraw_on(
    arguments: argparse.Namespace, folder: Path, stop: threading.Event
) -> None:
    redrawn = Redrawn(sys.stdout, stays=True)
    try:
        while not stop.is_set() and stdout_failure() is None:
            lines = reports.status_lines(
                _read(folder), _now(), redrawn.width, is_ascii=redrawn.is_ascii
            )
            redrawn.draw(lines)
            stop.wait(arguments.watch)
    finally:
        redrawn.end()


def _read(folder: Path) -> Status:
    return read_status(folder, datetime.now(UTC))


def _now() -> datetime:
    return datetime.now(UTC).astimezone()
