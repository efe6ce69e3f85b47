"""Reads JSON arrays and sequences of JSON values as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import count, islice, repeat
from typing import Any

import orjson

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record, make_record
from cio_pipeline.core.text import counted
from cio_pipeline.source.json_cut import JsonText
from cio_pipeline.source.raw import RawData
from cio_pipeline.source.values import (
    RECORD_LIMIT_BYTES,
    broken_value,
    has_long_number,
    parse_record,
)

_CUT = "the file ends inside the array"
_FOLLOWED = "there is something after the array"
_CUT_VALUE = "the file ends inside the last value"
_MISPLACED = (
    "unexpected value, comma or bracket (is a comma missing, or is there a comma"
    " after the last value?)"
)
# After each delimiter of an array: which may be next, and whether a value may be.
_AFTER = {b"[": (b"]", True), b",": (b"", True), b"]": (b"", False)}
_TOO_LARGE = f"a record of more than {RECORD_LIMIT_BYTES:,} bytes"


def read_array(raw: RawData, start: int) -> Iterator[Record]:
    """Read the elements of a JSON array.

    Args:
        raw: the bytes, from the bracket on.
        start: how many elements to skip.

    Raises:
        DataFileError: it is not a JSON array. All elements before the syntax error
            have been returned.
    """
    return islice(ArrayReader(raw).records(), start, None)


def read_values(raw: RawData, start: int) -> Iterator[Record]:
    """Read a sequence of JSON values, with or without blanks between them.

    Raises:
        DataFileError: as `read_array`.
    """
    return islice(_Values(raw).records(), start, None)


class _Values:
    """A sequence of values.

    Args:
        raw: their bytes.
    """

    _hint = " (if it has the users in an array, name its key: -records KEY)"

    def __init__(self, raw: RawData) -> None:
        self._raw = raw
        self._text = JsonText(raw.offset)
        self._index = 0

    def records(self) -> Iterator[Record]:
        """Read all values; return complete ones before more is read."""
        while piece := self._raw.read():
            self._text.add(piece)
            yield from self._complete()
            self._refuse_large()
        yield from self._at_end()

    def _refuse_large(self) -> None:
        if self._text.waiting_bytes > RECORD_LIMIT_BYTES:
            raise self._unfinished(_TOO_LARGE, self._text.rest)

    def _complete(self) -> Iterator[Record]:
        while self._text.next_byte():
            record = self._next_record()
            if record is None:
                return
            yield record

    def _at_end(self) -> Iterator[Record]:
        # The end of the file can be the end of a number, but of no other value.
        self._text.add(b"\n")
        yield from self._complete()
        if self._text.next_byte():
            raise self._unfinished(_CUT_VALUE, self._text.rest[:-1])

    def _next_record(self) -> Record | None:
        offset = self._text.offset
        text = self._text.take_value()
        if text is None:
            return None
        if not text:
            raise self._error(_MISPLACED)
        record = parse_record(self._raw.name, text, offset, self._index)
        self._index += 1
        return record

    def _unfinished(self, words: str, text: bytes) -> DataFileError:
        """Return the first error in a value without an end."""
        error = broken_value(
            self._raw.name, text, self._text.offset, self._index, words
        )
        if error.problem.startswith(_TOO_LARGE):
            return self._error(words if self._index else words + self._hint)
        return error

    def _error(self, problem: str) -> DataFileError:
        return DataFileError(
            self._raw.name,
            f"{problem}, after {counted(self._index, 'complete record')}",
            byte_offset=self._text.offset,
        )


class ArrayReader(_Values):
    """The elements of an array.

    Args:
        raw: its bytes, from the bracket on.
    """

    _hint = ""

    def __init__(self, raw: RawData) -> None:
        super().__init__(raw)
        self._delimiters, self._may_be_value = b"[", False

    def _complete(self) -> Iterator[Record]:
        may_guess = True
        while byte := self._text.next_byte():
            if byte in self._delimiters:
                self._text.take(1)
                self._delimiters, self._may_be_value = _AFTER[byte]
            elif not self._is_open:
                self._refuse_rest()
                return
            elif not self._may_be_value:
                raise self._error(_MISPLACED)
            elif may_guess and not self._text.is_inside_value:
                may_guess = False
                yield from self._objects()
            elif record := self._next_record():
                self._value_ended()
                yield record
            else:
                return

    @property
    def _is_open(self) -> bool:
        """Whether the array's end has not been reached."""
        return bool(self._delimiters) or self._may_be_value

    def _refuse_rest(self) -> None:
        raise self._error(_FOLLOWED)

    def _at_end(self) -> Iterator[Record]:
        if self._text.next_byte() or self._is_open:
            raise self._unfinished(_CUT, self._text.rest)
        yield from ()

    def _value_ended(self) -> None:
        self._delimiters, self._may_be_value = b",]", False

    def _objects(self) -> Iterator[Record]:
        """Parse all objects up to a guessed end at once."""
        text = self._text.take_objects()
        values: list[Any] = []
        with suppress(orjson.JSONDecodeError):
            if text and not has_long_number(text):
                values = orjson.loads(b"[" + text + b"]")
        if not values:
            self._text.put_back(len(text))
            return
        self._value_ended()
        first, self._index = self._index, self._index + len(values)
        yield from map(make_record, zip(count(first), values, repeat(None)))
