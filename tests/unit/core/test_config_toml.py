"""Configurations in TOML."""

from __future__ import annotations

import pytest

from cio_pipeline.core.config_toml import parse_toml, toml_line
from cio_pipeline.core.errors import ConfigError

TABLES = '''\
userId = "id"  # the key

[[mappings]]
from = "a"
to = "a"

[[mappings]]
from = "b"
note = """
[[mappings]]
typ = 1
"""
typ = "number"

[siteId]
env = "SITE"
'''
INLINE = """\
userId = "id"
mappings = [
  {from = "a", to = "a"},  # one
  {from = "b", to = "b", transforms = ["trim", 5]},
]
"""


def test_values_keep_their_types() -> None:
    """Dates become text: JSON has none."""
    text = """
a = 25
b = 1.5
c = true
d = 2024-01-31
e = [2024-01-31T12:30:00Z]
f = {g = 07:30:00}
"""

    assert parse_toml(text, "c.toml") == {
        "a": 25,
        "b": 1.5,
        "c": True,
        "d": "2024-01-31",
        "e": ["2024-01-31T12:30:00+00:00"],
        "f": {"g": "07:30:00"},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\na = 2\n", "c.toml, line 2: 'a': this key appears twice"),
        ("[a]\n[a]\n", "c.toml, line 2: this key appears twice"),
        ("v = {a = 1, a = 2}\n", "c.toml, line 1: 'a': this key appears twice"),
        ("a = 1\nb = yes\n", "c.toml: not TOML at line 2, column 5: Invalid value"),
        ("a: 1\n", "c.toml: not TOML at line 1, column 2: Expected '='"),
        ("a = [1\n", "c.toml: not TOML at its end: Unclosed array"),
        ("{}", "c.toml: not TOML at line 1, column 1: Invalid statement"),
    ],
)
def test_a_mistake_is_reported_with_its_line(text: str, message: str) -> None:
    """As in JSON: the file, the key if it is known, the line."""
    with pytest.raises(ConfigError) as caught:
        parse_toml(text, "c.toml")

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        (TABLES, "userId", 1),
        (TABLES, "mappings", 3),
        (TABLES, "mappings[0].to", 5),
        (TABLES, "mappings[1]", 7),
        (TABLES, "mappings[1].typ", 13),
        (TABLES, "siteId.env", 16),
        (TABLES, "siteId.command", None),
        (INLINE, "mappings[0].to", 3),
        (INLINE, "mappings[1].transforms[1]", 4),
        ("", "userId", None),
    ],
)
def test_a_key_has_its_line(text: str, key: str, line: int | None) -> None:
    """The library has no positions; text over several lines must not mislead."""
    assert toml_line(text, key) == line
