"""`docs/mistakes.md`: each message in it is what the program says."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import SILENCE, ScriptedApi
from tests.support.program import MAIN, SMALL_DISK, Program, finish

PAGE = MAIN.parent / "docs" / "mistakes.md"
USERS = [{"id": n, "name": f"name {n}", "computed_ltv": n / 4} for n in range(3000)]


def documented() -> dict[str, tuple[str, list[str]]]:
    """Read the page: each heading's command line, and what it is said to print."""
    found: dict[str, tuple[str, list[str]]] = {}
    for section in re.split(r"^## \d+\. ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[
        1:
    ]:
        shown = re.search(r"```text\n\$ (.+?)\n(.+?)\n```", section, flags=re.DOTALL)
        assert shown is not None, section[:80]
        found[section.partition("\n")[0]] = (shown[1], shown[2].splitlines())
    return found


class Nightly:
    """A folder with a configuration and users, as the page has it."""

    def __init__(self, folder: Path, api: ScriptedApi) -> None:
        self.folder = folder
        self.api = api
        self.program = Program(folder, api.url)
        self.program.configure()
        self.program.write_data(USERS, "users.json")
        self.launcher: list[str | Path] = [MAIN]

    def write(self, name: str, text: str) -> None:
        """Write a file in the folder."""
        (self.folder / name).write_text(text, "utf-8")

    def change(self, old: str, new: str) -> None:
        """Change the configuration's text."""
        path = self.folder / "configuration.json"
        assert old in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    def say(self, command: str) -> str:
        """Run a command line as the page has it, for all that it prints."""
        python, main, *options = shlex.split(command)
        assert (python, main) == ("python", "main.py")
        process = subprocess.Popen(
            [sys.executable, *self.launcher, *options, "-state", "state"],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"NO_PROXY": "127.0.0.1"},
        )
        outcome = finish(process)
        said = outcome.stdout + outcome.stderr
        assert "Traceback" not in said
        said = said.replace(str(self.folder), "/home/ada/nightly")
        said = re.sub(r"state/[0-9a-f]{16}", "state/5f0c1b9a7d3e2468", said)
        return re.sub(r"process \d+", "process 12345", said)


Setting = Callable[[Nightly], Any]


def as_csv(nightly: Nightly) -> None:
    """Leave a table where JSON is expected."""
    nightly.write("users.json", "id,name\n1,Ada\n2,Grace\n")


def exchange_keys(nightly: Nightly) -> None:
    """Put each key where the other belongs."""
    nightly.change('"siteId": "sandbox-site"', '"siteId": "sandbox-key"')
    nightly.change('"apiKey": "sandbox-key"', '"apiKey": "sandbox-site"')


def leave_out_ids(nightly: Nightly) -> None:
    """Name the id otherwise than the configuration does."""
    users = [{"user_id": n, "name": "x"} for n in range(3000)]
    nightly.write("users.json", json.dumps(users))


def fill_the_disk(nightly: Nightly) -> None:
    """Let the queue's file become no larger."""
    nightly.launcher = [SMALL_DISK, "pages=40"]


def answer_like_another_server(nightly: Nightly) -> None:
    """Know nobody, as a server does that is not Customer.io."""
    nightly.api.answer_all(404)


def pack_twice(nightly: Nightly) -> None:
    """Pack the users with gzip, and the result again."""
    plain = (nightly.folder / "users.json").read_bytes()
    packed = gzip.compress(gzip.compress(plain))
    (nightly.folder / "users.json.gz").write_bytes(packed)


@contextmanager
def another_run(nightly: Nightly) -> Iterator[None]:
    """Have a run going on the same queue."""
    nightly.api.script("1", [SILENCE])
    first = nightly.program.start("sync", "-data", nightly.folder / "users.json")
    while not nightly.api.requests_for("1"):
        assert first.poll() is None
        time.sleep(0.01)
    yield
    first.kill()
    finish(first)


SETTINGS: dict[str, Setting] = {
    "The path is wrong": lambda _: None,
    "A key's name is wrong": lambda n: n.change("parallelism", "paralelism"),
    "A comma too many": lambda n: n.change('"name"}]', '"name"},]'),
    "CSV, given as JSON": as_csv,
    "Site id and API key exchanged": exchange_keys,
    "No such region": lambda n: n.change(
        '"parallelism"', '"region":"europe","parallelism"'
    ),
    "A mapping to nothing": lambda n: n.change("computed_ltv", "computed ltv"),
    "The records have no such id": leave_out_ids,
    "A run is going already": another_run,
    "The disk is full": fill_the_disk,
    "An address with a path": lambda n: n.change(
        f'"trackUrl": "{n.api.url}', '"trackUrl": "https://track.customer.io/api/v1'
    ),
    "An address that leads elsewhere": answer_like_another_server,
    "A pattern that matches no file": lambda _: None,
    "Packed twice": pack_twice,
    "Several arrays inside of an object": lambda n: n.write(
        "users.json", json.dumps({"groups": USERS[:1], "users": USERS})
    ),
}


@pytest.mark.parametrize("mistake", SETTINGS)
def test_a_mistake_gets_the_documented_message(
    api: ScriptedApi, tmp_path: Path, mistake: str
) -> None:
    """Whoever searches the page for what they see finds it, word for word."""
    command, lines = documented()[mistake]
    nightly = Nightly(tmp_path, api)

    setting = SETTINGS[mistake](nightly)
    if setting is None:
        said = nightly.say(command)
    else:
        with setting:
            said = nightly.say(command)

    printed = [line.strip() for line in said.splitlines()]
    assert [line for line in lines if line.strip() not in printed] == [], said


def test_every_mistake_on_the_page_is_made_here() -> None:
    """None of the page's messages is unproved."""
    assert list(documented()) == list(SETTINGS)
