"""`-shard '*/N'`: the queues of N shards, shown and changed as one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cio_pipeline.sandbox.answers import Answer
from tests.support.api import ScriptedApi
from tests.support.program import Program

ALL = ("-shard", "*/3")
REFUSED = [str(n) for n in range(0, 30, 3)]


@pytest.fixture
def synced(program: Program, api: ScriptedApi) -> Program:
    """Three shards with dead letters in each, of two reasons."""
    for user in REFUSED:
        api.script(user, [400])
    records: list[object] = [{"id": n, "name": "x"} for n in range(30)]
    data = program.write_data([*records, {"name": "no id"}, 7])
    for index in range(3):
        program.run("sync", "-data", data, "-shard", f"{index}/3")
    return program


def test_the_status_is_the_sum(synced: Program) -> None:
    """Sixteen files of figures are nothing that a person adds up at night."""
    status = json.loads(synced.run("status", "-json", *ALL).stdout)

    assert status["synced_total"] == 20
    assert status["dead_letters"] == len(REFUSED) + 2
    assert (status["pending"], status["running"]) == (0, None)
    assert {run["source"] for run in status["runs"]} == {
        f"data.json (shard {index}/3)" for index in range(3)
    }


def test_a_running_shard_is_part_of_the_sum(program: Program, api: ScriptedApi) -> None:
    """During the night the question is how far all of them are."""
    api.answer_all(Answer(503))
    data = program.write_data([{"id": n} for n in range(30)])
    runs = [program.start("sync", "-data", data, "-shard", f"{n}/2") for n in range(2)]
    try:
        watch = program.start("status", "-watch", "0.1", "-json", "-shard", "*/2")
        assert watch.stdout is not None
        status = next(
            status
            for status in map(json.loads, watch.stdout)
            if status["running"] and status["running"]["run_id"].count(",") == 1
            if status["running"]["progress"]
        )
        text = program.run("status", "-shard", "*/2").stdout
    finally:
        for process in [*runs, watch]:
            process.terminate()
            process.communicate(timeout=30)

    assert status["pending"] == 30
    assert "2 shards are running:" in text


def test_the_report_is_of_all_shards(synced: Program, tmp_path: Path) -> None:
    """Each letter names its shard, and equal causes are one cause."""
    page = tmp_path / "page.html"
    letters = json.loads(synced.run("dead-letters", "-json", *ALL).stdout)
    text = synced.run("dead-letters", *ALL).stdout
    outcome = synced.run("dead-letters", "-format", "html", "-output", page, *ALL)

    assert {letter["user_id"] for letter in letters} == {*REFUSED, None}
    shards = {letter["source"] for letter in letters}
    assert shards == {f"data.json (shard {index}/3)" for index in range(3)}
    assert text.startswith(f"{len(REFUSED) + 2} dead letters, 3 causes")
    assert "-shard I/3 -id N" in text
    assert outcome.code == 0
    assert "shard 2/3" in page.read_text("utf-8")
    limited = synced.run("dead-letters", "-json", "-limit", "4", *ALL).stdout
    assert json.loads(limited) == letters[:4]


def test_letters_of_all_shards_are_requeued_and_discarded(
    synced: Program, api: ScriptedApi
) -> None:
    """One command, and each job is back in the queue of its own shard."""
    requeued = synced.run("dead-letters requeue", "-all", "-json", *ALL)
    ends = [synced.run("resume", "-shard", f"{n}/3").code for n in range(3)]
    discarded = synced.run("dead-letters discard", "-all", "-yes", "-json", *ALL)

    assert json.loads(requeued.stdout) == {"requeued": len(REFUSED)}
    assert "resume" in requeued.stderr
    assert "-shard I/3" in requeued.stderr
    assert ends == [0, 0, 0]
    assert set(REFUSED) <= set(api.people())
    assert json.loads(discarded.stdout) == {"discarded": 2}


def test_an_id_needs_its_shard(synced: Program) -> None:
    """Each shard counts its own: number 1 would be three letters."""
    outcome = synced.run("dead-letters discard", "-id", "1", "-yes", *ALL)

    assert outcome.code == 2
    assert "-id and -shard '*/3' exclude each other" in outcome.stderr
    assert len(synced.run("dead-letters", "-json", *ALL).stdout) > 100


def test_nothing_is_changed_while_one_shard_runs(
    synced: Program, api: ScriptedApi
) -> None:
    """All or none: half of a requeue is hard to understand afterwards."""
    api.answer_all(Answer(503))
    data = synced.write_data([{"id": n} for n in range(30)])
    run = synced.start("sync", "-data", data, "-shard", "2/3")
    try:
        watch = synced.start("status", "-watch", "0.1", "-json", "-shard", "2/3")
        assert watch.stdout is not None
        next(s for s in map(json.loads, watch.stdout) if s["running"])
        outcome = synced.run("dead-letters requeue", "-all", *ALL)
    finally:
        for process in (run, watch):
            process.terminate()
            process.communicate(timeout=30)

    assert outcome.code == 2
    assert "another run" in outcome.stderr
    for index in (0, 1):
        shard = ("-shard", f"{index}/3")
        assert json.loads(synced.run("dead-letters", "-json", *shard).stdout)
