"""Text functions for messages."""

from __future__ import annotations

from cio_pipeline.core.text import did_you_mean, listed, nearest


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
