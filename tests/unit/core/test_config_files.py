"""What a configuration says about the data file's form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cio_pipeline.core.config import parse_config
from cio_pipeline.core.config_files import (
    DEFAULT_RULES,
    FileRules,
    delimiter_of,
    encoding_of,
    with_options,
)
from cio_pipeline.core.errors import ConfigError


def rules_of(**keys: Any) -> FileRules:
    """Return the rules of a configuration with these keys."""
    document = {"parallelism": 1, "userId": "id", "mappings": [], **keys}
    return parse_config(json.dumps(document).encode(), "c.json").file


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ({}, DEFAULT_RULES),
        ({"records": "data.users"}, FileRules(records="data.users")),
        ({"delimiter": "tab"}, FileRules(delimiter="\t")),
        ({"encoding": "Windows-1252"}, FileRules(encoding="cp1252")),
        ({"columns": ["id", ""]}, FileRules(columns=("id", ""))),
        ({"skipRows": 2}, FileRules(skip_rows=frozenset({1, 2}))),
        ({"skipRows": [2, 3]}, FileRules(skip_rows=frozenset({2, 3}))),
        ({"skipRows": 0}, DEFAULT_RULES),
        ({"nulls": ["NULL", ""]}, FileRules(nulls=("NULL", ""))),
        ({"backslashEscapes": False}, FileRules(backslash_escapes=False)),
    ],
)
def test_each_key_is_a_rule(keys: dict[str, Any], rules: FileRules) -> None:
    """They are read beside the other keys."""
    assert rules_of(**keys) == rules


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ({"records": ""}, "records", "an empty text"),
        ({"delimiter": "ab"}, "delimiter", "expected one character"),
        ({"delimiter": '"'}, "delimiter", "expected one character"),
        ({"encoding": "ansi1"}, "encoding", "'windows-1252', found \"ansi1\""),
        ({"encoding": "base64"}, "encoding", "the name of an encoding"),
        ({"columns": "id"}, "columns", "a list of column names"),
        ({"columns": []}, "columns", "found no name"),
        ({"columns": ["", ""]}, "columns", "found no name"),
        ({"columns": ["id", 1]}, "columns[1]", "expected text, found 1"),
        ({"skipRows": -1}, "skipRows", "a whole number, 0 to 1000"),
        ({"skipRows": "1"}, "skipRows", "a whole number"),
        ({"skipRows": [0]}, "skipRows[0]", "a whole number, 1 to 1000"),
        ({"nulls": [None]}, "nulls[0]", "expected text, found null"),
        ({"backslashEscapes": 1}, "backslashEscapes", "true or false"),
        ({"skiprows": 1}, "skiprows", "did you mean 'skipRows'"),
    ],
)
def test_a_mistake_has_its_key(keys: dict[str, Any], key: str, words: str) -> None:
    """Nothing is sent with a rule that was misread."""
    with pytest.raises(ConfigError) as caught:
        rules_of(**keys)

    assert caught.value.key == key
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "character"),
    [
        (",", ","),
        ("tab", "\t"),
        ("\\t", "\t"),
        ("\t", "\t"),
        ("pipe", "|"),
        ("space", " "),
        ("\\x01", "\x01"),
        ("\\u0001", "\x01"),
        ("^", "^"),
        ("", None),
        ("a", None),
        ("1", None),
        ("\n", None),
        ("\\x41", None),
        ("\\x00", None),
        (",,", None),
    ],
)
def test_a_delimiter_is_a_character_a_name_or_an_escape(
    text: str, character: str | None
) -> None:
    """A tab or a control character is hard to write on a command line."""
    assert delimiter_of(text) == character


def test_encodings_have_one_name() -> None:
    """So that the same file is read the same way after a spelling changed."""
    names = ["UTF8", "utf-8", "latin1", "ISO-8859-1", "rot13", "utf-8\0", "no such"]

    known = ["utf-8", "utf-8", "iso8859-1", "iso8859-1", None, None, None]
    assert [encoding_of(each) for each in names] == known


def test_options_have_priority() -> None:
    """The command line is about this file."""
    rules = FileRules(records="a", delimiter=";", nulls=("-",))

    changed = with_options(rules, records="b", delimiter=None, encoding="cp1252")

    assert changed == FileRules(
        records="b", delimiter=";", encoding="cp1252", nulls=("-",)
    )


def test_the_digest_text_is_empty_for_the_default() -> None:
    """A load of an earlier version is continued; one with other rules is not."""
    one, other = FileRules(skip_rows=frozenset({9, 1})), FileRules(nulls=("-",))

    assert DEFAULT_RULES.digest_text == ""
    assert one.digest_text == FileRules(skip_rows=frozenset({1, 9})).digest_text
    assert one.digest_text != other.digest_text
