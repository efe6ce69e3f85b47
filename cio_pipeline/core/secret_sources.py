"""Where a secret of the configuration comes from, if not from its text. Pure.

A configuration is often kept in a repository, where no key may be. So a key can name an
environment variable or a program that prints it. What they contain is read later, and
only if a command needs it (`commands.secret_values`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.text import kind_of

_FORMS = 'text, {"env": NAME} or {"command": [PROGRAM, ARGUMENT, …]}'


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """The secret is in an environment variable.

    Args:
        name: the variable's name.
    """

    name: str

    def __str__(self) -> str:
        return f"the environment variable {self.name}"


@dataclass(frozen=True, slots=True)
class FromCommand:
    """A program prints the secret.

    Args:
        words: the program and its arguments, which may be secret too.
    """

    words: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        return f"the program {self.words[0]!r}"


SecretSource: TypeAlias = FromEnvironment | FromCommand


def check_source(checker: Checker, key: str, value: dict[str, Any]) -> SecretSource:
    """Return where a secret comes from.

    Args:
        checker: the file's checker.
        key: the path of the key.
        value: what the configuration has.

    Raises:
        ConfigError: it is not one of the forms.
    """
    checker.refuse_unknown(value, ("env", "command"), f"{key}.")
    if len(value) != 1:
        checker.fail(key, f"expected {_FORMS}")
    if "env" in value:
        return FromEnvironment(_name_of_variable(checker, f"{key}.env", value["env"]))
    return FromCommand(_words(checker, f"{key}.command", value["command"]))


def _name_of_variable(checker: Checker, key: str, value: object) -> str:
    name = checker.text(key, value)
    if "=" in name or "\0" in name:
        checker.fail(key, "a name of an environment variable has no '=' and no NUL")
    return name


def _words(checker: Checker, key: str, value: Any) -> tuple[str, ...]:  # noqa: ANN401  # any JSON
    if not isinstance(value, list):
        found = "; it is not run by a shell" if isinstance(value, str) else ""
        checker.fail(
            key,
            f"expected a list of a program and its arguments, found {kind_of(value)}"
            f"{found}",
        )
    if not value or not value[0]:
        checker.fail(key, "expected a list of a program and its arguments")
    for index, word in enumerate(value):
        if not isinstance(word, str) or "\0" in word:
            checker.fail(f"{key}[{index}]", f"expected text, found {kind_of(word)}")
    return tuple(value)
