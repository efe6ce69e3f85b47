"""What goes wrong before anything is sent: exit 2, one clear line, no traceback."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import SILENCE, ScriptedApi
from tests.support.program import MAIN, SIGKILL, Outcome, Program, balances, finish


def assert_one_clear_line(outcome: Outcome, *words: str) -> None:
    """Check that a person gets one line that says what and where."""
    complaints = [
        line for line in outcome.stderr.splitlines() if line.startswith("error: ")
    ]
    assert len(complaints) == 1, outcome.stderr
    assert [word for word in words if word not in complaints[0]] == []
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b'{"id": 1, "orders": [{"id": 7}]}', "-records orders"),
        (b"[1, 2", "the file ends inside the array"),
        (b"nonsense", "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
    ],
    ids=["empty", "object", "cut", "no JSON", "nested"],
)
def test_a_bad_data_file(program: Program, content: bytes, words: str) -> None:
    """Named, with what was found."""
    data = program.write_data(content)

    outcome = program.run("sync", "-data", data)

    assert outcome.code == 2
    assert_one_clear_line(outcome, "data.json", words)


def test_a_data_file_that_is_not_there(api: ScriptedApi, program: Program) -> None:
    """The most common mistake of all."""
    outcome = program.run("sync", "-data", program.folder / "nope.json")

    assert outcome.code == 2
    assert_one_clear_line(outcome, "nope.json", "no such file")
    assert api.ledger == []


def test_a_file_broken_in_the_middle_is_synced_up_to_there(
    api: ScriptedApi, program: Program
) -> None:
    """Exit 2 with the byte; run again with the mended file."""
    whole = json.dumps([{"id": n, "name": str(n)} for n in range(50)]).encode()
    at = whole.index(b'{"id": 30')
    data = program.write_data(whole[:at] + b"!" + whole[at:])

    broken = program.run("sync", "-data", data, "-json")
    again = program.run("sync", "-data", data, "-json")
    sent = len(api.ledger)
    mended = program.sync(json.loads(whole))

    assert broken.code == again.code == 2
    assert_one_clear_line(broken, f"byte {at}", "30 complete records")
    assert broken.result["reason"] == "invalid_data"
    assert (broken.result["records"], broken.result["synced"]) == (30, 30)
    assert (again.result["records"], again.result["synced"]) == (0, 0)
    assert sent == 30, "what stood before the break is not sent again"
    assert mended.code == 0
    assert len(api.people()) == 50


def test_records_that_cannot_be_mapped_are_dead_letters(
    api: ScriptedApi, program: Program
) -> None:
    """With their place in the file; the others go on."""
    unusable = b'5, {"name": "x"}, {"id": ""}, {"id": 2, "v": 1e999}'
    data = program.write_data(b'[{"id": 1, "name": "a"}, ' + unusable + b', {"id": 3}]')

    outcome = program.run("sync", "-data", data, "-json")

    assert outcome.code == 1
    assert balances(outcome.result)
    assert (outcome.result["synced"], outcome.result["dead_lettered"]) == (2, 4)
    assert set(api.people()) == {"1", "3"}
    letters = program.dead_letters()
    assert [letter["record_index"] for letter in letters] == [1, 2, 3, 4]
    assert {letter["reason"] for letter in letters} == {"invalid_record"}
    assert {letter["user_id"] for letter in letters} == {None}
    assert [letter["payload"] for letter in letters] == [
        5,
        {"name": "x"},
        {"id": ""},
        {"id": 2, "v": "Infinity"},
    ]
    assert {letter["run_id"] for letter in letters} == {outcome.result["run_id"]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"paralelism": 3}, ["'paralelism'", "did you mean 'parallelism'"]),
        ({"apiKey": None}, ["'apiKey'", "required"]),
        ({"siteId": None}, ["'siteId'", "required"]),
        ({"mappings": [{"from": "a", "to": ""}]}, ["'mappings[0].to'"]),
        ({"region": "eurpe"}, ["'region'"]),
    ],
)
def test_a_bad_configuration(
    api: ScriptedApi, program: Program, changes: dict[str, Any], words: list[str]
) -> None:
    """The file, the key, what was wanted; nothing is sent."""
    program.configure(**changes)

    outcome = program.sync([{"id": 1}])

    assert outcome.code == 2
    assert_one_clear_line(outcome, "configuration.json", *words)
    assert api.ledger == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["snyc"], "there is no command 'snyc'"),
        ([], "-config"),
        (["-config"], "expected one argument"),
        (["-config", "x", "-data", "y", "-parallel", "3"], "-parallel"),
        (["dead-letters", "burn", "-config", "x"], "burn"),
        (["status"], "-config"),
    ],
)
def test_bad_usage(words: list[str], complaint: str) -> None:
    """One line and where the help is."""
    process = subprocess.run(
        [sys.executable, MAIN, *words], capture_output=True, text=True, check=False
    )

    outcome = Outcome(process.returncode, process.stdout, process.stderr)
    assert outcome.code == 2
    assert_one_clear_line(outcome, complaint)


@pytest.mark.parametrize(
    "words",
    [
        ["-help"],
        ["--help"],
        ["-h"],
        ["sync", "-help"],
        ["sandbox", "--help"],
        ["-version"],
    ],
)
def test_help_goes_to_stdout(words: list[str]) -> None:
    """Exit 0, whichever way it is asked for."""
    process = subprocess.run(
        [sys.executable, MAIN, *words], capture_output=True, text=True, check=False
    )

    assert process.returncode == 0
    assert process.stdout
    assert process.stderr == ""


def test_a_second_run_is_turned_away_with_the_firsts_process_id(
    api: ScriptedApi, program: Program
) -> None:
    """Guarantee 8; and the first one's lock dies with it."""
    api.script("1", [SILENCE])
    data = program.write_data([{"id": 1, "name": "a"}])
    first = program.start("sync", "-data", data)
    while not api.ledger:
        assert first.poll() is None
        time.sleep(0.01)

    second = program.run("sync", "-data", data)
    status = program.status()
    requeue = program.run("dead-letters requeue", "-all")
    first.send_signal(SIGKILL)
    finish(first)
    third = program.run("sync", "-data", data)

    assert second.code == requeue.code == 2
    assert_one_clear_line(second, f"process {first.pid}")
    assert status["running"]["pid"] == first.pid
    assert third.code == 0


