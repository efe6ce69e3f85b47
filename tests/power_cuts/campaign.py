"""Cuts the power thousands of times, and checks what each disk that is left leads to.

    python tests/power_cuts/campaign.py --disks 2000

Runs of the program are recorded: every write, truncation, rename and sync in its
folder. For a power cut at any change, a disk is made as it may be left: everything
that was synced is there, and of the rest any part (see `disks.py`). The program then
runs on this disk. Afterwards all people must be as in the file, in order, and the
tables must be right. The seed is printed; the same seed makes the same choices.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.settings import SandboxSettings
from tests.power_cuts.disks import Disk
from tests.power_cuts.recording import Change, Recorder
from tests.power_cuts.scenarios import METRICS, SCENARIOS, Records, Scenario
from tests.support.api import Entry, ScriptedApi
from tests.support.books import (
    check_database,
    check_order,
    expected_people,
    is_refused,
    people_after,
    requests_of,
)
from tests.support.program import Program

_DISKS_A_PART = 50
_FIRST_REQUESTS = 60
# What a power cut may undo: commits are synced once a second; the rest is patience.
_MOST_SECONDS = 10.0
_WARM = Path(__file__).with_name("warm.py")
_MODULES = ("cio_pipeline.commands.sync.command", "cio_pipeline.pipeline.run")


@dataclass
class Figures:
    """The results of some disks.

    Args:
        disks: how many were judged.
        codes: the exit codes of the runs on them.
        sent_again: deliveries that were repeated.
        oldest_seconds: the longest time between such a delivery and the power cut.
    """

    disks: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    sent_again: int = 0
    oldest_seconds: float = 0.0

    def add(self, other: Figures) -> None:
        """Add the results of other disks."""
        self.disks += other.disks
        self.codes += other.codes
        self.sent_again += other.sent_again
        self.oldest_seconds = max(self.oldest_seconds, other.oldest_seconds)

    def __str__(self) -> str:
        codes = ", ".join(f"{code}: {n:,}" for code, n in sorted(self.codes.items()))
        return (
            f"{self.disks:6,} disks, exit codes {codes}, sent again"
            f" {self.sent_again:,}, the oldest {self.oldest_seconds:.1f} s before"
        )


class WarmProgram:
    """Starts the program in milliseconds (see `warm.py`)."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, _WARM, *_MODULES],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate("")

    def run(self, program: Program, command: str, *options: str | Path) -> int:
        """Run a command to its end; return its exit code."""
        arguments = [str(each) for each in program.arguments(command, *options)][2:]
        task = {"arguments": arguments, "output": str(program.folder / "output.txt")}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@dataclass
class Cuts:
    """The power cuts of one recorded scenario.

    Args:
        scenario: what was recorded.
        api: the server; it has answered the recorded requests.
        program: the recorded program.
        nights: its data files.
        begun: when each was first used.
        before: what its folder had before the recording.
        changes: what it wrote.
        sent: the requests that it made.
    """

    scenario: Scenario
    api: ScriptedApi
    program: Program
    nights: list[Path]
    begun: list[float]
    before: dict[str, bytes | None]
    changes: list[Change]
    sent: list[Entry]

    def some_time(self, chance: random.Random) -> float:
        """Choose when to cut: at a change, a request, or a file's first requests."""
        way = chance.random()
        if way < 0.5:
            return chance.choice(self.changes).at
        times = [entry.arrived for entry in self.sent]
        if way < 0.75:
            return chance.choice(times)
        first = bisect_left(times, chance.choice(self.begun))
        return chance.choice(times[first : first + _FIRST_REQUESTS])

    def judge(self, cut_at: float, chance: random.Random, warm: WarmProgram) -> Figures:
        """Cut the power at a time, run the program, and check the results."""
        there = self.program.folder.parent / "disk"
        shutil.rmtree(there, ignore_errors=True)
        there.mkdir()
        changes = [change for change in self.changes if change.at <= cut_at]
        Disk(self.before, changes).write_to(there, chance)
        check_metrics(there)
        before = [entry for entry in self.sent if entry.arrived <= cut_at]
        night = max(n for n, begun in enumerate(self.begun) if begun <= cut_at)
        if self.scenario.any_night:
            night = chance.randrange(len(self.nights))
        self.api.ledger.clear()
        after = Program(there, self.program.url, self.program.changes)
        code = warm.run(
            after, "sync", "-data", self.nights[night], "-json", *self.scenario.options
        )
        output = (there / "output.txt").read_text("utf-8")
        assert code in (0, 1), f"exit code {code}: {output[-2000:]}"
        figures = Figures(1, Counter([code]))
        if self.scenario.is_in_order:
            figures = self._figures(code, before, cut_at)
        self.api.ledger[:0] = before
        self._check(after, self.scenario.nights[night])
        return figures

    def _check(self, after: Program, night: Records) -> None:
        people = people_after(self.api.ledger)
        assert people == expected_people(night), "somebody is wrong"
        if self.scenario.is_in_order:
            check_order(self.api, night)
        check_database(after)
        refused = {index for index, record in enumerate(night) if is_refused(record)}
        assert letters_in(after) == (0, refused), "a record is lost"

    def _figures(self, code: int, before: list[Entry], cut_at: float) -> Figures:
        delivered = {
            (user_id, orjson.dumps(attributes)): entry.arrived
            for entry in before
            if entry.status == 200
            for user_id, attributes in requests_of(entry)
        }
        again = [
            delivered[key]
            for entry in self.api.ledger
            for user_id, attributes in requests_of(entry)
            if (key := (user_id, orjson.dumps(attributes))) in delivered
        ]
        oldest = cut_at - min(again) if again else 0.0
        assert oldest <= _MOST_SECONDS, f"sent again, {oldest:.1f} s before the cut"
        return Figures(1, Counter([code]), len(again), oldest)


