"""Reads a JSON file: an array, a sequence of objects, or a document around an array."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from functools import partial

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.source.json_array import read_array
from cio_pipeline.source.json_cut import JsonText
from cio_pipeline.source.json_inside import outline, read_inside
from cio_pipeline.source.json_lines import read_objects
from cio_pipeline.source.raw import RawData, ReadFrom, SkippedRow
from cio_pipeline.source.values import RECORD_LIMIT_BYTES

# Of a JSON text sequence (RFC 7464). JSON has this byte nowhere else, not in text.
_RECORD_SEPARATOR = b"\x1e"
_BLANK_SEPARATORS = bytes.maketrans(_RECORD_SEPARATOR, b" ")
_KINDS = {b'"': "text", b"true": "true", b"false": "false", b"null": "null"}


def begin(raw: RawData, _skipped_rows: Counter[SkippedRow]) -> ReadFrom:
    """Check the start of the file (see `Source`).

    Raises:
        DataFileError: it is neither an array nor an object.
    """
    if raw.begin().startswith(_RECORD_SEPARATOR):
        raw.translate(_BLANK_SEPARATORS)
    beginning = raw.begin()
    _check(raw, beginning)
    if raw.rules.records is not None:
        return partial(read_inside, raw, raw.rules.records)
    if beginning.startswith(b"["):
        return partial(read_array, raw)
    return partial(_read_objects, raw)


def _check(raw: RawData, piece: bytes) -> None:
    first = piece[:1]
    if not first:
        raise DataFileError(raw.name, "the file is empty")
    if first in (b"[", b"{"):
        return
    kinds = (kind for start, kind in _KINDS.items() if piece.startswith(start))
    kind = next(kinds, None)
    if first.isdigit() or first == b"-":
        kind = "a number"
    if kind is not None:
        raise DataFileError(raw.name, f"it starts with {kind}, expected a JSON array")
    line = piece.split(b"\n", 1)[0]
    hint = "; if it is CSV, use -format csv" if b"," in line else ""
    raise DataFileError(
        raw.name, f"it is not JSON, expected a JSON array{hint}", byte_offset=raw.offset
    )


def _read_objects(raw: RawData, start: int) -> Iterator[Record]:
    path = _path_to_records(raw)
    if path is not None:
        return read_inside(raw, path, start, is_guess=True)
    return read_objects(raw, raw.begin(), start)


def _path_to_records(raw: RawData) -> str | None:
    """Return the path of the array that has the records, or None.

    None if the file is a sequence of objects. One object, or one that is too large
    for a record, is a document around the array, as APIs return it.

    Raises:
        DataFileError: it is one object, and it is unclear what its records are.
    """
    first, is_only = _first_object(raw)
    if not is_only:
        return None
    about = outline(first)
    names = " and ".join(map(repr, about.arrays))
    if len(about.arrays) > 1:
        raise DataFileError(
            raw.name,
            f"it is one object with several arrays of objects ({names}); name the one"
            f" that has the users, such as -records {shlex.quote(about.arrays[0])}",
        )
    if about.arrays and any(_is_of_user(key, about.arrays[0]) for key in about.keys):
        raise DataFileError(
            raw.name,
            f"it is one object, whose key {names} has an array; if the array has the"
            f" users, use -records {shlex.quote(about.arrays[0])}; if the object is one"
            " user, use -format jsonl",
        )
    usual = [path for path in about.empty if _COLLECTION.fullmatch(_letters(path))]
    return next(iter(about.arrays or usual), None)


def _first_object(raw: RawData) -> tuple[bytes, bool]:
    """Return the first object, and whether nothing follows it; read nothing.

    If it is too large for a record, or cut, its beginning is returned.
    """
    text, pieces = JsonText(raw.offset), []
    first = None
    while first is None and text.waiting_bytes <= RECORD_LIMIT_BYTES:
        batch = _read_batch(raw, text.waiting_bytes)
        if not batch:
            break
        pieces += batch
        text.add(b"".join(batch))
        text.next_byte()
        first = text.take_value()
    # What follows matters only after an object that may be a document.
    is_candidate = first is not None and _ARRAY_OF_OBJECTS.search(first) is not None
    while is_candidate and not text.next_byte() and (piece := raw.read()):
        pieces.append(piece)
        text.add(piece)
    is_only = first is None or (is_candidate and text.next_byte() != b"{")
    raw.unread(pieces)
    return (text.rest if first is None else first), is_only


def _read_batch(raw: RawData, waiting_bytes: int) -> list[bytes]:
    """Read as much of a file as is waiting, so that it is not copied too often.

    Of a pipe only one piece is read: the next one may come much later.
    """
    most = 1 if raw.size_bytes is None else min(waiting_bytes, _MOST_BATCH_BYTES)
    pieces: list[bytes] = []
    while sum(map(len, pieces)) <= most and (piece := raw.read()):
        pieces.append(piece)
        if raw.size_bytes is None:
            break
    return pieces


def _is_of_user(key: str, array: str) -> bool:
    """Return whether a key beside an array, or above it, is of a user.

    Args:
        key: the path of the key.
        array: the path of the array, which is the only one.
    """
    *above, name = key.split(".")
    if above and _PERSON.fullmatch(above[-1].lower()):
        above.pop()
    is_beside = array.split(".")[: len(above)] == above
    return is_beside and _PERSONAL.fullmatch(_letters(name)) is not None


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


_MOST_BATCH_BYTES = 1_000_000
_ARRAY_OF_OBJECTS = re.compile(rb"\[\s*[{\]]")
# Keys of a person, and keys of an answer's list, without what is not a letter.
_PERSONAL = re.compile(
    "(?:user|customer|external|person|distinct)?id|u(?:u)?id|guid|email(?:address)?"
    "|username|login|phone|(?:first|last|full)name"
)
_PERSON = re.compile("user|customer|person|contact|member|profile|account")
_COLLECTION = re.compile(
    "contacts|customers|data|documents|hits(?:hits)?|items|list|members|people"
    "|profiles|records|results|rows|subscribers|users|values?"
)
