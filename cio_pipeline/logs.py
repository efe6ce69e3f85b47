"""Setting up structlog: readable or JSON lines on stderr, no secret among them."""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import threading
from collections.abc import Iterable
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

HIDDEN = "[hidden]"


def basic_token(site_id: str, api_key: str) -> str:
    """Make the token of HTTP basic authentication (RFC 7617)."""
    return base64.b64encode(f"{site_id}:{api_key}".encode()).decode("ascii")


def configure(
    *,
    level: str,
    format: str,  # noqa: A002  # the option's name
    stream: TextIO,
    secrets: Iterable[str],
    renderer: Processor | None = None,
) -> FilteringBoundLogger:
    """Set logging up for the process, and give its logger.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        format: ``console``, ``json``, or ``auto``: by whether it is a terminal.
        stream: where lines go.
        secrets: texts that never appear; `[hidden]` stands in their place.
        renderer: makes readable lines in the stead of structlog's own renderer.
    """
    is_terminal = stream.isatty()
    is_readable = format == "console" or (format == "auto" and is_terminal)
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=_processors(
            list(secrets),
            is_readable=is_readable,
            renderer=renderer or _readable_renderer(is_terminal=is_terminal),
        ),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Lines(stream),
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
) -> list[Processor]:
    first: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _Redactor(secrets),
    ]
    if not is_readable:
        return [*first, structlog.processors.JSONRenderer(ensure_ascii=True)]
    return [*first, _ControlCharacters(), renderer]


def _readable_renderer(*, is_terminal: bool) -> Processor:
    has_colours = is_terminal and not os.environ.get("NO_COLOR")
    has_colours = has_colours or bool(os.environ.get("FORCE_COLOR"))
    return structlog.dev.ConsoleRenderer(colors=has_colours, pad_event_to=0)


class _Redactor:
    """Hides secrets in every text of an event, however deep it stands."""

    def __init__(self, secrets: list[str]) -> None:
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {key: self._clean(value) for key, value in event.items()}

    def _clean(self, value: Any) -> Any:  # noqa: ANN401  # whatever was logged
        if isinstance(value, dict):
            return {self._clean(key): self._clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(item) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        text = str(value)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


class _ControlCharacters:
    """Makes control characters visible, so that no name can steer a terminal."""

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {
            key: _visible(value) if isinstance(value, str) else value
            for key, value in event.items()
        }


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode()
        for each in text
    )


class _Lines:
    """Writes a line at a time, whole, and outlives a stream that has closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()  # lines of two threads do not mix

    def msg(self, line: str) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    log = debug = info = warning = error = critical = msg


class _Adopter(logging.Handler):
    """Passes what libraries log on to our logger."""

    def __init__(self, logger: FilteringBoundLogger) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        log = self._logger.warning if record.levelno >= 30 else self._logger.debug
        log("library_logged", library=record.name, message=record.getMessage())


def _adopt_libraries(logger: FilteringBoundLogger, level: int) -> None:
    # urllib3 warns of every connection that broke, which our own events tell.
    root = logging.getLogger()
    root.handlers = [_Adopter(logger)]
    root.setLevel(logging.DEBUG if level <= logging.DEBUG else logging.ERROR)
