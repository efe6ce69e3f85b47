"""The commands: what each one does with its arguments, stdout and exit code."""

from __future__ import annotations

import argparse
import os
import random
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cio_pipeline.arguments import parse_arguments
from cio_pipeline.config import read_config
from cio_pipeline.errors import CioPipelineError, UsageError
from cio_pipeline.workspace import folder_of

if TYPE_CHECKING:
    from cio_pipeline.run import RunResult
    from cio_pipeline.source import Source
    from cio_pipeline.store import Selection

# Integers of any size are kept exactly; past this many digits turning text into
# a number takes longer than the network would (CVE-2020-10735).
_MOST_DIGITS = 100_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: the arguments without the program's name; the process's by default.

    Returns:
        The exit code (see the help).
    """
    sys.set_int_max_str_digits(_MOST_DIGITS)
    try:
        arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
        return _COMMANDS[arguments.command](arguments)
    except CioPipelineError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201  # what stderr is for
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; keep the interpreter from trying again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _sync(arguments: argparse.Namespace) -> int:
    from cio_pipeline.source import open_source  # noqa: PLC0415  # help starts faster

    stdin = sys.stdin.buffer if arguments.data == "-" else None
    with open_source(arguments.data, format=arguments.format, stdin=stdin) as source:
        return _run(arguments, source)


def _resume(arguments: argparse.Namespace) -> int:
    return _run(arguments, None)


def _run(arguments: argparse.Namespace, source: Source | None) -> int:
    # These take a tenth of a second to import; `-help` and mistakes need not wait.
    from cio_pipeline import logs  # noqa: PLC0415
    from cio_pipeline.config import require_track_keys  # noqa: PLC0415
    from cio_pipeline.run import Run, World  # noqa: PLC0415
    from cio_pipeline.runlock import RunLock  # noqa: PLC0415
    from cio_pipeline.signals import StopSignals  # noqa: PLC0415
    from cio_pipeline.store import Store, make_private_folder  # noqa: PLC0415

    config = read_config(arguments.config)
    site_id, api_key = require_track_keys(config, arguments.config)
    token = logs.basic_token(site_id, api_key)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    log = logs.configure(
        level=arguments.log_level,
        format=arguments.log_format,
        stream=sys.stderr,
        secrets=[api_key, token],
    ).bind(run_id=run_id)
    for warning in source.warnings if source else ():
        log.warning("data_file_warned", problem=warning)
    folder = folder_of(config, arguments.config, arguments.state)
    make_private_folder(arguments.state)
    make_private_folder(folder)
    stop = threading.Event()
    with (
        RunLock(folder),
        Store(folder) as store,
        StopSignals(stop, lambda: log.warning("stop_requested")) as signals,
    ):
        run = Run(
            run_id=run_id,
            config=config,
            basic_token=token,
            store=store,
            source=source,
            changed_only=source is not None and arguments.changed_only,
            stop=stop,
            world=World(clock=time.monotonic, draw=random.random, log=log),
        )
        result = run.execute(arguments.command)
    _show_summary(arguments, result)
    return _exit_code(result, signals.received)


def _show_summary(arguments: argparse.Namespace, result: RunResult) -> None:
    from cio_pipeline import reports  # noqa: PLC0415

    if arguments.json:
        _write([reports.summary_json(result.summary)])
    else:
        config = f"-config {arguments.config}"
        text = reports.summary_text(
            result.summary,
            dead_letter_command=f"python main.py dead-letters {config}",
            resume_command=f"python main.py resume {config}",
        )
        _write([text])
    if result.error is not None:
        print(f"error: {result.error}", file=sys.stderr)  # noqa: T201  # as in main


def _exit_code(result: RunResult, signal_number: int | None) -> int:
    if result.error is not None:
        return result.error.exit_code
    if result.summary.reason == "interrupted":
        return 128 + (signal_number or 2)
    return 1 if result.summary.dead_lettered else 0


def _status(arguments: argparse.Namespace) -> int:
    from cio_pipeline import reports  # noqa: PLC0415
    from cio_pipeline.admin import read_status  # noqa: PLC0415

    status = read_status(_folder(arguments))
    if arguments.json:
        _write([reports.status_json(status)])
    else:
        _write([reports.status_text(status, datetime.now(UTC))])
    return 0


def _dead_letters(arguments: argparse.Namespace) -> int:
    actions: dict[str, Callable[[argparse.Namespace, Selection], int]] = {
        "list": _list_dead_letters,
        "requeue": _requeue_dead_letters,
        "discard": _discard_dead_letters,
    }
    return actions[arguments.action](arguments, _selection(arguments))


def _selection(arguments: argparse.Namespace) -> Selection:
    from cio_pipeline.store import Selection  # noqa: PLC0415

    selection = Selection(
        reason=arguments.reason,
        ids=tuple(arguments.id) if arguments.id else None,
        user_id=arguments.user,
        run_id=arguments.run,
        since=_utc(arguments.since) if arguments.since else None,
    )
    is_open = selection == Selection()
    if arguments.action != "list" and is_open and not arguments.all:
        raise UsageError(
            f"which dead letters to {arguments.action}? Name them with -reason, -id,"
            " -user, -run or -since, or say -all"
        )
    return selection


def _utc(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"-since {text!r} is no time; wanted ISO 8601, such as 2026-11-24 or"
            " 2026-11-24T14:30"
        ) from None
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _list_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    from cio_pipeline import reports  # noqa: PLC0415
    from cio_pipeline.admin import open_report  # noqa: PLC0415

    with open_report(_folder(arguments), selection, arguments.limit) as report:
        if arguments.json or arguments.format == "json":
            lines: Iterable[str] = reports.dead_letters_json(report.letters)
        elif arguments.format == "csv":
            lines = reports.dead_letters_csv(report.letters)
        else:
            lines = reports.dead_letters_text(
                report.causes, report.letters, total=report.total, width=_width()
            )
        _write(lines, arguments.output)
    return 0


def _requeue_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    from cio_pipeline.admin import requeue  # noqa: PLC0415

    moved = requeue(_folder(arguments), selection)
    _tell_count(arguments, "requeued", moved)
    return 0


def _discard_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    from cio_pipeline.admin import discard, open_report  # noqa: PLC0415

    folder = _folder(arguments)
    with open_report(folder, selection, None) as report:
        total = report.total
    if total and not arguments.yes and not _confirm(f"Drop {total} dead letters?"):
        raise UsageError("nothing was dropped")
    _tell_count(arguments, "discarded", discard(folder, selection))
    return 0


def _confirm(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("dropping dead letters needs a yes: say -yes")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201  # a dialogue
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _tell_count(arguments: argparse.Namespace, word: str, count: int) -> None:
    if arguments.json:
        _write([f'{{"{word}": {count}}}'])
    else:
        _write([f"{count} dead letter{'' if count == 1 else 's'} {word}"])


def _sandbox(arguments: argparse.Namespace) -> int:
    from cio_pipeline.sandbox.options import settings_from  # noqa: PLC0415
    from cio_pipeline.sandbox.server import serve  # noqa: PLC0415

    return serve(settings_from(arguments))


def _folder(arguments: argparse.Namespace) -> Path:
    config = read_config(arguments.config)
    return folder_of(config, arguments.config, arguments.state)


def _width() -> int:
    return os.get_terminal_size().columns if sys.stdout.isatty() else 100


def _write(pieces: Iterable[str], path: Path | None = None) -> None:
    """Write a result to stdout, or to a file that replaces what was there."""
    if path is None:
        for piece in pieces:
            sys.stdout.write(piece if piece.endswith("\n") else piece + "\n")
        sys.stdout.flush()
        return
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "sync": _sync,
    "resume": _resume,
    "status": _status,
    "dead-letters": _dead_letters,
    "sandbox": _sandbox,
}
