"""The main job as a user runs it: a real process against a real server."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.settings import SandboxSettings
from tests.support.api import DROP, Answer, Entry, ScriptedApi
from tests.support.program import Program, balances, finish


def users(count: int) -> list[dict[str, Any]]:
    """Make users as in the request: with keys that no mapping names."""
    return [
        {"id": n, "name": f"User {n}", "computed_ltv": n / 4, "secret": "stays here"}
        for n in range(count)
    ]


def expected(count: int) -> dict[str, dict[str, Any]]:
    """What the request's example makes of them."""
    return {str(n): {"name": f"User {n}", "ltv": n / 4} for n in range(count)}


def test_the_requests_own_example_sets_ltv_and_name_and_nothing_else(
    api: ScriptedApi, program: Program
) -> None:
    """The request: `computed_ltv` ends up as `ltv`, `name` as `name`."""
    outcome = program.sync(users(100))

    assert outcome.code == 0
    assert api.people() == expected(100)
    assert outcome.result["status"] == "completed"
    assert outcome.result["synced"] == 100
    assert balances(outcome.result)


def test_running_it_again_changes_nothing(api: ScriptedApi, program: Program) -> None:
    """The request: call it any number of times without functional changes."""
    codes = [program.sync(users(40)).code for _ in range(3)]

    assert codes == [0, 0, 0]
    assert api.people() == expected(40)


def test_the_command_may_be_left_out_and_dashes_doubled(
    api: ScriptedApi, program: Program
) -> None:
    """`python main.py -config C -data D` is how the request writes it."""
    data = program.write_data(users(3))

    short = program.run("", "-data", data)
    long = program.run("sync", "--data", data, "--json")

    assert (short.code, long.code) == (0, 0)
    assert api.people() == expected(3)
    assert "Done: all synced." in short.stdout


def test_joined_tables_make_no_person_of_a_header_or_of_blanks(
    api: ScriptedApi, program: Program
) -> None:
    """Exports in several files, one after another, also packed with gzip."""
    part = "\ufeffid;name;computed_ltv\r\n%d;User %d;\r\n;;\r\n\r\n"
    packed = program.folder / "users.csv.gz"
    parts = [(part % (n, n)).encode() for n in range(3)]
    packed.write_bytes(b"".join(map(gzip.compress, parts)))
    plain = program.folder / "users.csv"
    plain.write_bytes(b"\x1a".join(parts) + b"\x1a")

    for data in (packed, plain):
        outcome = program.run("sync", "-data", str(data), "-json")
        assert (outcome.code, outcome.result["synced"]) == (0, 3)

    assert set(api.people()) == {"0", "1", "2"}
    assert program.run("dead-letters", "-json").result == []


def test_failures_of_every_kind_end_as_the_api_says(
    api: ScriptedApi, program: Program
) -> None:
    """Refused ones are dead letters after one request; all others arrive."""
    no_such = Answer(404, b'{"meta": {"error": "no such person"}}')
    refused = {
        "10": (400, b'{"meta": {"error": "bad attribute"}}', "bad attribute"),
        "11": (404, no_such.body, "no such person"),
        "12": (422, b'{"meta": {"errors": ["one", "two"]}}', "one; two"),
    }
    for user, (status, body, _) in refused.items():
        api.script(user, [Answer(status, body)])
    for number in range(20, 30):
        api.script(str(number), [503, 503])
    for number in range(30, 40):
        api.script(str(number), [DROP])
    api.script("40", [Answer(429, b"{}", "1")])
    api.script("41", [Answer(400, b"{}", "1")])

    outcome = program.sync(users(300))

    delivered = {u: a for u, a in expected(300).items() if u not in refused}
    assert outcome.code == 1
    assert api.people() == delivered
    assert outcome.result["status"] == "completed_with_dead_letters"
    assert outcome.result["dead_lettered"] == 3
    # A drop on a kept connection is mended within its attempt, on a new one.
    assert 20 + 2 <= outcome.result["retries"] <= 20 + 10 + 2
    assert balances(outcome.result)
    letters = {letter["user_id"]: letter for letter in program.dead_letters()}
    assert set(letters) == set(refused)
    for user, (status, _, message) in refused.items():
        assert letters[user]["http_status"] == status
        assert letters[user]["message"] == message
        assert letters[user]["attempts"] == 1
        assert letters[user]["record_index"] == int(user)
        assert letters[user]["source"] == "data.json"
        assert letters[user]["payload"] == expected(300)[user]
        assert len(api.requests_for(user)) == 1


