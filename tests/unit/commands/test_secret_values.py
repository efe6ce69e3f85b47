"""Secrets from the environment and from programs, with real programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.commands.secret_values import is_set, with_secrets
from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import ConfigError
from cio_pipeline.core.secret_sources import FromCommand, FromEnvironment, SecretSource


def python(code: str, *words: str) -> FromCommand:
    """Return a command that runs some lines of Python."""
    return FromCommand((sys.executable, "-c", code, *words))


def read(source: SecretSource, key: str = "apiKey", **settings: Any) -> Config:
    """Read one secret of a configuration."""
    config = Config(
        parallelism=1, user_id="id", mappings=(), secret_sources={key: source}
    )
    return with_secrets(config, "c.json", [key], **settings)


def complaint(source: SecretSource, **settings: Any) -> str:
    """Return the message about a secret that cannot be read."""
    with pytest.raises(ConfigError) as caught:
        read(source, **settings)
    return str(caught.value)


def test_a_variable_has_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read when it is needed."""
    monkeypatch.setenv("CIO_TEST_KEY", "k3y")

    config = read(FromEnvironment("CIO_TEST_KEY"))

    assert (config.api_key, config.secret_sources) == ("k3y", {})
    assert is_set(FromEnvironment("CIO_TEST_KEY"))


def test_a_variable_that_is_not_set_is_reported() -> None:
    """With the key and the variable."""
    message = complaint(FromEnvironment("CIO_TEST_NONE"))

    assert message == (
        "c.json: 'apiKey': the environment variable CIO_TEST_NONE is not set"
    )
    assert not is_set(FromEnvironment("CIO_TEST_NONE"))


def test_a_program_prints_the_secret() -> None:
    """Password managers end it with a line break, which is not part of it."""
    assert read(python("print('k3y')")).api_key == "k3y"
    assert read(python("print('sqlite:///ü', end='')"), "database").database == (
        "sqlite:///ü"
    )


def test_arguments_are_passed_without_a_shell() -> None:
    """What is special for a shell is an ordinary character."""
    code = "import sys; print(sys.argv[1])"

    assert read(python(code, "$(id);*")).api_key == "$(id);*"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise SystemExit(3)", "ended with status 3; run it yourself to see why"),
        ("import os; os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("", "it is empty"),
        ("print('k3y'); print('more')", "has a space, a line break"),
        ("import os; os.write(1, b'\\xff')", "printed bytes that are not UTF-8"),
        ("print('x' * 70_000, flush=True)", "printed more than 65,536 bytes"),
    ],
)
def test_a_program_that_prints_no_secret_is_reported(code: str, problem: str) -> None:
    """With its name and status, but without what it wrote, to either stream."""
    hidden = "import sys; print('hunter2', file=sys.stderr)\n"

    message = complaint(python(hidden + code))

    assert sys.executable in message
    assert problem in message
    assert "hunter2" not in message
    assert "k3y" not in message


def test_a_program_that_is_not_there_is_reported(tmp_path: Path) -> None:
    """Often a password manager that is not installed on the server."""
    file = tmp_path / "not-a-program"
    file.touch()

    assert "'no-such-program' cannot be run: No such file" in complaint(
        FromCommand(("no-such-program",))
    )
    assert "cannot be run: Permission denied" in complaint(FromCommand((str(file),)))


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import os, time; os.close(1); time.sleep(60)",
        # Another process keeps the pipe open.
        "import os, time; os.fork() or time.sleep(2)",
    ],
)
def test_a_program_that_does_not_end_is_ended(code: str) -> None:
    """One that waits for a password must not hold a run for ever."""
    assert "did not end within 0.3 seconds" in complaint(
        python(code), timeout_seconds=0.3
    )


def test_a_program_cannot_read_the_data() -> None:
    """`-data -` is for the sync alone."""
    assert read(python("import sys; print('end' + sys.stdin.read())")).api_key == "end"


def test_secrets_that_are_not_needed_stay_unread() -> None:
    """`status` needs no API key, and must not ask a password manager for one."""
    source = python("raise SystemExit(1)")
    config = Config(
        parallelism=1, user_id="id", mappings=(), secret_sources={"apiKey": source}
    )

    assert with_secrets(config, "c.json", ["siteId"]) == config
