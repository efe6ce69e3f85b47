"""Several data files in one run, as a user runs them."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import ScriptedApi
from tests.support.program import SIGKILL, Program, balances


def part(first: int, count: int, ltv: float = 1.0) -> list[dict[str, Any]]:
    """Make users with consecutive ids."""
    numbers = range(first, first + count)
    return [{"id": n, "name": f"User {n}", "computed_ltv": ltv} for n in numbers]


def lines(records: list[dict[str, Any]]) -> bytes:
    """Write records as JSON Lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def write_parts(program: Program, count: int, size: int) -> str:
    """Write JSON Lines files, and return a pattern for them."""
    for number in range(count):
        content = gzip.compress(lines(part(number * size, size)))
        program.write_data(content, f"part-{number}.jsonl.gz")
    return str(program.folder / "part-*.jsonl.gz")


def test_files_of_several_formats_are_one_run(
    api: ScriptedApi, program: Program
) -> None:
    """In the order given, so the last record of a user wins."""
    first = program.write_data(part(0, 3), "a.json")
    second = program.write_data(b"id,name,computed_ltv\n2,Ada,7\n", "b.csv")

    outcome = program.run("sync", "-data", first, "-data", second, "-json")

    assert outcome.code == 0
    assert outcome.result["records"] == outcome.result["synced"] == 4
    assert balances(outcome.result)
    assert api.people()["2"] == {"name": "Ada", "ltv": "7"}
    assert program.status()["runs"][0]["source"] == "a.json and 1 more"


def test_a_dead_letter_names_its_file_and_the_record_in_it(program: Program) -> None:
    """Of forty parts, the one to look into."""
    write_parts(program, 2, 3)
    program.write_data(lines([*part(90, 2), {"name": "nobody"}]), "part-1b.jsonl.gz")

    outcome = program.run("sync", "-data", program.folder / "part-*.gz", "-json")

    (letter,) = program.dead_letters()
    assert outcome.code == 1
    assert (letter["source"], letter["record_index"]) == ("part-1b.jsonl.gz", 2)


def test_nothing_is_sent_if_one_of_the_files_does_not_exist(
    api: ScriptedApi, program: Program
) -> None:
    """A night's export may be incomplete."""
    first = program.write_data(part(0, 3), "a.json")
    second = program.folder / "b.json"

    outcome = program.run("sync", "-data", first, "-data", second)

    assert outcome.code == 2
    assert f"error: {second}: there is no such file" in outcome.stderr
    assert api.ledger == []


def test_a_broken_file_ends_the_loading_and_the_records_before_it_are_synced(
    api: ScriptedApi, program: Program
) -> None:
    """Files after it are not loaded, because their records are newer."""
    write_parts(program, 3, 4)
    broken = program.write_data(lines(part(4, 2)) + b'{"id": }\n', "part-1.jsonl.gz")
    pattern = program.folder / "part-*.jsonl.gz"

    outcome = program.run("sync", "-data", pattern, "-json")
    program.write_data(lines(part(4, 4)), "part-1.jsonl.gz")
    again = program.run("sync", "-data", pattern, "-json")

    assert outcome.code == 2
    assert f"{broken}, byte" in outcome.stderr
    assert (outcome.result["records"], outcome.result["synced"]) == (6, 6)
    assert outcome.result["reason"] == "invalid_data"
    assert (again.code, again.result["records"]) == (0, 8)
    (differ,) = [e for e in again.events if e["event"] == "files_differ"]
    assert differ["changed"] == "part-1.jsonl.gz"
    assert len(api.people()) == 12


@pytest.mark.parametrize(
    ("step", "files_left"),
    [
        (("queue.loads:begin_loads:after_commit", 1), 3),
        (("store:Store.finish_load:call", 1), 2),
        (("store:Store.enqueue:after_commit", 3), 2),
        (("store:Store.finish_load:after_commit", 2), 1),
    ],
    ids=["none loaded", "one", "in the second", "two"],
)
def test_a_run_that_was_killed_continues_in_the_right_file(
    api: ScriptedApi, program: Program, step: tuple[str, int], files_left: int
) -> None:
    """Finished files are not loaded again, and no record is lost."""
    pattern = write_parts(program, 3, 600)
    point, occurrence = step
    dying = replace(program, kill_at=(f"cio_pipeline.store.{point}", occurrence))
    assert dying.run("sync", "-data", pattern).code == -SIGKILL

    outcome = program.run("sync", "-data", pattern, "-json")

    assert outcome.code == 0
    assert balances(outcome.result)
    most = files_left * 600
    assert most - 600 < outcome.result["records"] <= most
    assert len(api.people()) == 1800


def test_check_names_the_file_of_each_problem(program: Program) -> None:
    """Its indexes are those of the dead letters that a sync would make."""
    first = program.write_data(part(0, 3), "a.json")
    second = program.write_data([*part(3, 1), {"name": "nobody"}], "b.json")

    text = program.run("check", "-data", first, "-data", second)
    document = json.loads(
        program.run("check", "-data", first, "-data", second, "-json").stdout
    )

    assert text.code == 1
    assert "(first: record 1 of b.json)" in text.stdout
    assert "5 records of 4 users" in text.stdout
    (found,) = document["invalid"]
    assert (found["first_source"], found["first_record"]) == ("b.json", 1)


def test_shards_of_several_files_have_each_user_once(
    api: ScriptedApi, program: Program
) -> None:
    """All files are read by each shard."""
    pattern = write_parts(program, 3, 20)

    results = [
        program.run("sync", "-data", pattern, "-json", "-shard", f"{n}/2").result
        for n in range(2)
    ]

    assert sum(result["synced"] for result in results) == 60
    assert len(api.people()) == 60


def test_verify_compares_the_users_of_all_files(
    program: Program, api: ScriptedApi
) -> None:
    """A user of two files has the values of the last one."""
    first = program.write_data(part(0, 3), "a.json")
    second = program.write_data(part(2, 2, ltv=5.0), "b.json")
    data = ["-data", first, "-data", second]
    program.run("sync", *data)

    outcome = program.run("verify", *data, "-json", "-wait", "0")

    assert api.people()["2"]["ltv"] == 5.0
    assert (outcome.code, outcome.result["matching"]) == (0, 4)


def test_suggest_looks_at_every_file(program: Program, tmp_path: Path) -> None:
    """A key that only the last part has is mapped, too."""
    first = program.write_data([{"id": n} for n in range(12_000)], "a.json")
    second = program.write_data([{"id": 1, "late": "x"}], "b.json")

    outcome = program.run_as_given(
        "check", "-suggest", "-data", os.fspath(first), "-data", os.fspath(second)
    )

    assert outcome.code == 0
    assert "late" in [each["from"] for each in json.loads(outcome.stdout)["mappings"]]
    assert tmp_path == program.folder
