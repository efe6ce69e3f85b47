"""The dead-letter report as commands write it: a real process, a real queue."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import shlex
import stat
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cio_pipeline.core.config import read_config
from cio_pipeline.store import Selection, Store
from cio_pipeline.store.dead_letter_actions import discard, open_report
from cio_pipeline.store.dead_letters.table import insert_dead_letters
from cio_pipeline.store.workspace import queue_folder
from tests.support.letters import a_nights_letters, make_letter, put_dead_letters
from tests.support.program import MAIN, Program


def folder(program: Program) -> Path:
    """The folder of the program's workspace."""
    config = program.configure()
    return queue_folder(read_config(str(config)), str(config), program.state)


def commands_in(text: str) -> list[list[str]]:
    """The commands that a report says to type."""
    lines = [line.strip() for line in text.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("python main.py")]


def test_three_causes_come_before_a_hundred_thousand_rows(program: Program) -> None:
    """And the rows do not scroll them away."""
    put_dead_letters(program, a_nights_letters(100_000))

    lines = program.run("dead-letters").stdout.splitlines()

    assert lines[0] == "100,000 dead letters, 3 causes, 90,000 users"
    assert lines[1] == "failed 2026-11-24 01:58:00 to 2026-11-24 03:27:59 UTC"
    assert [line.split()[:2] for line in lines[5:8]] == [
        ["65,000", "rejected"],
        ["25,000", "retries_exhausted"],
        ["10,000", "invalid_record"],
    ]
    assert len(lines) < 100
    assert any("The first 50 of 100,000 are shown" in line for line in lines)


def test_messages_that_all_differ_do_not_bury_the_reasons(program: Program) -> None:
    """Customer.io may name the user in its message: then each is its own cause."""
    put_dead_letters(
        program, (make_letter(n, message=f"id {n} is taken") for n in range(30_000))
    )

    lines = program.run("dead-letters").stdout.splitlines()

    assert "and 29,980 letters of 29,980 rarer causes" in lines
    assert any(line.startswith("rejected (30,000): ") for line in lines)
    assert len(lines) < 100


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_the_tables_keep_what_matters_in_a_narrow_terminal(
    program: Program, columns: int
) -> None:
    """Ids, records, reasons and times whole; only users and messages are cut."""
    letters = [
        make_letter(
            n,
            user_id="someone.with.a.long.address@customers.example.com",
            message="a message that is longer than any terminal is wide " * 4,
            reason="retries_exhausted",
        )
        for n in range(12_000, 12_003)
    ]
    put_dead_letters(program, letters)

    shown = in_terminal(program, columns)

    tables = [line for line in shown if "python main.py" not in line]
    assert max(map(len, tables)) <= columns
    rows = [line.split() for line in shown if line.startswith((" 1 ", " 2 ", " 3 "))]
    assert [row[:2] for row in rows] == [["1", "12000"], ["2", "12001"], ["3", "12002"]]
    assert all("retries_exhausted" in row and "01:58" in " ".join(row) for row in rows)


def in_terminal(program: Program, columns: int) -> list[str]:
    """Run the report in a terminal of so many columns."""
    main, size = os.openpty()
    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(program.arguments("dead-letters"), stdout=size) as process:
        os.close(size)
        text = b"".join(_all_of(main))
    assert process.returncode == 0
    return text.decode().splitlines()


def _all_of(terminal: int) -> Iterator[bytes]:
    try:
        while piece := os.read(terminal, 65_536):
            yield piece
    except OSError:  # Linux's way of saying that the other end has closed
        os.close(terminal)


def test_the_commands_it_names_do_what_it_says(program: Program) -> None:
    """Copied as they stand, they settle what is shown, and nothing else."""
    put_dead_letters(program, a_nights_letters(300))

    shown = program.run("dead-letters", "-user", "10002").stdout
    requeue, *_ = commands_in(shown)

    assert requeue[2:4] == ["dead-letters", "requeue"]
    done = run_words(requeue)
    assert done.stdout == "1 dead letter requeued\n"
    assert program.status()["pending"] == 1
    everything = commands_in(program.run("dead-letters", "-since", "2026-11-24").stdout)
    discards = [words for words in everything if words[3] == "discard"]
    assert len(discards) == 2
    for words in discards:
        assert run_words([*words, "-yes"]).returncode == 0
    assert {each["reason"] for each in program.dead_letters()} == {"retries_exhausted"}


