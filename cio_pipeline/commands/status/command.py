"""`status`: show the queue's counts and the last runs."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cio_pipeline.commands.queues import find_queue
from cio_pipeline.commands.status.report import status_json, status_text
from cio_pipeline.commands.status.reports import read_report
from cio_pipeline.console.output import print_note, width, write
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.runs import Status
from cio_pipeline.store.status import read_status


def run(arguments: argparse.Namespace) -> int:
    """Show the status once, repeatedly with ``-watch``, or as a page."""
    _require_one_report(arguments)
    folder = find_queue(arguments)
    # Imported where they are needed: a live display, a server, Jinja2.
    if arguments.watch is not None:
        from cio_pipeline.commands.status.watch import watch  # noqa: PLC0415  # see above

        watch(arguments, folder)
    elif arguments.serve:
        from cio_pipeline.commands.status.server import serve  # noqa: PLC0415  # see above

        serve(arguments, folder)
    elif arguments.output is not None:
        _write_page(arguments, folder)
    else:
        _print_status(arguments, folder)
    return 0


def _require_one_report(arguments: argparse.Namespace) -> None:
    if arguments.format == "html" and arguments.output is None:
        raise UsageError(
            "-format html needs a file: add -output run.html, and open that file in a"
            " browser"
        )
    reports = {
        "-json": arguments.json and arguments.watch is None,
        "-watch": arguments.watch is not None,
        "-serve": arguments.serve,
        "-output": arguments.output is not None,
    }
    chosen = [name for name, is_chosen in reports.items() if is_chosen]
    if len(chosen) > 1:
        raise UsageError(f"use either {' or '.join(chosen)}")
    if arguments.run is not None and arguments.watch is not None:
        raise UsageError("-watch shows the current run and cannot be used with -run")
    if arguments.port is not None and not arguments.serve:
        raise UsageError("-port is for -serve only")


def _print_status(arguments: argparse.Namespace, folder: Path) -> None:
    now = datetime.now(UTC)
    status = _read_status(arguments, folder, now)
    if arguments.json:
        write([status_json(status)])
    else:
        write([status_text(status, now.astimezone(), width())])


def _read_status(arguments: argparse.Namespace, folder: Path, now: datetime) -> Status:
    if arguments.run is None:
        return read_status(folder, now)
    report = read_report(folder, now, arguments.run)
    return replace(report.status, runs=(report.run,) if report.run else ())


def _write_page(arguments: argparse.Namespace, folder: Path) -> None:
    from cio_pipeline.commands.status.page import run_page  # noqa: PLC0415  # see `run`

    now = datetime.now(UTC)
    report = read_report(folder, now, arguments.run)
    write(run_page(report, now=now), arguments.output)
    print_note(f"written to {arguments.output}, readable only by you")
