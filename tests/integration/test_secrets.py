"""The keys are only in the configuration and in the requests.

Every run here is looked through: both streams with debug logs in both formats,
every byte of the state folder (with the log and the shared memory of SQLite),
the status, the dead letters and their exports.
"""

from __future__ import annotations

import base64
import os
import pickle
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from cio_pipeline.core.config import read_config
from cio_pipeline.core.errors import ConfigError
from cio_pipeline.sandbox.settings import SandboxSettings
from tests.support.api import Answer, ScriptedApi
from tests.support.program import SIGKILL, Outcome, Program
from tests.support.raw_server import RawServer

# It has every character that some encoding changes.
API_KEY = 'k3y/"+=unique\\4711'
APP_KEY = "app/k3y+=4712\\x"
SITE = "s1te+4713"
TOKEN = base64.b64encode(f"{SITE}:{API_KEY}".encode()).decode()
APP_TOKEN = base64.b64encode(APP_KEY.encode()).decode()
KEYS = {"siteId": SITE, "apiKey": API_KEY, "appApiKey": APP_KEY}
SETTINGS = SandboxSettings(port=0, site_id=SITE, api_key=API_KEY, app_api_key=APP_KEY)
USERS = [{"id": n, "name": f"user {n}"} for n in range(30)]
FORMATS = ("console", "json")

SECRETS = {
    form.encode(encoding, "replace")
    for secret in (API_KEY, APP_KEY, TOKEN, APP_TOKEN)
    for form in (secret, quote(secret, safe=""), repr(secret)[1:-1])
    for encoding in ("utf-8", "latin-1")
} | {API_KEY[:-6].encode(), API_KEY[-11:].encode(), TOKEN[4:].encode()}


def look_everywhere(program: Program, *outcomes: Outcome) -> None:
    """Search for the keys in everything that a run and its reports write."""
    reports = [
        program.run(*command, "-log-level", "debug")
        for command in (
            ["status", "-json"],
            ["dead-letters", "-json"],
            ["dead-letters", "-format", "csv", "-output", program.folder / "d.csv"],
        )
    ]
    places = {
        f"{stream} of {outcome.code}": text.encode("utf-8", "surrogateescape")
        for outcome in (*outcomes, *reports)
        for stream, text in (("stdout", outcome.stdout), ("stderr", outcome.stderr))
    }
    config = program.folder / "configuration.json"
    for path in program.folder.rglob("*"):
        places[str(path)] = os.fsencode(path)
        if path.is_file() and path != config:
            places[f"in {path}"] = path.read_bytes()
    for place, content in places.items():
        for secret in SECRETS:
            assert secret not in content, f"{secret!r} {place}: {content[:2000]!r}"


def outcomes_of(
    program: Program, *options: str | Path, command: str = "sync"
) -> list[Outcome]:
    """Run once in each log format, at the lowest level."""
    data = program.write_data(USERS)
    with_data = [] if command == "resume" else ["-data", data]
    return [
        program.run(
            command, *with_data, "-log-level", "debug", "-log-format", each, *options
        )
        for each in FORMATS
    ]


def files_of(program: Program) -> list[str | Path]:
    """Write the log and the metrics to files too, so that they are searched."""
    return ["-log-file", program.folder / "log", "-metrics", program.folder / "m.prom"]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return the program with recognizable keys; a test sets the server."""
    return Program(tmp_path, "", dict(KEYS))


def echo(status: bytes, write: Callable[[str], str]) -> Callable[..., None]:
    """Answer like a gateway whose error page contains the request's headers."""

    def behave(connection: socket.socket, request: bytes) -> None:
        head = request.partition(b"\r\n\r\n")[0].decode("latin-1")
        shown = f"{head} {APP_KEY if 'Bearer' in head else API_KEY}"
        body = write(shown).encode()
        connection.sendall(
            b"HTTP/1.1 %s\r\nContent-Length: %d\r\nLocation: http://x.test/%s\r\n\r\n"
            % (status, len(body), quote(shown).encode())
        )
        connection.sendall(body)

    return behave


