"""Keys are hidden in every form in which a server may write them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from cio_pipeline.core.jobs import NoReply, Reply
from cio_pipeline.core.redaction import HIDDEN, Redaction

KEY = 'key-k/e"y+='
REDACTION = Redaction([KEY, "longer " + KEY, ""])


def words_in(value: Any) -> Iterator[str]:
    """Return every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value:
            yield from words_in(each)
        if isinstance(value, dict):
            yield from words_in(list(value.values()))


@pytest.mark.parametrize(
    "body",
    [
        KEY,
        f"<p>{KEY}</p>",
        json.dumps({"meta": {"errors": [KEY, {KEY: [1, None, f"x{KEY}"]}]}}),
        '{"error": "key-k\\/e\\"y+\\u003d"}',
        '"key-\\u006b/e\\"y+="',
        "not JSON \\ " + KEY,
        "key-k%2Fe%22y%2B%3D",
    ],
)
def test_a_body_is_cleaned_in_any_form(body: str) -> None:
    """PHP escapes slashes, Java equals signs, and an error page is not JSON."""
    reply = REDACTION.reply(Reply(400, body.encode(), "7", f"/x?{KEY}"))

    assert isinstance(reply, Reply)
    text = reply.body.decode()
    said = " ".join(words_in(json.loads(text))) if text[0] in '{"' else text
    assert HIDDEN in said
    assert KEY not in said
    assert quote(KEY, safe="") not in said
    assert reply.location == f"/x?{HIDDEN}"
    assert (reply.status, reply.retry_after) == (400, "7")


def test_a_key_that_contains_another_is_hidden_entirely() -> None:
    """No part of the longer one is left."""
    assert REDACTION.text(f"a longer {KEY} b") == f"a {HIDDEN} b"


def test_network_errors_are_cleaned_and_successes_are_not() -> None:
    """The message quotes an error; nobody reads the body of a success."""
    assert REDACTION.reply(NoReply(f"bad line {KEY}")) == NoReply(f"bad line {HIDDEN}")
    success = Reply(200, KEY.encode())
    assert REDACTION.reply(success) is success


@pytest.mark.parametrize("key", ["1", "abc", "a b", "error", "1234567"])
def test_a_short_placeholder_hides_no_words(key: str) -> None:
    """A test's placeholder would remove digits and words from every message."""
    text = "error 1 in abc: a b 1234567"

    assert Redaction([key]).text(text) == text


def test_the_shortest_key_that_is_hidden_has_eight_characters() -> None:
    """Customer.io's own keys have 20 or more."""
    assert Redaction(["12345678"]).text("key 12345678") == f"key {HIDDEN}"
