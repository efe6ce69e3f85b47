"""The configuration: which keys the file may have, and what they mean.

`parse_config` is pure; `read_config` reads the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cio_pipeline.core.addresses import APP_API, TRACK_API
from cio_pipeline.core.config_checker import KEYS_ARE_AT, Checker
from cio_pipeline.core.config_document import line_of_key, parse_document
from cio_pipeline.core.config_files import (
    DEFAULT_RULES,
    FILE_KEYS,
    FileRules,
    check_file_rules,
)
from cio_pipeline.core.config_mappings import Mapping, check_mappings
from cio_pipeline.core.config_records import (
    PLAIN_RECORDS,
    RECORD_KEYS,
    RecordRules,
    are_plain,
    required_keys,
)
from cio_pipeline.core.errors import ConfigError
from cio_pipeline.core.limits import TRACK_API_LIMIT_PER_SECOND
from cio_pipeline.core.text import seen_from

if TYPE_CHECKING:
    from cio_pipeline.core.secret_sources import SecretSource

MOST_PARALLELISM = 1000
# What `check -suggest` writes in place of the keys.
PLACEHOLDERS = {"siteId": "YOUR-SITE-ID", "apiKey": "YOUR-TRACK-API-KEY"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration. The fields are the file's keys.

    Args:
        user_id: the key or dotted path of the user id in a record; empty if
            `records` say more about it.
        records: what the records are, if they are not people to insert or update.
        database: the address of a database; it may contain a password.
        secret_sources: for each key of `SECRETS` that is not text: where it comes
            from. Its own field is None until `commands.secret_values` fills it.
        requests_per_second: 0 means no limit.
        users_per_second: the most users (events, objects) per second; 0 means no
            limit.
        max_attempts: after this many strikes a job becomes a dead letter.
        max_outage_seconds: the run stops when no request succeeds for this time.
        file: how the data file is to be read.
    """

    parallelism: int
    user_id: str = ""
    mappings: tuple[Mapping, ...]
    records: RecordRules = PLAIN_RECORDS
    site_id: str | None = None
    api_key: str | None = field(default=None, repr=False)
    app_api_key: str | None = field(default=None, repr=False)
    database: str | None = field(default=None, repr=False)
    secret_sources: dict[str, SecretSource] = field(default_factory=dict)
    region: Literal["us", "eu"] | None = None
    track_url: str | None = None
    app_url: str | None = None
    api: Literal["customers", "batch"] = "customers"
    requests_per_second: float = TRACK_API_LIMIT_PER_SECOND
    users_per_second: float = 0.0
    max_attempts: int = 8
    max_outage_seconds: float = 300.0
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 30.0
    file: FileRules = DEFAULT_RULES


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
    document = parse_document(text, path)
    try:
        return _config_of(document, path)
    except ConfigError as error:
        line = line_of_key(text, path, error.key or "")
        raise ConfigError(path, error.problem, key=error.key, line=line) from None


def _config_of(document: dict[str, Any], path: str) -> Config:
    checker = Checker(path)
    checker.refuse_unknown(document, (*_KEYS, *FILE_KEYS), "")
    missing = [name for name in required_keys(document) if name not in document]
    if missing:
        others = f" ({', '.join(missing)} are missing)" if len(missing) > 1 else ""
        checker.fail(missing[0], f"this key is required{others}")
    fields: dict[str, Any] = {"file": check_file_rules(checker, document)}
    for name, value in document.items():
        if name in _KEYS:
            fields |= _KEYS[name](checker, name, value)
    if not are_plain(document):
        from cio_pipeline.core.config_record_keys import check_records  # noqa: PLC0415  # few have them

        fields["records"] = check_records(checker, document)
    sources = {
        key: fields.pop(SECRETS[key].field)
        for key in SECRETS
        if isinstance(document.get(key), dict)
    }
    return Config(**fields, secret_sources=sources)


def require_track_keys(config: Config, path: str) -> TrackKeys:
    """Return the keys that sending needs.

    Raises:
        ConfigError: one is missing.
    """
    for name, value in (("siteId", config.site_id), ("apiKey", config.api_key)):
        if value is None:
            raise ConfigError(
                path,
                f"this key is required; Customer.io shows it in {KEYS_ARE_AT}",
                key=name,
            )
        if value == PLACEHOLDERS[name]:
            raise ConfigError(
                path,
                f"it still has the placeholder {value!r}; write your own key there."
                f" Customer.io shows it in {KEYS_ARE_AT}",
                key=name,
            )
    assert config.site_id is not None  # noqa: S101  # as just checked
    assert config.api_key is not None  # noqa: S101  # as just checked
    return TrackKeys(config.site_id, config.api_key)


