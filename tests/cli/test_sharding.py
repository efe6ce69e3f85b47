"""`-shard I/N`: N runs beside each other do what one does."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import SILENCE, Entry, ScriptedApi
from tests.support.books import check_database, check_order, expected_people
from tests.support.program import SIGKILL, Outcome, Program, balances, finish, killer

COUNT = 3
UNUSABLE: tuple[Any, ...] = ({"name": "no id"}, 7, {"id": ""}, None, {"id": True})


def make_records(count: int) -> list[Any]:
    """Make users who come back, with records that nobody can send among them."""
    chance = random.Random(7)
    records: list[Any] = [
        {"id": chance.randrange(count // 3), "name": f"record {n}", "computed_ltv": n}
        for n in range(count)
    ]
    for place in range(0, count, 37):
        records[place] = UNUSABLE[place % len(UNUSABLE)]
    return records


def usable(records: list[Any]) -> list[dict[str, Any]]:
    """Leave out what has no id."""
    return [each for each in records if each not in UNUSABLE]


def run_shards(program: Program, data: Path, *options: str) -> list[Outcome]:
    """Run all shards at once, to their ends."""
    started = [
        program.start(
            "sync", "-data", data, "-json", "-shard", f"{index}/{COUNT}", *options
        )
        for index in range(COUNT)
    ]
    return [program.finish(process) for process in started]


def letters_of(program: Program, *shard: str) -> list[tuple[Any, ...]]:
    """What a dead-letter report says, without what differs from run to run."""
    outcome = program.run("dead-letters", "-json", *shard)
    return [
        (each["record_index"], each["reason"], each["http_status"], each["message"])
        for each in json.loads(outcome.stdout)
    ]


def requests_a_user(api: ScriptedApi) -> Counter[str]:
    """How often each user was asked for."""
    return Counter(entry.user_id for entry in api.ledger)


def test_three_shards_together_do_exactly_what_one_run_does(
    program: Program, api: ScriptedApi, tmp_path: Path
) -> None:
    """The same people, requests and dead letters; the counts add up to the whole's."""
    records = make_records(900)
    refused = [str(each["id"]) for each in usable(records)[:5]]
    with ScriptedApi() as other:
        for user in refused:
            for each in (api, other):
                each.script(user, [400])
        (tmp_path / "one").mkdir()
        alone = Program(tmp_path / "one", other.url)
        one = alone.sync(records)
        one_letters = letters_of(alone)

        three = run_shards(program, program.write_data(records))

        results = [outcome.result for outcome in three]
        assert {outcome.code for outcome in (one, *three)} == {1}
        assert all(balances(result) for result in results)
        assert all(result["records"] > 200 for result in results)
        for name in ("records", "synced", "dead_lettered", "requests", "pending"):
            assert sum(result[name] for result in results) == one.result[name], name
        assert api.people() == other.people()
        assert requests_a_user(api) == requests_a_user(other)
    check_order(api, usable(records))
    letters = [
        letter
        for index in range(COUNT)
        for letter in letters_of(program, "-shard", f"{index}/{COUNT}")
    ]
    assert sorted(letters, key=str) == sorted(one_letters, key=str)


@pytest.mark.parametrize(
    "kill_at",
    [
        ("cio_pipeline.store.store:Store.enqueue:return", 1),
        ("cio_pipeline.store.queue.leases:Leases.commit:return", 3),
    ],
    ids=["after a chunk", "while sending"],
)
def test_a_killed_shard_goes_on_where_it_stopped(
    program: Program, api: ScriptedApi, kill_at: tuple[str, int]
) -> None:
    """Its progress is a place in the whole file, among records of others."""
    records = make_records(2000)
    data = program.write_data(records)
    dying = replace(program, kill_at=kill_at)

    killed = dying.run("sync", "-data", data, "-shard", "1/3")
    others = [
        program.run("sync", "-data", data, "-json", "-shard", shard)
        for shard in ("0/3", "2/3")
    ]
    again = program.run("sync", "-data", data, "-json", "-shard", "1/3")
    after = program.run("resume", "-json", "-shard", "1/3")

    assert killed.code == -SIGKILL
    assert {outcome.code for outcome in others} == {1}
    assert again.code in (0, 1)
    assert balances(again.result)
    assert after.result["resumed"] == 0
    assert api.people() == expected_people(usable(records))
    check_order(api, usable(records))
    check_database(program)
    unsendable = [n for n, each in enumerate(records) if each in UNUSABLE]
    letters = [
        index
        for shard in range(COUNT)
        for index, *_ in letters_of(program, "-shard", f"{shard}/3")
    ]
    assert sorted(letters) == unsendable


