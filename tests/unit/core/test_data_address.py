"""Addresses of data, and what of them may be shown."""

from __future__ import annotations

import pytest

from cio_pipeline.core.data_address import (
    is_address,
    parse_data_address,
    with_hidden_secrets,
    without_secrets,
)
from cio_pipeline.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://b/users.json", True),
        ("HTTPS://host/x", True),
        ("users.json", False),
        ("C:/users.json", False),
        ("-", False),
        ("a/b://c", False),
    ],
)
def test_a_path_is_no_address(text: str, expected: bool) -> None:
    """A file's name may have a colon."""
    assert is_address(text) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://u:pw@h.com:8/a/b.csv?X-Sig=abc#x", "https://h.com:8/a/b.csv"),
        ("https://h.com?sig=abc", "https://h.com"),
        ("sftp://ada:pw@host/a.csv", "sftp://host/a.csv"),
        ("s3://bucket/part-?.csv", "s3://bucket/part-?.csv"),
        ("users.csv", "users.csv"),
        ("a?b", "a?b"),
    ],
)
def test_secrets_are_not_shown(text: str, shown: str) -> None:
    """A signature in a log gives the file to all who read it."""
    assert without_secrets(text) == shown


def test_a_command_line_is_shown_without_them() -> None:
    """The summary has the command that continues."""
    words = ["sync", "-data", "https://h/a?sig=1", "--data=sftp://u:p@h/b", "-json"]

    assert with_hidden_secrets(words) == [
        "sync",
        "-data",
        "https://h/a?[hidden]",
        "--data=sftp://h/b?[hidden]",
        "-json",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ftp://h/a", "there is no kind of source 'ftp'; the known ones are s3://"),
        ("file:///a", "write the path without file:"),
        ("http://example.com/a?sig=1", "-data http://example.com/a: http:// is not"),
        ("https:///a", "the address has no host"),
        ("https://[::1/a", "the address has no host"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, words: str) -> None:
    """With what to write instead, and without what is secret."""
    with pytest.raises(UsageError) as caught:
        parse_data_address(text)

    assert words in str(caught.value)
    assert "sig" not in str(caught.value)


def test_an_address_is_not_in_its_own_text() -> None:
    """It may end up in a log by accident."""
    address = parse_data_address("https://u:geheim@h.com/a?sig=geheim")

    assert "geheim" not in repr(address)
    assert (address.is_web, address.extra) == (True, None)
    assert parse_data_address("S3://b/a").extra == "s3"
    assert parse_data_address("http://127.0.0.1:1/a").is_web