@pytest.mark.parametrize("status", [429, 503, 400])
def test_retry_after_is_kept(api: ScriptedApi, program: Program, status: int) -> None:
    """Guarantee 4: not a moment earlier than Customer.io asked for."""
    api.script("7", [Answer(status, b"{}", "2")])

    outcome = program.sync(users(10))

    first, second = api.requests_for("7")
    assert first.answered is not None
    assert outcome.code == 0
    assert second.arrived - first.answered >= 2.0


@pytest.mark.parametrize(
    "wait",
    ["86400", "99999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"],
    ids=["a day", "for ever", "a date"],
)
def test_a_pause_longer_than_an_outage_may_be_ends_the_run(
    api: ScriptedApi, program: Program, wait: str
) -> None:
    """A run must not wait for a day without a word; no failure follows to count."""
    api.script("0", [Answer(429, b"{}", wait)])
    program.configure(parallelism=4)

    outcome = program.sync(users(200))

    assert outcome.code == 3, outcome.stderr
    assert outcome.result["reason"] == "unreachable"
    assert outcome.result["pending"] > 0
    assert outcome.result["dead_lettered"] == 0
    assert "asked for a pause of another" in outcome.stderr


def test_a_429_pauses_every_thread(api: ScriptedApi, program: Program) -> None:
    """Guarantee 4: it slows all threads, not only the one that met it."""
    api.script("0", [Answer(429, b"{}", "2")])

    program.configure(parallelism=4)
    program.sync(users(200))

    refused = api.requests_for("0")[0]
    assert refused.answered is not None
    in_pause = [
        entry
        for entry in api.ledger
        if refused.answered + 0.3 < entry.arrived < refused.answered + 1.9
    ]
    assert in_pause == []


def test_repeats_say_so(api: ScriptedApi, program: Program) -> None:
    """The official Node client's header, and a name to know us by."""
    api.script("1", [503, 503])

    program.sync(users(2))

    counts = [entry.headers.get("x-retry-count") for entry in api.requests_for("1")]
    assert counts == [None, "1", "2"]
    assert api.ledger[0].headers["user-agent"].startswith("cio-pipeline/")
    assert api.ledger[0].headers["content-type"] == "application/json"


def test_connections_are_kept_alive_one_a_thread(
    api: ScriptedApi, program: Program
) -> None:
    """Not one a request."""
    program.configure(parallelism=5)

    program.sync(users(500))

    assert len({entry.connection for entry in api.ledger}) <= 5


def test_exactly_parallelism_requests_are_in_flight(program: Program) -> None:
    """The request: 25 means making 25 API requests concurrently."""
    settings = SandboxSettings(port=0, faults=Faults(latency_ms=50))
    with ScriptedApi(settings) as api:
        program.url = api.url
        program.configure(parallelism=25, requestsPerSecond=0)

        program.sync(users(500))

        assert api.most_in_flight == 25


def test_one_users_records_arrive_in_order_and_never_two_at_once(
    api: ScriptedApi, program: Program
) -> None:
    """Guarantee 3: the last record in the file wins, whatever fails on the way."""
    records = [{"id": n % 7, "name": str(n)} for n in range(140)]
    for user in range(7):
        api.script(str(user), [200, 503, 200, DROP, 503, 200, 503])

    outcome = program.sync(records)

    assert outcome.code == 0
    assert api.overlaps() == []
    assert api.people() == {str(u): {"name": str(133 + u)} for u in range(7)}
    for user in range(7):
        names = [e.attributes["name"] for e in api.requests_for(str(user))]
        in_order = [
            name
            for name, after in zip(names, [*names[1:], None], strict=True)
            if name != after
        ]
        assert in_order == [str(n) for n in range(user, 140, 7)]


