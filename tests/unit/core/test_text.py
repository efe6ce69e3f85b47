"""Text functions for messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.text import (
    counted,
    did_you_mean,
    escaped,
    kind_of,
    listed,
    nearest,
    seen_from,
    shortened,
    visible,
)


def test_two_unicode_forms_of_a_name_are_shown_differently() -> None:
    """Otherwise the message would have the same 'é' twice."""
    composed, decomposed = "pr\xe9nom", "pre\u0301nom"

    assert nearest(composed, ["age", decomposed]) == decomposed
    assert did_you_mean(decomposed, composed) == (
        'did you mean "pre\\u0301nom"? The names look the same, but have different'
        ' Unicode forms: this one is "pr\\u00e9nom"'
    )


def test_other_names_are_shown_as_they_are() -> None:
    """A usual typing error needs no escapes."""
    assert did_you_mean("prénom", "prenom") == "did you mean 'prénom'?"


def test_a_long_list_of_names_is_cut() -> None:
    """A folder can have a thousand files, and a log line must stay one line."""
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert listed(["a", "b"], 1) == "a and 1 more"
    assert listed([str(each) for each in range(2000)], 1) == "0 and 1,999 more"


def test_a_number_agrees_with_its_noun() -> None:
    """`1 records` looks like a bug."""
    assert [counted(each, "record") for each in (0, 1, 2, 2000)] == [
        "0 records", "1 record", "2 records", "2,000 records",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "true or false"),
        (0, "a number"),
        (1.5, "a number"),
        ({}, "an object"),
        ([], "a list"),
        ("", "text"),
        (None, "null"),
    ],
)
def test_the_kind_of_a_value_is_named(value: Any, kind: str) -> None:
    """In words for people, not Python's."""
    assert kind_of(value) == kind


def test_a_text_is_cut_to_a_length() -> None:
    """The sign for what is missing counts, too."""
    assert [shortened("abcd", most) for most in (5, 4, 3)] == ["abcd", "abcd", "ab…"]


def test_control_characters_are_shown_and_not_sent_to_the_terminal() -> None:
    """A name in a data file could move the cursor."""
    assert visible("é\n\x1b[0m") == "é\\n\\x1b[0m"
    assert visible("é") == "é"
    assert escaped("a\tb", str.isspace) == "a\\tb"


def test_the_nearest_name_is_one_that_is_near() -> None:
    """Case, underscores and hyphens are the usual differences."""
    known = ["userId", "apiKey", "first_name"]

    assert nearest("USER-ID", known) == "userId"
    assert nearest("firstname", known) == "first_name"
    assert nearest("FIRST_NAMES", known) == "first_name"
    assert nearest("zzz", known) is None


def test_a_relative_path_is_shown_with_the_folder_it_starts_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual reason why a file is not found is another current folder."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)

    assert seen_from("/a/b") == ""
    assert seen_from("b") == f" (the current directory is {gone})"
    gone.rmdir()
    assert seen_from("b") == " (the current directory does not exist)"
