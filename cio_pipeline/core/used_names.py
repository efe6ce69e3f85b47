"""Which parts of a record a configuration uses. Pure.

Formats of columns read no others: each key of the configuration that names a part of
a record must be here.
"""

from __future__ import annotations

from cio_pipeline.core.config import Config


def used_names(config: Config) -> frozenset[str]:
    """Return the keys and dotted paths that are used."""
    return id_names(config).union(*(mapping.names for mapping in config.mappings))


def id_names(config: Config) -> frozenset[str]:
    """Return those that identify a record's user; a record needs one of them."""
    return frozenset({config.user_id})