def test_users_that_always_fail_are_dead_letters_even_as_the_last_ones(
    api: ScriptedApi, program: Program
) -> None:
    """They must not pass for an outage when nobody else is left."""
    for user in ("3", "4", "5", "6"):
        api.script(user, [500] * 20)
    program.configure(maxAttempts=3)

    outcome = program.sync(users(60))

    assert outcome.code == 1
    letters = program.dead_letters()
    assert {letter["user_id"] for letter in letters} == {"3", "4", "5", "6"}
    assert {letter["reason"] for letter in letters} == {"retries_exhausted"}


def test_rejected_keys_stop_the_run_at_once_and_nothing_is_lost(
    api: ScriptedApi, program: Program
) -> None:
    """Guarantee 5: exit 3, no dead letters, one round of requests."""
    program.configure(apiKey="wrong")

    rejected = program.sync(users(300))
    sent = len(api.ledger)
    program.configure(apiKey="sandbox-key")
    mended = program.resume()

    assert rejected.code == 3
    assert rejected.result["reason"] == "keys_rejected"
    assert rejected.result["dead_lettered"] == 0
    assert rejected.result["pending"] == 300
    assert sent <= 2 * 25
    assert mended.code == 0
    assert mended.result["resumed"] == 300
    assert api.people() == expected(300)


def test_an_unreachable_server_ends_the_run_and_resume_delivers(
    api: ScriptedApi, program: Program
) -> None:
    """Exit 3 after `maxOutageSeconds`; the work is kept."""
    api.answer_all(503)
    program.configure(maxOutageSeconds=2)

    down = program.sync(users(100))
    sent = len(api.ledger)
    api.answer_all(None)
    up = program.resume()

    assert down.code == 3
    assert down.result["reason"] == "unreachable"
    assert down.result["pending"] == 100
    assert down.result["dead_lettered"] == 0
    assert sent < 60, "a server that is down is not hammered"
    assert up.code == 0
    assert api.people() == expected(100)


def test_an_outage_in_the_middle_is_ridden_out(
    api: ScriptedApi, program: Program
) -> None:
    """Nothing is lost, no dead letters, and few requests while it lasts."""
    outage = Faults(outage_in_seconds=0.0, outage_seconds=6.0, outage_mode="drop")
    started: list[float] = []

    def begin(entry: Entry) -> None:
        if entry.number == 100:
            started.append(entry.arrived)
            api.sandbox.set_faults(outage)

    api.before_answer = begin

    outcome = program.sync(users(1000))

    during = [e for e in api.ledger if started[0] + 0.5 < e.arrived < started[0] + 6.0]
    assert outcome.code == 0
    assert api.people() == expected(1000)
    assert len(during) < 40
    assert program.dead_letters() == []


def test_the_result_goes_to_stdout_and_everything_else_to_stderr(
    program: Program,
) -> None:
    """Scripts read stdout."""
    outcome = program.sync(users(5))

    assert json.loads(outcome.stdout)["synced"] == 5
    assert {event["event"] for event in outcome.events} >= {"run_started", "run_ended"}
    run_ids = {event["run_id"] for event in outcome.events}
    assert run_ids == {outcome.result["run_id"]}


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two cores to choose from",
)
def test_every_thread_of_a_run_keeps_to_one_core(
    api: ScriptedApi, program: Program
) -> None:
    """Handing the interpreter lock from core to core would cost half the speed."""
    cores: set[frozenset[int]] = set()
    data = program.write_data([{"id": n} for n in range(50)])
    process = program.start("sync", "-data", data)

    def look(_: object) -> None:
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            with contextlib.suppress(ProcessLookupError):
                cores.add(frozenset(os.sched_getaffinity(int(task.name))))

    api.before_answer = look
    outcome = finish(process)

    assert outcome.code == 0, outcome.stderr
    assert len(cores) == 1
    assert len(next(iter(cores))) == 1
