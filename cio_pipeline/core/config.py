"""The configuration: which keys the file may have, and what they mean.

`parse_config` is pure; `read_config` reads the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn

from cio_pipeline.core.addresses import APP_API, TRACK_API, Api, address_problem
from cio_pipeline.core.errors import ConfigError
from cio_pipeline.core.limits import (
    ATTRIBUTE_LIMIT_COUNT,
    ATTRIBUTE_NAME_LIMIT_BYTES,
    TRACK_API_LIMIT_PER_SECOND,
)
from cio_pipeline.core.text import did_you_mean, kind_of, nearest, seen_from, shortened

ValueKind = Literal["as_is", "timestamp", "number", "integer", "boolean"]

MOST_PARALLELISM = 1000
# What `check -suggest` writes in place of the keys.
PLACEHOLDERS = {"siteId": "YOUR-SITE-ID", "apiKey": "YOUR-TRACK-API-KEY"}
_KEYS_ARE_AT = "Settings > Workspace Settings > API and Webhook Credentials"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One configured ``from`` -> ``to``.

    Args:
        source: a key of the record, or a dotted path into nested objects.
        target: the attribute's name in Customer.io.
        kind: the type that the value is converted to.
    """

    source: str
    target: str
    kind: ValueKind = "as_is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration. The fields are the file's keys.

    Args:
        user_id: the key or dotted path of the user id in a record.
        requests_per_second: 0 means no limit.
        max_attempts: after this many strikes a job becomes a dead letter.
        max_outage_seconds: the run stops when no request succeeds for this time.
    """

    parallelism: int
    user_id: str
    mappings: tuple[Mapping, ...]
    site_id: str | None = None
    api_key: str | None = field(default=None, repr=False)
    app_api_key: str | None = field(default=None, repr=False)
    region: Literal["us", "eu"] | None = None
    track_url: str | None = None
    app_url: str | None = None
    api: Literal["customers", "batch"] = "customers"
    requests_per_second: float = TRACK_API_LIMIT_PER_SECOND
    max_attempts: int = 8
    max_outage_seconds: float = 300.0
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 30.0


class TrackKeys(NamedTuple):
    """The user name and password for the Track API."""

    site_id: str
    api_key: str


def read_config(path: str) -> Config:
    """Read and check a configuration file.

    Raises:
        ConfigError: it cannot be read, or something in it is invalid.
    """
    try:
        text = Path(path).read_bytes()
    except FileNotFoundError:
        raise ConfigError(path, f"there is no such file{seen_from(path)}") from None
    except OSError as error:
        raise ConfigError(path, f"it cannot be read: {error.strerror}") from error
    return parse_config(text, path)


def parse_config(text: bytes, path: str) -> Config:
    """Check a configuration document.

    Args:
        text: the file's content.
        path: the file's name, for messages.

    Raises:
        ConfigError: with the file, the key, what was found and what was expected.
    """
    document = _parse_json(text, path)
    checker = _Checker(path)
    checker.refuse_unknown(document, _KEYS, "")
    missing = [name for name in _REQUIRED if name not in document]
    if missing:
        others = f" ({', '.join(missing)} are missing)" if len(missing) > 1 else ""
        checker.fail(missing[0], f"this key is required{others}")
    fields: dict[str, Any] = {}
    for name, value in document.items():
        fields |= _KEYS[name](checker, name, value)
    return Config(**fields)


def require_track_keys(config: Config, path: str) -> TrackKeys:
    """Return the keys that sending needs.

    Raises:
        ConfigError: one is missing.
    """
    for name, value in (("siteId", config.site_id), ("apiKey", config.api_key)):
        if value is None:
            raise ConfigError(
                path,
                f"this key is required; Customer.io shows it in {_KEYS_ARE_AT}",
                key=name,
            )
        if value == PLACEHOLDERS[name]:
            raise ConfigError(
                path,
                f"it still has the placeholder {value!r}; write your own key there."
                f" Customer.io shows it in {_KEYS_ARE_AT}",
                key=name,
            )
    assert config.site_id is not None  # noqa: S101  # as just checked
    assert config.api_key is not None  # noqa: S101  # as just checked
    return TrackKeys(config.site_id, config.api_key)


def missing_track_keys(config: Config) -> list[str]:
    """Return the names of the keys that sending needs and that are not filled in."""
    keys = {"siteId": config.site_id, "apiKey": config.api_key}
    return [name for name, key in keys.items() if key in (None, PLACEHOLDERS[name])]


def _parse_json(text: bytes, path: str) -> dict[str, Any]:
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_utf16 = text.startswith((b"\xff\xfe", b"\xfe\xff"))
        found = "it is UTF-16" if is_utf16 else f"byte {error.start} is not UTF-8"
        raise ConfigError(path, f"{found}; save the file as UTF-8") from None
    if not decoded.strip():
        raise ConfigError(path, "the file is empty; expected a JSON object")
    try:
        document = json.loads(decoded, object_pairs_hook=_refuse_duplicates(path))
    except json.JSONDecodeError as error:
        raise ConfigError(path, _explain(error)) from None
    except RecursionError:
        raise ConfigError(path, "it is nested too deeply") from None
    if not isinstance(document, dict):
        raise ConfigError(path, f"expected a JSON object, found {kind_of(document)}")
    return document


def _explain(error: json.JSONDecodeError) -> str:
    """Return where the syntax error is and, for common mistakes, how to fix it."""
    before, rest = error.doc[: error.pos].rstrip(), error.doc[error.pos :].lstrip()
    problem, position = error.msg, error.pos
    # Python 3.12 and older report the position after the comma.
    if "railing comma" in error.msg or (before[-1:] == "," and rest[:1] in ("}", "]")):
        problem = "a comma after the last entry; remove it"
        position = error.doc.rfind(",", 0, error.pos + 1)
    elif rest.startswith("'"):
        problem = 'JSON has only double quotes: "'
    elif rest.startswith(("//", "/*", "#")):
        problem = "JSON has no comments; remove it"
    line = error.doc.count("\n", 0, position) + 1
    column = position - error.doc.rfind("\n", 0, position)
    return f"not JSON at line {line}, column {column}: {problem}"


def _refuse_duplicates(path: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for name, value in pairs:
            if name in document:
                raise ConfigError(path, "this key appears twice", key=name)
            document[name] = value
        return document

    return build


class _Checker:
    """Checks single values of one file; raises `ConfigError`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def fail(self, key: str, problem: str) -> NoReturn:
        raise ConfigError(self._path, problem, key=key)

    def wrong(self, key: str, expected: str, value: object) -> NoReturn:
        self.fail(key, f"expected {expected}, found {_found(value)}")

    def refuse_unknown(
        self, document: dict[str, Any], known: Iterable[str], prefix: str
    ) -> None:
        names = list(known)
        for name in document:
            if name not in names:
                self.fail(f"{prefix}{name}", _unknown("key", name, names))

    def text(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            self.wrong(key, "text", value)
        if not value:
            self.fail(key, "expected text, found an empty text")
        return value

    def secret(self, key: str, value: object) -> str:
        """Check a key of Customer.io; the message does not contain it."""
        if not isinstance(value, str):
            self.fail(key, f"expected text, found {kind_of(value)}")
        if not value:
            self.fail(key, f"it is empty; Customer.io shows it in {_KEYS_ARE_AT}")
        if not value.isascii() or not value.isprintable() or " " in value:
            self.fail(
                key,
                "it has a space, a line break or another character that no key has;"
                " paste it again",
            )
        return value

    def number(
        self, key: str, value: object, expected: str, least: float, most: float
    ) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, expected, value)
        # Compared before the conversion: an integer can be too large for a float.
        if not least <= value <= most:
            self.wrong(key, expected, value)
        return float(value)

    def integer(self, key: str, value: object, least: int, most: int | None) -> int:
        bounds = f"{least} to {most}" if most is not None else f"{least} or more"
        expected = f"a whole number, {bounds}"
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, expected, value)
        if value < least or (most is not None and value > most):
            self.wrong(key, expected, value)
        return value

    def one_of(self, key: str, value: object, known: tuple[str, ...]) -> str:
        if not isinstance(value, str):
            self.wrong(key, " or ".join(map(repr, known)), value)
        if value not in known:
            self.fail(key, _unknown(f"value as {value!r}", value, known))
        return value

    def url(self, api: Api, value: object) -> str:
        url = self.text(api.key, value)
        problem = address_problem(api, url)
        if problem is not None:
            self.fail(api.key, problem)
        return url.rstrip("/")

    def mappings(self, key: str, value: object) -> tuple[Mapping, ...]:
        if not isinstance(value, list):
            self.wrong(key, "a list of objects with 'from' and 'to'", value)
        if len(value) > ATTRIBUTE_LIMIT_COUNT:
            self.fail(
                key,
                f"{len(value)} mappings; Customer.io accepts up to"
                f" {ATTRIBUTE_LIMIT_COUNT} attributes",
            )
        mappings = [
            self.mapping(f"{key}[{index}]", item) for index, item in enumerate(value)
        ]
        seen: dict[str, int] = {}
        for index, mapping in enumerate(mappings):
            first = seen.setdefault(mapping.target, index)
            if first != index:
                self.fail(
                    f"{key}[{index}].to",
                    f"{key}[{first}] already maps to {mapping.target!r}",
                )
        return tuple(mappings)

    def mapping(self, path: str, value: object) -> Mapping:
        if not isinstance(value, dict):
            self.wrong(path, "an object with 'from' and 'to'", value)
        self.refuse_unknown(value, ("from", "to", "type"), f"{path}.")
        for name in ("from", "to"):
            if name not in value:
                self.fail(f"{path}.{name}", "this key is required")
        target = self.text(f"{path}.to", value["to"])
        size = len(target.encode("utf-8", "surrogatepass"))
        if size > ATTRIBUTE_NAME_LIMIT_BYTES:
            self.fail(
                f"{path}.to",
                f"{size} bytes; Customer.io accepts names of up to"
                f" {ATTRIBUTE_NAME_LIMIT_BYTES} bytes",
            )
        kind: Any = "as_is"
        if "type" in value:
            kind = self.one_of(f"{path}.type", value["type"], _KINDS)
        return Mapping(self.text(f"{path}.from", value["from"]), target, kind)


