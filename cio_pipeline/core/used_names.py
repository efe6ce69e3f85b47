"""Which parts of a record a configuration uses. Pure.

Formats of columns read no others: each key of the configuration that names a part of
a record must be here.
"""

from __future__ import annotations

from collections.abc import Iterator

from cio_pipeline.core.config import Config
from cio_pipeline.core.config_records import ActionRule, Key


def used_names(config: Config) -> frozenset[str] | None:
    """Return the keys and dotted paths that are used; None if all are.

    An event without an id of its own has one that is made from the complete record.
    """
    event = config.records.event
    if event is not None and event.id is None:
        return None
    names = (name for mapping in config.mappings for name in mapping.names)
    return id_names(config).union(names, _rule_names(config))


def id_names(config: Config) -> frozenset[str]:
    """Return those that identify a record's user or object; a record needs one."""
    rules = config.records
    if rules.object is not None:
        return frozenset({rules.object.id.source})
    if rules.identifiers:
        return frozenset(rule.source for rule in rules.identifiers)
    return frozenset({config.user_id})


def _rule_names(config: Config) -> Iterator[str]:
    """Return the names in the keys about kinds of records."""
    rules = config.records
    if isinstance(rules.action, ActionRule):
        yield rules.action.source
    for part in rules.event or ():
        if isinstance(part, Key):
            yield part.source
    for relationship in rules.relationships:
        yield relationship.source
