"""Set up structlog: readable or JSON lines on stderr, with secrets removed."""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
from collections.abc import Iterable
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.redaction import Redaction
from cio_pipeline.core.text import visible

# Errors of the disk, not of the path.
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def configure(
    *,
    level: str,
    format: str,  # noqa: A002  # the option's name
    stream: TextIO,
    secrets: Iterable[str],
    renderer: Processor | None = None,
    file: Path | None = None,
    file_level: str = "info",
) -> FilteringBoundLogger:
    """Set up logging for the process, and return its logger.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        format: ``console``, ``json``, or ``auto``: ``console`` for a terminal.
        stream: where lines go.
        secrets: texts that `redaction.HIDDEN` replaces.
        renderer: makes readable lines instead of structlog's own renderer.
        file: where events are also appended as JSON lines, or None.
        file_level: the lowest level in the file.

    Raises:
        UsageError: the file cannot be opened.
    """
    is_terminal = stream.isatty()
    is_readable = format == "console" or (format == "auto" and is_terminal)
    shown = logging.getLevelName(level.upper())
    number = (
        shown if file is None else min(shown, logging.getLevelName(file_level.upper()))
    )
    structlog.configure(
        processors=_processors(
            list(secrets),
            is_readable=is_readable,
            renderer=renderer or _readable_renderer(is_terminal=is_terminal),
            copies=[] if file is None else [_FileCopy(file), _LevelFilter(shown)],
        ),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logger = cast("FilteringBoundLogger", structlog.get_logger())
    _adopt_libraries(logger, number)
    return logger


def _processors(
    secrets: list[str],
    *,
    is_readable: bool,
    renderer: Processor,
    copies: list[Processor],
) -> list[Processor]:
    first: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _Redactor(secrets),
        *copies,
    ]
    if not is_readable:
        return [*first, structlog.processors.JSONRenderer(ensure_ascii=True)]
    return [*first, _show_control_characters, renderer]


def _readable_renderer(*, is_terminal: bool) -> Processor:
    has_colours = is_terminal and not os.environ.get("NO_COLOR")
    has_colours = has_colours or bool(os.environ.get("FORCE_COLOR"))
    return structlog.dev.ConsoleRenderer(colors=has_colours, pad_event_to=0)


class _Redactor:
    """Hides secrets in every text of an event, at any depth."""

    def __init__(self, secrets: list[str]) -> None:
        self._redaction = Redaction(secrets)

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {key: self._clean(value) for key, value in event.items()}

    def _clean(self, value: Any) -> Any:  # noqa: ANN401  # any value may be logged
        if isinstance(value, dict):
            return {self._clean(key): self._clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(item) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._redaction.text(str(value))


class _LevelFilter:
    """Drops events below a level, which are only for the file."""

    def __init__(self, level: int) -> None:
        self._level = level

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        if logging.getLevelName(event["level"].upper()) < self._level:
            raise structlog.DropEvent
        return event


class _FileCopy:
    """Appends each event to a file with mode 0600, as a line of JSON.

    A file that was moved (logrotate) is created again. Errors of its disk do not
    affect the run: the first one is logged.

    Raises:
        UsageError: the file cannot be opened, and the disk is not the reason.
    """

    def __init__(self, path: Path) -> None:
        self._render = structlog.processors.JSONRenderer(ensure_ascii=True)
        try:
            # May fail too: an absolute path needs the current directory.
            self._handler = _PrivateFile(path, encoding="ascii", delay=True)
            self._handler.try_to_open()
        except OSError as error:
            raise UsageError(
                f"the log file {path} cannot be written: {error.strerror}"
            ) from error

    def __call__(self, log: WrappedLogger, name: str, event: EventDict) -> EventDict:
        line = self._render(log, name, dict(event))
        self._handler.handle(logging.makeLogRecord({"msg": line}))
        return event


class _PrivateFile(WatchedFileHandler):
    """Python's handler that reopens a moved file, with mode 0600."""

    _has_failed = False

    def _open(self) -> io.TextIOWrapper:
        descriptor = os.open(
            self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        return os.fdopen(descriptor, "a", encoding=self.encoding)

    def try_to_open(self) -> None:
        """Open the file, or leave it closed until the disk works again.

        Raises:
            OSError: it cannot be opened, and the disk is not the reason.
        """
        try:
            self.stream = self._open()
            self._statstream()
        except OSError as error:
            if error.errno not in _DISK_ERRORS:
                raise

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; if that fails, continue without it."""
        try:
            super().emit(record)
        except OSError as error:
            self._warn_once(error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the library's name
        """Log what the library's `emit` has caught."""
        del record
        self._warn_once(sys.exc_info()[1])

    def _warn_once(self, error: BaseException | None) -> None:
        if self._has_failed:
            return
        self._has_failed = True
        problem = error.strerror if isinstance(error, OSError) else str(error)
        structlog.get_logger().warning(
            "log_file_unwritable", path=self.baseFilename, problem=problem
        )


def _show_control_characters(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape control characters, so that no name can control the terminal."""
    return {
        key: visible(value) if isinstance(value, str) else value
        for key, value in event.items()
    }


class _Adopter(logging.Handler):
    """Passes the log records of libraries to our logger."""

    def __init__(self, logger: FilteringBoundLogger) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        log = self._logger.warning if record.levelno >= 30 else self._logger.debug
        log("library_logged", library=record.name, message=record.getMessage())


def _adopt_libraries(logger: FilteringBoundLogger, level: int) -> None:
    # urllib3 warns of every broken connection; our own events report those.
    root = logging.getLogger()
    root.handlers = [_Adopter(logger)]
    root.setLevel(logging.DEBUG if level <= logging.DEBUG else logging.ERROR)