def letters_in(program: Program) -> tuple[int, set[int]]:
    """Return how many jobs are pending, and the records that are dead letters."""
    (file,) = program.state.glob("*/queue.db")
    with closing(sqlite3.connect(file)) as connection:
        (pending,) = connection.execute("SELECT pending FROM totals").fetchone()
        rows = connection.execute("SELECT record_index FROM dead_letters").fetchall()
    return pending, {index for (index,) in rows}


def check_metrics(folder: Path) -> None:
    """Check that a file of metrics is complete if it is there."""
    file = folder / METRICS
    if file.exists():
        text = file.read_text("utf-8")
        assert text.endswith("\n"), f"the metrics are cut: {text[-80:]!r}"
        assert "\0" not in text


def record(scenario: Scenario, api: ScriptedApi, folder: Path) -> Cuts:
    """Play a scenario and record it.

    Args:
        scenario: what to play.
        api: the server.
        folder: an empty folder for its files.
    """
    root = folder / "recorded"
    root.mkdir()
    config = {"requestsPerSecond": 0, "maxOutageSeconds": 60, **scenario.config}
    program = Program(root, api.url, config)
    # The configuration and the data are not the program's own files.
    nights = [
        write_json(folder / f"data-{number}.json", records)
        for number, records in enumerate(scenario.nights)
    ]
    scenario.prepare(program, nights)
    before = {
        str(each.relative_to(root)): None if each.is_dir() else each.read_bytes()
        for each in sorted(root.rglob("*"))
    }
    recorder = Recorder(root, folder / "changes.log")
    with recorder.on(folder):
        begun = scenario.play(program, api, nights)
    api.wait_until_left()
    sent = list(api.ledger)
    return Cuts(scenario, api, program, nights, begun, before, recorder.changes(), sent)


def write_json(path: Path, records: Records) -> Path:
    """Write a data file."""
    path.write_bytes(orjson.dumps(records))
    return path


def play(name: str, disks: int, seed: str) -> Figures:
    """Record a scenario and judge some of its disks."""
    scenario = next(each for each in SCENARIOS if each.name == name)
    chance = random.Random(seed)
    figures = Figures()
    settings = SandboxSettings(port=0, faults=scenario.faults, seed=1)
    with (
        tempfile.TemporaryDirectory() as folder,
        ScriptedApi(settings) as api,
        WarmProgram() as warm,
    ):
        cuts = record(scenario, api, Path(folder))
        api.sandbox.set_faults(Faults())
        for number in range(disks):
            try:
                figures.add(cuts.judge(cuts.some_time(chance), chance, warm))
            except AssertionError as error:
                place = f"{name}, seed {seed}, disk {number}"
                raise AssertionError(f"{place}: {error}") from error
    return figures


def main() -> int:
    """Judge disks of all scenarios, in parallel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--disks", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--only", choices=[each.name for each in SCENARIOS])
    arguments = parser.parse_args()
    names = [each.name for each in SCENARIOS if arguments.only in (None, each.name)]
    parts = max(1, arguments.disks // len(names) // _DISKS_A_PART)
    began = time.monotonic()
    print(f"seed {arguments.seed}")
    total = Figures()
    with ProcessPoolExecutor(2) as pool:
        playing = [
            (name, pool.submit(play, name, _DISKS_A_PART, f"{arguments.seed}-{part}"))
            for part in range(parts)
            for name in names
        ]
        for name, each in playing:
            total.add(each.result())
            print(f"{name:13} {each.result()}", flush=True)
    print(f"{'together':13} {total}")
    print("every disk: nothing lost, nothing out of order, the tables right")
    print(f"took {time.monotonic() - began:,.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
