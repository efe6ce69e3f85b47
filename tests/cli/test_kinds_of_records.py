"""Everything that a file of records can mean, in both modes of sending."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.people import Change
from tests.support.api import ScriptedApi
from tests.support.program import Program
from tests.support.published import check_request
from tests.support.terminal import Terminal

BOTH_MODES = pytest.mark.parametrize("mode", ["customers", "batch"])
NAME = [{"from": "name", "to": "name"}]


def requests(api: ScriptedApi) -> list[tuple[str, str]]:
    """Return the methods and paths of all requests; each has the published form."""
    for entry in api.ledger:
        check_request(entry)
    return [(entry.method, entry.path) for entry in api.ledger]


def items(api: ScriptedApi) -> list[dict[str, Any]]:
    """Return all items of version 2 that were sent."""
    found = []
    for entry in api.ledger:
        document = check_request(entry)
        found += document.get("batch", [document] if "v2" in entry.path else [])
    return found


def people(api: ScriptedApi) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Return everybody's identifiers and attributes, in a fixed order."""
    everybody = [(who.identifiers, who.attributes) for who in api.sandbox.people]
    return sorted(everybody, key=str)


@BOTH_MODES
def test_an_identifier_reaches_the_kind_that_was_named(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """Whatever its form: an id that looks like an address, an odd address, a phone."""
    somebody = api.sandbox.people
    somebody.upsert("id", "known", Change({}))
    (known,) = somebody
    records = [
        {"id": "a/b", "name": "1"},
        {"id": "ada@x.org", "name": "2"},
        {"id": "cio_x", "name": "3"},
        {"mail": "Ada@X.org", "name": "4"},
        {"mail": "ada@localhost", "name": "5"},
        {"phone": "+15551234567", "name": "6"},
        {"cio": known.cio_id, "name": "7"},
        {"cio": "cio_" + known.cio_id, "more": "8"},
        {"id": "", "mail": None, "phone": "+1555", "name": "9"},
        {"id": " ", "name": "nobody"},
    ]
    program.configure(
        api=mode,
        userId=[
            {"from": "id", "kind": "id"},
            {"from": "mail", "kind": "email"},
            {"from": "phone", "kind": "phone"},
            {"from": "cio", "kind": "cio_id"},
        ],
        mappings=[*NAME, {"from": "more", "to": "more"}],
    )

    outcome = program.sync(records)

    assert outcome.code == 1
    assert people(api) == sorted(
        [
            ({"id": "a/b"}, {"name": "1"}),
            ({"id": "ada@x.org"}, {"name": "2"}),
            ({"id": "cio_x"}, {"name": "3"}),
            ({"email": "Ada@X.org"}, {"name": "4"}),
            ({"email": "ada@localhost"}, {"name": "5"}),
            ({"phone": "+15551234567"}, {"name": "6"}),
            ({"id": "known"}, {"name": "7", "more": "8"}),
            ({"phone": "+1555"}, {"name": "9"}),
        ],
        key=str,
    )
    (letter,) = program.dead_letters()
    assert letter["message"] == (
        "the record has none of its user ids: 'id', 'mail', 'phone', 'cio'"
    )
    paths = {path for _, path in requests(api)}
    if mode == "customers":
        assert paths == {
            "/api/v1/customers/a%2Fb",
            "/api/v1/customers/Ada%40X.org",
            f"/api/v1/customers/cio_{known.cio_id}",
            "/api/v2/entity",
        }
    else:
        assert paths == {"/api/v2/batch"}


@BOTH_MODES
def test_nobody_is_created_if_only_existing_people_are_meant(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """A list of addresses from elsewhere must not make people of all of them."""
    api.sandbox.people.upsert("id", "1", Change({"name": "old"}))
    program.configure(api=mode, people="existing", mappings=NAME)

    outcome = program.sync([{"id": 1, "name": "new"}, {"id": 2, "name": "new"}])

    assert outcome.code == 0
    assert people(api) == [({"id": "1"}, {"name": "new"})]
    requests(api)


@BOTH_MODES
@pytest.mark.parametrize(
    "user_id", ["id", {"from": "id", "kind": "id"}], ids=["by form", "by kind"]
)
@pytest.mark.parametrize("action", ["delete", "suppress", "unsuppress"])
def test_a_file_of_ids_is_deleted_suppressed_or_unsuppressed(
    program: Program, api: ScriptedApi, mode: str, user_id: Any, action: str
) -> None:
    """Privacy requests come as a list of ids."""
    workspace = api.sandbox.people
    for name in ("a/b", "c@d.io", "other"):
        workspace.upsert("id", name, Change({"name": "x"}))
    workspace.upsert("email", "c@d.io", Change({"name": "y"}))
    if action == "unsuppress":
        workspace.suppress("id", "a/b")
    program.configure(api=mode, action=action, userId=user_id, mappings=[])

    outcome = program.sync([{"id": "a/b"}, {"id": "c@d.io"}], "-yes")

    assert (outcome.code, outcome.result["synced"]) == (0, 2)
    requests(api)
    suppressed = [
        ("id", "a/b"),
        ("id" if isinstance(user_id, dict) else "email", "c@d.io"),
    ]
    assert workspace.suppressed == (sorted(suppressed) if action == "suppress" else [])
    if action != "unsuppress":
        assert [workspace.find(*each) for each in suppressed] == [None, None]
        assert len(workspace) == 2


@BOTH_MODES
def test_changes_of_one_person_keep_their_order_whatever_they_do(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """The letters of a change-data-capture export, with 25 threads and failures."""
    program.configure(
        api=mode,
        action={"from": "op", "values": {"I": "upsert", "U": "upsert", "D": "delete"}},
        mappings=NAME,
    )
    for number in range(10):
        api.script(f"u{number}", [503] * (number % 3))
    records = [
        {"id": f"u{number}", "op": op, "name": f"{op}{turn}"}
        for turn, op in enumerate("IUDIUDIU")
        for number in range(10)
    ]
    records += [{"id": f"u{number}", "op": "D"} for number in range(5)]
    records += [{"id": "u9", "op": "X"}, {"id": "u9"}]

    outcome = program.sync(records, "-yes")

    assert (outcome.code, outcome.result["dead_lettered"]) == (1, 2)
    assert people(api) == [({"id": f"u{n}"}, {"name": "U7"}) for n in range(5, 10)]
    assert [letter["message"] for letter in program.dead_letters()] == [
        "'op' is \"X\", which is not among the actions' values ('I', 'U', 'D')",
        "the record has no 'op', its action",
    ]
    requests(api)


def test_without_a_terminal_removals_need_a_yes(
    program: Program, api: ScriptedApi
) -> None:
    """A cron job must not delete people because of one changed key."""
    program.configure(action={"from": "op", "values": {"D": "delete"}}, mappings=[])

    refused = program.sync([{"id": 1, "op": "D"}])

    assert refused.code == 2
    assert "-yes" in refused.stderr
    assert api.ledger == []
    assert not program.state.exists()


def test_removals_that_were_confirmed_are_finished_without_another_question(
    program: Program, api: ScriptedApi
) -> None:
    """Neither `resume` nor the same `sync` again asks about the same file."""
    program.configure(action="delete", mappings=[], maxOutageSeconds=0)
    api.answer_all(503)
    stopped = program.sync([{"id": 1}, {"id": 2}], "-yes")
    api.answer_all(None)

    again = program.run("sync", "-data", program.folder / "data.json", "-json")

    assert (stopped.code, again.code) == (3, 0)
    assert (again.result["resumed"], again.result["synced"]) == (2, 2)


def test_a_deletion_is_remembered_like_a_payload(
    program: Program, api: ScriptedApi
) -> None:
    """With `-changed-only` it is sent once, and the person is new afterwards."""
    program.configure(
        action={"from": "op", "values": {"D": "delete"}, "default": "upsert"},
        mappings=NAME,
    )
    upsert, delete = {"id": 1, "name": "x"}, {"id": 1, "op": "D"}
    nights = [[upsert], [delete], [delete], [upsert], [upsert], [upsert, delete]]

    sent = [
        program.sync(night, "-changed-only", "-yes").result["synced"]
        for night in nights
    ]

    assert sent == [1, 1, 0, 1, 0, 1]
    assert [method for method, _ in requests(api)] == [
        "PUT", "DELETE", "PUT", "DELETE"
    ]  # fmt: skip


def test_a_dead_letter_keeps_what_was_to_be_done(
    program: Program, api: ScriptedApi
) -> None:
    """A requeued deletion must not become an upsert."""
    workspace = api.sandbox.people
    workspace.upsert("id", "a@b.io", Change({}))
    program.configure(action="delete", userId={"from": "id", "kind": "id"}, mappings=[])
    api.answer_all(400)
    program.sync([{"id": "a@b.io"}], "-yes")
    api.answer_all(None)
    (letter,) = program.dead_letters()

    moved = program.run("dead-letters requeue", "-user", "a@b.io")
    resumed = program.resume()

    assert (letter["operation"], letter["user_id"]) == ("person delete id", "a@b.io")
    assert (moved.code, resumed.result["synced"]) == (0, 1)
    assert len(workspace) == 0


@pytest.mark.parametrize("mode", ["customers", "batch"])
def test_the_last_record_wins_for_each_email_in_any_case(
    program: Program, api: ScriptedApi, mode: str
) -> None:
    """2,000 people by email, mixed case and repeats, 25 threads, 5 % of errors."""
    api.sandbox.set_faults(Faults(error_share=0.05))
    spellings = (str.lower, str.upper, str.title, str.swapcase)
    records = [
        {
            "mail": spellings[(number + turn) % 4](f"person{number}@example.org"),
            "n": turn,
        }
        for turn in range(3)
        for number in range(2000)
        if turn == 2 or (number + turn) % 2
    ]
    program.configure(
        api=mode,
        userId={"from": "mail", "kind": "email"},
        mappings=[{"from": "n", "to": "n"}],
    )

    outcome = program.sync(records)

    assert (outcome.code, outcome.result["synced"]) == (0, len(records))
    assert len(api.sandbox.people) == 2000
    assert {who.attributes["n"] for who in api.sandbox.people} == {2}
    if mode == "customers":  # batches are few, and may all be accepted
        assert outcome.result["retries"] > 0


@pytest.mark.parametrize(("answer", "code"), [(b"n", 2), (b"y", 0)])
def test_a_terminal_is_asked_with_the_number_of_removals(
    program: Program, api: ScriptedApi, answer: bytes, code: int
) -> None:
    """The answer is no unless it is yes, and then nothing is sent."""
    program.configure(
        action={
            "from": "op",
            "values": {"D": "delete", "S": "suppress", "U": "upsert"},
        },
        mappings=NAME,
    )
    operations = ["D"] * 12 + ["S"] * 3 + ["U", "X"]
    data = program.write_data([{"id": n, "op": op} for n, op in enumerate(operations)])

    with Terminal(program.arguments("sync", "-data", data, "-quiet")) as terminal:
        terminal.wait_for("This run will delete 12 and suppress 3 people. Continue?")
        assert api.ledger == []
        terminal.type(answer + b"\n")
        ended = terminal.finish()

    assert ended == (code or 1)  # X is a dead letter
    assert len(api.ledger) == (0 if code else 16)