def test_work_of_one_workspace_is_never_sent_with_anothers_keys(
    api: ScriptedApi, program: Program
) -> None:
    """Guarantee 8: queues are kept apart by site id and address."""
    program.configure(siteId="other-site")
    left = program.sync([{"id": 1, "name": "other's"}])
    program.configure(siteId="sandbox-site")

    ours = program.resume()

    assert left.code == 3
    assert ours.code == 0
    assert ours.result["resumed"] == 0
    assert api.people() == {}


def test_a_state_of_a_newer_version_is_refused(program: Program) -> None:
    """Rather than misread."""
    program.sync([{"id": 1}])
    (file,) = program.state.glob("*/queue.db")
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    for command in ("resume", "status", "dead-letters"):
        outcome = program.run(command)
        assert outcome.code == 2
        assert_one_clear_line(outcome, "newer version", "99")


@pytest.mark.parametrize(
    "content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_state_file_that_is_something_else_is_refused(
    program: Program, content: bytes
) -> None:
    """And left as it is."""
    program.sync([{"id": 1}])
    (file,) = program.state.glob("*/queue.db")
    file.write_bytes(content)

    outcome = program.run("resume")

    assert outcome.code in (2, 3)
    assert_one_clear_line(outcome, str(file.parent))
    assert file.read_bytes() == content


def test_a_state_folder_that_cannot_be_written_is_told(program: Program) -> None:
    """With what to do."""
    program.state.write_bytes(b"a file stands where the folder should")

    outcome = program.sync([{"id": 1}])

    assert outcome.code == 3
    assert_one_clear_line(outcome, "-state DIR")


def test_the_state_is_closed_to_other_users(program: Program) -> None:
    """Guarantee 10: 0700, files 0600."""
    program.sync([{"id": n} for n in range(5)])

    modes = {
        path.name: path.stat().st_mode & 0o777 for path in program.state.rglob("*")
    }

    assert program.state.stat().st_mode & 0o777 == 0o700
    assert all(
        mode == (0o700 if (program.state / name).is_dir() else 0o600)
        for name, mode in modes.items()
    )