def test_shards_run_side_by_side_and_have_their_own_locks(
    program: Program, api: ScriptedApi
) -> None:
    """One that hangs holds up itself alone; the same one twice is turned away."""
    data = program.write_data([{"id": n, "name": f"{n}"} for n in range(90)])
    api.answer_all(SILENCE)
    hanging = program.start("sync", "-data", data, "-shard", "0/3")
    wait_for_a_request(api, hanging)
    api.answer_all(None)
    api.ledger.clear()

    twice = program.run("sync", "-data", data, "-shard", "0/3")
    other = program.run("sync", "-data", data, "-json", "-shard", "1/3")
    status = program.run("status", "-json", "-shard", "0/3")
    killer(hanging, SIGKILL)()
    finish(hanging)
    resumed = program.run("resume", "-json", "-shard", "0/3")

    assert (twice.code, other.code) == (2, 0)
    assert f"process {hanging.pid}" in twice.stderr
    assert json.loads(status.stdout)["running"]["pid"] == hanging.pid
    assert resumed.result["synced"] == resumed.result["resumed"] > 0


def wait_for_a_request(api: ScriptedApi, process: subprocess.Popen[str]) -> None:
    """Wait until the program is at work."""
    while len(api.ledger) < 2:
        assert process.poll() is None
        time.sleep(0.01)


def test_dead_letters_of_a_shard_are_requeued_in_its_queue(
    program: Program, api: ScriptedApi
) -> None:
    """And `resume` of that shard sends them; the others know nothing of it."""
    records = [{"id": n, "name": f"{n}"} for n in range(60)]
    for n in range(60):
        api.script(str(n), [400])
    run_shards(program, program.write_data(records))
    elsewhere = program.run("dead-letters requeue", "-all")
    here = program.run("dead-letters requeue", "-all", "-shard", "2/3")
    other = program.run("resume", "-json", "-shard", "1/3")
    resumed = program.run("resume", "-json", "-shard", "2/3")

    assert elsewhere.stdout == "0 dead letters requeued\n"
    assert other.result["resumed"] == 0
    assert here.stdout.startswith(f"{resumed.result['synced']} dead letters")
    assert len(api.people()) == resumed.result["synced"] > 5


def test_a_shard_has_its_share_of_the_rate(program: Program, api: ScriptedApi) -> None:
    """The limit is the workspace's: N shards share it."""
    program.configure(requestsPerSecond=60)
    data = program.write_data([{"id": n, "name": "a"} for n in range(90)])

    outcome = program.run("sync", "-data", data, "-json", "-shard", "0/3")

    sent = sorted(entry.arrived for entry in api.ledger)
    assert outcome.code == 0
    assert sent[-1] - sent[0] >= (len(sent) - 1) / 20 * 0.9


def test_no_bound_stays_none(program: Program, api: ScriptedApi) -> None:
    """`requestsPerSecond` 0 divided is 0."""
    program.configure(requestsPerSecond=0)

    assert program.sync([{"id": n} for n in range(9)], "-shard", "0/2").code == 0
    assert 0 < len(api.ledger) < 9


def test_each_shard_reads_its_own_standard_input(
    program: Program, api: ScriptedApi
) -> None:
    """`extract | cio-pipeline -data - -shard I/N`, N times."""
    records = make_records(200)

    for index in range(COUNT):
        program.run(
            "sync", "-data", "-", "-shard", f"{index}/3", stdin=json.dumps(records)
        )

    assert api.people() == expected_people(usable(records))
    assert len(api.ledger) == len(usable(records))


def test_shards_send_only_what_changed(program: Program, api: ScriptedApi) -> None:
    """`-changed-only`: each remembers its own users."""
    records = [{"id": n, "name": f"{n}"} for n in range(300)]
    run_shards(program, program.write_data(records), "-changed-only")
    api.ledger.clear()
    records[5]["name"] = records[77]["name"] = "new"
    tonight = run_shards(program, program.write_data(records), "-changed-only")

    assert {entry.user_id for entry in api.ledger} == {"5", "77"}
    assert len(api.ledger) == 2
    assert sum(outcome.result["skipped"] for outcome in tonight) == 298


