"""The program at a terminal, as the person who typed it sees it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.settings import SandboxSettings
from tests.support.api import SILENCE, Answer, ScriptedApi
from tests.support.program import Program
from tests.support.terminal import INTERRUPT, Terminal

CURSOR_UP = b"\x1b[1A"
HIDE_CURSOR = b"\x1b[?25l"
COLOURS = (b"\x1b[31m", b"\x1b[32m", b"\x1b[33m")


def users(count: int) -> list[dict[str, Any]]:
    """Make users."""
    return [{"id": n, "name": f"User {n}", "computed_ltv": n} for n in range(count)]


def sync_at(
    program: Program,
    count: int,
    *options: str,
    columns: int = 80,
    name: str = "data.json",
    **environment: str,
) -> Terminal:
    """Start a sync of so many users at a terminal."""
    data = program.write_data(users(count), name)
    command = program.arguments("sync", "-data", data, *options)
    return Terminal(command, columns=columns, **environment)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Program]:
    """Give the program with a Customer.io that takes its time."""
    settings = SandboxSettings(port=0, faults=Faults(latency_ms=50))
    with ScriptedApi(settings) as api:
        yield Program(tmp_path, api.url)


def test_the_display_shows_the_run_and_leaves_nothing_but_the_result(
    slow: Program,
) -> None:
    """A live display is there while the run goes, and gone when it has ended."""
    with sync_at(slow, 1500) as terminal:
        seen = terminal.wait_for("sync data.json", "in flight", "left")
        code = terminal.finish()

    assert code == 0
    assert "loaded 1,500" in seen
    assert terminal.lines[0] == "Done: all synced."
    assert "in flight" not in terminal.text
    assert HIDE_CURSOR not in terminal.output  # kill -9 could not show it again


def test_a_pause_is_explained(api: ScriptedApi, program: Program) -> None:
    """Nothing moves for seconds: the person must see that it is no hang."""
    api.script("3", [Answer(429, b"{}", "3")])

    with sync_at(program, 200) as terminal:
        terminal.wait_for("waiting ", " s: Customer.io asked us to slow down")
        code = terminal.finish()

    assert code == 0
    assert "Customer.io asked us to slow down: pausing for 3.0 s" in terminal.text
    assert terminal.text.count("sync data.json") == 0


def test_an_outage_is_explained_and_its_end_told(
    api: ScriptedApi, program: Program
) -> None:
    """Since when, why, and when it is tried again."""
    api.answer_all(503)

    with sync_at(program, 50) as terminal:
        terminal.wait_for("Customer.io has not answered since", "next try in")
        api.answer_all(None)
        code = terminal.finish()

    assert code == 0
    assert "Customer.io is answering again after" in terminal.text


def test_answers_that_do_not_come_are_explained(
    api: ScriptedApi, program: Program
) -> None:
    """Requests are out and nothing comes back: that is what is shown."""
    api.answer_all(SILENCE)

    with sync_at(program, 5) as terminal:
        terminal.wait_for("waiting for 5 answers; none for")


def test_ctrl_c_is_answered_at_once_and_says_how_to_go_on(
    slow: Program,
) -> None:
    """The first Ctrl-C drains; the summary names the command that goes on."""
    with sync_at(slow, 3000) as terminal:
        terminal.wait_for("in flight", "left")
        terminal.type(INTERRUPT)
        code = terminal.finish()
        words = terminal.text.replace("\n", "").split(" resume ")[1]
        again = slow.run("resume", "-json")

    assert code == 130
    assert terminal.lines[0].startswith("Stopped: you stopped it.")
    assert f"-state {slow.state}" in words.replace("  ", "")
    assert again.code == 0


def test_a_second_ctrl_c_leaves_the_prompt_a_line_of_its_own(
    api: ScriptedApi, program: Program
) -> None:
    """What was drawn stays, and the shell goes on beneath it."""
    api.answer_all(SILENCE)

    with sync_at(program, 50) as terminal:
        terminal.wait_for("waiting for 25 answers")
        terminal.type(INTERRUPT)
        terminal.wait_for("stopping: 25 requests in flight; press Ctrl-C again")
        terminal.type(INTERRUPT)
        code = terminal.finish()

    assert code == 130
    assert terminal.output.endswith(b"\r\n")


def test_a_thousand_dead_letters_are_a_few_lines_and_their_causes(
    api: ScriptedApi, program: Program
) -> None:
    """Warnings must not scroll everything else away; the summary has the counts."""
    api.answer_all(Answer(400, b'{"meta": {"error": "bad attribute"}}'))

    with sync_at(program, 1000) as terminal:
        code = terminal.finish()

    assert code == 1
    assert terminal.text.count("warning: dead letter:") == 3
    assert "more like this are counted, not shown" in terminal.text.replace("\n", " ")
    assert "1,000   rejected      400   bad attribute" in terminal.text
    assert len(terminal.text.splitlines()) < 25


def test_quiet_shows_the_result_alone(slow: Program) -> None:
    """-quiet: not a byte beside the result, not even at a terminal."""
    with sync_at(slow, 300, "-quiet") as terminal:
        code = terminal.finish()

    assert code == 0
    assert terminal.output.startswith(b"Done: all synced.\r\n")


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ((), {"TERM": "dumb"}),
        (("-log-format", "console"), {}),
        (("-log-format", "json"), {}),
    ],
    ids=["dumb terminal", "plain lines asked for", "JSON lines asked for"],
)
def test_where_nothing_can_or_may_be_redrawn_lines_are_written(
    slow: Program,
    options: tuple[str, ...],
    environment: dict[str, str],
) -> None:
    """The cursor is moved only at a terminal that can, unless lines were asked for."""
    with sync_at(slow, 300, *options, **environment) as terminal:
        code = terminal.finish()

    assert code == 0
    assert "run_started" in terminal.text
    assert CURSOR_UP not in terminal.output


@pytest.mark.parametrize(
    ("environment", "has_colours"),
    [({}, True), ({"NO_COLOR": "1"}, False)],
    ids=["usually", "NO_COLOR"],
)
def test_no_color_is_heeded(
    slow: Program, environment: dict[str, str], *, has_colours: bool
) -> None:
    """https://no-color.org: the display is there, without colours."""
    with sync_at(slow, 600, **environment) as terminal:
        terminal.wait_for("in flight", "left")
        terminal.finish()

    assert any(colour in terminal.output for colour in COLOURS) is has_colours


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_every_width_and_the_longest_name_fit(slow: Program, columns: int) -> None:
    """No line of the display is ever wider than the terminal."""
    name = "users-" * 35 + "2026.json"
    with sync_at(slow, 600, columns=columns, name=name) as terminal:
        seen = terminal.wait_for("in flight", "…")
        terminal.finish()

    assert "2026.json" in seen
    assert terminal.lines[0] == "Done: all synced."


