"""Items of ``POST /api/v2/batch``, and bodies of ``POST /api/v2/entity``. Pure.

An item names the kind of its identifier. Without a named kind it is the kind that
Customer.io gives the identifier in a path, so that both ways of sending reach the same
people.
"""

from __future__ import annotations

from cio_pipeline.core.identifiers import CIO_ID_PREFIX, IdentifierKind, identifier_kind
from cio_pipeline.core.jobs import Job
from cio_pipeline.core.json_text import encode
from cio_pipeline.customerio.reserved import item_parts

_PERSON = (
    b'{"type":"person","action":"identify","identifiers":{"%s":%s},"attributes":%s}'
)
_BARE = b'{"type":"%s","action":"%s","identifiers":%s%s}'
_DATA = b',"data":'  # in an event; in other parts of JSON its quotes would be escaped
# What an item has besides the identifier and the payload, or slightly more.
_AROUND_BYTES = 180
_AROUND_PERSON_BYTES = len(_PERSON) + len("email")


def item_bytes(job: Job) -> int:
    """Return how many bytes a job takes in a body, or slightly more."""
    user_id = job.user_id
    # A quote becomes two bytes, a control character six.
    is_plain = user_id.isascii() and user_id.isprintable()
    identifier = len(user_id) * (2 if is_plain else 6)
    around = identifier + (_AROUND_BYTES if job.code else _AROUND_PERSON_BYTES)
    if job.body.find(b'"cio_relationships":') >= 0:  # `in` takes twice the time
        around += identifier + _AROUND_BYTES  # perhaps a second item
    return len(job.body) + around


def plain_item(job: Job) -> bytes:
    """Return the item of a person whose payload has no reserved attributes."""
    user_id = job.user_id
    identifier = _identifier(identifier_kind(user_id), user_id)
    return _PERSON % (*identifier, job.body)


def items_of(job: Job) -> list[bytes]:
    """Return the item of a job, and perhaps another that deletes relationships."""
    operation = job.operation
    if operation.action == "track":
        # The stored event has its data last.
        head, _, data = job.body[1:-1].partition(_DATA)
        return [_item(job, b"event", b',%s,"attributes":%s' % (head, data))]
    if operation.action != "upsert":
        return [_item(job, operation.action.encode())]
    parts = item_parts(job.body)
    members = b',"attributes":%s%s' % (parts.attributes, parts.beside)
    items = [_item(job, b"identify", members)]
    if parts.deleted is not None:
        members = b',"cio_relationships":%s' % parts.deleted
        items.append(_item(job, b"delete_relationships", members))
    return items


def _item(job: Job, action: bytes, members: bytes = b"") -> bytes:
    if job.operation.record == "object":
        assert job.operation.kind is not None  # noqa: S101  # the object type
        identifiers = b'{"object_type_id":%s,"object_id":%s}' % (
            encode(job.operation.kind),
            encode(job.user_id),
        )
        return _BARE % (b"object", action, identifiers, members)
    kind = job.operation.identifier or identifier_kind(job.user_id)
    identifiers = b'{"%s":%s}' % _identifier(kind, job.user_id)
    return _BARE % (b"person", action, identifiers, members)


def _identifier(kind: IdentifierKind, user_id: str) -> tuple[bytes, bytes]:
    """Return the kind of a person's identifier and its JSON."""
    if kind == "cio_id":
        user_id = user_id.removeprefix(CIO_ID_PREFIX)
    return kind.encode(), encode(user_id)
