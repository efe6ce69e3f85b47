"""Text functions for messages."""

from __future__ import annotations

from cio_pipeline.core.text import did_you_mean, nearest


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