def test_status_watch_follows_a_run_until_ctrl_c(
    slow: Program,
) -> None:
    """Another terminal shows the same, and leaves with exit code 0."""
    data = slow.write_data(users(4000))
    run = slow.start("sync", "-data", data)
    with Terminal(slow.arguments("status", "-watch", "0.2")) as terminal:
        seen = terminal.wait_for(f"process {run.pid}", "in flight", "left", "%")
        os.kill(run.pid, signal.SIGINT)
        run.communicate()
        terminal.wait_for("No run is active.", "interrupted")
        terminal.type(INTERRUPT)
        code = terminal.finish()

    assert "sync data.json" in seen
    assert code == 0


def test_status_says_so_when_a_run_gives_no_sign_of_life(
    slow: Program,
) -> None:
    """A stopped process holds its lock and says nothing: that must be seen."""
    data = slow.write_data(users(4000))
    run = slow.start("sync", "-data", data)
    with Terminal(slow.arguments("status", "-watch", "0.2")) as terminal:
        terminal.wait_for("in flight", "left")
        os.kill(run.pid, signal.SIGSTOP)
        seen = terminal.wait_for("no heartbeat for")
    os.kill(run.pid, signal.SIGCONT)
    run.kill()
    run.communicate()

    assert f"process {run.pid} is suspended" in seen


def test_status_watch_into_a_pipe_is_a_document_each_time(
    slow: Program,
) -> None:
    """For machines: JSON lines with the run's progress; for people, lines."""
    data = slow.write_data(users(4000))
    run = slow.start("sync", "-data", data)
    watch = slow.start("status", "-watch", "0.2", "-json")
    assert watch.stdout is not None
    document: dict[str, Any] = {"running": None}
    while not (document["running"] and document["running"]["progress"]):
        document = json.loads(watch.stdout.readline())
    lines = slow.start("status", "-watch", "0.2")
    assert lines.stdout is not None
    line = lines.stdout.readline()
    for process in (watch, lines, run):
        os.kill(process.pid, signal.SIGINT)
    codes = [watch.wait(60), lines.wait(60)]
    for process in (watch, lines, run):
        process.communicate()

    assert document["running"]["progress"]["source"] == "data.json"
    assert document["running"]["heartbeat_age_seconds"] < 60
    assert "/s, " in line
    assert codes == [0, 0]
