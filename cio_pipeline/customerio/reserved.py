"""Reserved attributes in the forms of both operations. Pure.

A payload in the queue has the same form for every ``api``. The schemas of
``PUT /api/v1/customers/{identifier}`` and of an item of ``POST /api/v2/batch``
differ in two names: ``_timestamp`` and ``cio_relationships``.
"""

from __future__ import annotations

from typing import NamedTuple

from cio_pipeline.core.jobs import Job, JsonValue
from cio_pipeline.core.json_text import decode_object, encode

_RELATIONSHIPS = "cio_relationships"
_TIMESTAMP = "_timestamp"
BESIDE_ATTRIBUTES = frozenset({_RELATIONSHIPS, _TIMESTAMP})
_NAMES = (b'"cio_relationships":', b'"_timestamp":')
_NO_VALUE = (None, "")


class ItemParts(NamedTuple):
    """A payload as items of a batch, in JSON.

    Args:
        attributes: the object of attributes.
        beside: members beside ``attributes``, each after a comma; often empty.
        deleted: the relationships to delete, for an item of their own, or None.
    """

    attributes: bytes
    beside: bytes = b""
    deleted: bytes | None = None


def may_need_another_form(body: bytes) -> bool:
    """Return whether a payload may have a name whose form depends on the operation.

    It only searches for bytes, because few payloads have such names.
    """
    return body.find(_NAMES[0]) >= 0 or body.find(_NAMES[1]) >= 0  # faster than `in`


def item_parts(body: bytes) -> ItemParts:
    """Return a payload's parts in a batch.

    An identify item can only add relationships. Relationships to delete need a second
    item, with the action ``delete_relationships``. A value in an unknown form is
    passed on unchanged beside ``attributes``, where Customer.io checks it.
    """
    attributes = _attributes(body)
    if attributes is None:
        return ItemParts(body)
    beside, deleted = b"", None
    timestamp = attributes.pop(_TIMESTAMP, None)
    if timestamp not in _NO_VALUE:
        beside = b',"timestamp":' + encode(timestamp)
    relationships = attributes.pop(_RELATIONSHIPS, None)
    action, entries = action_and_entries(relationships)
    if action == "delete_relationships":
        deleted = encode(entries)
    elif relationships not in _NO_VALUE:
        beside += b',"cio_relationships":' + encode(entries)
    return ItemParts(encode(attributes), beside, deleted)


def in_v1_form(job: Job) -> Job:
    """Return a job whose body has the form of ``PUT /api/v1/customers/{identifier}``.

    ``cio_relationships`` is an object there. A list means relationships to add.
    """
    attributes = _attributes(job.body)
    if attributes is None or not isinstance(attributes.get(_RELATIONSHIPS), list):
        return job
    attributes[_RELATIONSHIPS] = {
        "action": "add_relationships",
        "relationships": attributes[_RELATIONSHIPS],
    }
    return job._replace(body=encode(attributes))


def action_and_entries(relationships: JsonValue) -> tuple[JsonValue, JsonValue]:
    """Return what to do with relationships, and the list of them.

    Returns:
        The action, or None, and the list. A value in an unknown form is returned
        unchanged instead of the list.
    """
    if isinstance(relationships, dict):
        action = relationships.get("action")
        entries = relationships.get("relationships")
        if isinstance(entries, list) and action in (
            "add_relationships",
            "delete_relationships",
        ):
            return action, entries
    return None, relationships


def _attributes(body: bytes) -> dict[str, JsonValue] | None:
    return decode_object(body) if may_need_another_form(body) else None
