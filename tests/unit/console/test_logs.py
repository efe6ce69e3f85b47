"""Log lines: without secrets, without control characters, as text or JSON."""

from __future__ import annotations

import gc
import io
import json
import logging
import stat
from collections.abc import Iterator
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import pytest
import structlog

from cio_pipeline.console.logs import configure
from cio_pipeline.core.errors import UsageError

SECRET = "k3y-of-the-workspace"


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Give the process its logging back after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    for each in gc.get_objects():  # a log file is open until the process ends
        if isinstance(each, WatchedFileHandler):
            each.close()
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def logged(**options: Any) -> tuple[Any, io.StringIO]:
    """Set logging up; return the logger, and where its lines go."""
    stream = io.StringIO()
    defaults = {"level": "info", "format": "json", "secrets": [SECRET]}
    return configure(**(defaults | options), stream=stream), stream


def test_a_secret_is_hidden_however_deep_it_is() -> None:
    """Servers repeat what they were sent, and messages are logged."""
    log, stream = logged()

    log.info("failed", message=f"no {SECRET}", facts={SECRET: [(1, f"<{SECRET}>")]})
    log.info(SECRET)

    assert SECRET not in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 2


@pytest.mark.parametrize("log_format", ["json", "console", "auto"])
def test_a_secret_in_an_exception_is_hidden(log_format: str) -> None:
    """A traceback has the values of the moment in its message."""
    log, stream = logged(format=log_format)

    try:
        int(SECRET)
    except ValueError:
        log.exception("broken")

    assert "ValueError" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_json_lines_have_time_level_and_event() -> None:
    """What a log collector reads; numbers stay numbers."""
    log, stream = logged()

    log.warning("job_dead_lettered", attempt=3, user_id="ü")

    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "job_dead_lettered",
        "level": "warning",
        "attempt": 3,
        "user_id": "ü",
    }


def test_a_readable_line_cannot_steer_the_terminal() -> None:
    """User ids come from a file that somebody else wrote."""
    log, stream = logged(format="console")

    log.info("\x1b[2J", user_id="\x1b[2J\n")

    assert "\x1b[2J" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_what_is_below_the_level_is_not_shown() -> None:
    """`-log-level warning`."""
    log, stream = logged(level="warning")

    log.info("progress")
    log.warning("outage_began")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == [
        "outage_began"
    ]


def test_the_log_file_has_its_own_level_and_is_private(tmp_path: Path) -> None:
    """Beside a live display stderr shows warnings; the file has all of it."""
    path = tmp_path / "run.log"
    log, stream = logged(level="warning", file=path, file_level="debug")

    log.debug("attempt_failed", message=SECRET)

    (line,) = path.read_text("ascii").splitlines()
    assert json.loads(line)["event"] == "attempt_failed"
    assert SECRET not in line
    assert stream.getvalue() == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_file_that_cannot_be_opened_is_a_mistake(tmp_path: Path) -> None:
    """Known before anything is sent."""
    with pytest.raises(UsageError, match="No such file"):
        logged(file=tmp_path / "no" / "run.log")


def test_what_libraries_log_goes_the_same_way() -> None:
    """With the same level, and without secrets."""
    _, stream = logged(level="debug")

    logging.getLogger("some_library").warning("retrying %s", SECRET)

    # Threads of libraries that other tests have used may log, too.
    lines = map(json.loads, stream.getvalue().splitlines())
    (line,) = (each for each in lines if each["library"] == "some_library")
    assert SECRET not in line["message"]
