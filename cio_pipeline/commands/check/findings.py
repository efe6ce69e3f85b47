"""Find out what a sync would do, without sending anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from cio_pipeline.commands.check.attributes import AttributeFacts
from cio_pipeline.commands.check.changes import Changes
from cio_pipeline.commands.check.checked_files import CheckedFiles
from cio_pipeline.commands.check.example import Example
from cio_pipeline.commands.check.record_warnings import (
    event_warnings,
    identifier_warning,
    values_of,
)
from cio_pipeline.commands.check.suggestion import SeenKeys
from cio_pipeline.commands.check.value_kinds import NULL_TEXTS
from cio_pipeline.commands.check.value_warnings import id_warnings, time_warning
from cio_pipeline.commands.check.warnings import (
    PayloadWarning,
    WarningKind,
    payload_warnings,
)
from cio_pipeline.core.config import Config
from cio_pipeline.core.config_files import DEFAULT_RULES, FileRules
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.duplicates import Claims, Duplicates
from cio_pipeline.core.errors import DataFileError, RecordError
from cio_pipeline.core.identifiers import IdentifierKind, Identity, identity
from cio_pipeline.core.jobs import Job, Payload, Record
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.limits import BATCH_LIMIT_BYTES, PAYLOAD_LIMIT_BYTES
from cio_pipeline.core.mapping import mapper_for
from cio_pipeline.core.operations import Action, code_or_none
from cio_pipeline.core.shard import WHOLE, Shard
from cio_pipeline.core.text import nearest, shortened
from cio_pipeline.customerio.items import item_bytes
from cio_pipeline.source import Inputs

_SHOWN_PAYLOADS = 3
_SHOWN_PROBLEMS = 20
_SHOWN_VALUES = 3
_MOST_SHOWN_OF_A_VALUE = 40
# Customer.io answers in about 80 ms; that limits the rate of one connection.
_ANSWER_SECONDS = 0.08
_SUGGESTION_RECORDS = 10_000
_LEAST_OF_A_FILE = 100
_MOST_KNOWN_KEYS = 1000
# Attributes that set an identifier of the user, and the warning for each.
_OF_ANOTHER: dict[IdentifierKind, WarningKind] = {
    "email": "email_of_another",
    "id": "id_of_another",
}
_Key = TypeVar("_Key")
# Gets a payload, its attributes as JSON, its size in a batch, and a record's position.
PayloadObserver = Callable[[Payload, bytes, int, int], None]


@dataclass(slots=True)
class Found:
    """How often a problem occurs, and where first.

    Args:
        count: how often.
        first_index: the position of the first such record (`CheckedFiles`); None if
            the problem is not about single records.
        examples: positions of records that conflict, one group each.
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
        actions: how many records there are of each action.
        requests: how many requests a sync would send, at least.
        payloads: the first ones.
        example: the first record that can be sent; None if there is none.
        mappings: those of the configuration.
        invalid: records that cannot be sent, by error message.
        warnings: what Customer.io accepts, but is probably wrong.
        unused: each mapped key that no record has, with a similar key of the data.
        broken: why the file could not be read to its end; None if it could.
        files: the files that were read.
        attributes: what the payloads have; empty if nobody asked for it.
        changes: how the file differs from what was delivered; None if not compared.
    """

    records: int = 0
    users: int = 0
    actions: Counter[Action] = field(default_factory=Counter)
    requests: int = 0
    payloads: list[Payload] = field(default_factory=list)
    example: Example | None = None
    mappings: Sequence[Mapping] = ()
    invalid: dict[str, Found] = field(default_factory=dict)
    warnings: dict[PayloadWarning, Found] = field(default_factory=dict)
    unused: dict[str, str | None] = field(default_factory=dict)
    broken: DataFileError | None = None
    files: CheckedFiles = field(default_factory=CheckedFiles)
    attributes: list[AttributeFacts] = field(default_factory=list)
    changes: Changes | None = None

    @property
    def invalid_records(self) -> int:
        """How many records would become dead letters without being sent."""
        return sum(found.count for found in self.invalid.values())


def check_data(
    config: Config,
    inputs: Inputs,
    *,
    now_seconds: float,
    shard: Shard = WHOLE,
    observers: Sequence[PayloadObserver] = (),
) -> Findings:
    """Read and map every record; send nothing and store nothing.

    Args:
        config: what to map, and how it would be sent.
        inputs: the data; read to its end, or to the first syntax error.
        now_seconds: Unix seconds.
        shard: only the records of this shard are checked.
        observers: called with each payload.
    """
    findings = Findings(mappings=config.mappings)
    left_out: dict[str, str] = {}  # of one record: attributes, and why
    mapper = mapper_for(config, left_out.__setitem__)
    duplicates, events = Duplicates(), Duplicates()
    claims = _IdentifierClaims()
    times = {each.target for each in config.mappings if each.kind == "timestamp"}
    batch_bytes = 0
    known_keys: dict[str, None] = {}
    try:
        for record in findings.files.records(inputs):
            if not shard.takes(record, mapper):
                continue
            findings.records += 1
            left_out.clear()
            if isinstance(record.value, dict) and len(known_keys) < _MOST_KNOWN_KEYS:
                known_keys |= dict.fromkeys(record.value)
            try:
                payload, body = mapper.map_to_json(record)
            except RecordError as error:
                _note_invalid(findings, str(error), findings.files.here)
                continue
            user = payload.identity
            duplicates.add(user)
            if payload.operation.record == "event":
                events.add(Identity("event", str(payload.attributes["id"])))
            claims.add(user, payload, findings.files.here)
            code = code_or_none(payload.operation)
            size = item_bytes(Job(0, payload.user_id, body, 0, code, 0))
            batch_bytes += size
            for observe in observers:
                observe(payload, body, size, findings.files.here)
            _note_payload(findings, config, payload, record, size)
            _note_left_out(findings, left_out)
            for warning in _value_warnings(config, payload, times, now_seconds):
                _warn(findings, warning, payload)
    except DataFileError as error:
        findings.broken = error
    _note_rows(findings)
    _note_duplicates(findings, config, duplicates, events)
    claims.note_shared(findings, duplicates)
    findings.users = duplicates.count_users()
    if findings.records > findings.invalid_records:
        known = known_keys.keys() | findings.files.columns
        findings.unused = {key: nearest(key, sorted(known)) for key in mapper.unused}
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


def estimated_seconds(config: Config, requests: int, users: int) -> float:
    """Return how long requests take, limited by the rates or by the threads.

    Args:
        config: the rates and the threads.
        requests: how many requests there are.
        users: how many records they send.
    """
    rate = config.parallelism / _ANSWER_SECONDS
    if config.requests_per_second:
        rate = min(rate, config.requests_per_second)
    seconds = requests / rate
    if config.users_per_second:
        seconds = max(seconds, users / config.users_per_second)
    return seconds


def look_at_keys(inputs: Inputs, rules: FileRules = DEFAULT_RULES) -> SeenKeys:
    """Return the keys of the first records of the data, some of each file.

    Args:
        inputs: the data.
        rules: how it is read; they become a part of the suggestion.

    Raises:
        DataFileError: not even the first record could be read.
    """
    most = max(_LEAST_OF_A_FILE, _SUGGESTION_RECORDS // len(inputs.items))
    seen: SeenKeys | None = None
    try:
        for position in range(len(inputs.items)):
            with inputs.open(position) as source:
                seen = seen or SeenKeys(is_text=source.is_text, rules=rules)
                for record in islice(source.records(), most):
                    if isinstance(record.value, dict) and record.problem is None:
                        seen.add(record.value)
                seen.has_header &= not source.notes["first_row_is_data"]
    except DataFileError:
        if seen is None or not seen.records:
            raise
    assert seen is not None  # noqa: S101  # there is at least one file
    return seen


class _IdentifierClaims:
    """Which users set an id or email that is not the identifier they are sent with."""

    def __init__(self) -> None:
        self._claims = {kind: Claims() for kind in _OF_ANOTHER}

    def add(self, user: Identity, payload: Payload, index: int) -> None:
        """Note the identifiers that a payload sets, except the user's own."""
        if payload.operation.record != "person":
            return
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
    findings: Findings, config: Config, payload: Payload, record: Record, size: int
) -> None:
    findings.actions[payload.operation.action] += 1
    if len(findings.payloads) < _SHOWN_PAYLOADS:
        findings.payloads.append(payload)
        is_mapped = payload.operation.action in ("upsert", "track")
        if findings.example is None and is_mapped and isinstance(record.value, dict):
            findings.example = Example(record.value, payload)
    for warning in payload_warnings(payload):
        _warn(findings, warning, payload)
    # Version 1 takes an event whose data is larger.
    is_v1_event = payload.operation.record == "event" and (
        config.api == "customers" and payload.operation.kind is None
    )
    if size > PAYLOAD_LIMIT_BYTES and not is_v1_event:
        _warn(findings, PayloadWarning("payload_too_large"), payload)