def as_page(text: str) -> str:
    """Return the text unchanged."""
    return text


def as_php(text: str) -> str:
    """Return JSON with escaped slashes, as from PHP, and equals signs, as from Java."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("/", "\\/")
    inner = inner.replace("\r\n", " ").replace("=", "\\u003d")
    return '{"meta": {"errors": ["' + inner + '"]}}'


def as_refused_item(text: str) -> str:
    """Return it as a refused item of a batch."""
    inner = as_php(text).partition('["')[2].removesuffix('"]}}')
    item = f'"batch_index": 0, "field": "{inner}", "message": "{inner}"'
    return '{"errors": [{' + item + "}]}"


@pytest.mark.parametrize(
    ("status", "write", "mode"),
    [
        (207, as_refused_item, "batch"),
        (302, as_page, "customers"),
        (400, as_page, "customers"),
        (400, as_php, "batch"),
        (401, as_php, "customers"),
        (503, as_page, "customers"),
    ],
)
def test_keys_in_an_answer_are_not_repeated(
    program: Program, status: int, write: Callable[[str], str], mode: str
) -> None:
    """Dead letters, the log and the last line on stderr quote the server."""
    with RawServer(echo(b"%d Echo" % status, write)) as server:
        program.url = server.url
        program.configure(maxOutageSeconds=1, api=mode, parallelism=2)
        outcome = program.sync(USERS, "-log-level", "debug", *files_of(program))

    assert server.requests, "the keys were sent, and nothing else was"
    assert "Traceback" not in outcome.stderr
    look_everywhere(program, outcome)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 %s\r\n\r\n",
        b"%s\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
    ],
    ids=["status", "first line", "chunk", "length"],
)
def test_keys_in_a_broken_answer_are_not_repeated(
    program: Program, reply: bytes
) -> None:
    """The HTTP library quotes what it cannot read."""
    said = f"{TOKEN} {API_KEY}".encode()

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(reply % said)
        connection.close()

    with RawServer(behave) as server:
        program.url = server.url
        program.configure(maxOutageSeconds=1, parallelism=2)
        outcome = program.sync(USERS, "-log-level", "debug", "-log-format", "console")

    assert outcome.code in (0, 3)
    look_everywhere(program, outcome)


def test_keys_are_nowhere_after_every_kind_of_run(program: Program) -> None:
    """Runs that are killed, succeed, make dead letters, and meet wrong keys."""
    with ScriptedApi(SETTINGS) as api:
        program.url = api.url
        api.script("3", [Answer(400, b'{"meta":{"error":"no"}}')] * 2)
        api.answer_all(401)
        outcomes = outcomes_of(program)
        api.answer_all(None)
        program.kill_at = ("cio_pipeline.customerio.outcome:judge:return", 12)
        outcomes += outcomes_of(program)
        look_everywhere(program)
        program.kill_at = None
        outcomes += outcomes_of(program, command="resume")
        outcomes += outcomes_of(program, "-changed-only", *files_of(program))
        look_everywhere(program, *outcomes)

    assert [outcome.code for outcome in outcomes[:4]] == [3, 3, -SIGKILL, -SIGKILL]


def test_verify_and_check_print_no_key(program: Program) -> None:
    """The App API's key is a secret too."""
    with RawServer(echo(b"401 No", as_php)) as server:
        program.url = server.url
        program.configure(maxOutageSeconds=1)
        outcomes = outcomes_of(program, command="verify")
        outcomes += outcomes_of(program, command="check")
        outcomes += outcomes_of(program, "-failures")

    assert b"Bearer " + APP_KEY.encode() in server.requests[0]
    assert outcomes[0].code == 3
    look_everywhere(program, *outcomes)