_LARGE = 1e9  # a limit for typing errors: nobody means more seconds or requests
_KINDS = ("timestamp", "number", "integer", "boolean")
_Check = Callable[[_Checker, str, Any], dict[str, Any]]


def _timeouts(checker: _Checker, key: str, value: object) -> dict[str, Any]:
    expected = "seconds, more than 0 and at most 3600"
    seconds = checker.number(key, value, expected, 0.001, 3600.0)
    return {"connect_timeout_seconds": seconds, "read_timeout_seconds": seconds}


_KEYS: dict[str, _Check] = {
    "parallelism": lambda c, k, v: {
        "parallelism": c.integer(k, v, 1, MOST_PARALLELISM)
    },
    "userId": lambda c, k, v: {"user_id": c.text(k, v)},
    "mappings": lambda c, k, v: {"mappings": c.mappings(k, v)},
    "siteId": lambda c, k, v: {"site_id": c.secret(k, v)},
    "apiKey": lambda c, k, v: {"api_key": c.secret(k, v)},
    "appApiKey": lambda c, k, v: {"app_api_key": c.secret(k, v)},
    "region": lambda c, k, v: {"region": c.one_of(k, v, ("us", "eu"))},
    "trackUrl": lambda c, _, v: {"track_url": c.url(TRACK_API, v)},
    "appUrl": lambda c, _, v: {"app_url": c.url(APP_API, v)},
    "api": lambda c, k, v: {"api": c.one_of(k, v, ("customers", "batch"))},
    "requestsPerSecond": lambda c, k, v: {
        "requests_per_second": c.number(
            k, v, "a number, 0 (no limit) or more", 0.0, _LARGE
        )
    },
    "maxAttempts": lambda c, k, v: {"max_attempts": c.integer(k, v, 1, None)},
    "maxOutageSeconds": lambda c, k, v: {
        "max_outage_seconds": c.number(k, v, "seconds, 0 or more", 0.0, _LARGE)
    },
    "timeoutSeconds": _timeouts,
}
_REQUIRED = ("parallelism", "userId", "mappings")


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f"there is no such {what}; {did_you_mean(near, name)}"
    return f"there is no such {what}; the known ones are {', '.join(names)}"


def _found(value: object) -> str:
    if isinstance(value, str | int | float | None):
        return shortened(json.dumps(value), 60)
    return kind_of(value)
