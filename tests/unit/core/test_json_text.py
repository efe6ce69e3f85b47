"""JSON text as it is queued."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.core.json_text import (
    MOST_LEVELS,
    encode,
)


def nested(levels: int) -> Any:
    """Return lists inside of lists, the innermost empty."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_deeper_nesting_is_refused_before_it_is_queued() -> None:
    """As a dead letter, which names the record."""
    for value in (nested(MOST_LEVELS + 1), nested(5000), {"a": nested(MOST_LEVELS)}):
        with pytest.raises(ValueError, match="nested too deeply"):
            encode(value)
