"""Which parts of a record a configuration uses. Pure.

Formats of columns read no others: each key of the configuration that names a part of
a record must be here.
"""

from __future__ import annotations

from cio_pipeline.core.config import Config


def used_names(config: Config) -> frozenset[str]:
    """Return the keys and dotted paths that are used."""
    names = (name for mapping in config.mappings for name in mapping.names)
    return id_names(config).union(names)


def id_names(config: Config) -> frozenset[str]:
    """Return those that identify a record's user; a record needs one of them."""
    return frozenset({config.user_id})