def test_what_another_split_sent_since_voids_what_a_shard_remembers(
    program: Program, api: ScriptedApi
) -> None:
    """Else an A after the whole's B would be skipped, as what was sent last."""
    old = [{"id": n, "name": "A"} for n in range(30)]
    new = [{"id": n, "name": "B"} for n in range(30)]
    run_shards(program, program.write_data(old), "-changed-only")
    whole = program.sync(new, "-changed-only")
    api.ledger.clear()
    back = run_shards(program, program.write_data(old), "-changed-only")
    sent = len(api.ledger)
    quiet = run_shards(program, program.write_data(old), "-changed-only")

    assert whole.result["synced"] == 30
    assert {outcome.result["skipped"] for outcome in back} == {0}
    assert sent == 30
    assert {attributes["name"] for attributes in api.people().values()} == {"A"}
    assert sum(outcome.result["skipped"] for outcome in quiet) == 30


def test_work_left_by_another_split_is_finished_first(
    program: Program, api: ScriptedApi
) -> None:
    """Older records never follow newer ones because N was changed in between."""
    data = program.write_data([{"id": n, "name": "old"} for n in range(60)])
    api.answer_all(401)
    stopped = program.run("sync", "-data", data, "-json", "-shard", "0/3")
    api.answer_all(None)
    api.ledger.clear()

    refused = program.run("sync", "-data", data, "-shard", "0/4")
    whole = program.run("sync", "-data", data)
    sibling = program.run("sync", "-data", data, "-shard", "1/3")
    sent = [entry.user_id for entry in api.ledger]
    resumed = program.run("resume", "-json", "-shard", "0/3")
    accepted = program.run("sync", "-data", data, "-shard", "0/4")

    assert stopped.code == 3
    assert refused.code == whole.code == 2
    assert "shard 0/3" in refused.stderr
    assert "resume" in refused.stderr
    assert sibling.code == accepted.code == 0
    assert 0 < len(sent) < 40
    assert resumed.result["resumed"] == stopped.result["pending"] > 0


def test_a_running_split_is_not_joined_by_another(
    program: Program, api: ScriptedApi
) -> None:
    """Two splits at once would send a user's records out of order."""
    data = program.write_data([{"id": n, "name": "old"} for n in range(60)])
    second: list[Outcome] = []

    def start_second(_: Entry) -> None:
        api.before_answer = None
        second.append(program.run("sync", "-data", data, "-shard", "0/4"))

    api.before_answer = start_second
    program.run("sync", "-data", data, "-shard", "0/3")

    assert second[0].code == 2
    assert "shard 0/3" in second[0].stderr


def test_a_queue_that_is_not_there_is_told_from_an_empty_one(program: Program) -> None:
    """`status` after a sharded night, without -shard, shows nothing; it says why."""
    run_shards(program, program.write_data([{"id": n} for n in range(30)]))

    whole = program.run("status", "-json")
    shard = program.run("status", "-json", "-shard", "1/3")

    assert whole.code == 0
    assert "note: this queue does not exist" in whole.stderr
    assert "-shard 0/3, -shard 1/3, -shard 2/3" in whole.stderr
    assert shard.stderr == ""
    assert shard.result["synced_total"] > 0


def test_check_counts_a_shards_own(program: Program) -> None:
    """Records, dead letters to come, and the time at a shard's rate."""
    data = program.write_data(make_records(300))
    program.configure(parallelism=1000)

    whole = program.run("check", "-data", data, "-json").result
    parts = [
        program.run("check", "-data", data, "-json", "-shard", f"{n}/3").result
        for n in range(COUNT)
    ]

    for name in ("records", "invalid_records", "requests", "users"):
        assert sum(part[name] for part in parts) == whole[name]


def test_a_configuration_from_a_pipe_is_read_once(
    program: Program, api: ScriptedApi, tmp_path: Path
) -> None:
    """`-config <(...)`: keys from a vault, never on the disk."""
    data = program.write_data([{"id": n} for n in range(9)])
    words = program.arguments("sync", "-data", data, "-shard", "0/2", "-metrics")
    config = program.configure().read_text("utf-8")
    words[words.index(program.folder / "configuration.json")] = "/dev/stdin"

    outcome = subprocess.run(
        [*words, tmp_path / "run.prom"],
        input=config,
        text=True,
        capture_output=True,
        check=False,
    )

    assert outcome.returncode == 0, outcome.stderr
    assert 0 < len(api.ledger) < 9


def test_the_commands_to_go_on_with_name_the_shard(program: Program) -> None:
    """What the summary says can be pasted."""
    outcome = program.run("sync", "-data", program.write_data([5, 6]), "-shard", "0/2")

    assert "-shard 0/2" in outcome.stdout
    assert f"-state {program.state}" in outcome.stdout
