"""Find out what a sync would do, without sending anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cio_pipeline.commands.check.attributes import AttributeFacts
from cio_pipeline.commands.check.changes import Changes
from cio_pipeline.commands.check.suggestion import SeenKeys
from cio_pipeline.commands.check.value_warnings import id_warnings, time_warning
from cio_pipeline.commands.check.warnings import (
    PayloadWarning,
    WarningKind,
    payload_warnings,
)
from cio_pipeline.core.config import Config
from cio_pipeline.core.duplicates import Claims, Duplicates
from cio_pipeline.core.errors import DataFileError, RecordError
from cio_pipeline.core.identifiers import (
    IdentifierKind,
    Identity,
    identity,
    identity_of,
)
from cio_pipeline.core.jobs import Job, Payload, Record
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.limits import BATCH_LIMIT_BYTES, PAYLOAD_LIMIT_BYTES
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.core.shard import WHOLE, Shard
from cio_pipeline.core.text import nearest, shortened
from cio_pipeline.customerio.batch import item_bytes
from cio_pipeline.source import Source

_SHOWN_PAYLOADS = 3
_SHOWN_PROBLEMS = 20
_SHOWN_VALUES = 3
_MOST_SHOWN_OF_A_VALUE = 40
# Customer.io answers in about 80 ms; that limits the rate of one connection.
_ANSWER_SECONDS = 0.08
_SUGGESTION_RECORDS = 10_000
_MOST_KNOWN_KEYS = 1000
# Attributes that set an identifier of the user, and the warning for each.
_OF_ANOTHER: dict[IdentifierKind, WarningKind] = {
    "email": "email_of_another",
    "id": "id_of_another",
}
_Key = TypeVar("_Key")
# Gets a payload, its attributes as JSON, its size in a batch, and its record's index.
PayloadObserver = Callable[[Payload, bytes, int, int], None]


@dataclass(slots=True)
class Found:
    """How often a problem occurs, and where first.

    Args:
        count: how often.
        first_index: the index of the first such record in the file, from 0; None
            if the problem is not about single records.
        examples: indexes of records that conflict, one group each.
        values: the first such values, as text; long ones are cut.
    """

    count: int
    first_index: int | None
    examples: list[tuple[int, ...]] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Findings:
    """The result of checking a data file.

    Args:
        records: how many were read.
        users: how many different users they have.
        requests: how many requests a sync would send, at least.
        payloads: the first ones.
        invalid: records that cannot be sent, by error message.
        warnings: what Customer.io accepts, but is probably wrong.
        unused: each mapped key that no record has, with a similar key of the data.
        broken: why the file could not be read to its end; None if it could.
        attributes: what the payloads have; empty if nobody asked for it.
        changes: how the file differs from what was delivered; None if not compared.
    """

    records: int = 0
    users: int = 0
    requests: int = 0
    payloads: list[Payload] = field(default_factory=list)
    invalid: dict[str, Found] = field(default_factory=dict)
    warnings: dict[PayloadWarning, Found] = field(default_factory=dict)
    unused: dict[str, str | None] = field(default_factory=dict)
    broken: DataFileError | None = None
    attributes: list[AttributeFacts] = field(default_factory=list)
    changes: Changes | None = None

    @property
    def invalid_records(self) -> int:
        """How many records would become dead letters without being sent."""
        return sum(found.count for found in self.invalid.values())


def check_data(
    config: Config,
    source: Source,
    *,
    now_seconds: float,
    shard: Shard = WHOLE,
    observers: Sequence[PayloadObserver] = (),
) -> Findings:
    """Read and map every record; send nothing and store nothing.

    Args:
        config: what to map, and how it would be sent.
        source: the data; read to its end, or to the first syntax error.
        now_seconds: Unix seconds.
        shard: only the records of this shard are checked.
        observers: called with each payload.
    """
    findings = Findings()
    mapper = Mapper(config.user_id, config.mappings)
    duplicates = Duplicates()
    claims = _IdentifierClaims()
    times = {each.target for each in config.mappings if each.kind == "timestamp"}
    batch_bytes = 0
    known_keys: dict[str, None] = {}
    try:
        for record in source.records():
            if not shard.takes(record, mapper):
                continue
            findings.records += 1
            if isinstance(record.value, dict) and len(known_keys) < _MOST_KNOWN_KEYS:
                known_keys |= dict.fromkeys(record.value)
            try:
                payload, body = mapper.map_to_json(record)
            except RecordError as error:
                _note_invalid(findings, str(error), record.record_index)
                continue
            user = identity_of(payload.user_id)
            duplicates.add(user)
            claims.add(user, payload, record.record_index)
            size = item_bytes(Job(0, payload.user_id, body, 0, 0))
            batch_bytes += size
            for observe in observers:
                observe(payload, body, size, record.record_index)
            _note_payload(findings, payload, record, size)
            for warning in _value_warnings(payload, times, now_seconds):
                _warn(findings, warning, payload, record.record_index)
    except DataFileError as error:
        findings.broken = error
    for kind, count in source.skipped_rows.items():
        findings.warnings[PayloadWarning(kind)] = Found(count, None)
    _note_duplicates(findings, duplicates)
    claims.note_shared(findings, duplicates)
    findings.users = duplicates.count_users()
    if findings.records > findings.invalid_records:
        findings.unused = {key: nearest(key, known_keys) for key in mapper.unused}
    sendable = findings.records - findings.invalid_records
    findings.requests = needed_requests(config, sendable, batch_bytes)
    return findings


def needed_requests(config: Config, payloads: int, batch_bytes: int) -> int:
    """Return how many requests send some payloads, at least.

    Args:
        config: how they would be sent.
        payloads: how many there are.
        batch_bytes: how many bytes they take in batches.
    """
    if config.api == "batch":
        return -(-batch_bytes // BATCH_LIMIT_BYTES)
    return payloads


def estimated_seconds(config: Config, requests: int) -> float:
    """Return how long requests take, limited by the rate or by the threads."""
    rate = config.parallelism / _ANSWER_SECONDS
    if config.requests_per_second:
        rate = min(rate, config.requests_per_second)
    return requests / rate


def look_at_keys(source: Source) -> SeenKeys:
    """Return the keys of the first records of a data file.

    Raises:
        DataFileError: not even the first record could be read.
    """
    seen = SeenKeys(is_text=source.format.is_text)
    try:
        for record in source.records():
            if isinstance(record.value, dict):
                seen.add(record.value)
            if seen.records >= _SUGGESTION_RECORDS:
                break
    except DataFileError:
        if not seen.records:
            raise
    return seen


class _IdentifierClaims:
    """Which users set an id or email that is not the identifier they are sent with."""

    def __init__(self) -> None:
        self._claims = {kind: Claims() for kind in _OF_ANOTHER}

    def add(self, user: Identity, payload: Payload, index: int) -> None:
        """Note the identifiers that a payload sets, except the user's own."""
        for kind, claims in self._claims.items():
            value = payload.attributes.get(kind)
            if isinstance(value, str | int) and value != "":
                claimed = identity(kind, str(value))
                if claimed != user:
                    claims.add(claimed, user, index)

    def note_shared(self, findings: Findings, users: Duplicates) -> None:
        """Warn of users that have an identifier of another user."""
        for kind, claims in self._claims.items():
            shared = claims.shared(users)
            if shared.users:
                warning = PayloadWarning(_OF_ANOTHER[kind])
                findings.warnings[warning] = Found(
                    shared.users, shared.examples[0][0], shared.examples
                )