def run_words(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command as the report names it."""
    assert words[:2] == ["python", "main.py"]
    return subprocess.run(
        [sys.executable, MAIN, *words[2:]], capture_output=True, text=True, check=False
    )


def test_nothing_with_a_filter_is_no_all_clear(program: Program) -> None:
    """A mistyped reason must not read as if there were no dead letters."""
    put_dead_letters(program, a_nights_letters(3))

    outcome = program.run("dead-letters", "-reason", "rejcted")

    assert outcome.stdout == "No dead letters with -reason rejcted.\n"


def test_limits(program: Program) -> None:
    """More rows than by default where they are asked for; never less than one."""
    put_dead_letters(program, a_nights_letters(1_200))

    many = program.run("dead-letters", "-limit", "1100").stdout
    few = program.run("dead-letters", "-limit", "7", "-json").result
    wrong = [program.run("dead-letters", "-limit", n) for n in ("0", "-1", "x", "1.5")]

    rows = [line for line in many.splitlines() if line.lstrip()[:1].isdigit()]
    assert sum(" 2026-11-24 " in row for row in rows) == 1_100
    assert "The first 1,100 of 1,200 are shown" in many
    assert [letter["id"] for letter in few] == [1, 2, 3, 4, 5, 6, 7]  # type: ignore[index]
    assert [outcome.code for outcome in wrong] == [2, 2, 2, 2]
    assert all("-limit" in outcome.stderr for outcome in wrong)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["-json", "-format", "csv"], "-json and -format csv contradict"),
        (["-format", "html"], "-output"),
        (["-since", "yesterday"], "ISO 8601"),
        (["-since", "0001-01-01T00:00+14:00"], "ISO 8601"),
        (["-since", ""], "ISO 8601"),
        (["-user", os.fsdecode(b"\xff")], "UTF-8"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    program: Program, options: list[str], complaint: str
) -> None:
    """In one line, without a traceback."""
    outcome = program.run("dead-letters", *options)

    assert outcome.code == 2
    assert outcome.stdout == ""
    assert complaint in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.parametrize("action", ["requeue", "discard"])
def test_a_limit_does_not_soften_requeue_and_discard(
    program: Program, action: str
) -> None:
    """Else `discard -all -limit 5` would drop everything."""
    put_dead_letters(program, a_nights_letters(20))

    outcome = program.run(f"dead-letters {action}", "-all", "-yes", "-limit", "5")

    assert outcome.code == 2
    assert "-limit is for list" in outcome.stderr
    assert len(program.dead_letters()) == 20


def test_since_is_in_utc_as_the_report_is(program: Program) -> None:
    """A time copied from the report means what it meant there."""
    early, late = (datetime(2026, 11, 24, h, tzinfo=UTC) for h in (1, 3))
    put_dead_letters(
        program, [make_letter(0, failed_at=early), make_letter(1, failed_at=late)]
    )

    def found(since: str) -> list[int]:
        outcome = program.run(
            "dead-letters", "-json", "-since", since, TZ="America/New_York"
        )
        return [letter["id"] for letter in json.loads(outcome.stdout)]

    assert found("2026-11-24 03:00:00") == [2]
    assert found("2026-11-24T01:00:00Z") == [1, 2]
    assert found("2026-11-23T22:00:00-05:00") == [2]


def test_csv_holds_one_row_a_letter_and_no_surprises(program: Program) -> None:
    """Neither a spreadsheet nor a terminal takes anything in it for an order."""
    names = ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\uff1d1", "a\rb", "\x1b[31mred"]
    names += ['",=1', "a\nb", "plain", "Łódź"]
    letters = [make_letter(n, user_id=name) for n, name in enumerate(names)]
    letters.append(make_letter(99, payload=b'{"half": "\\ud83d"}'))
    put_dead_letters(program, letters)

    text = program.run("dead-letters", "-format", "csv").stdout

    rows = list(csv.DictReader(text.splitlines()))
    users = [row["user_id"] for row in rows]
    assert len(rows) == len(letters) == len(text.splitlines()) - 1
    assert users[:5] == [f"'{name}" for name in names[:5]]
    assert users[5:7] == [r"\t=1", "'\uff1d1"]
    assert users[7:] == [
        r"a\rb",
        r"\x1b[31mred",
        '",=1',
        r"a\nb",
        "plain",
        "Łódź",
        "u1",
    ]
    assert all(each == "\n" or each.isprintable() for each in text)
    assert rows[-1]["payload"] == r'{"half": "\ud83d"}'


def test_json_is_exact_and_ascii(program: Program) -> None:
    """Whatever the terminal, whatever the value."""
    payload = b'{"big": 123456789012345678901234567890, "half": "\\ud83d", "n": null}'
    put_dead_letters(
        program, [make_letter(0, user_id="\x1b]0;x\x07Ł", payload=payload)]
    )

    outcome = program.run("dead-letters", "-json", PYTHONIOENCODING="ascii")

    assert outcome.stdout.isascii()
    assert outcome.stdout.replace("\n", "").isprintable()
    (letter,) = json.loads(outcome.stdout)
    assert letter["user_id"] == "\x1b]0;x\x07Ł"
    assert letter["payload"] == json.loads(payload)


@pytest.mark.parametrize("shape", ["json", "csv", "table", "html"])
def test_a_file_is_for_its_owner_alone(program: Program, shape: str) -> None:
    """Payloads are personal data; and what was there is replaced whole."""
    put_dead_letters(program, a_nights_letters(3))
    target = program.folder / "kept" / "report"
    target.parent.mkdir()
    target.write_text("old")
    target.chmod(0o644)
    link = program.folder / "link"
    link.symlink_to(target)

    outcome = program.run("dead-letters", "-format", shape, "-output", link)

    assert (outcome.code, outcome.stdout) == (0, "")
    assert str(link) in outcome.stderr
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "10002" in target.read_text("utf-8")
    assert target.read_text("utf-8").endswith("\n")
    assert [each.name for each in target.parent.iterdir()] == ["report"]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(program: Program) -> None:
    """Neither half a report nor a stray one."""
    put_dead_letters(program, a_nights_letters(3))
    taken = program.folder / "taken"
    taken.mkdir()

    on_folder = program.run("dead-letters", "-json", "-output", taken)
    nowhere = program.run("dead-letters", "-json", "-output", taken / "no" / "report")

    assert (on_folder.code, nowhere.code) == (2, 2)
    assert "Is a directory" in on_folder.stderr
    assert "No such file or directory" in nowhere.stderr
    assert list(taken.iterdir()) == []
    assert not list(program.folder.glob(".taken*"))


def test_a_device_is_written_to_and_not_replaced(program: Program) -> None:
    """`-output /dev/null` must leave a /dev/null behind."""
    put_dead_letters(program, a_nights_letters(3))
    pipe = program.folder / "pipe"
    os.mkfifo(pipe)

    process = program.start("dead-letters", "-json", "-output", pipe)
    letters = json.loads(pipe.read_text())
    process.communicate(timeout=30)

    assert len(letters) == 3
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_comes_later_is_neither_shown_nor_dropped(program: Program) -> None:
    """A run beside it adds letters: figures and rows stay of one moment."""
    put_dead_letters(program, a_nights_letters(1_000))

    with open_report(folder(program), Selection()) as report:
        with Store(folder(program)) as store, store.queue.transaction() as tx:
            insert_dead_letters(tx, list(a_nights_letters(1_000)))
        letters = list(report.letters)
        statistics = report.statistics()
    dropped = discard(report.selections)

    assert len(letters) == statistics.letters == dropped == 1_000
    assert sum(statistics.timeline.counts.values()) == 1_000
    assert program.status()["dead_letters"] == 1_000
