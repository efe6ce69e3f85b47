"""kill -9, Ctrl-C and SIGTERM during a run: after the next run nothing is missing."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from typing import Any

import pytest

from tests.support.api import SILENCE, Entry, ScriptedApi
from tests.support.books import requests_of
from tests.support.program import (
    SIGINT,
    SIGKILL,
    SIGTERM,
    Program,
    balances,
    finish,
    killer,
)

# What a kill can send twice: what was in flight, and one group of acks.
PARALLELISM, ACK_GROUP = 25, 500


def users(count: int) -> list[dict[str, Any]]:
    """Return users."""
    return [{"id": n, "name": f"User {n}", "computed_ltv": n} for n in range(count)]


def expected(count: int) -> dict[str, dict[str, Any]]:
    """Return what they must be at Customer.io."""
    return {str(n): {"name": f"User {n}", "ltv": n} for n in range(count)}


def sent_twice(api: ScriptedApi) -> int:
    """Return how many requests were for a user who had been accepted before."""
    accepted = Counter(entry.user_id for entry in api.ledger if entry.status == 200)
    return sum(count - 1 for count in accepted.values())


@pytest.mark.parametrize("moment", ["before_answer", "after_answer"])
@pytest.mark.parametrize("request_number", [1, 2, 30, 300, 1400, 1999, 2000])
def test_a_kill_loses_nothing_and_sends_little_twice(
    api: ScriptedApi, program: Program, moment: str, request_number: int
) -> None:
    """Guarantee 1, at chosen requests: just before and just after the answer."""
    data = program.write_data(users(2000))
    process = program.start("sync", "-data", data, "-json")
    kill = killer(process, SIGKILL)

    def at(entry: Entry) -> None:
        if entry.number == request_number:
            kill()

    setattr(api, moment, at)
    program.finish(process)
    setattr(api, moment, None)
    again = program.run("sync", "-data", data, "-json")

    assert again.code == 0
    assert balances(again.result)
    assert api.people() == expected(2000)
    assert sent_twice(api) <= PARALLELISM + ACK_GROUP
    assert again.result["records"] + again.result["resumed"] <= 2000, "loaded twice"


def test_what_nobody_answered_is_not_delivered(
    api: ScriptedApi, program: Program
) -> None:
    """Guarantee 1: an ack comes after its answer, however long that takes.

    The server is silent for longer than a group of acks waits for its commit:
    an ack before the answer would have been committed by then.
    """
    api.answer_all(SILENCE)
    data = program.write_data(users(25))
    process = program.start("sync", "-data", data, "-json")
    while program.status()["in_flight"] < 25:  # stored after about a second
        assert process.poll() is None
    killer(process, SIGKILL)()
    finish(process)
    api.answer_all(None)
    status = program.status()
    again = program.run("sync", "-data", data, "-json")

    assert (status["pending"], status["synced_total"]) == (25, 0)
    assert again.result["synced"] == again.result["resumed"] == 25
    assert api.people() == expected(25)


def test_kills_at_random_moments_lose_nothing(
    api: ScriptedApi, program: Program
) -> None:
    """Guarantee 2: each run continues where the last was killed."""
    seed = int(os.environ.get("SEED", "20261124"))
    chance = random.Random(seed)
    print(f"SEED={seed}")  # noqa: T201  # shown when it fails
    data = program.write_data(users(6000))
    kills = 0
    for _ in range(8):
        process = program.start("sync", "-data", data, "-json")
        timer = threading.Timer(chance.uniform(0.3, 1.2), killer(process, SIGKILL))
        timer.start()
        outcome = program.finish(process)
        timer.cancel()
        timer.join()
        kills += outcome.code == -SIGKILL
        if outcome.code == 0:
            break
    if kills == 8:
        assert program.run("sync", "-data", data, "-json").code == 0

    assert kills > 0
    assert api.people() == expected(6000)
    assert sent_twice(api) <= kills * (PARALLELISM + ACK_GROUP)
    assert program.status()["pending"] == 0


@pytest.mark.parametrize("number", [SIGINT, SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_stop_lets_requests_end_and_sends_nothing_twice(
    api: ScriptedApi, program: Program, number: int
) -> None:
    """Guarantee 7: exit 128+N, the work kept, and no request sent twice."""
    data = program.write_data(users(3000))
    process = program.start("sync", "-data", data, "-json")
    stop = killer(process, number)

    def at(entry: Entry) -> None:
        if entry.number == 700:
            stop()

    api.before_answer = at
    stopped = program.finish(process)
    api.before_answer = None
    again = program.run("sync", "-data", data, "-json")

    assert stopped.code == 128 + number
    assert stopped.result["status"] == "stopped"
    assert stopped.result["reason"] == "interrupted"
    assert balances(stopped.result)
    assert again.code == 0
    assert balances(again.result)
    assert api.people() == expected(3000)
    assert len(api.ledger) == 3000, "nothing is sent twice"


def test_a_stop_while_the_disk_is_slow_sends_nothing_twice(
    api: ScriptedApi, program: Program
) -> None:
    """Guarantee 7: answers that come while a full group waits are stored too."""
    program.configure(api="batch", parallelism=5)
    api.answer_all(401)
    program.sync([{"id": n, "name": "x" * 400} for n in range(4000)])
    api.answer_all(None)
    api.ledger.clear()

    program.disk = "slow=0.5"
    process = program.start("resume", "-json")
    stop = killer(process, SIGTERM)

    def at(entry: Entry) -> None:
        if entry.number == 3:  # of four bodies, each more than a group
            stop()

    api.before_answer = at
    stopped = program.finish(process)
    api.before_answer = program.disk = None
    again = program.resume()

    assert stopped.code == 128 + SIGTERM
    assert balances(stopped.result)
    assert again.code == 0
    users = [user for entry in api.ledger for user, _ in requests_of(entry)]
    assert len(users) == len(set(users)) == 4000


def test_a_second_signal_ends_at_once_without_loss(
    api: ScriptedApi, program: Program
) -> None:
    """Guarantee 7: even while a request hangs."""
    api.script("5", [SILENCE])
    data = program.write_data(users(10))
    process = program.start("sync", "-data", data, "-json")
    stop = killer(process, SIGINT)
    stopped = threading.Event()

    def at(entry: Entry) -> None:
        if entry.user_id == "5":
            stop()
            stopped.set()

    api.before_answer = at
    assert stopped.wait(30)
    assert process.stderr is not None
    for line in process.stderr:
        if "stop_requested" in line:
            break
    stop()
    code = process.wait(timeout=4)
    process.communicate()
    again = program.run("sync", "-data", data, "-json")

    assert code == 130
    assert again.code == 0
    assert api.people() == expected(10)
