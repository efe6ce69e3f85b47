"""Terminal, locale, streams, folder and owner never change a command's exit code."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.api import ScriptedApi
from tests.support.program import MAIN, SMALL_DISK, Program
from tests.support.surroundings import GONE_FOLDER, STREAMS, Surroundings, run_in

# `make surroundings` asks for more.
EXAMPLES = int(os.environ.get("SURROUNDINGS", "25"))
PEOPLE = [{"id": n, "name": f"Zoë {n}", "computed_ltv": n} for n in range(3)]
FILES = ("CONFIG", "REJECTED", "DATA")
NOBODY = 65534
# Whose the state is. Only root can give a file away.
OWNERS = ("we", "another", "another, read-only")[: 3 if os.geteuid() == 0 else 1]
NAMES = ("plain", "zoë", "a b", "a\nb", os.fsdecode(b"\xff\xe9"), "-dash", "x" * 100)
VARIABLES: dict[str, list[str | None]] = {
    "LC_ALL": [None, "C", "POSIX", "C.UTF-8", "xx_XX.nonsense"],
    "LANG": [None, "C", "de_DE.ISO-8859-1"],
    "PYTHONIOENCODING": [
        None,
        *("ascii", "latin-1", "ascii:strict", "cp437", "utf-16", "idna", "undefined"),
    ],
    "PYTHONUTF8": [None, "0", "1"],
    "PYTHONCOERCECLOCALE": [None, "0"],
    "PYTHONUNBUFFERED": [None, "1"],
    "PYTHONOPTIMIZE": [None, "1", "2"],
    "PYTHONDONTWRITEBYTECODE": ["1"],
    "PYTHONDEVMODE": [None, "1"],
    "PYTHONWARNINGS": [None, "error", "always"],
    "PYTHONSAFEPATH": [None, "1"],
    "TERM": [None, "", "dumb", "unknown", "xterm", "nonsense"],
    "NO_COLOR": [None, "", "1"],
    "FORCE_COLOR": [None, "", "1"],
    "TTY_COMPATIBLE": [None, "0", "1"],
    "COLUMNS": [None, "", "abc", "0", "1", "-5", "²", "9" * 30],
    "LINES": [None, "0", "²"],
    "HOME": [None, "", "/no/such/folder"],
    "TMPDIR": [None, "", "/no/such/folder"],
    "TZ": [None, "", "nonsense", "/no/such/zone"],
}


@dataclass(frozen=True)
class Case:
    """A command and its expected end.

    Args:
        words: the command and its options; a word in capitals is a file.
        code: the exit code.
        is_json: whether stdout is one JSON document.
        needs_writing: whether it stops early where the used state is read-only.
    """

    words: str
    code: int
    is_json: bool = False
    needs_writing: bool = False


SYNC = "sync -config CONFIG -data DATA -state STATE"
CASES = (
    Case(SYNC, 0),
    Case(f"{SYNC} -json", 0, is_json=True),
    Case(f"{SYNC} -quiet -log-file /dev/full -metrics /no/such/folder/m.prom", 0),
    Case(f"{SYNC} -log-level debug -log-format console -changed-only", 0),
    Case("sync -config REJECTED -data DATA -state STATE", 3),
    Case("sync -config REJECTED -data DATA -state STATE -json", 3, is_json=True),
    Case("check -config CONFIG -data DATA -state STATE", 0),
    Case("check -config CONFIG -data DATA -state STATE -json", 0, is_json=True),
    Case("check -suggest -data DATA", 0),
    Case("verify -config CONFIG -data DATA -wait 0", 0),
    Case("check -config CONFIG -data DATA -state USED", 0),
    Case("sync -config CONFIG -data DATA -state USED", 0, needs_writing=True),
    Case("resume -config CONFIG -state USED", 0, needs_writing=True),
    Case("dead-letters requeue -all -config CONFIG -state USED", 0, needs_writing=True),
    Case("status -config CONFIG -state USED", 0),
    Case("status -config CONFIG -state USED -json", 0, is_json=True),
    Case("dead-letters -config CONFIG -state USED", 0),
    Case("dead-letters -config CONFIG -state USED -json", 0, is_json=True),
    Case("dead-letters -config CONFIG -state USED -format csv", 0),
    Case("dead-letters -config CONFIG -state USED -format html -output PAGE", 0),
    Case("dead-letters discard -all -config CONFIG -state USED", 2),
    Case("-help", 0),
    Case("sync -help", 0),
    Case("-version", 0),
    Case("completion bash", 0),
    Case("sync -config CONFIG -data NOWHERE -state STATE", 2),
    Case("sync -config NOWHERE -data DATA", 2),
    Case("sync -confg CONFIG", 2),
    Case("snyc", 2),
)


@st.composite
def _surroundings(draw: st.DrawFn) -> Surroundings:
    return Surroundings(
        stdin=draw(st.sampled_from(["null", "closed"])),
        stdout=draw(st.sampled_from(["file", *STREAMS])),
        stderr=draw(st.sampled_from(["file", *STREAMS])),
        environment={
            name: draw(st.sampled_from(values)) for name, values in VARIABLES.items()
        },
        folder=draw(st.sampled_from([None, "/", GONE_FOLDER])),
        umask=draw(st.sampled_from([0o022, 0, 0o077, 0o777])),
    )


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder with the inputs of every case."""
    folder = tmp_path_factory.mktemp("rooms")
    with ScriptedApi() as api, ScriptedApi() as closed:
        closed.answer_all(401)
        program = Program(folder, api.url)
        program.configure()
        (folder / "configuration.json").rename(folder / "CONFIG")
        Program(folder, closed.url).configure()
        (folder / "configuration.json").rename(folder / "REJECTED")
        program.write_data(PEOPLE, "DATA")
        api.script("2", [400])
        command = [
            sys.executable,
            MAIN,
            "sync",
            *["-config", "CONFIG", "-data", "DATA"],
        ]
        used = run_in(
            Surroundings(folder=str(folder)), [*command, "-state", "USED"], folder
        )
        assert used.code == 1
        run_in(Surroundings(folder=str(folder)), [*command, "-state", "SEEN"], folder)
        yield folder


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.generate],  # a failure is small enough, and shrinking takes long
    suppress_health_check=list(HealthCheck),
)
@given(
    case=st.sampled_from(CASES),
    surroundings=_surroundings(),
    name=st.sampled_from(NAMES),
    owner=st.sampled_from(OWNERS),
)
def test_surroundings_never_decide_the_outcome(
    rooms: Path, case: Case, surroundings: Surroundings, name: str, owner: str
) -> None:
    """The exit code is that of an ordinary day, and nobody sees a traceback."""
    room = rooms / "room" / name
    shutil.rmtree(rooms / "room", ignore_errors=True)
    room.mkdir(parents=True)
    for each in FILES:
        shutil.copy(rooms / each, room / f"{each}{name}")
    shutil.copytree(rooms / "USED", room / "USED")
    for path in (room.parent, room, *room.rglob("*")):
        is_closed = owner == "another, read-only" and "USED" in path.parts
        mode = 0o777 if path.is_dir() else 0o666
        path.chmod(mode & 0o555 if is_closed else mode)
        if owner != "we":
            os.chown(path, NOBODY, -1)
    words = [
        str(room / f"{word}{name}" if word in FILES else room / word)
        if word.isupper()
        else word
        for word in case.words.split()
    ]

    program = [SMALL_DISK, "modes=1"] if owner != "we" else [MAIN]
    ended = run_in(surroundings, [sys.executable, *program, *words], rooms)

    is_stopped = case.needs_writing and owner == "another, read-only"
    assert ended.code == (3 if is_stopped else case.code), ended
    assert b"Traceback" not in ended.stdout + ended.stderr
    if case.is_json and not is_stopped and surroundings.stdout == "file":
        encoding = surroundings.environment["PYTHONIOENCODING"] or "utf-8"
        usable = encoding.partition(":")[0].replace("idna", "utf-8")
        text = ended.stdout.decode(usable.replace("undefined", "utf-8"))
        assert json.loads(text) is not None
