"""The core that a run uses."""

from __future__ import annotations

import pytest

from cio_pipeline.pipeline.cpu_affinity import choose_core


@pytest.mark.parametrize(
    ("current", "index", "chosen"),
    [(4, None, 4), (3, None, 2), (None, None, 2), (4, 0, 2), (4, 1, 4), (4, 5, 6)],
    ids=[
        "the current core",
        "the current core is not allowed",
        "the current core is unknown",
        "the first shard",
        "the second shard",
        "more shards than cores",
    ],
)
def test_a_core_is_chosen_among_those_allowed(
    current: int | None, index: int | None, chosen: int
) -> None:
    """A container may own cores 2, 4 and 6 of a machine."""
    assert choose_core({2, 4, 6}, current=current, index=index) == chosen
