"""Read secrets that are in the environment, or that a program prints.

They are read when a command needs them, and not before. What a program prints is
never shown or logged, and neither is its stderr: it may contain the secret.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from cio_pipeline.core.config import SECRETS, Config
from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.errors import ConfigError
from cio_pipeline.machine import SYSTEM_CLOCK

if TYPE_CHECKING:
    from cio_pipeline.core.secret_sources import FromCommand, SecretSource

TIMEOUT_SECONDS = 30.0
_MOST_BYTES = 65_536


def with_secrets(
    config: Config,
    path: str,
    keys: Sequence[str],
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Config:
    """Return a configuration in which some keys of `SECRETS` have their text.

    Args:
        config: the configuration.
        path: its file, for messages.
        keys: the keys that the command needs; those that the configuration does not
            have, or has as text, stay as they are.
        timeout_seconds: how long one program may take.

    Raises:
        ConfigError: a variable is not set, a program does not print the secret, or
            the secret is not valid.
    """
    needed = [key for key in keys if key in config.secret_sources]
    if not needed:
        return config
    texts: dict[str, Any] = {
        SECRETS[key].field: _read(
            path, key, config.secret_sources[key], timeout_seconds
        )
        for key in needed
    }
    left = {k: v for k, v in config.secret_sources.items() if k not in needed}
    return replace(config, **texts, secret_sources=left)


def is_set(source: SecretSource) -> bool:
    """Return whether a secret can be read, as far as that is known without reading."""
    from cio_pipeline.core.secret_sources import FromCommand  # noqa: PLC0415  # few need it

    return isinstance(source, FromCommand) or source.name in os.environ


def _read(path: str, key: str, source: SecretSource, timeout_seconds: float) -> str:
    from cio_pipeline.core.secret_sources import FromCommand  # noqa: PLC0415  # few need it

    fail = partial(_fail, path, key)
    if isinstance(source, FromCommand):
        text = _printed_by(source, timeout_seconds, fail)
    elif source.name in os.environ:
        text = os.environ[source.name]
    else:
        fail(f"{source} is not set")
    try:
        return SECRETS[key].check(Checker(path), key, text)
    except ConfigError as error:
        fail(f"read from {source}: {error.problem}")


def _fail(path: str, key: str, problem: str) -> NoReturn:
    raise ConfigError(path, problem, key=key) from None


def _printed_by(
    source: FromCommand, timeout_seconds: float, fail: Callable[[str], NoReturn]
) -> str:
    """Run a program and return what it prints, without the end of the line."""
    try:
        output, status = _run(source.words, timeout_seconds)
    except TimeoutError:
        fail(f"{source} did not end within {timeout_seconds:g} seconds")
    except OSError as error:
        fail(f"{source} cannot be run: {error.strerror}")
    if len(output) > _MOST_BYTES:
        fail(f"{source} printed more than {_MOST_BYTES:,} bytes")
    if status:
        how = f"with status {status}" if status > 0 else f"by signal {-status}"
        fail(f"{source} ended {how}; run it yourself to see why")
    try:
        return output.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        fail(f"{source} printed bytes that are not UTF-8")


def _run(words: Sequence[str], timeout_seconds: float) -> tuple[bytes, int]:
    """Run a program; return its output and status (negative: a signal).

    A program that prints too much is ended.

    Raises:
        OSError: it cannot be started.
        TimeoutError: it does not end in time.
    """
    import subprocess  # noqa: PLC0415  # most runs do not need it

    # Not our stdin: the data may come from it.
    process = subprocess.Popen(  # noqa: S603  # the user's own program, without a shell
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None  # noqa: S101  # it is a pipe
    deadline = SYSTEM_CLOCK.monotonic() + timeout_seconds
    try:
        output = _read_pipe(process.stdout.fileno(), deadline)
        if len(output) <= _MOST_BYTES:
            process.wait(deadline - SYSTEM_CLOCK.monotonic())
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    finally:
        process.kill()
        process.stdout.close()
        status = process.wait()
    return output, status


def _read_pipe(descriptor: int, deadline: float) -> bytes:
    """Read a pipe to its end, or until there is too much.

    It may stay open after the program has ended, in a process that it has started.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    output = b""
    while len(output) <= _MOST_BYTES:
        seconds = deadline - SYSTEM_CLOCK.monotonic()
        if seconds <= 0 or not poll.poll(seconds * 1000):
            raise TimeoutError
        piece = os.read(descriptor, _MOST_BYTES)
        if not piece:
            break
        output += piece
    return output
