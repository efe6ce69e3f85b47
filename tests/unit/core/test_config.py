"""The configuration and its error messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.core.config import (
    PLACEHOLDERS,
    Config,
    missing_track_keys,
    parse_config,
    read_config,
    require_track_keys,
)
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.errors import ConfigError
from cio_pipeline.core.secret_sources import FromCommand, FromEnvironment

GOOD: dict[str, Any] = {
    "parallelism": 25,
    "userId": "id",
    "mappings": [{"from": "computed_ltv", "to": "ltv"}, {"from": "name", "to": "name"}],
}


def parse(**changes: Any) -> Config:
    """Parse the request's example with changes; ... removes a key."""
    document = {k: v for k, v in (GOOD | changes).items() if v is not ...}
    return parse_config(json.dumps(document).encode(), "c.json")


def complaint(**changes: Any) -> str:
    """Return the message about a wrong configuration."""
    with pytest.raises(ConfigError) as caught:
        parse(**changes)
    return str(caught.value)


def test_the_requests_example_is_read() -> None:
    """It has three keys; all others have their defaults."""
    config = parse()

    assert config == Config(
        parallelism=25,
        user_id="id",
        mappings=(Mapping("computed_ltv", "ltv"), Mapping("name", "name")),
    )
    assert (config.requests_per_second, config.max_attempts) == (1000, 8)
    assert (config.max_outage_seconds, config.api) == (300, "customers")


def test_every_key_is_read() -> None:
    """Including the keys of recent features."""
    config = parse(
        siteId="s",
        apiKey="hunter2",
        appApiKey="hunter3",
        region="eu",
        trackUrl="http://127.0.0.1:1/base/",
        appUrl="https://proxy.example",
        api="batch",
        requestsPerSecond=0,
        maxAttempts=3,
        maxOutageSeconds=1.5,
        timeoutSeconds=7,
        mappings=[{"from": "a", "to": "b", "type": "timestamp"}],
    )

    assert config.track_url == "http://127.0.0.1:1/base"
    assert config.mappings == (Mapping("a", "b", "timestamp"),)
    assert (config.connect_timeout_seconds, config.read_timeout_seconds) == (7, 7)
    assert "hunter" not in repr(config)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"paralelism": 5}, ["c.json", "'paralelism'", "'parallelism'"]),
        ({"site_id": "x"}, ["'site_id'", "'siteId'"]),
        ({"APIKey": "x"}, ["'APIKey'", "'apiKey'"]),
        ({"zzzzzz": 1}, ["'zzzzzz'", "parallelism", "userId"]),
        ({"parallelism": ...}, ["'parallelism'", "required"]),
        ({"userId": ...}, ["'userId'", "required"]),
        ({"mappings": ...}, ["'mappings'", "required"]),
        ({"parallelism": "25"}, ["'parallelism'", "whole number, 1 to 1000", '"25"']),
        ({"parallelism": True}, ["'parallelism'", "whole number", "true"]),
        ({"parallelism": 0}, ["1 to 1000", "found 0"]),
        ({"parallelism": 1001}, ["1 to 1000", "found 1001"]),
        ({"parallelism": 2.5}, ["whole number"]),
        ({"userId": ""}, ["'userId'", "text"]),
        ({"userId": 5}, ["'userId'", "text", "found 5"]),
        ({"region": "usa"}, ["'region'", "'us'"]),
        ({"region": "moon"}, ["'region'", "us, eu"]),
        ({"api": "bulk"}, ["'api'", "customers, batch"]),
        ({"trackUrl": "track.customer.io"}, ["'trackUrl'", "https://"]),
        ({"trackUrl": "https://a:b@c.io"}, ["'trackUrl'", "without user"]),
        ({"trackUrl": "https://c.io/?x=1"}, ["'trackUrl'", "query"]),
        ({"trackUrl": "http://h:99999"}, ["'trackUrl'"]),
        ({"requestsPerSecond": -1}, ["'requestsPerSecond'", "0"]),
        ({"maxAttempts": 0}, ["'maxAttempts'", "1 or more"]),
        ({"maxOutageSeconds": "5m"}, ["'maxOutageSeconds'", "seconds"]),
        ({"timeoutSeconds": 0}, ["'timeoutSeconds'", "more than 0"]),
        ({"timeoutSeconds": 1e300}, ["'timeoutSeconds'", "at most 3600"]),
        ({"timeoutSeconds": [10, 30]}, ["'timeoutSeconds'", "found a list"]),
        ({"requestsPerSecond": 10**400}, ["'requestsPerSecond'"]),
        ({"usersPerSecond": 0}, ["'usersPerSecond'", "leave it out for no limit"]),
        ({"usersPerSecond": -1}, ["'usersPerSecond'"]),
        ({"usersPerSecond": "5"}, ["'usersPerSecond'", '"5"']),
        ({"maxOutageSeconds": 10**400}, ["'maxOutageSeconds'"]),
        (
            {"mappings": [{"to": "a", "value": "x", "type": "number"}]},
            ["'mappings[0].value'", "it is not a number (text)"],
        ),
        (
            {"mappings": [{"to": "a", "from": "b", "default": "x", "type": "boolean"}]},
            ["'mappings[0].default'", "neither true nor false"],
        ),
        ({"apiKey": "secret\n"}, ["'apiKey'", "line break"]),
        ({"apiKey": ""}, ["'apiKey'", "empty"]),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_a_message_has_the_key_and_what_was_expected(
    changes: dict[str, Any], words: list[str]
) -> None:
    """It names the file, the key, what was found and the nearest key."""
    message = complaint(**changes)

    assert [word for word in words if word not in message] == []
    assert "\n" not in message


