"""`-missing`: people of earlier nights who are not in tonight's file."""

from __future__ import annotations

import random
import threading
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.api import Entry, ScriptedApi
from tests.support.books import check_database
from tests.support.program import SIGKILL, Outcome, Program, killer
from tests.support.terminal import Terminal

NAME = [{"from": "name", "to": "name"}]
DELETE = ("-missing", "delete", "-yes")


def people(*numbers: int, **names: str) -> list[dict[str, Any]]:
    """Return a record for each of these people."""
    return [{"id": n, "name": names.get(f"p{n}", f"name {n}")} for n in numbers]


def sent(api: ScriptedApi) -> Counter[str]:
    """Take the actions of all requests since last asked, with their numbers."""
    actions: Counter[str] = Counter()
    for entry in api.ledger:
        if entry.path == "/api/v1/customers/" + entry.path.rpartition("/")[2]:
            actions[{"PUT": "upsert", "DELETE": "delete"}[entry.method]] += 1
        elif entry.path.startswith("/api/v1/"):
            actions[entry.path.rpartition("/")[2]] += 1
        else:
            document = orjson.loads(entry.body)
            for item in document.get("batch", [document]):
                actions[item["action"].replace("identify", "upsert")] += 1
    api.ledger.clear()
    return actions


def ids(api: ScriptedApi) -> set[str]:
    """Return the ids of everybody in the workspace."""
    return set(api.people())


def night(program: Program, records: object, *options: str) -> Outcome:
    """Sync a file; fail if that fails."""
    outcome = program.sync(records, *options)
    assert outcome.code == 0, outcome.stderr
    return outcome


@pytest.mark.parametrize("changed_only", [(), ("-changed-only",)])
@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_who_is_missing_is_deleted_and_nobody_else(
    program: Program, api: ScriptedApi, mode: str, changed_only: tuple[str, ...]
) -> None:
    """The nightly job of a table that people leave."""
    program.configure(api=mode)
    options = (*DELETE, *changed_only)
    first = night(program, people(*range(200)), *options)
    sent(api)
    tonight = people(*range(2, 205), p7="new")

    second = night(program, tonight, *options)
    actions = sent(api)
    third = night(program, tonight, *options)

    assert "has no memory of earlier runs" in first.stderr
    assert (first.result["missing"], first.result["removed"]) == (0, 0)
    assert (second.result["missing"], second.result["removed"]) == (2, 2)
    assert set(second.result["missing_people"]) == {"0", "1"}
    assert actions == {"delete": 2, "upsert": 6 if changed_only else 203}
    assert ids(api) == {str(n) for n in range(2, 205)}
    assert (third.result["missing"], third.result["removed"]) == (0, 0)
    check_database(program)


def kill_somewhere(
    program: Program, api: ScriptedApi, data: Path, chance: random.Random
) -> Outcome:
    """Run a night, and kill it at a random time or request, if it is still there."""
    process = program.start("sync", "-data", data, "-changed-only", *DELETE)
    kill = killer(process, SIGKILL)
    if chance.random() < 0.5:
        timer = threading.Timer(chance.uniform(0.2, 1.2), kill)
        timer.start()
        outcome = program.finish(process)
        timer.cancel()
        return outcome

    def end(at: int, entry: Entry) -> None:
        if entry.number >= at:
            kill()

    api.before_answer = partial(end, len(api.ledger) + chance.randrange(1, 9))
    outcome = program.finish(process)
    api.before_answer = None
    return outcome


PEOPLE, GONE, NEW, CHANGED, KILLS = 2000, 15, 10, 20, 8


def test_kills_at_random_moments_remove_nobody_who_is_present(
    program: Program, api: ScriptedApi
) -> None:
    """The end state is that of a night without kills."""
    chance = random.Random(14)
    gone = set(chance.sample(range(PEOPLE), GONE))
    left = [n for n in range(PEOPLE + NEW) if n not in gone]
    changes = {f"p{n}": "new" for n in chance.sample(left[:-NEW], CHANGED)}
    night(program, people(*range(PEOPLE)), *DELETE, "-changed-only")
    program.configure(requestsPerSecond=20)  # so that most of the time, some are left
    tonight = people(*left, **changes)
    data = program.write_data(tonight)
    api.ledger.clear()

    killed = 0
    while killed < KILLS and kill_somewhere(program, api, data, chance).code != 0:
        check_database(program)
        killed += 1
    outcome = program.run("sync", "-data", data, "-changed-only", *DELETE, "-json")
    deleted = {entry.user_id for entry in api.ledger if entry.method == "DELETE"}
    quiet = program.run("sync", "-data", data, "-changed-only", *DELETE, "-json")

    assert (outcome.code, quiet.code) == (0, 0), outcome.stderr
    assert killed > KILLS // 2
    assert deleted == {str(n) for n in gone}
    assert api.people() == {str(each["id"]): {"name": each["name"]} for each in tonight}
    assert (quiet.result["missing"], quiet.result["synced"]) == (0, 0)
    check_database(program)


