"""Checks of single values of a configuration. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from cio_pipeline.core.addresses import Api, address_problem
from cio_pipeline.core.errors import ConfigError
from cio_pipeline.core.text import did_you_mean, kind_of, nearest, shortened

KEYS_ARE_AT = "Settings > Workspace Settings > API and Webhook Credentials"


class Checker:
    """Checks single values of one file; each method raises `ConfigError`.

    Args:
        path: the file's name, for messages.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise a `ConfigError` for a key."""
        raise ConfigError(self._path, problem, key=key)

    def wrong(self, key: str, expected: str, value: object) -> NoReturn:
        """Raise a `ConfigError` with what was expected and found."""
        self.fail(key, f"expected {expected}, found {_found(value)}")

    def refuse_unknown(
        self, document: dict[str, Any], known: Iterable[str], prefix: str
    ) -> None:
        """Refuse keys that are not known; the prefix is the path of the object."""
        names = list(known)
        for name in document:
            if name not in names:
                self.fail(f"{prefix}{name}", unknown("key", name, names))

    def text(self, key: str, value: object) -> str:
        """Return a text that is not empty."""
        if not isinstance(value, str):
            self.wrong(key, "text", value)
        return self.hidden_text(key, value)

    def hidden_text(self, key: str, value: object) -> str:
        """Return a text that is not empty; the message does not contain it."""
        if not isinstance(value, str):
            self.fail(key, f"expected text, found {kind_of(value)}")
        if not value:
            self.fail(key, "expected text, found an empty text")
        return value

    def secret(self, key: str, value: object) -> str:
        """Check a key of Customer.io; the message does not contain it."""
        if value == "":
            self.fail(key, f"it is empty; Customer.io shows it in {KEYS_ARE_AT}")
        text = self.hidden_text(key, value)
        if not text.isascii() or not text.isprintable() or " " in text:
            self.fail(
                key,
                "it has a space, a line break or another character that no key has;"
                " paste it again",
            )
        return text

    def number(
        self, key: str, value: object, expected: str, least: float, most: float
    ) -> float:
        """Return a number between bounds, both allowed."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, expected, value)
        # Compared before the conversion: an integer can be too large for a float.
        if not least <= value <= most:
            self.wrong(key, expected, value)
        return float(value)

    def integer(self, key: str, value: object, least: int, most: int | None) -> int:
        """Return a whole number between bounds; ``most`` None means no upper one."""
        bounds = f"{least} to {most}" if most is not None else f"{least} or more"
        expected = f"a whole number, {bounds}"
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, expected, value)
        if value < least or (most is not None and value > most):
            self.wrong(key, expected, value)
        return value

    def one_of(self, key: str, value: object, known: tuple[str, ...]) -> str:
        """Return one of the known texts."""
        if not isinstance(value, str):
            self.wrong(key, " or ".join(map(repr, known)), value)
        if value not in known:
            self.fail(key, unknown(f"value as {value!r}", value, known))
        return value

    def url(self, api: Api, value: object) -> str:
        """Return an API's base address, without a slash at the end."""
        url = self.text(api.key, value)
        problem = address_problem(api, url)
        if problem is not None:
            self.fail(api.key, problem)
        return url.rstrip("/")


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return the problem with an unknown name, and the known name that is nearest."""
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f"there is no such {what}; {did_you_mean(near, name)}"
    return f"there is no such {what}; the known ones are {', '.join(names)}"


def _found(value: object) -> str:
    if isinstance(value, str | int | float | None):
        return shortened(json.dumps(value), 60)
    return kind_of(value)
