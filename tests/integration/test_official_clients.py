"""The official clients judge the sandbox, and the bytes our client writes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from customerio import CustomerIO
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cio_pipeline.core.json_text import encode
from cio_pipeline.customerio import TrackClient, Transport
from cio_pipeline.sandbox.people import Change
from tests.support.api import ScriptedApi
from tests.support.builders import make_job
from tests.support.program import MAIN, Program

NODE = shutil.which("node")
PEERS = MAIN.parent / "benchmarks" / "peers"
TOKEN = "c2FuZGJveC1zaXRlOnNhbmRib3gta2V5"
ULID = "01AK4N8V8G8KVA4HN8Y50CCZ59"
ACTIONS = {each: each for each in ("delete", "suppress", "unsuppress")}
IDS = [
    "7",
    "a/b",
    "100%",
    "q?x#y",
    "two words",
    "ünï/码",
    "😀",
    "a@b.co",
    "+1 555",
    "~-_.!*'()",
]
VALUES: list[Any] = [
    "text", "", "ünï 码 😀", 'quo"te\\', "line\nbreak", 0, -1, 2**53 + 1, 10**30, 1.5,
    1e300, True, False, None, [1, "two", None], {"deep": {"er": [1.5]}},
]  # fmt: skip
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_scalar = st.none() | st.booleans() | st.integers() | _text
_floats = st.floats(allow_nan=False, allow_infinity=False)
_value = st.recursive(
    _scalar | _floats,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3)
    ),
    max_leaves=6,
)


def official(api: ScriptedApi) -> CustomerIO:
    """Return the official Python client, for 127.0.0.1 without TLS."""
    client = CustomerIO("sandbox-site", "sandbox-key")
    client.base_url = f"{api.url}/api/v1"
    return client


@pytest.fixture
def ours(api: ScriptedApi) -> Iterator[TrackClient]:
    """Return our client."""
    transport = Transport(connect_timeout_seconds=5, read_timeout_seconds=5)
    yield TrackClient(transport, api.url, TOKEN)
    transport.close()


def users() -> list[tuple[str, dict[str, Any]]]:
    """Return users with ids and values of every kind."""
    by_value = [(f"v{n}", {"x": value}) for n, value in enumerate(VALUES)]
    return by_value + [(user_id, {"name": user_id, "n": 1}) for user_id in IDS]


def test_the_wire_is_the_official_clients(api: ScriptedApi, ours: TrackClient) -> None:
    """Method, path bytes, headers that matter, JSON body."""
    client = official(api)
    for user_id, attributes in users():
        client.identify(user_id, **attributes)
        ours.upsert(make_job(user_id=user_id, body=encode(attributes)))
    client.close()

    for theirs, mine in zip(api.ledger[::2], api.ledger[1::2], strict=True):
        assert (mine.method, mine.path) == (theirs.method, theirs.path)
        assert json.loads(mine.body) == json.loads(theirs.body)
        for header in ("authorization", "content-type", "host"):
            assert mine.headers[header] == theirs.headers[header]
        assert mine.headers["content-length"] == str(len(mine.body))


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    user_id=_text.filter(lambda text: text not in ("", ".", "..")),
    attributes=st.dictionaries(
        _text.filter(lambda name: name not in ("id", "self")), _value, max_size=4
    ),
)
def test_the_wire_is_the_official_clients_whatever_is_sent(
    api: ScriptedApi, ours: TrackClient, user_id: str, attributes: dict[str, Any]
) -> None:
    """The same holds for any id and any JSON."""
    client = official(api)
    client.identify(user_id, **attributes)
    client.close()
    ours.upsert(make_job(user_id=user_id, body=encode(attributes)))

    theirs, mine = api.ledger[-2:]
    assert (mine.method, mine.path) == (theirs.method, theirs.path)
    assert json.loads(mine.body) == json.loads(theirs.body)


def test_the_official_python_client_leaves_the_same_people(program: Program) -> None:
    """Both clients send the same users, each to its own sandbox."""
    with ScriptedApi() as theirs, ScriptedApi() as mine:
        client = official(theirs)
        for user_id, attributes in users():
            client.identify(user_id, **attributes)
        client.close()
        program.url = mine.url
        outcome = sync_as_they_are(program, users())

        assert outcome == 0
        assert mine.people() == theirs.people()


@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_the_official_python_client_leaves_the_same_workspace(
    program: Program, mode: str
) -> None:
    """Deletions, suppressions and events, sent by both."""
    moment = 1_795_521_600
    with ScriptedApi() as theirs, ScriptedApi() as mine:
        for api in (theirs, mine):
            for name in ("kept", "a/b", "ada@x.io", "away"):
                kind = "email" if "@" in name else "id"
                api.sandbox.people.upsert(kind, name, Change({"n": 1}))
            api.sandbox.people.suppress("id", "away")
        client = official(theirs)
        client.delete("a/b")
        client.suppress("ada@x.io")
        client.unsuppress("away")
        client.track("kept", "bought", {"n": 1}, id=ULID, timestamp=moment)
        client.close()
        program.url = mine.url
        program.configure(
            api=mode,
            action={"from": "op", "values": ACTIONS},
            mappings=[],
        )
        names = {"a/b": "delete", "ada@x.io": "suppress", "away": "unsuppress"}
        actions = program.sync([{"id": i, "op": op} for i, op in names.items()], "-yes")
        program.configure(
            action=None,
            kind="event",
            event={"name": "bought", "timestamp": {"from": "at"}, "id": {"from": "u"}},
            mappings=[{"from": "n", "to": "n"}],
        )
        events = program.sync([{"id": "kept", "at": moment, "u": ULID, "n": 1}])

        assert (actions.code, events.code) == (0, 0)
        assert mine.people() == theirs.people() == {"kept": {"n": 1}}
        assert (
            mine.sandbox.people.suppressed
            == theirs.sandbox.people.suppressed
            == [("email", "ada@x.io")]
        )
        assert mine.sandbox.events.all() == theirs.sandbox.events.all() != []


def test_the_official_python_client_leaves_the_same_objects(program: Program) -> None:
    """It sends them as a batch; we send them one by one and in batches."""
    related = [{"identifiers": {"email": "ada@x.io"}}]
    item = {
        "type": "object",
        "action": "identify",
        "identifiers": {"object_type_id": "1", "object_id": "a/b"},
        "attributes": {"seats": 5},
        "cio_relationships": related,
    }
    with ScriptedApi() as theirs, ScriptedApi() as mine:
        client = official(theirs)
        client.send_request("POST", f"{theirs.url}/api/v2/batch", {"batch": [item]})
        client.close()
        program.url = mine.url
        program.configure(
            kind="object",
            object={"type": "1", "id": {"from": "account"}},
            relationships=[{"kind": "email", "from": "owner"}],
            mappings=[{"from": "seats", "to": "seats"}],
        )
        for mode in ("customers", "batch"):
            program.configure(api=mode)
            mine.sandbox.reset()
            outcome = program.sync(
                [{"account": "a/b", "seats": 5, "owner": "ada@x.io"}]
            )

            assert outcome.code == 0
            assert mine.sandbox.objects.all() == theirs.sandbox.objects.all() != {}


@pytest.mark.skipif(
    NODE is None or not (PEERS / "node_modules").exists(),
    reason="needs Node and its official client: make peers",
)
def test_the_official_node_client_leaves_the_same_people(program: Program) -> None:
    """As above, without integers that JavaScript cannot represent."""
    exact = [each for each in users() if each[1].get("x") not in (2**53 + 1, 10**30)]
    with ScriptedApi() as theirs, ScriptedApi() as mine:
        subprocess.run(
            [
                str(NODE),
                PEERS / "node_client.mjs",
                theirs.url,
                "sandbox-site",
                "sandbox-key",
                "5",
            ],
            input=json.dumps(exact),
            text=True,
            check=True,
            timeout=60,
            capture_output=True,
        )
        program.url = mine.url
        outcome = sync_as_they_are(program, exact)

        assert outcome == 0
        assert mine.people() == theirs.people()


def sync_as_they_are(program: Program, people: list[tuple[str, dict[str, Any]]]) -> int:
    """Sync users with every attribute mapped to the same name."""
    names = sorted({name for _, attributes in people for name in attributes})
    program.configure(
        userId="user id", mappings=[{"from": name, "to": name} for name in names]
    )
    records = [{"user id": user_id} | attributes for user_id, attributes in people]
    return program.sync(records).code