def test_a_night_with_half_the_file_removes_nobody(
    program: Program, api: ScriptedApi
) -> None:
    """A truncated export must not empty the workspace; the rest of it is sent."""
    night(program, people(*range(100)), *DELETE)
    sent(api)

    half = program.sync(people(*range(50), p3="new"), *DELETE)
    actions = sent(api)
    complete = night(program, people(*range(99)), *DELETE)

    assert half.code == 2
    assert (half.result["status"], half.result["reason"]) == (
        "stopped",
        "too_many_missing",
    )
    assert (half.result["missing"], half.result["missing_queued"]) == (50, 0)
    assert "50 of 100 known people (50%)" in half.stderr
    assert "-max-missing 1%" in half.stderr
    assert actions == {"upsert": 50}
    assert complete.result["removed"] == 1
    assert ids(api) == {str(n) for n in range(99)}


@pytest.mark.parametrize("limit", ["5", "50%"])
def test_another_limit_can_be_set(
    program: Program, api: ScriptedApi, limit: str
) -> None:
    """One in a hundred is too few for a short list."""
    night(program, people(*range(10)), *DELETE)

    night(program, people(*range(5)), *DELETE, "-max-missing", limit)
    refused = program.sync(people(), *DELETE, "-max-missing", "4")

    assert ids(api) == {str(n) for n in range(5)}
    assert refused.code == 2


