"""What the payloads have in each attribute: how often, which values. Bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypedDict

from cio_pipeline.commands.check.histograms import HistogramBar, histogram
from cio_pipeline.core.config import Config
from cio_pipeline.core.jobs import JsonValue, Payload
from cio_pipeline.core.json_text import decode, encode
from cio_pipeline.core.limits import ATTRIBUTE_VALUE_LIMIT_BYTES
from cio_pipeline.core.sketches import DistinctValues, FrequentValues, Sample, Value
from cio_pipeline.core.text import shortened

# Values are counted this many at a time, which costs a third of one at a time. Until
# then they are kept, and each may be long.
_BATCH_VALUES = 500
_SHOWN_VALUES = 8
_MOST_SHOWN_OF_A_VALUE = 60
# A longer value is kept as its beginning and a digest.
_LONG = 200
# Larger numbers are not in the histogram: their sum could be infinite.
_LARGEST = 1e300

_KINDS: dict[type, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    dict: "object",
    list: "list",
}


class FrequentValue(TypedDict):
    """A value and how many records have it, at least."""

    value: JsonValue
    records: int


class LongestText(TypedDict):
    """The longest text of an attribute, and where it is."""

    characters: int
    source: str
    record: int
    begins: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeFacts:
    """What is known about one attribute; field names are those of the JSON.

    Args:
        name: the attribute.
        records: how many payloads have it, null included.
        types: how many values of each JSON type; numbers are ``integer`` and
            ``number``.
        distinct: how many different values.
        distinct_is_exact: whether that is exact; if not, it is within a few percent.
        frequent: the most frequent values.
        frequent_error: how much each count can be too low; 0: they are exact.
        lowest: the lowest number or time; None if there is none.
        median: as above, the middle one.
        highest: as above.
        is_time: whether the numbers are times, in Unix seconds.
        histogram: the numbers or times, counted in spans of equal length.
        histogram_is_exact: whether those counts are exact; if not, they are from a
            sample.
        longest: the longest text; None if there is no text.
        over_limit: how many values are longer than Customer.io accepts.
    """

    name: str
    records: int
    types: dict[str, int]
    distinct: int
    distinct_is_exact: bool
    frequent: list[FrequentValue]
    frequent_error: int
    lowest: float | None
    median: float | None
    highest: float | None
    is_time: bool
    histogram: list[HistogramBar]
    histogram_is_exact: bool
    longest: LongestText | None
    over_limit: int

    @property
    def nulls(self) -> int:
        """How many values are null."""
        return self.types.get("null", 0)


class Attributes:
    """Collects what the payloads have in each attribute.

    Args:
        config: has the mappings, whose order the attributes have in the result.
        draw: returns a random number in [0, 1).
    """

    def __init__(self, config: Config, draw: Callable[[], float]) -> None:
        typed = {each.target for each in config.mappings if each.kind == "timestamp"}
        self._times = typed | {"created_at"}
        self._draw = draw
        targets = (each.target for each in config.mappings)
        self._columns = {name: _Column(draw) for name in targets}

    def add(self, payload: Payload, _body: bytes, _size: int, position: int) -> None:
        """Add the attributes of a payload, and the position of its record."""
        for name, value in payload.attributes.items():
            column = self._columns.get(name)
            if column is None:
                column = self._columns[name] = _Column(self._draw)
            column.add(value, position)

    def facts(self, place_of: Callable[[int], tuple[str, int]]) -> list[AttributeFacts]:
        """Return what is known about each that a payload has.

        Args:
            place_of: returns the file of a position, and the record's index in it.
        """
        facts = (
            column.facts(name, place_of, is_time=name in self._times)
            for name, column in self._columns.items()
        )
        return [each for each in facts if each.records]


class _Column:
    """The values of one attribute."""

    def __init__(self, draw: Callable[[], float]) -> None:
        self._values: list[JsonValue] = []
        self._positions: list[int] = []
        self._types: Counter[type] = Counter()
        self._distinct = DistinctValues()
        self._frequent = FrequentValues()
        self._numbers = Sample(draw)
        self._lowest: float | None = None
        self._highest: float | None = None
        self._longest = ""
        self._longest_characters = -1
        self._longest_at = 0
        self._over_limit = 0

    def add(self, value: JsonValue, position: int) -> None:
        self._values.append(value)
        self._positions.append(position)
        if len(self._values) >= _BATCH_VALUES:
            self._count_batch()

    def facts(
        self, name: str, place_of: Callable[[int], tuple[str, int]], *, is_time: bool
    ) -> AttributeFacts:
        self._count_batch()
        ordered = self._numbers.ordered()
        return AttributeFacts(
            name=name,
            records=self._types.total(),
            types={_KINDS[each]: n for each, n in self._types.most_common()},
            # An estimate can be above what is possible.
            distinct=min(self._distinct.count(), self._types.total()),
            distinct_is_exact=self._distinct.is_exact,
            frequent=[
                FrequentValue(value=_shown(value), records=n)
                for value, n in self._frequent.most_common(_SHOWN_VALUES)
            ],
            frequent_error=self._frequent.lost,
            lowest=self._lowest,
            median=ordered[len(ordered) // 2] if ordered else None,
            highest=self._highest,
            is_time=is_time and bool(ordered),
            histogram=histogram(ordered, self._numbers.seen, is_time=is_time),
            histogram_is_exact=self._numbers.is_exact,
            longest=self._longest_text(place_of),
            over_limit=self._over_limit,
        )

    def _count_batch(self) -> None:
        types = Counter(map(type, self._values))
        self._types.update(types)
        for each in types:
            self._count_type(each, [v for v in self._values if type(v) is each])
        self._values.clear()
        self._positions.clear()

    def _count_type(self, kind: type, values: list[Any]) -> None:
        if kind is str:
            self._count(Counter(self._without_ends(values)))
        elif kind is int or kind is float:
            self._count(Counter(values))
            self._add_numbers([each for each in values if abs(each) < _LARGEST])
        else:
            raw = list(map(encode, values))
            self._over_limit += sum(len(r) > ATTRIBUTE_VALUE_LIMIT_BYTES for r in raw)
            self._count(Counter(map(_without_end, raw)))

    def _count(self, counts: Counter[Value]) -> None:
        for value in counts:
            if value not in self._frequent:
                self._distinct.add(_as_bytes(value))
        self._frequent.add(counts)

    def _without_ends(self, texts: list[str]) -> list[str]:
        """Note the longest text, and return all of them without the ends of long ones.

        A long one is replaced by its beginning and a digest.
        """
        longest = max(texts, key=len)
        if len(longest) > self._longest_characters:
            self._longest = shortened(longest, _MOST_SHOWN_OF_A_VALUE)
            self._longest_characters = len(longest)
            self._longest_at = self._positions[self._values.index(longest)]
        if len(longest) <= _LONG:
            return texts
        return [each if len(each) <= _LONG else self._begin(each) for each in texts]

    def _longest_text(
        self, place_of: Callable[[int], tuple[str, int]]
    ) -> LongestText | None:
        if self._longest_characters < 0:
            return None
        source, record = place_of(self._longest_at)
        return LongestText(
            characters=self._longest_characters,
            source=source,
            record=record,
            begins=self._longest,
        )

    def _begin(self, text: str) -> str:
        raw = text.encode(errors="surrogatepass")
        self._over_limit += len(raw) > ATTRIBUTE_VALUE_LIMIT_BYTES
        return f"{text[:_MOST_SHOWN_OF_A_VALUE]}…{_digest(raw).hex()}"

    def _add_numbers(self, numbers: list[float]) -> None:
        if numbers:
            self._numbers.add(numbers)
            lowest, highest = min(numbers), max(numbers)
            if self._lowest is None or self._highest is None:
                self._lowest, self._highest = lowest, highest
            self._lowest = min(self._lowest, lowest)
            self._highest = max(self._highest, highest)


def _as_bytes(value: Value) -> bytes:
    """Return the bytes that are hashed: the same for 1 and 1.0, but not for "1"."""
    if isinstance(value, bytes):
        return b"\0" + value
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return b"\1" + encode(value)


def _without_end(raw: bytes) -> bytes:
    return raw if len(raw) <= _LONG else raw[:_MOST_SHOWN_OF_A_VALUE] + _digest(raw)


def _digest(raw: bytes) -> bytes:
    return blake2b(raw, digest_size=8).digest()


def _shown(value: Value) -> JsonValue:
    if isinstance(value, str):
        return shortened(value, _MOST_SHOWN_OF_A_VALUE)
    if not isinstance(value, bytes):
        return value
    if len(value) <= _MOST_SHOWN_OF_A_VALUE:
        return decode(value)
    return shortened(value.decode(errors="replace"), _MOST_SHOWN_OF_A_VALUE)
