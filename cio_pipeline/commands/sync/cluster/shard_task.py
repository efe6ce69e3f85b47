"""One shard on a worker: the ordinary command in a process of its own.

Dask imports this module on the workers; it needs nothing of Dask itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from cio_pipeline.commands.secret_values import with_secrets
from cio_pipeline.commands.sync.cluster.attempts import attempts_since, joint_counts
from cio_pipeline.commands.sync.orders import LEASE_SECONDS
from cio_pipeline.console.private_file import write_private_file
from cio_pipeline.core.config import read_config
from cio_pipeline.core.errors import CioPipelineError
from cio_pipeline.core.progress import Progress
from cio_pipeline.core.runs import RunRecord
from cio_pipeline.core.shard import Shard
from cio_pipeline.machine import SYSTEM_CLOCK
from cio_pipeline.store import CauseCount, Selection, make_private_folder, queue_folder
from cio_pipeline.store.dead_letter_actions import open_report
from cio_pipeline.store.run_lock import holder
from cio_pipeline.store.status import read_status

_PACKAGE_PARENT = Path(__file__).resolve().parents[4]
_BEGIN_FILE = "cluster-begin.json"
_END_FILE = "cluster-end.json"
_TICK_SECONDS = 0.1
# A run ends its requests in flight, and commits, in less than this.
_STOP_SECONDS = 45.0
_MOST_ERROR_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardOrder:
    """What a worker is asked to run.

    Args:
        token: names the run of all shards; a driver that continues it has the same.
        driver: names the driver.
        shard: which shard.
        config: the configuration file.
        state: the state folder.
        words: the options of `sync`, without these.
        log_file: the start of the name of the shard's log file; None without one.
    """

    token: str
    driver: str
    shard: Shard
    config: str
    state: str
    words: tuple[str, ...]
    log_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardEnd:
    """How a shard ended.

    Args:
        code: the exit code; negative for the signal that killed the process.
        result: the ``-json`` result; None if there is none.
        error: the last line about an error; empty if there is none.
        causes: the most frequent causes of its dead letters.
        cause_count: how many causes they have.
    """

    code: int
    result: dict[str, Any] | None = None
    error: str = ""
    causes: tuple[CauseCount, ...] = ()
    cause_count: int = 0

    def with_code(self, code: int) -> ShardEnd:
        """Return the same end with another exit code."""
        return replace(self, code=code)


class ShardReport(NamedTuple):
    """What a worker reports of a shard.

    Args:
        state: ``waiting`` for permission to start, or ``running``.
        factor: the multiple of its rate that it may use.
        progress: how far it is; None if that is not known.
    """

    state: Literal["waiting", "running"]
    factor: float
    progress: Progress | None


# Shared by the worker's threads for tasks and its event loop; one statement each.
_TASKS: dict[tuple[str, int], ShardTask] = {}


def run_shard(order: ShardOrder) -> ShardEnd:
    """Run a shard to its end; a shard that had ended returns the same end again.

    Nothing is started before the driver's first lease (`exchange`), and the process is
    stopped when no more leases come: then the driver, or the way to it, is gone.
    """
    try:
        task = ShardTask(order, _folder_of(order))
        key = (order.driver, order.shard.index)
        _TASKS[key] = task
        try:
            return task.run()
        finally:
            _TASKS.pop(key, None)
    except CioPipelineError as error:
        return ShardEnd(code=error.exit_code, error=f"error: {error}")


def exchange(driver: str, orders: dict[int, float] | None) -> dict[int, ShardReport]:
    """Take the driver's orders for the shards on this worker; report how far they are.

    Args:
        driver: the driver; shards of others are left alone.
        orders: index -> the multiple of its rate that a shard may use; None if all
            shards have to stop.
    """
    reports = {}
    for (owner, index), task in list(_TASKS.items()):
        if owner == driver:
            task.note_order((orders or {}).get(index), stop=orders is None)
            reports[index] = task.report()
    return reports


def running_elsewhere(driver: str) -> list[str]:
    """Return the names of shards on this worker that have another driver."""
    return [str(t.order.shard) for (owner, _), t in _TASKS.items() if owner != driver]


@dataclass(kw_only=False)
class ShardTask:
    """A shard on this worker: its process, and the lease of its rate."""

    order: ShardOrder
    folder: Path
    factor: float = 0.0
    _heard_at: float = field(default_factory=time.monotonic)
    _has_lease: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _orders: IO[bytes] | None = None

    def note_order(self, factor: float | None, *, stop: bool) -> None:
        """Take an order of the driver; called in the worker's event loop."""
        self._heard_at = time.monotonic()
        if stop:
            self._stop.set()
        if factor is not None:
            self.factor = factor
            self._has_lease.set()
            self._pass_on()

    def report(self) -> ShardReport:
        """Return how far it is; called in the worker's event loop."""
        if not self._has_lease.is_set():
            return ShardReport("waiting", 0.0, None)
        try:
            running = read_status(self.folder, SYSTEM_CLOCK.utc_now()).running
        except CioPipelineError:
            running = None
        return ShardReport(
            "running", self.factor, running.progress if running else None
        )

    def run(self) -> ShardEnd:
        """Wait for the first lease, and run the process to its end."""
        known = _read_end(self.folder, self.order.token)
        if known is not None:
            return known
        # Longer than a lease: a worker's other tasks may keep its event loop busy.
        while not self._has_lease.wait(_TICK_SECONDS):
            if self._is_over():
                return ShardEnd(code=143)
        while holder(self.folder) is not None:
            # A shard whose worker has just died is still ending.
            if self._is_over():
                return ShardEnd(code=143)
            time.sleep(_TICK_SECONDS)
        self._note_begin()
        end = self._run_process()
        if end.code in (0, 1):
            _write_end(self.folder, self.order.token, end)
        return end

    def _note_begin(self) -> None:
        """Note the queue's last run before this driver's first attempt."""
        document = _read_json(self.folder / _BEGIN_FILE)
        if document.get("driver") != self.order.driver:
            before = next((run.run_id for run in _runs_in(self.folder)), None)
            document = {"driver": self.order.driver, "before": before}
            write_private_file(self.folder / _BEGIN_FILE, [json.dumps(document)])

    def _run_before(self) -> str | None:
        before = _read_json(self.folder / _BEGIN_FILE).get("before")
        return None if before is None else str(before)

    def _is_over(self) -> bool:
        silent = time.monotonic() - self._heard_at
        return self._stop.is_set() or silent > LEASE_SECONDS

    def _run_process(self) -> ShardEnd:
        order = self.order
        words = ["sync", *order.words, "-config", order.config, "-state", order.state]
        words += ["-shard", str(order.shard), "-driven", "-json", "-quiet"]
        if order.log_file is not None:
            words += ["-log-file", f"{order.log_file}-shard-{order.shard.index}"]
        environment = os.environ | {"PYTHONPATH": _python_path()}
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            # In a session of its own: Ctrl-C is for the driver, which stops it.
            process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "cio_pipeline", *words],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                env=environment,
                start_new_session=True,
            )
            self._orders = process.stdin
            self._pass_on()
            self._watch(process)
            return self._end(process.returncode, _text(out), _text(err))

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for its end; stop it if the driver says so, or is silent."""
        closed_at: float | None = None
        while process.poll() is None:
            if closed_at is None and self._is_over():
                closed_at = time.monotonic()
                self._close_orders()
            if closed_at is not None and time.monotonic() - closed_at > _STOP_SECONDS:
                process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_TICK_SECONDS)
        self._close_orders()

    def _pass_on(self) -> None:
        if self._orders is not None:
            with contextlib.suppress(OSError, ValueError):  # it has just ended
                self._orders.write(b"%f\n" % self.factor)
                self._orders.flush()

    def _close_orders(self) -> None:
        if self._orders is not None:
            with contextlib.suppress(OSError):
                self._orders.close()

    def _end(self, code: int, out: str, err: str) -> ShardEnd:
        try:
            result: dict[str, Any] | None = json.loads(out)
        except ValueError:
            return ShardEnd(code=code, error=_last_line(err))
        attempts = attempts_since(_runs_in(self.folder), self._run_before())
        selection = Selection(since=attempts[0].started_at)
        with open_report(self.folder, selection, 0) as report:
            statistics = report.statistics()
        return ShardEnd(
            code=code,
            result=(result or {}) | asdict(joint_counts(attempts)),
            error=_last_line(err) if code not in (0, 1) else "",
            causes=statistics.causes,
            cause_count=statistics.cause_count,
        )


def _runs_in(folder: Path) -> tuple[RunRecord, ...]:
    return read_status(folder, SYSTEM_CLOCK.utc_now()).runs


def _folder_of(order: ShardOrder) -> Path:
    config = with_secrets(read_config(order.config), order.config, ["siteId"])
    folder = queue_folder(config, order.config, Path(order.state), order.shard)
    make_private_folder(Path(order.state))
    make_private_folder(folder)
    return folder


def _python_path() -> str:
    """Return where the process finds this package, whatever its folder is."""
    given = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(_PACKAGE_PARENT), *([given] if given else [])])


def _text(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _MOST_ERROR_BYTES))
    return file.read().decode(errors="replace")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or [""])[-1]


def _read_end(folder: Path, token: str) -> ShardEnd | None:
    document = _read_json(folder / _END_FILE)
    if document.pop("token", None) != token:
        return None
    try:
        document["causes"] = tuple(map(CauseCount._make, document["causes"]))
        return ShardEnd(**document)
    except (TypeError, KeyError):  # another version wrote it
        return None


def _read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object; an empty one if there is none, or it is damaged."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _write_end(folder: Path, token: str, end: ShardEnd) -> None:
    document = json.dumps(asdict(end) | {"token": token})
    write_private_file(folder / _END_FILE, [document])