@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_missing_people_get_an_attribute_or_are_suppressed(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """Nobody is created again who was deleted by hand."""
    user_id = {"from": "id", "kind": "id"}
    program.configure(api=mode, mappings=NAME, userId=user_id)
    limit = ("-max-missing", "100%")
    records = [{"id": each, "name": "x"} for each in ("a", "b@x.org", "c")]
    night(program, records, "-missing")
    api.sandbox.people.remove("id", "c")

    marked = night(program, records[:1], "-missing", "set:active=false", *limit)
    everybody = {
        who.identifiers["id"]: dict(who.attributes) for who in api.sandbox.people
    }
    again = night(program, records[:1], "-missing", "set:active=false", *limit)
    night(program, records[1:2], "-missing", "suppress", "-yes", *limit)

    assert marked.result["missing_queued"] == 2
    assert everybody == {
        "a": {"name": "x"},
        "b@x.org": {"name": "x", "active": False},
    }
    assert again.result["missing"] == 0
    assert api.sandbox.people.suppressed == [("id", "a")]


def test_a_report_lists_them_every_night_and_changes_nothing(
    program: Program, api: ScriptedApi
) -> None:
    """It is the way to begin; a limit makes it an alarm."""
    night(program, people(*range(10)), "-missing")
    data = program.write_data(people(*range(8)))

    reported = program.run("sync", "-data", data, "-missing", "report")
    again = program.run("sync", "-data", data, "-missing", "-json")
    alarm = program.run("sync", "-data", data, "-missing", "-max-missing", "1")

    assert (reported.code, again.code, alarm.code) == (0, 0, 2)
    assert "Missing: 8, 9" in reported.stdout or "Missing: 9, 8" in reported.stdout
    assert {
        each["user_id"] for each in again.events if each["event"] == "person_missing"
    } == {"8", "9"}
    assert again.result["missing"] == 2
    assert len(ids(api)) == 10


def test_nobody_is_removed_unless_all_files_were_read_to_their_end(
    program: Program, api: ScriptedApi
) -> None:
    """A broken file, or a run that stopped, says nothing about who is missing."""
    at = {"from": "at", "to": "created_at", "type": "timestamp"}
    program.configure(mappings=[*NAME, at])
    options = (*DELETE, "-max-missing", "100%")
    night(program, people(*range(20)), *options)
    sent(api)

    broken = program.sync(b'[{"id": 1}, {"id": 2', *options)
    first = program.write_data(people(1, 2), "first.json")
    second = program.write_data(b'[{"id": 3}, {"id":', "second.json")
    one_of_two = program.run("sync", "-data", first, second, *options)
    bad = [*people(1, 2), {"id": 3, "at": "never"}]
    stopped = program.sync(bad, *options, "-max-dead-letters", "0")

    assert (broken.code, one_of_two.code, stopped.code) == (2, 2, 3)
    assert "delete" not in sent(api)
    assert len(ids(api)) == 20


def test_a_record_that_cannot_be_sent_still_shows_that_the_person_is_there(
    program: Program, api: ScriptedApi
) -> None:
    """Its id is readable. If an id is not, nobody is removed."""
    program.configure(
        mappings=[{"from": "at", "to": "created_at", "type": "timestamp"}]
    )
    night(program, people(1, 2, 3), *DELETE)
    options = (*DELETE, "-max-missing", "50%")

    unreadable = program.sync([{"id": 1}, {"id": 2}, {"id": None}], *options)
    invalid = program.sync([{"id": 1}, {"id": 2, "at": "never"}], *options)

    assert unreadable.code == 2
    assert "1 record of the data have no usable id" in unreadable.stderr
    assert unreadable.result["removed"] == 0
    assert (invalid.code, invalid.result["dead_lettered"]) == (1, 1)
    assert ids(api) == {"1", "2"}


def test_who_comes_back_before_a_removal_was_sent_is_not_removed(
    program: Program, api: ScriptedApi
) -> None:
    """A removal that a stopped run left is withdrawn when another file is loaded."""
    program.configure(maxOutageSeconds=0)
    options = (*DELETE, "-changed-only", "-max-missing", "50%")
    night(program, people(1, 2, 3, 4), *options)
    api.answer_all(503)
    stopped = program.sync(people(1, 2), *options)
    left = program.status()["pending"]
    api.answer_all(None)
    sent(api)

    last = night(program, people(1, 2, 3), *options)

    assert (stopped.code, left) == (3, 2)
    assert last.result["resumed"] == 0
    assert sent(api) == {"upsert": 1, "delete": 1}
    assert ids(api) == {"1", "2", "3"}
    assert program.dead_letters() == []


@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_a_removal_that_was_refused_is_a_dead_letter_without_a_record(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """It can be requeued, and is a deletion again."""
    program.configure(api=mode)
    options = (*DELETE, "-max-missing", "50%", "-changed-only")
    night(program, people(1, 2), *options)
    api.answer_all(400)
    refused = program.sync(people(1), *options)
    api.answer_all(None)
    (letter,) = program.dead_letters()

    again = night(program, people(1), *options)
    requeued = program.run("dead-letters requeue", "-all")
    resumed = program.resume()

    assert (refused.code, refused.result["missing_queued"]) == (1, 1)
    assert (letter["user_id"], letter["record_index"]) == ("2", None)
    assert (letter["source"], letter["operation"]) == ("data.json", "person delete")
    assert again.result["missing"] == 0
    assert (requeued.code, resumed.result["removed"]) == (0, 1)
    assert ids(api) == {"1"}


def test_who_was_never_delivered_is_not_missing(
    program: Program, api: ScriptedApi
) -> None:
    """Nobody should be suppressed or counted because of a rejected record."""
    api.script("3", [400])
    program.sync(people(1, 2, 3), *DELETE)
    outcome = night(program, people(1, 2), *DELETE)

    assert outcome.result["missing"] == 0


def test_configurations_of_one_workspace_have_lists_of_their_own(
    program: Program, api: ScriptedApi
) -> None:
    """The leads must not vanish because they are not in the file of customers."""
    options = (*DELETE, "-max-missing", "100%")
    night(program, people(1, 2), *options)
    other = program.folder / "other.json"
    other.write_bytes(program.configure().read_bytes())
    leads = program.write_data(people(7, 8), "leads.json")
    first = program.run_as_given("sync", "-config", other, "-data", leads, *options)
    program.configure(userId={"from": "id", "kind": "id"})
    night(program, people(3), *options)

    assert first.code == 0
    assert ids(api) == {"1", "2", "3", "7", "8"}


def test_a_person_with_two_identifiers_is_present_by_either(program: Program) -> None:
    """A record may lose its id, or get one: it is about the same person."""
    program.configure(
        userId=[{"from": "id", "kind": "id"}, {"from": "mail", "kind": "email"}],
        mappings=NAME,
    )
    options = (*DELETE, "-max-missing", "100%")
    both = {"id": "1", "mail": "a@x.org"}
    nights = [[{"mail": "A@x.org"}], [both], [{"mail": "a@X.org"}], [both], [both]]

    found = [night(program, each, *options).result["missing"] for each in nights]

    assert found == [0, 0, 0, 0, 0]


def test_a_record_that_removes_somebody_takes_them_off_the_list(
    program: Program, api: ScriptedApi
) -> None:
    """They are gone already, so they are not missing the next night."""
    program.configure(
        action={"from": "op", "values": {"D": "delete"}, "default": "upsert"},
        mappings=NAME,
    )
    nights = [
        people(1, 2, 3),
        [*people(1, 2), {"id": 3, "op": "D"}],
        people(1, 2),
        [{"id": 2, "op": "D"}, *people(1, 2)],
        people(1),
    ]
    options = (*DELETE, "-max-missing", "100%")

    found = [night(program, each, *options).result["missing"] for each in nights]

    assert found == [0, 0, 0, 0, 1]
    assert ids(api) == {"1"}


def test_missing_objects_are_deleted(program: Program, api: ScriptedApi) -> None:
    """Accounts leave a file as people do."""
    program.configure(
        kind="object",
        userId=None,
        object={"type": "1", "id": {"from": "id"}},
        mappings=NAME,
    )
    options = (*DELETE, "-max-missing", "50%")
    night(program, people(1, 2), *options)
    sent(api)
    outcome = night(program, people(1), *options)
    suppressed = program.sync(people(1), "-missing", "suppress", "-yes")

    assert outcome.result["removed"] == 1
    assert sent(api) == {"upsert": 1, "delete": 1}
    assert (suppressed.code, "suppress is for people" in suppressed.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("-missing", "remove"), "expected report, delete, suppress or set:NAME=VALUE"),
        (("-missing", "set:=1"), "the name is empty"),
        (("-missing", "set:a=[1]"), "found an object or a list"),
        (("-max-missing", "5"), "-max-missing needs -missing"),
        (("-missing", "delete", "-yes", "-max-missing", "x"), "neither a number"),
        (("-missing", "delete", "-yes", "-shard", "0/2"), "-shard exclude each other"),
        (("-missing", "delete"), "add -yes"),
        (("-missing", "suppress"), "`-missing report` shows who is missing"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_sent(
    program: Program, api: ScriptedApi, options: tuple[str, ...], problem: str
) -> None:
    """Each is one clear line."""
    outcome = program.sync(people(1), *options)

    assert (outcome.code, outcome.stdout) == (2, "")
    assert problem in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert api.ledger == []


def test_neither_a_pipe_nor_events_can_have_missing_people(
    program: Program, api: ScriptedApi
) -> None:
    """A pipe whose writer failed ends like a complete one."""
    piped = program.run("sync", "-data", "-", "-missing", stdin='[{"id": 1}]')
    program.configure(kind="event", event={"name": "x"}, mappings=[])
    events = program.sync(people(1), "-missing")

    assert (piped.code, events.code) == (2, 2)
    assert "-missing needs a file" in piped.stderr
    assert "not for events" in events.stderr
    assert api.ledger == []


@pytest.mark.parametrize(("answer", "code"), [(b"n", 2), (b"y", 0)])
def test_a_terminal_is_asked_with_the_number_of_people(
    program: Program, api: ScriptedApi, answer: bytes, code: int
) -> None:
    """The answer is no unless it is yes, and then nothing is sent."""
    night(program, people(*range(20)), *DELETE)
    sent(api)
    data = program.write_data(people(*range(17)))
    options = ("-data", data, "-quiet", "-missing", "delete", "-max-missing", "9")

    with Terminal(program.arguments("sync", *options)) as terminal:
        terminal.wait_for("This run will delete 3 people who are missing. Continue?")
        assert api.ledger == []
        terminal.type(answer + b"\n")
        ended = terminal.finish()

    assert ended == code
    assert len(ids(api)) == (20 if code else 17)
    if code == 0:  # nobody is missing now: there is nothing to ask
        with Terminal(program.arguments("sync", *options)) as terminal:
            assert terminal.finish() == 0
