"""Kills the program hundreds of times, and checks the results of each round.

    python tests/crash/campaign.py --kills 300
    python tests/crash/campaign.py --minutes 10

A round has one data file, one server with its own faults, and one state. The
program is killed several times, at a random time, at a request, or at a step,
and started again; the last run is not killed. Then all people must be as in the
file, in order, and the counts must be right. The seed is printed; the same seed
makes the same rounds, with different timing.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, fields
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.settings import SandboxSettings
from tests.support.api import Entry, ScriptedApi
from tests.support.books import (
    check_database,
    check_order,
    count_loads,
    count_sent_twice,
    expected_people,
    is_refused,
    numbered_records,
)
from tests.support.program import SIGINT, SIGKILL, SIGTERM, Program, balances, killer
from tests.support.steps import POINTS

ACK_GROUP = 500
MOST_KILLS_A_ROUND = 12
WORKERS = 2
MOST_JOBS_A_BODY = 5000


@dataclass
class Books:
    """The figures of all rounds."""

    rounds: int = 0
    records: int = 0
    requests: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    steps: set[str] = field(default_factory=set)
    dead_letters: int = 0
    sent_twice: int = 0
    allowed_twice: int = 0

    @property
    def kills(self) -> int:
        """Return how many processes were killed."""
        return sum(n for how, n in self.ends.items() if how.startswith("kill"))

    def add(self, other: Books) -> None:
        """Add the figures of another."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, int):
                setattr(self, each.name, mine + theirs)
            else:
                mine.update(theirs)

    def show(self) -> None:
        """Print the figures."""
        print(f"rounds                  {self.rounds:>10,}")
        print(f"records                 {self.records:>10,}")
        print(f"requests                {self.requests:>10,}")
        for how, times in sorted(self.ends.items()):
            print(f"ended by {how:<15}{times:>10,}")
        print(f"steps killed at         {len(self.steps):>10,} of {len(POINTS)}")
        for status, times in sorted(self.answers.items()):
            print(f"answers {status:<16}{times:>10,}")
        print(f"dead letters            {self.dead_letters:>10,}")
        print(f"sent twice by kills     {self.sent_twice:>10,}")
        print(f"  at most allowed       {self.allowed_twice:>10,}")
        print("every round: nothing lost, nothing out of order, the counts right")