def require_app_key(config: Config, path: str, needed_by: str) -> str:
    """Return the key that the App API needs.

    Args:
        config: the configuration.
        path: its file, for the message.
        needed_by: the command or option that needs the key.

    Raises:
        ConfigError: it is missing.
    """
    if config.app_api_key is None:
        raise ConfigError(
            path,
            f"this key is required: {needed_by} needs an App API key (Settings >"
            " Account Settings > API Credentials > App API Keys)",
            key="appApiKey",
        )
    return config.app_api_key


def missing_track_keys(config: Config) -> list[str]:
    """Return the names of the keys that sending needs and that are not filled in."""
    keys = {"siteId": config.site_id, "apiKey": config.api_key}
    return [
        name
        for name, key in keys.items()
        if key in (None, PLACEHOLDERS[name]) and name not in config.secret_sources
    ]


_LARGE = 1e9  # a limit for typing errors: nobody means more seconds or requests
_Check = Callable[[Checker, str, Any], dict[str, Any]]


def _timeouts(checker: Checker, key: str, value: object) -> dict[str, Any]:
    expected = "seconds, more than 0 and at most 3600"
    seconds = checker.number(key, value, expected, 0.001, 3600.0)
    return {"connect_timeout_seconds": seconds, "read_timeout_seconds": seconds}


def _schema(checker: Checker, key: str, value: object) -> dict[str, Any]:
    checker.text(key, value)
    return {}  # it is for editors


def _secret(checker: Checker, key: str, value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        from cio_pipeline.core.secret_sources import check_source  # noqa: PLC0415  # few use it

        return {SECRETS[key].field: check_source(checker, key, value)}
    return {SECRETS[key].field: SECRETS[key].check(checker, key, value)}


class SecretKey(NamedTuple):
    """A key of the configuration that has a secret.

    Args:
        field: the field of `Config`.
        check: checks its text; the message does not contain it.
    """

    field: str
    check: Callable[[Checker, str, object], str]


SECRETS = {
    "siteId": SecretKey("site_id", Checker.secret),
    "apiKey": SecretKey("api_key", Checker.secret),
    "appApiKey": SecretKey("app_api_key", Checker.secret),
    "database": SecretKey("database", Checker.hidden_text),
}


def _user_id(checker: Checker, key: str, value: object) -> dict[str, Any]:
    if isinstance(value, dict | list):
        return {}  # `check_records` checks it
    return {"user_id": checker.text(key, value)}


_KEYS: dict[str, _Check] = {
    "parallelism": lambda c, k, v: {
        "parallelism": c.integer(k, v, 1, MOST_PARALLELISM)
    },
    "userId": _user_id,
    "mappings": lambda c, k, v: {"mappings": check_mappings(c, k, v)},
    **dict.fromkeys(SECRETS, _secret),
    "region": lambda c, k, v: {"region": c.one_of(k, v, ("us", "eu"))},
    "trackUrl": lambda c, _, v: {"track_url": c.url(TRACK_API, v)},
    "appUrl": lambda c, _, v: {"app_url": c.url(APP_API, v)},
    "api": lambda c, k, v: {"api": c.one_of(k, v, ("customers", "batch"))},
    "requestsPerSecond": lambda c, k, v: {
        "requests_per_second": c.number(
            k, v, "a number, 0 (no limit) or more", 0.0, _LARGE
        )
    },
    "usersPerSecond": lambda c, k, v: {
        "users_per_second": c.number(
            k, v, "a number, 0.001 or more (leave it out for no limit)", 0.001, _LARGE
        )
    },
    "maxAttempts": lambda c, k, v: {"max_attempts": c.integer(k, v, 1, None)},
    "maxOutageSeconds": lambda c, k, v: {
        "max_outage_seconds": c.number(k, v, "seconds, 0 or more", 0.0, _LARGE)
    },
    "timeoutSeconds": _timeouts,
    # They depend on each other, so `check_records` checks them together.
    **dict.fromkeys(RECORD_KEYS, lambda *_: {}),
    "$schema": _schema,
}