def test_keys_that_are_read_elsewhere_are_printed_nowhere(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration in a repository has names only; each command reads what it needs.

    The last server's error page has all of the request's headers.
    """
    printed = program.folder.parent / "printed"
    printed.write_text(API_KEY + "\n", "utf-8")
    asked = program.folder.parent / "asked"
    command = ["sh", "-c", 'echo >> "$0"; cat "$1"', str(asked), str(printed)]
    monkeypatch.setenv("CIO_TEST_SITE", SITE)
    monkeypatch.setenv("CIO_TEST_APP", APP_KEY)
    program.configure(
        siteId={"env": "CIO_TEST_SITE"},
        apiKey={"command": command},
        appApiKey={"env": "CIO_TEST_APP"},
        maxOutageSeconds=1,
    )
    with ScriptedApi(SETTINGS) as api:
        program.url = api.url
        outcomes = outcomes_of(program, *files_of(program))
        runs = len(asked.read_text("utf-8").splitlines())
        data = program.write_data(USERS)
        for others in ("status", "dead-letters", f"check -data {data}"):
            outcomes.append(program.run(others))
    with RawServer(echo(b"401 No", as_php)) as server:
        program.url = server.url
        outcomes += outcomes_of(program, command="verify")

    assert [outcome.code for outcome in outcomes] == [0, 0, 0, 0, 0, 3, 3]
    assert runs == len(asked.read_text("utf-8").splitlines()) == len(FORMATS)
    look_everywhere(program, *outcomes)


@pytest.mark.parametrize(
    "change",
    [
        {"apiKye": API_KEY},
        {"apiKey": [API_KEY]},
        {"apiKey": API_KEY + "\n"},
        {"appApiKey": {"key": APP_KEY}},
        {"parallelism": API_KEY},
        {"trackUrl": f"https://{SITE}:{quote(API_KEY, safe='')}@track.example.com"},
        {"region": API_KEY},
        {"mappings": API_KEY},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_broken_configuration_is_reported_without_its_keys(
    program: Program, change: dict[str, object]
) -> None:
    """A key in the wrong place is still secret."""
    program.configure(**change)
    outcome = program.sync(USERS, "-log-level", "debug")

    assert outcome.code == 2
    look_everywhere(program, outcome)


def test_a_configuration_cut_in_a_key_is_reported_without_it(program: Program) -> None:
    """The text near a key is never quoted."""
    path = program.configure()
    text = path.read_text("utf-8")
    for end in range(text.index('"apiKey"'), len(text)):
        path.write_text(text[:end], "utf-8")
        with pytest.raises(ConfigError) as caught:
            read_config(str(path))
        for secret in SECRETS:
            assert secret not in str(caught.value).encode()


@pytest.fixture
def umask() -> Iterator[Callable[[int], None]]:
    """Change the umask for one test."""
    before = os.umask(0)
    os.umask(before)
    yield lambda mask: (os.umask(mask), None)[1]
    os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277], ids=oct)
def test_nobody_else_may_read_the_state(
    program: Program, umask: Callable[[int], None], mask: int
) -> None:
    """0700 and 0600 during a run, for every umask, also for SQLite's extra files."""
    modes: dict[str, int] = {}

    def look(_: object) -> None:
        for path in [program.state, *program.state.rglob("*")]:
            modes[path.name] = stat.S_IMODE(path.stat().st_mode)

    with ScriptedApi(SETTINGS) as api:
        program.url = api.url
        program.configure()
        data = program.write_data(USERS)
        api.before_answer = look
        umask(mask)
        outcome = program.run("sync", "-data", data)
        umask(0o022)
        look(None)

    assert outcome.code == 0, outcome.stderr
    folders = {name for name in modes if "." not in name}
    assert len(folders) == 2
    assert {"queue.db", "queue.db-wal", "queue.db-shm", "run.lock"} <= set(modes)
    assert {modes[name] for name in folders} == {0o700}
    assert {mode for name, mode in modes.items() if name not in folders} == {0o600}


def test_a_folder_that_many_share_stays_open_to_them(program: Program) -> None:
    """`-state /tmp` must not lock out other users; only our own files are private."""
    program.state.mkdir()
    program.state.chmod(0o1777)

    with ScriptedApi(SETTINGS) as api:
        program.url = api.url
        outcome = program.sync(USERS)

    assert outcome.code == 0, outcome.stderr
    assert stat.S_IMODE(program.state.stat().st_mode) == 0o1777
    (folder,) = program.state.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_state_that_was_copied_open_is_closed_again(program: Program) -> None:
    """With a usual umask, others can read a copy until the next run."""
    with ScriptedApi(SETTINGS) as api:
        program.url = api.url
        program.sync(USERS)
        for path in [program.state, *program.state.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        program.sync(USERS)

    for path in program.state.rglob("*"):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, int]]:
        return os.mkdir, (str(self.path), 0o700)


