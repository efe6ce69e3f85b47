"""Reads the array of records that is somewhere inside a JSON document, as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.text import nearest
from cio_pipeline.source.json_array import ArrayReader
from cio_pipeline.source.json_cut import JsonText
from cio_pipeline.source.raw import RawData
from cio_pipeline.source.values import parse_record

# The key of a member of an object whose members are the records.
MEMBER_KEY = "$key"
_DEPTH = 4
_MOST_KNOWN = 1000  # keys, for a message
_BLANKS_BYTES = 1000  # more blanks than anybody writes after a bracket
_ARRAY_OF_OBJECTS = re.compile(rb"\[\s*+\{")
_CUT = "the file ends inside the document"
_SYNTAX = "this is not JSON, or a comma or bracket is missing"


def read_inside(
    raw: RawData, path: str, start: int, *, is_guess: bool = False
) -> Iterator[Record]:
    """Read the elements of the arrays that a path leads to.

    The file has one document or several. The path goes through all elements of an
    array on the way. Objects are accepted in the place of the array: each of their
    members is a record, to which its key is added as `MEMBER_KEY`.

    Args:
        raw: the bytes, from the first document on.
        path: the keys that lead to the array, with dots between them; a single dot
            for the document itself.
        start: how many elements to skip.
        is_guess: whether nobody has named the path: then another array of objects
            beside it is an error, because it may be the right one.

    Raises:
        DataFileError: nothing is at the path, or it is not JSON. All elements before
            the syntax error have been returned.
    """
    reader = _Inside(raw, path.strip("."), is_guess=is_guess)
    return islice(reader.records(), start, None)


class _Inside(ArrayReader):
    """The arrays at a path.

    Args:
        raw: the bytes.
        path: as in `read_inside`, without dots around it.
        is_guess: as in `read_inside`.
    """

    def __init__(self, raw: RawData, path: str, *, is_guess: bool) -> None:
        super().__init__(raw)
        self._path = path
        self._is_guess = is_guess
        self._is_found = False
        self._passed: dict[str, None] = {}

    def records(self) -> Iterator[Record]:
        """Read all elements."""
        while self._more():
            if self._next() not in b"[{":
                raise self._error(_SYNTAX)
            yield from self._value(self._path, "")
        if not self._is_found:
            hint = nearest(self._path, self._passed)
            names = [hint] if hint else list(self._passed)[:5]
            known = f"; it has {', '.join(map(repr, names))}" if names else ""
            raise DataFileError(
                self._raw.name,
                f"there is no array of records at {self._path!r} in it{known}",
            )

    def _refuse_rest(self) -> None:
        """Allow what follows the array in the document."""

    def _value(self, rest: str, before: str) -> Iterator[Record]:
        """Read a value, whose records are at the rest of the path."""
        byte = self._next()
        if byte == b"[":
            yield from self._items(rest, before) if rest else self._elements()
        elif byte == b"{":
            yield from self._members(rest, before)
        elif not rest:
            raise self._error(f"expected an array at {self._path!r}")
        else:
            self._skip()

    def _elements(self) -> Iterator[Record]:
        self._is_found = True
        self._delimiters, self._may_be_value = b"[", False
        while True:
            yield from self._complete()
            if not self._is_open:
                return
            self._refuse_large()
            self._pull()

    def _members(self, rest: str, before: str) -> Iterator[Record]:
        self._text.take(1)
        while (byte := self._next()) != b"}":
            if byte != b'"':
                raise self._error(_SYNTAX)
            key = str(self._take_record(-1).value)
            self._expect(b":")
            if not rest:
                self._is_found = True
                yield self._member(key)
            elif (below := _below(rest, key)) is not None:
                yield from self._value(below, f"{before}{key}.")
            else:
                self._pass(before + key)
            self._comma(b"}")
        self._text.take(1)

    def _pass(self, path: str) -> None:
        """Skip a value that is not on the path."""
        if len(self._passed) < _MOST_KNOWN:
            self._passed[path] = None
        if self._next() == b"[" and self._is_guess:
            while not self._text.peek(_BLANKS_BYTES)[1:].strip():
                self._pull()
            if _ARRAY_OF_OBJECTS.match(self._text.peek(_BLANKS_BYTES)):
                raise self._error(
                    f"there is another array of objects at {path!r} besides"
                    f" {self._path!r}; name the right one with -records"
                )
        self._skip()

    def _items(self, rest: str, before: str) -> Iterator[Record]:
        """Read the elements of an array on the way: all, or the one at an index."""
        self._text.take(1)
        has_index = rest.partition(".")[0].isdecimal()
        for index in count():
            if self._next() == b"]":
                break
            below = _below(rest, str(index)) if has_index else rest
            if below is None:
                self._skip()
            else:
                yield from self._value(below, before)
            self._comma(b"]")
        self._text.take(1)

    def _member(self, key: str) -> Record:
        record = self._take_record(self._index)
        self._index += 1
        if not isinstance(record.value, dict):
            return record
        return record._replace(value={MEMBER_KEY: key, **record.value})

    def _take_record(self, index: int) -> Record:
        """Take the next value completely."""
        self._next()
        while True:
            offset = self._text.offset
            text = self._text.take_value()
            if text:
                return parse_record(self._raw.name, text, offset, index)
            if text is not None:
                raise self._error(_SYNTAX)
            self._refuse_large()
            self._pull()

    def _skip(self) -> None:
        """Skip a value of any size; only its brackets are checked."""
        depth = 0
        while True:
            byte = self._next()
            if byte in b"]}":
                depth -= 1
                self._text.take(1)
            elif byte in b",:" and depth:
                self._text.take(1)
            elif not self._take_small():
                depth += 1
                self._text.take(1)
            if depth <= 0:
                return

    def _take_small(self) -> bool:
        """Take the next value; False for a container that has not arrived."""
        is_container = self._next() in b"[{"
        while (text := self._text.take_value()) is None:
            if is_container:
                return False
            self._refuse_large()
            self._pull()
        if not text:
            raise self._error(_SYNTAX)
        return True

    def _comma(self, end: bytes) -> None:
        byte = self._next()
        if byte == b",":
            self._text.take(1)
            if self._next() != end:
                return
        if byte != end:
            raise self._error(_SYNTAX)

    def _expect(self, byte: bytes) -> None:
        if self._next() != byte:
            raise self._error(_SYNTAX)
        self._text.take(1)

    def _next(self) -> bytes:
        """Return the next byte that is not a blank."""
        while not (byte := self._text.next_byte()):
            self._pull()
        return byte

    def _more(self) -> bool:
        """Return whether there is anything but blanks."""
        while not self._text.next_byte():
            piece = self._raw.read()
            if not piece:
                return False
            self._text.add(piece)
        return True

    def _pull(self) -> None:
        piece = self._raw.read()
        if not piece:
            raise self._unfinished(_CUT, self._text.rest)
        self._text.add(piece)


def _below(path: str, key: str) -> str | None:
    """Return the rest of a path after a key; None if it does not begin with the key."""
    if path == key:
        return ""
    return path[len(key) + 1 :] if path.startswith(key + ".") else None


@dataclass(slots=True)
class Outline:
    """What an object, or its beginning, has near the top.

    Args:
        keys: the paths of its keys.
        arrays: the paths of arrays that begin with an object.
        empty: the paths of empty arrays.
    """

    keys: list[str] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


def outline(text: bytes) -> Outline:
    """Return the outline of an object; its end may be missing."""
    found = Outline()
    reader = JsonText(0)
    reader.add(text)
    reader.next_byte()
    _look_at_members(reader, "", found, _DEPTH)
    return found


_ARRAY = re.compile(rb"\[\s*+([{\]])")


def _look_at_members(text: JsonText, before: str, found: Outline, depth: int) -> bool:
    """Look at the members of an object; return whether it was complete."""
    text.take(1)
    while (byte := text.next_byte()) != b"}":
        key = text.take_value() if byte == b'"' else None
        if not key or text.next_byte() != b":":
            return False
        name = before + str(parse_record("", key, 0, 0).value)
        if len(found.keys) < _MOST_KNOWN:
            found.keys.append(name)
        text.take(1)
        first = text.next_byte()
        if first == b"{" and depth > 1:
            if not _look_at_members(text, name + ".", found, depth - 1):
                return False
        else:
            if (
                array := _ARRAY.match(text.peek(_BLANKS_BYTES))
                if first == b"["
                else None
            ):
                (found.arrays if array[1] == b"{" else found.empty).append(name)
            if not text.take_value():
                return False
        if text.next_byte() == b",":
            text.take(1)
    text.take(1)
    return True