def test_the_keys_are_written_nowhere(api: ScriptedApi, program: Program) -> None:
    """Guarantee 10: not in logs at any level, results, state or messages."""
    api.script("1", [400])
    secrets = ["sandbox-key", "c2FuZGJveC1zaXRlOnNhbmRib3gta2V5", "hunter2hunter2"]
    program.configure(apiKey="hunter2hunter2")
    rejected = program.sync([{"id": 1}], "-log-level", "debug")
    program.configure(apiKey="sandbox-key")
    outcome = program.sync([{"id": 1}, {"id": 2}], "-log-level", "debug")

    said = rejected.stdout + rejected.stderr + outcome.stdout + outcome.stderr
    kept = b"".join(p.read_bytes() for p in program.state.rglob("*") if p.is_file())
    assert [secret for secret in secrets if secret in said] == []
    assert [secret for secret in secrets if secret.encode() in kept] == []
    assert "library_logged" in said, "debug shows what the libraries say, redacted"


def test_requeued_dead_letters_are_sent_by_the_next_run(
    api: ScriptedApi, program: Program
) -> None:
    """What a person mends can go out again; what cannot be sent stays."""
    api.script("1", [400])
    api.script("2", [404])
    program.sync([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"name": "no id"}])

    needs_choice = program.run("dead-letters requeue")
    by_reason = program.run("dead-letters requeue", "-reason", "rejected")
    nothing_to_send = program.run("dead-letters requeue", "-reason", "invalid_record")
    resumed = program.resume()
    left = program.dead_letters()
    discarded = program.run("dead-letters discard", "-all", "-yes")

    assert needs_choice.code == 2
    assert by_reason.stdout == "1 dead letter requeued\n"
    assert "to send them: python main.py resume -config" in by_reason.stderr
    assert nothing_to_send.stdout == "0 dead letters requeued\n"
    assert "1 dead letter not requeued" in nothing_to_send.stderr
    assert (resumed.code, resumed.result["resumed"]) == (0, 1)
    assert api.people() == {"1": {"name": "a"}}
    assert [letter["reason"] for letter in left] == ["invalid_record", "not_found"]
    assert discarded.stdout == "2 dead letters discarded\n"
    assert program.dead_letters() == []


def test_the_reports_are_safe_against_hostile_names(
    api: ScriptedApi, program: Program
) -> None:
    """No formula cells, no terminal escapes, no markup."""
    name = "=cmd|'/c calc'!A1"
    api.script(name, [400])
    api.script("\x1b[31mred", [400])
    program.sync([{"id": name}, {"id": "\x1b[31mred"}])

    table = program.run("dead-letters").stdout
    csv = program.run("dead-letters", "-format", "csv").stdout

    assert "\x1b" not in table
    assert "2 dead letters, 1 cause, 2 users" in table
    assert f"'{name}" in csv.replace('"', "")


def test_standard_input_is_read(api: ScriptedApi, program: Program) -> None:
    """`-data -`."""
    outcome = program.run(
        "sync", "-data", "-", "-json", stdin='[{"id": 1, "name": "a"}]'
    )

    assert outcome.code == 0
    assert api.people() == {"1": {"name": "a"}}


@pytest.mark.parametrize(
    "user_id",
    [
        "a/b",
        "%2F",
        "..",
        ".",
        "a?b=c",
        "a#b",
        "sp ace",
        "ü/☃",
        "a+b",
        "x;y",
        "\x00",
        "%",
    ],
)
def test_ids_of_every_kind_arrive_as_they_are(
    api: ScriptedApi, program: Program, user_id: str
) -> None:
    """Percent-encoded whole; nothing on the way folds or decodes them."""
    outcome = program.sync([{"id": user_id, "name": "n"}])

    assert outcome.code == 0
    assert api.people() == {user_id: {"name": "n"}}


def test_big_integers_arrive_exactly(api: ScriptedApi, program: Program) -> None:
    """Values keep their JSON type and value."""
    big = 123456789012345678901234567890
    program.write_data(json.dumps([{"id": 1, "name": big}]).encode())

    program.run("sync", "-data", program.folder / "data.json")

    assert api.ledger[0].body == b'{"name":%d}' % big


def test_a_path_where_the_folder_does_not_exist_yet(
    tmp_path: Path, api: ScriptedApi
) -> None:
    """`-state` makes its folder."""
    program = Program(tmp_path, api.url, state_name="a/b")

    outcome = program.sync([{"id": 1}])

    assert outcome.code == 0
    assert list((tmp_path / "a" / "b").glob("*/queue.db"))
