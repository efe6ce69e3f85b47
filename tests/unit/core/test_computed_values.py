"""Constants, defaults, templates, replacements and transforms."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.computed_values import AttributeReader
from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.config_mappings import Mapping, check_mappings
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.lookup import MISSING

ADA = hashlib.sha256(b"ada@example.com").hexdigest()


def reader(**keys: Any) -> AttributeReader:
    """Make the reader of a mapping; the key `from` is `source`."""
    document = {"to": "t"} | {k.replace("source", "from"): v for k, v in keys.items()}
    (mapping,) = check_mappings(Checker("c.json"), "mappings", [document])
    return AttributeReader(mapping)


def read(record: dict[str, Any], **keys: Any) -> Any:
    """Read a record's attribute."""
    return reader(**keys).read(record)


def test_a_constant_is_the_same_for_all() -> None:
    """Of any JSON type; null removes the attribute."""
    assert read({}, value="import") == "import"
    assert read({"a": 1}, value={"a": [1, None]}) == {"a": [1, None]}
    assert read({}, value=None) is None
    assert read({}, value="31/01/2024", type="timestamp", format="DD/MM/YYYY") == (
        1706659200
    )


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"a": "x"}, "x"),
        ({"a": 0}, 0),
        ({"a": False}, False),
        ({"a": []}, []),
        ({}, "free"),
        ({"a": None}, "free"),
        ({"a": ""}, "free"),
        ({"a": " "}, "free"),
    ],
)
def test_a_default_is_for_records_without_a_value(
    record: dict[str, Any], expected: Any
) -> None:
    """In CSV, a missing value is an empty cell."""
    assert read(record, source="a", default="free") == expected


def test_a_default_takes_the_same_steps() -> None:
    """Else a table and a default for it would not fit."""
    assert read({}, source="a", default="F", values={"F": "free"}) == "free"
    assert read({}, source="a", default="5", type="number") == 5
    assert read({}, source="a", default=None) is None


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{first} {last}", "Ada Lund"),
        ("{a.city}, {n}", "Oslo, 5"),
        ("{n}/{x}/{yes}", "5/1.5/true"),
        ("{{{first}}}", "{Ada}"),
        ("https://example.com/u/{n}?x={yes}&y=", "https://example.com/u/5?x=true&y="),
        ("{a.b}", "dotted"),
        ("{First Name}!", "A!"),
        ("{first!r}{n:>5}", MISSING),
        ("{_id}", "60a6"),
        ("{first}{none}", MISSING),
        ("{first}{null}", MISSING),
        ("{first}{empty}", MISSING),
    ],
)
def test_a_template_is_filled_in(template: str, expected: Any) -> None:
    """Names and paths only; if one has no value, the template has none."""
    record = {
        "first": "Ada",
        "last": "Lund",
        "First Name": "A",
        "a": {"city": "Oslo"},
        "a.b": "dotted",
        "n": 5,
        "x": 1.5,
        "yes": True,
        "null": None,
        "empty": " ",
        "_id": {"$oid": "60a6"},
    }

    assert read(record, template=template) == expected
    default = reader(template=template, default="?").read(record)
    assert default == ("?" if expected is MISSING else expected)


def test_a_template_takes_no_lists() -> None:
    """Their text would be of no use to anybody."""
    with pytest.raises(RecordError, match="'tags' is a list, expected text"):
        read({"tags": ["a"]}, template="{tags}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("P", "pro"),
        ("p", "p"),
        ("X", None),
        (1, "one"),
        ("1", "one"),
        (True, "yes"),
        (1.5, [1]),
        (2, 2),
        (None, None),
        ("", "none"),
        (["P"], ["P"]),
    ],
)
def test_values_are_replaced(value: Any, expected: Any) -> None:
    """A value that is not in the table stays as it is."""
    table = {
        "P": "pro",
        "X": None,
        "1": "one",
        "true": "yes",
        "1.5": [1],
        "": "none",
    }

    assert read({"a": value}, source="a", values=table) == expected


@pytest.mark.parametrize(
    ("value", "transforms", "expected"),
    [
        (" Ada@Example.com ", ["trim", "lower"], "ada@example.com"),
        (" Ada@Example.com ", ["trim", "lower", "sha256"], ADA),
        (" Ada@Example.com ", ["trim", "lower", "sha256", "upper"], ADA.upper()),
        ("straße", ["upper"], "STRASSE"),
        (5, ["trim", "lower"], 5),
        (5, ["sha256"], hashlib.sha256(b"5").hexdigest()),
        (True, ["sha256"], hashlib.sha256(b"true").hexdigest()),
        (None, ["sha256"], None),
        ("", ["sha256"], ""),
        ("  ", ["trim", "sha256"], ""),
        (["A"], ["lower"], ["A"]),
    ],
)
def test_transforms_are_applied_in_order(
    value: Any, transforms: list[str], expected: Any
) -> None:
    """A digest of nothing would be the same for everybody without a value."""
    assert read({"a": value}, source="a", transforms=transforms) == expected


@pytest.mark.parametrize("value", [["a"], {"a": 1}, "\ud800"])
def test_what_has_no_digest_is_refused(value: Any) -> None:
    """With the name, without the value."""
    with pytest.raises(RecordError, match=r"^'a' is"):
        read({"a": value}, source="a", transforms=["sha256"])


def test_the_steps_have_one_order() -> None:
    """Default, replacement, transforms, type."""
    keys: dict[str, Any] = {
        "source": "a",
        "default": "none",
        "values": {"none": " 1,5 ", "1,5": "2,5"},
        "transforms": ["trim"],
        "type": "number",
        "decimal": ",",
    }

    assert read({}, **keys) == 1.5
    assert read({"a": "1,5"}, **keys) == 2.5
    assert read({"a": " 1,5"}, **keys) == 1.5


def test_names_without_a_value_are_noted() -> None:
    """A default hides a mistyped name from everybody else."""
    readers = [
        reader(source="nmae", default="x"),
        reader(source="name", transforms=["trim"]),
        reader(template="{name} {lsat}"),
        reader(value=1),
        AttributeReader(Mapping("name", "t")),
        AttributeReader(Mapping("nmae", "t", "number")),
    ]

    for each in readers:
        each.read({"name": None})

    unused = [list(each.unused) for each in readers]
    assert unused == [["nmae"], [], ["lsat"], [], [], ["nmae"]]


TEXTS = st.text(st.characters(codec="utf-8"))


@given(
    parts=st.lists(st.tuples(TEXTS, TEXTS.filter(str.strip)), min_size=1), last=TEXTS
)
def test_every_text_can_be_in_a_template(
    parts: list[tuple[str, str]], last: str
) -> None:
    """Braces are doubled, as in Python."""
    record = {f"k{n}": value for n, (_, value) in enumerate(parts)}
    template, expected = "", ""
    for n, (literal, value) in enumerate(parts):
        template += literal.replace("{", "{{").replace("}", "}}") + f"{{k{n}}}"
        expected += literal + value
    template += last.replace("{", "{{").replace("}", "}}")

    assert read(record, template=template) == expected + last


JSON = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
TRANSFORMS = st.lists(st.sampled_from(["trim", "lower", "upper"]), max_size=3)


@given(value=JSON, transforms=TRANSFORMS)
def test_transforms_twice_change_nothing_more(
    value: Any, transforms: list[str]
) -> None:
    """The same file synced again has the same payload."""
    once = read({"a": value}, source="a", transforms=transforms or ["trim"])

    assert type(once) is type(value)
    if not {"lower", "upper"} <= {*transforms}:
        again = read({"a": once}, source="a", transforms=transforms or ["trim"])
        assert again == once
