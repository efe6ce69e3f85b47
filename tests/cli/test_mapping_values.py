"""Constants, templates, replacements and values that are left out, in real runs."""

from __future__ import annotations

import json

from tests.support.api import ScriptedApi
from tests.support.program import Program

MAPPINGS = [
    {"from": "name", "to": "name", "transforms": ["trim"]},
    {"template": "{first} {last}", "to": "full_name", "default": "friend"},
    {"value": "import", "to": "source"},
    {"from": "plan", "to": "plan", "values": {"P": "pro"}, "default": "free"},
    {
        "from": "signed_up",
        "to": "created_at",
        "type": "timestamp",
        "format": "DD/MM/YYYY",
        "onError": "skip",
    },
    {"from": "ltv", "to": "ltv", "type": "number", "decimal": ","},
]
CSV = b"""\
id,name,first,last,plan,signed_up,ltv
1, Ada ,Ada,Lund,P,31/01/2024,"1.249,50 \xe2\x82\xac"
2,Bo,Bo,,,yesterday,
3,Cy,,,X,31.01.2024,"2,5"
4,Di,,,,00/00/0000,many
"""


def test_values_are_computed_and_bad_ones_left_out(
    api: ScriptedApi, program: Program
) -> None:
    """One bad date does not lose the person; a bad number without `onError` does."""
    program.configure(mappings=MAPPINGS)
    data = program.write_data(CSV, "users.csv")

    outcome = program.run("sync", "-data", data, "-json")

    assert outcome.code == 1, outcome.stderr
    assert [outcome.result[k] for k in ("synced", "dead_lettered", "left_out")] == [
        3,
        1,
        2,
    ]
    sent = {user: json.loads(api.requests_for(user)[0].body) for user in "123"}
    assert sent == {
        "1": {
            "name": "Ada",
            "full_name": "Ada Lund",
            "source": "import",
            "plan": "pro",
            "created_at": 1706659200,
            "ltv": 1249.5,
        },
        "2": {
            "name": "Bo",
            "full_name": "friend",
            "source": "import",
            "plan": "free",
            "ltv": None,
        },
        "3": {
            "name": "Cy",
            "full_name": "friend",
            "source": "import",
            "plan": "X",
            "ltv": 2.5,
        },
    }
    (warning,) = [e for e in outcome.events if e["event"] == "value_left_out"]
    assert warning["attribute"] == "created_at"
    assert (warning["source"], warning["record_index"]) == ("users.csv", 1)
    assert "yesterday" not in outcome.stderr


def test_check_shows_values_before_and_after(program: Program) -> None:
    """And what would be left out."""
    program.configure(mappings=MAPPINGS)
    data = program.write_data(CSV, "users.csv")

    text = program.run("check", "-data", data).stdout
    document = program.run("check", "-data", data, "-json").result

    assert "Values of the first of them, before and after:" in text
    assert 'created_at  "31/01/2024" -> 1706659200' in text
    assert 'full_name   first "Ada", last "Lund" -> "Ada Lund"' in text
    assert 'source      (constant) -> "import"' in text
    assert document["example"]["record"]["ltv"] == "1.249,50 \u20ac"
    assert document["example"]["attributes"]["ltv"] == 1249.5
    (left_out,) = [w for w in document["warnings"] if w["warning"] == "value_left_out"]
    assert (left_out["attribute"], left_out["count"]) == ("created_at", 2)
    assert left_out["first_record"] == 1
