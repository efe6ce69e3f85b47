"""Inputs that were found by fuzzing (tests/fuzz), tried again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fuzz_targets import TARGETS

CORPUS = Path(__file__).resolve().parents[1] / "data" / "fuzz"


@pytest.mark.parametrize("target", TARGETS)
def test_no_kept_input_breaks_a_reader(target: str) -> None:
    """Each one reached code that the others did not, or broke the reader once."""
    inputs = sorted((CORPUS / target).iterdir())

    assert inputs
    for path in inputs:
        TARGETS[target](path.read_bytes())