def _note_left_out(findings: Findings, left_out: dict[str, str]) -> None:
    for attribute, problem in left_out.items():
        warning = PayloadWarning("value_left_out", attribute)
        _count(findings.warnings, warning, findings.files.here)
        values = findings.warnings[warning].values
        if problem not in values and len(values) < _SHOWN_VALUES:
            values.append(problem)


def _value_warnings(
    config: Config, payload: Payload, times: set[str], now_seconds: float
) -> Iterator[PayloadWarning]:
    yield from map(PayloadWarning, id_warnings(payload.user_id))
    about = identifier_warning(payload, is_named=bool(config.records.identifiers))
    if about is not None:
        yield PayloadWarning(about)
    if payload.operation.record == "event":
        yield from map(PayloadWarning, event_warnings(payload, now_seconds))
    for name, value in values_of(payload).items():
        warning = time_warning(
            name, value, is_typed=name in times, now_seconds=now_seconds
        )
        if warning is not None:
            yield PayloadWarning(warning, name)
        if isinstance(value, str) and value in NULL_TEXTS:
            yield PayloadWarning("null_text", name)


def _warn(findings: Findings, warning: PayloadWarning, payload: Payload) -> None:
    _count(findings.warnings, warning, findings.files.here)
    values = findings.warnings[warning].values
    if len(values) == _SHOWN_VALUES:
        return
    name = warning.attribute
    value = payload.user_id if name is None else values_of(payload)[name]
    text = value if isinstance(value, str) else encode(value).decode()
    text = shortened(text, _MOST_SHOWN_OF_A_VALUE)
    if text not in values:
        values.append(text)


def _note_invalid(findings: Findings, message: str, index: int) -> None:
    if message not in findings.invalid and len(findings.invalid) >= _SHOWN_PROBLEMS:
        message = "other problems"
    _count(findings.invalid, message, index)


def _note_rows(findings: Findings) -> None:
    noted = (*findings.files.skipped_rows.items(), *findings.files.notes.items())
    for kind, count in noted:
        if count:
            findings.warnings[PayloadWarning(kind)] = Found(count, None)


def _note_duplicates(
    findings: Findings, config: Config, duplicates: Duplicates, events: Duplicates
) -> None:
    kinds: dict[str, tuple[WarningKind, Duplicates]] = {
        "person": ("user_repeated", duplicates),
        "event": ("event_repeated", events),
        "object": ("object_repeated", duplicates),
    }
    kind, counted = kinds[config.records.kind]
    repeated = counted.count_repeated()
    if repeated:
        warning = PayloadWarning(kind)
        findings.warnings[warning] = Found(repeated, None)
    else:  # then the order changes nothing
        findings.warnings.pop(PayloadWarning("rows_unordered"), None)


def _count(found: dict[_Key, Found], key: _Key, index: int) -> None:
    if key in found:
        found[key].count += 1
    else:
        found[key] = Found(1, index)
