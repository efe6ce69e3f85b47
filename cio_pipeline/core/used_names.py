"""Which parts of a record a configuration uses. Pure.

Formats of columns read no others: each key of the configuration that names a part of
a record must be here.
"""

from __future__ import annotations

from cio_pipeline.core.config import Config


def used_names(config: Config) -> frozenset[str] | None:
    """Return the keys and dotted paths that are used; None if all of them are.

    An event without an id is recognised by its complete record.
    """
    rules = config.records
    if rules.event is not None:
        return None
    names = {name for mapping in config.mappings for name in mapping.names}
    names.update(rule.source for rule in rules.relationships)
    if not isinstance(rules.action, str):
        names.add(rules.action.source)
    return id_names(config).union(names)


def id_names(config: Config) -> frozenset[str]:
    """Return those that identify a record's user; a record needs one of them."""
    rules = config.records
    if rules.object is not None:
        return frozenset({rules.object.id.source})
    if rules.identifiers:
        return frozenset(rule.source for rule in rules.identifiers)
    return frozenset({config.user_id})
