"""The text of a configuration file."""

from __future__ import annotations

import pytest

from cio_pipeline.core.config_document import parse_document
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