def test_nothing_in_the_state_is_ever_unpickled(
    program: Program, tmp_path: Path
) -> None:
    """A foreign state file must not run code; Python's audit hook checks it."""
    bomb = pickle.dumps(Bomb(tmp_path / "went off"))
    with ScriptedApi(SETTINGS) as api:
        program.url = api.url
        program.kill_at = ("cio_pipeline.store.store:Store.finish_load:return", 1)
        data = program.write_data(USERS)
        program.run("sync", "-data", data)
        program.kill_at = None
        (file,) = program.state.glob("*/queue.db")
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE ack_queue_jobs SET data = ?", (bomb,))
            connection.execute(
                "INSERT INTO dead_letters (job_id, source, payload, reason, message,"
                " attempts, failed_at, run_id) SELECT 99, 'x', ?, 'rejected', 'no', 1,"
                " '2026-11-24T00:00:00+00:00', 'r'",
                (bomb,),
            )
        program.watch = tmp_path / "watched"
        codes = [
            program.run(*command).code
            for command in (
                ["dead-letters", "-json"],
                ["status", "-json"],
                ["dead-letters requeue", "-all"],
                ["resume", "-json"],
                ["sync", "-data", data],
            )
        ]

    report = program.watch.read_text("utf-8")
    assert "wrote " in report, "the hook saw nothing at all"
    assert "unpickled" not in report
    assert not (tmp_path / "went off").exists()
    assert codes[1] == 0


HOSTILE = "'); DROP TABLE totals; --\x00\"`$(touch x)%s?1:1"


def test_sql_is_never_made_of_what_came_from_outside(tmp_path: Path) -> None:
    """User ids, file names, reasons and messages are stored and read as values."""
    with ScriptedApi() as api:
        program = Program(tmp_path, api.url)
        said = HOSTILE.replace("\x00", "")
        body = b'{"meta":{"error":' + repr(said).encode() + b"}}"
        for user in (HOSTILE, "plain"):
            api.script(user, [Answer(400, body)] * 3)
        records = [{"id": HOSTILE, "name": HOSTILE}, {"id": "plain", "name": "x"}]
        name = HOSTILE.replace("/", "").replace("\x00", "") + ".json"
        data = program.write_data(records, name)
        first = program.run("sync", "-data", data, "-json")
        # Both are in flight at once, and the server may refuse either first.
        letter, other = sorted(program.dead_letters(), key=lambda x: x["record_index"])
        selected = {
            option: program.run("dead-letters", f"-{option}={value}", "-json").stdout
            for option, value in {
                "reason": said,
                "user": "' OR '1'='1",
                "run": said,
            }.items()
        }
        requeued = program.run("dead-letters requeue", "-user=plain", "-json")
        again = program.resume()

    assert first.result["dead_lettered"] == 2
    assert letter["user_id"] == HOSTILE
    assert letter["payload"] == {"name": HOSTILE}
    assert letter["source"] == other["source"] == name
    assert {text.strip().replace("\n", "") for text in selected.values()} == {"[]"}
    assert requeued.result == {"requeued": 1}
    assert again.result["resumed"] == 1
    assert program.status()["dead_letters"] == 2
