"""Configurations in YAML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.config_yaml import parse_yaml, yaml_lines
from cio_pipeline.core.errors import ConfigError


def parse(text: str) -> Any:
    """Parse a document."""
    return parse_yaml(text, "c.yaml")


def complaint(text: str) -> str:
    """Return the message about a document that is refused."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T12:30:00Z", "2024-01-31T12:30:00Z"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("=", "="),
        (".inf", ".inf"),
        ("'25'", "25"),
        ('"true"', "true"),
        ("!!str 25", "25"),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("", None),
        ("~", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("25", 25),
        ("-3", -3),
        ("0", 0),
        ("0o17", 15),
        ("0x1F", 31),
        ("12345678901234567890", 12345678901234567890),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
    ],
)
def test_values_have_the_types_of_yaml_1_2(text: str, value: Any) -> None:
    """In YAML 1.1, Norway is false and a date is no text."""
    found = parse(f"v: {text}")["v"]

    assert found == value
    assert type(found) is type(value)


def test_a_key_is_text() -> None:
    """A table of replacements has numbers, true and NO as keys."""
    text = "{1: a, true: b, NO: c, 2024-01-31: d, null: e}"

    assert list(parse(text)) == ["1", "true", "NO", "2024-01-31", "null"]


def test_anchors_repeat_a_value() -> None:
    """They are how YAML avoids repetition."""
    assert parse("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "c.yaml, line 2: 'a': this key appears twice"),
        (
            "a:\n  - b: 1\n    b: 2\n",
            "c.yaml, line 3: 'a[0].b': this key appears twice",
        ),
        ("a: 007\n", "c.yaml, line 1: 'a': a number that begins with 0"),
        ("a: !!python/name:os.system x\n", "c.yaml, line 1: 'a': it has a tag"),
        ("a: !env KEY\n", "c.yaml, line 1: 'a': it has a tag"),
        ("a: !!int '5'\n", "c.yaml, line 1: 'a': it has a tag"),
        ("a: !!set {b}\n", "c.yaml, line 1: 'a': it has a tag"),
        ("? [a]\n: 1\n", "c.yaml, line 1: a key must be text"),
        ("a: 1\n\tb: 2\n", "not YAML at line 2, column 1: a tab"),
        ("a: [1, 2\nb: 3\n", "not YAML at line 2, column 2: while parsing a flow"),
        ('a: "x\n', "not YAML at line 2, column 1: while scanning a quoted"),
        ("a: 1\n---\nb: 2\n", "not YAML at line 2, column 1: expected a single"),
        ('a: "\\UFFFFFFFF"\n', "not YAML: an escape that is no character"),
        ('a: "\\U0011FFFF"\n', "not YAML: an escape that is no character"),
        ("a: 1\nb: \x01\n", "not YAML at line 2: a character that YAML does not"),
    ],
)
def test_a_mistake_is_reported_with_its_line(text: str, message: str) -> None:
    """As in JSON: the file, the key, the line."""
    assert message in complaint(text)
    assert "\n" not in complaint(text)


@pytest.mark.parametrize("text", ["k: *hunter2", "k: &hunter2 a\nl: *hunter3", "k: @h"])
def test_a_message_has_no_part_of_a_value(text: str) -> None:
    """It may be an API key without quotes."""
    assert "hunter" not in complaint(text)


def test_anchors_cannot_fill_the_memory() -> None:
    """Ten lines of ten references each are ten thousand million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    assert "more than 100,000 values" in complaint("\n".join(lines))


def test_a_value_in_itself_has_no_end() -> None:
    """Such a list cannot be written as JSON."""
    with pytest.raises(RecursionError):
        parse("a: &x [*x]")


def test_each_key_has_its_line() -> None:
    """For messages about its value."""
    lines = yaml_lines("a: 1\n# comment\nb:\n  - c: 2\n  - {c: 3,\n     d: 4}\n")

    assert lines == {
        "a": 1,
        "b": 3,
        "b[0]": 4,
        "b[0].c": 4,
        "b[1]": 5,
        "b[1].c": 5,
        "b[1].d": 6,
    }


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(max_codepoint=0xD7FF)),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(codec="ascii")), inner)
    ),
    max_leaves=10,
)


@given(JSON)
def test_json_is_yaml(value: Any) -> None:
    """A configuration in JSON can be renamed, and comments added."""
    found = parse(json.dumps({"v": value}))["v"]

    assert json.dumps(found) == json.dumps(value)
