"""When an unfinished load may be continued."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cio_pipeline.core.config import Config
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.shard import WHOLE, Shard
from cio_pipeline.pipeline.loader import mapping_digest

CONFIG = Config(parallelism=1, user_id="id", mappings=(Mapping("a", "b"),))


def digest(
    config: Config = CONFIG, *, changed_only: bool = False, shard: Shard = WHOLE
) -> str:
    """Return the digest that identifies a load."""
    return mapping_digest(config, changed_only=changed_only, shard=shard)


@pytest.mark.parametrize(
    "change",
    [{"parallelism": 9}, {"api_key": "new"}, {"api": "batch"}, {"max_attempts": 1}],
)
def test_how_records_are_sent_does_not_matter(change: dict[str, object]) -> None:
    """A load that was killed continues with more threads or a new key."""
    assert digest(replace(CONFIG, **change)) == digest()  # type: ignore[arg-type]  # of each key's own type


def test_how_records_are_mapped_matters() -> None:
    """A file must not be loaded half by one rule and half by another."""
    others = [
        digest(replace(CONFIG, user_id="email")),
        digest(replace(CONFIG, mappings=(Mapping("a", "c"),))),
        digest(replace(CONFIG, mappings=(Mapping("a", "b", "number"),))),
        digest(changed_only=True),
        digest(shard=Shard(0, 2)),
    ]

    assert len({digest(), *others}) == 6