class Round:
    """A round: one file, one server, one state.

    Args:
        seed: the seed of its random choices.
        folder: the folder of its files.
    """

    def __init__(self, seed: str, folder: Path) -> None:
        self._chance = random.Random(seed)
        self._folder = folder
        self._books = Books()
        chance = self._chance
        self._is_batch = chance.random() < 0.3
        self._parallelism = chance.choice([1, 5, 25, 25, 100])
        most = 6000 if self._is_batch else min(3000, 500 * self._parallelism)
        size = chance.randrange(300, most)
        self._records = numbered_records(
            size, chance.choice([3, size // 4 + 1, size * 4]), chance.randrange
        )
        for record in chance.sample(self._records, chance.randrange(20)):
            record["computed_ltv"] = "x" * 1100  # over Customer.io's limit: refused
        self._faults = Faults(
            latency_ms=chance.choice([0, 0, 5]),
            error_share=chance.choice([0, 0, 0.01, 0.03]),
            error_status=chance.choice([500, 502, 503, 408]),
            drop_share=chance.choice([0, 0, 0.01, 0.03]),
            throttle_share=chance.choice([0, 0, 0, 0, 0.002]),
            retry_after=chance.choice([None, "0", "1"]),
            outage_in_seconds=chance.uniform(0, 2),
            outage_seconds=chance.choice([0, 0, 1.5]),
            outage_mode=chance.choice(["503", "drop"]),
        )

    def __str__(self) -> str:
        mode = "batch" if self._is_batch else "customers"
        return f"{len(self._records):5} records, {mode:9} x{self._parallelism}"

    def play(self) -> Books:
        """Start and kill runs; then finish one run and check the results."""
        settings = SandboxSettings(port=0, faults=self._faults, seed=1)
        with ScriptedApi(settings) as api:
            program = Program(
                self._folder,
                api.url,
                {
                    "parallelism": self._parallelism,
                    "api": "batch" if self._is_batch else "customers",
                    "requestsPerSecond": 0,
                    "maxOutageSeconds": 60,
                },
            )
            data = program.write_data(self._records)
            kills = 0
            for _ in range(self._chance.randrange(1, MOST_KILLS_A_ROUND)):
                how = self._run_and_end(api, program, data)
                self._books.ends[how] += 1
                kills += how.startswith("kill")
                check_database(program)
                if how == "itself":
                    break
            last = program.run("sync", "-data", data, "-json")
            self._check(api, program, last.result, last.code, kills)
        return self._books

    def _run_and_end(self, api: ScriptedApi, program: Program, data: Path) -> str:
        """Start a run and end it in some way; return how it ended."""
        chance = self._chance
        how = chance.choice(
            ["kill at a time"] * 3
            + ["kill at a request"] * 3
            + ["kill at a step"] * 3
            + ["SIGTERM", "SIGINT"]
        )
        step, occurrence = chance.choice(POINTS)
        if how == "kill at a step":
            program.kill_at = (step, occurrence)
        process = program.start("sync", "-data", data, "-json")
        number = {"SIGTERM": SIGTERM, "SIGINT": SIGINT}.get(how, SIGKILL)
        end = killer(process, number)
        timer = threading.Timer(chance.uniform(0.15, 1.0), end)
        if how == "kill at a request":
            at = len(api.ledger) + chance.randrange(1, len(self._records))

            def kill_at_request(entry: Entry) -> None:
                if entry.number >= at:
                    end()

            moment = chance.choice(["before_answer", "after_answer"])
            setattr(api, moment, kill_at_request)
        elif how != "kill at a step":
            timer.start()
        outcome = program.finish(process)
        timer.cancel()
        api.before_answer = api.after_answer = program.kill_at = None
        if outcome.code == -SIGKILL:
            if how == "kill at a step":
                self._books.steps.add(f"{step} {occurrence}")
            return how
        if outcome.code in (128 + SIGTERM, 128 + SIGINT):
            # There is none if it was stopped before its run began.
            assert not outcome.stdout or balances(outcome.result)
            return how
        if outcome.code in (-SIGTERM, -SIGINT):  # before it had begun to listen
            return how
        assert outcome.code in (0, 1), f"{outcome.code} {outcome.stderr[-2000:]}"
        return "itself"

    def _check(
        self,
        api: ScriptedApi,
        program: Program,
        result: dict[str, Any],
        code: int,
        kills: int,
    ) -> None:
        refused = [
            index for index, record in enumerate(self._records) if is_refused(record)
        ]
        letters = program.dead_letters()
        # A file that was delivered completely is loaded again.
        loads = count_loads(program)
        assert code in (0, 1), result
        assert balances(result)
        assert result["pending"] == 0
        assert api.people() == expected_people(self._records), "somebody is wrong"
        assert sorted(each["record_index"] for each in letters) == sorted(
            refused * loads
        )
        check_order(api, self._records)
        check_database(program)
        loaded_again = (loads - 1) * (len(self._records) - len(refused))
        twice = count_sent_twice(api) - loaded_again
        assert twice <= self._most_sent_twice(kills), f"{twice} were sent twice"
        self._books.sent_twice += max(0, twice)
        self._books.allowed_twice += self._most_sent_twice(kills)
        self._count(api, len(letters))

    def _most_sent_twice(self, kills: int) -> int:
        in_flight = self._parallelism * (MOST_JOBS_A_BODY if self._is_batch else 1)
        return kills * min(len(self._records), in_flight + ACK_GROUP)

    def _count(self, api: ScriptedApi, letters: int) -> None:
        books = self._books
        books.rounds += 1
        books.records += len(self._records)
        books.requests += len(api.ledger)
        books.dead_letters += letters
        books.answers.update(str(entry.status) for entry in api.ledger)


def play(seed: str) -> tuple[str, Books]:
    """Play one round; return its description and its figures."""
    with tempfile.TemporaryDirectory() as folder:
        played = Round(seed, Path(folder))
        try:
            return str(played), played.play()
        except AssertionError as error:
            raise AssertionError(f"round {seed} ({played}): {error}") from error


def main() -> int:
    """Play rounds until there were enough kills, or the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--first-round", type=int, default=0)
    arguments = parser.parse_args()
    books = Books()
    began = time.monotonic()
    print(f"seed {arguments.seed}")
    numbers = count(arguments.first_round)
    with ProcessPoolExecutor(WORKERS) as pool:
        playing = {pool.submit(play, f"{arguments.seed}-{next(numbers)}")}
        while playing:
            seconds = time.monotonic() - began
            while len(playing) < WORKERS and not is_enough(arguments, books, seconds):
                playing.add(pool.submit(play, f"{arguments.seed}-{next(numbers)}"))
            done, playing = wait(playing, return_when=FIRST_COMPLETED)
            for each in done:
                round_, its_books = each.result()
                books.add(its_books)
                print(f"round {books.rounds:4}: {round_}", flush=True)
    print()
    books.show()
    print(f"took                    {time.monotonic() - began:>10,.0f} s")
    return 0


def is_enough(arguments: argparse.Namespace, books: Books, seconds: float) -> bool:
    """Return whether no more rounds are needed."""
    if arguments.minutes is not None:
        return seconds >= 60 * arguments.minutes
    return books.kills >= arguments.kills


if __name__ == "__main__":
    sys.exit(main())
