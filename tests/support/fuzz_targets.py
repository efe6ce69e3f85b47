"""What reads bytes from outside: each must accept any bytes, or refuse them clearly.

A target returns quietly, or raises something that a user would see as a traceback.
"""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from cio_pipeline.core.config import read_config
from cio_pipeline.core.errors import ConfigError, DataFileError, StateError, StopRun
from cio_pipeline.core.jobs import Halt, NewJob, Reply
from cio_pipeline.core.json_text import decode_object, encode_lenient
from cio_pipeline.customerio.activity_log import parse_page
from cio_pipeline.customerio.batch import judge_batch
from cio_pipeline.customerio.http.exchange import BrokenAnswer, exchange
from cio_pipeline.source import open_source
from cio_pipeline.store import LoadIdentity, Store
from cio_pipeline.store.schema import FILE_NAME
from cio_pipeline.store.status import read_status

NOW = datetime(2026, 11, 24, tzinfo=UTC)
STATUSES = (200, 207, 400, 401, 413, 429, 500, 503)


def data_file(data: bytes, *, data_format: str | None) -> None:
    """Read a data file; None finds its format."""
    try:
        with open_source("-", format=data_format, stdin=io.BytesIO(data)) as source:
            for record in source.records():
                if record.problem is None:
                    encode_lenient(record.value)
    except DataFileError as error:
        _one_line(error)


def configuration(data: bytes) -> None:
    """Read a configuration; the first byte chooses JSON, YAML or TOML."""
    extension = ("json", "yaml", "toml")[data[0] % 3] if data else "json"
    with TemporaryDirectory() as folder:
        path = Path(folder, f"c.{extension}")
        path.write_bytes(data[1:])
        try:
            read_config(str(path))
        except ConfigError as error:
            _one_line(error)


class Pieces:
    """A connection that has an answer, in pieces of a size.

    Args:
        data: the answer.
        size: the bytes that arrive together.
    """

    def __init__(self, data: bytes, size: int) -> None:
        self._data = io.BytesIO(data)
        self._size = size

    def sendall(self, data: bytes) -> None:
        """Ignore a request."""

    def recv(self, size: int) -> bytes:
        """Return the next piece."""
        return self._data.read(min(size, self._size))


def answer(data: bytes) -> None:
    """Read an HTTP answer to a batch of three, and judge it."""
    try:
        reply = exchange(Pieces(data[1:], 1 + data[:1][0]), b"").reply if data else None
    except BrokenAnswer:
        return
    if reply is not None:
        _judge(reply)


def answer_body(data: bytes) -> None:
    """Judge an answer with a body; the first byte chooses its status."""
    _judge(Reply(STATUSES[data[0] % len(STATUSES)] if data else 200, data[1:]))


def _judge(reply: Reply) -> None:
    judged = judge_batch(reply, 3, NOW)
    assert isinstance(judged, Halt) or len(judged.of_jobs) == 3


def activity_log(data: bytes) -> None:
    """Read a page of the activity log."""
    page = parse_page(decode_object(data))
    for activity in page.activities if page else ():
        str(activity.about)


def state(data: bytes) -> None:
    """Open a state file that was damaged, and read and write it.

    Each four bytes of the data are a damage: where it is (two bytes, of 64 KB), and
    two bytes that are written there. SQLite notices most damages. One that it takes
    for another schema or value of ours is an error of SQLite: it is not our bug, but no
    message explains it yet.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        content = bytearray(_good_state())
        for start in range(0, len(data) - 3, 4):
            place = int.from_bytes(data[start : start + 2]) % (len(content) - 2)
            content[place : place + 2] = data[start + 2 : start + 4]
        (folder / FILE_NAME).write_bytes(content)
        try:
            read_status(folder, NOW)
            with Store(folder) as store:
                _add_jobs(store)
        except (StateError, StopRun) as error:
            _one_line(error)
        except sqlite3.Error:
            pass


def _add_jobs(store: Store) -> None:
    identity = LoadIdentity(source="d", fingerprint="f", mapping="m")
    store.keep_deliveries()
    (load,) = store.begin_loads([identity]).loads
    jobs = [NewJob(f"u{n}", b'{"a":1}', n) for n in range(3)]
    store.enqueue(load, jobs, (), next_index=3, changed_only=True)
    store.totals()


@cache
def _good_state() -> bytes:
    with TemporaryDirectory() as name:
        folder = Path(name)
        with Store(folder) as store:
            _add_jobs(store)
        connection = sqlite3.connect(folder / FILE_NAME)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        copy = folder / "copy"
        shutil.copy(folder / FILE_NAME, copy)
        return copy.read_bytes()


def _one_line(error: Exception) -> None:
    assert str(error).isprintable(), repr(str(error))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "json": partial(data_file, data_format="json"),
    "jsonl": partial(data_file, data_format="jsonl"),
    "csv": partial(data_file, data_format="csv"),
    "any-format": partial(data_file, data_format=None),
    "configuration": configuration,
    "answer": answer,
    "answer-body": answer_body,
    "activity-log": activity_log,
    "state": state,
}
