"""The text of a configuration file."""

from __future__ import annotations

import pytest

from cio_pipeline.core.config_document import line_of_key, parse_document
from cio_pipeline.core.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "line 1, column 2"),
        (b'{"parallelism": 25,\n}', "line 1, column 19: a comma after the last entry"),
        (b'{"mappings": [1 , ]}', "line 1, column 17: a comma after the last entry"),
        (b"{'parallelism': 25}", "double quotes"),
        (b"{ // how many\n}", "JSON has no comments"),
        ('{"userId": "id"}'.encode("utf-16"), "it is UTF-16; save the file as UTF-8"),
        (b"[]", "expected a JSON object, found a list"),
        (b"5", "found a number"),
        (b"\xff", "byte 0 is not UTF-8"),
        (b'{"userId": "a", "userId": "b"}', "twice"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_not_a_configuration_is_refused(text: bytes, words: str) -> None:
    """With line and column of a syntax error."""
    with pytest.raises(ConfigError, match=words):
        parse_document(text, "c.json")


def test_a_bom_is_skipped() -> None:
    """Windows programs write one."""
    text = b"\xef\xbb\xbf" + b'{"parallelism": 25}'

    assert parse_document(text, "c.json") == {"parallelism": 25}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.json", b'{"parallelism": 25, "siteId": {"env": "SITE"}}'),
        ("c", b'{"parallelism": 25, "siteId": {"env": "SITE"}}'),
        ("c.yaml", b"# threads\nparallelism: 25\nsiteId:\n  env: SITE\n"),
        ("c.d/c.YML", b"\xef\xbb\xbfparallelism: 25\nsiteId: {env: SITE}\n"),
        ("c.toml", b'parallelism = 25\nsiteId = {env = "SITE"}\n'),
    ],
)
def test_the_extension_decides(name: str, text: bytes) -> None:
    """All three have the same keys and values."""
    assert parse_document(text, name) == {
        "parallelism": 25,
        "siteId": {"env": "SITE"},
    }


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("c.yaml", b" \n", "c.yaml: the file is empty; expected a YAML object"),
        ("c.yaml", b"# nothing\n", "expected a YAML object, found null"),
        ("c.yaml", b"- a\n", "expected a YAML object, found a list"),
        ("c.toml", b"", "c.toml: the file is empty; expected a TOML object"),
        ("c.yaml", b"\xff", "byte 0 is not UTF-8"),
        ("c.toml", b'{"a": 1}', "not TOML at line 1"),
        ("c.yaml", b"[" * 100_000, "nested too deeply"),
        ("c.toml", b"a = " + b"[" * 100_000, "nested too deeply"),
        ("c.json", b'{"a": ' + b"1" * 200_000 + b"}", "too many digits"),
        ("c.yaml", b"a: " + b"1" * 200_000, "too many digits"),
        ("c.toml", b"a = " + b"1" * 200_000, "too many digits"),
    ],
)
def test_other_formats_are_refused_as_json_is(
    name: str, text: bytes, words: str
) -> None:
    """With what is expected in a file of that name."""
    with pytest.raises(ConfigError, match=words):
        parse_document(text, name)


def test_a_missing_key_has_the_line_of_its_object() -> None:
    """That is where it has to be written."""
    text = b"mappings:\n  - from: a\n    to: a\n  - from: b\n"

    assert line_of_key(text, "c.yaml", "mappings[1].from") == 4
    assert line_of_key(text, "c.yaml", "mappings[1].to") == 4
    assert line_of_key(text, "c.yaml", "parallelism") is None
    assert line_of_key(b'{"a": 1}', "c.json", "a") is None


@pytest.mark.parametrize("key", ["mappings[]", "]", "a[b]", "[", "a.", "a\n", "[1]"])
def test_a_key_of_any_characters_may_have_no_line(key: str) -> None:
    """It is a mistake to report, not one to search for without end."""
    assert line_of_key(b'{"b": 1}', "c.json", key) is None
    assert line_of_key(b"b: 1", "c.yaml", key) is None