def test_secrets_may_come_from_elsewhere() -> None:
    """They are not asked for as missing, and are still unread."""
    config = parse(
        siteId={"env": "SITE"}, apiKey={"command": ["op"]}, database="postgresql://h"
    )

    assert (config.site_id, config.api_key) == (None, None)
    assert config.database == "postgresql://h"
    assert config.secret_sources == {
        "siteId": FromEnvironment("SITE"),
        "apiKey": FromCommand(("op",)),
    }
    assert missing_track_keys(config) == []


@pytest.mark.parametrize("key", ["apiKey", "appApiKey", "siteId", "database"])
def test_an_invalid_secret_is_not_in_the_message(key: str) -> None:
    """Guarantee 10: keys are never in error messages."""
    assert "hunter2" not in complaint(**{key: ["hunter2 "]})
    assert "hunter2" not in complaint(**{key: {"command": "hunter2"}})
    if key != "database":
        assert "hunter2" not in complaint(**{key: "hunter2 "})


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    """As one line, without a traceback."""
    with pytest.raises(ConfigError, match="there is no such file"):
        read_config(str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(str(tmp_path))


def test_sending_needs_both_track_keys() -> None:
    """And the message says where Customer.io shows them."""
    with pytest.raises(ConfigError, match=r"siteId.*API and Webhook Credentials"):
        require_track_keys(parse(apiKey="k"), "c.json")
    with pytest.raises(ConfigError, match="apiKey"):
        require_track_keys(parse(siteId="s"), "c.json")
    assert require_track_keys(parse(siteId="s", apiKey="k"), "c.json") == ("s", "k")


def test_a_placeholder_is_not_a_key() -> None:
    """A suggested configuration is valid, but must be filled in before sending."""
    config = parse(**PLACEHOLDERS)

    with pytest.raises(ConfigError, match="placeholder 'YOUR-SITE-ID'"):
        require_track_keys(config, "c.json")


def test_a_message_has_the_line_in_yaml_and_toml() -> None:
    """Such files are long, and have comments."""
    yaml = b"# five\nparallelism: five\nuserId: id\nmappings: []\n"
    toml = b'userId = "id"\nmappings = []\n\nparallelism = "five"\n'

    with pytest.raises(ConfigError, match=r"c\.yaml, line 2: 'parallelism': expected"):
        parse_config(yaml, "c.yaml")
    with pytest.raises(ConfigError, match=r"c\.toml, line 4: 'parallelism': expected"):
        parse_config(toml, "c.toml")