def _note_payload(
    findings: Findings, payload: Payload, record: Record, size: int
) -> None:
    if len(findings.payloads) < _SHOWN_PAYLOADS:
        findings.payloads.append(payload)
    for warning in payload_warnings(payload):
        _warn(findings, warning, payload, record.record_index)
    if size > PAYLOAD_LIMIT_BYTES:
        too_large = PayloadWarning("payload_too_large")
        _warn(findings, too_large, payload, record.record_index)


def _value_warnings(
    payload: Payload, times: set[str], now_seconds: float
) -> Iterator[PayloadWarning]:
    yield from map(PayloadWarning, id_warnings(payload.user_id))
    for name, value in payload.attributes.items():
        warning = time_warning(
            name, value, is_typed=name in times, now_seconds=now_seconds
        )
        if warning is not None:
            yield PayloadWarning(warning, name)


def _warn(
    findings: Findings, warning: PayloadWarning, payload: Payload, index: int
) -> None:
    _count(findings.warnings, warning, index)
    values = findings.warnings[warning].values
    if len(values) == _SHOWN_VALUES:
        return
    name = warning.attribute
    value = payload.user_id if name is None else payload.attributes[name]
    text = value if isinstance(value, str) else encode(value).decode()
    text = shortened(text, _MOST_SHOWN_OF_A_VALUE)
    if text not in values:
        values.append(text)


def _note_invalid(findings: Findings, message: str, index: int) -> None:
    if message not in findings.invalid and len(findings.invalid) >= _SHOWN_PROBLEMS:
        message = "other problems"
    _count(findings.invalid, message, index)


def _note_duplicates(findings: Findings, duplicates: Duplicates) -> None:
    repeated = duplicates.count_repeated()
    if repeated:
        warning = PayloadWarning("user_repeated")
        findings.warnings[warning] = Found(repeated, None)


def _count(found: dict[_Key, Found], key: _Key, index: int) -> None:
    if key in found:
        found[key].count += 1
    else:
        found[key] = Found(1, index)
