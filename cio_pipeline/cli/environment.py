"""Options from environment variables: ``CIO_PIPELINE_STATE`` is ``-state``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence

from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.text import nearest

PREFIX = "CIO_PIPELINE_"
_SWITCHES = {"true": True, "1": True, "false": False, "0": False}
# They end the program, so no variable has their value.
_NOT_SET = ("help", "version")


def words_from(
    environment: Mapping[str, str],
    command: str,
    words: Sequence[str],
    parsers: Mapping[str, argparse.ArgumentParser],
) -> list[str]:
    """Return options from the environment, as words of a command line.

    An option on the command line wins. An empty variable is not set. Other commands'
    options are left out; so is a value that only another command's option accepts.

    Args:
        environment: the process's environment.
        command: the command.
        words: the rest of the command line.
        parsers: the parser of each command.

    Raises:
        UsageError: a value is not valid; the message names the variable.
    """
    given = {word.partition("=")[0].lstrip("-") for word in words if word[:1] == "-"}
    found: list[str] = []
    for name, action in _options_of(parsers[command]).items():
        variable = variable_of(name)
        text = environment.get(variable, "")
        if text and name not in given:
            others = [p for each, p in parsers.items() if each != command]
            found += _words_of(variable, name, action, text, parsers[command], others)
    return found


def unknown_variables(
    environment: Mapping[str, str], parsers: Mapping[str, argparse.ArgumentParser]
) -> Iterator[str]:
    """Return a message for each variable that looks like an option and is none."""
    options = {name for parser in parsers.values() for name in _options_of(parser)}
    known = {variable_of(name): name for name in (*options, *_NOT_SET)}
    for variable in environment:
        if variable.startswith(PREFIX) and variable not in known:
            meant = nearest(variable.removeprefix(PREFIX), known.values())
            hint = f"; did you mean {variable_of(meant)}?" if meant else ""
            yield f"there is no option for the environment variable {variable}{hint}"


def variable_of(name: str) -> str:
    """Return an option's variable: ``CIO_PIPELINE_LOG_LEVEL`` for ``log-level``."""
    return PREFIX + name.upper().replace("-", "_")


def _options_of(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return {
        name.lstrip("-"): action
        for action in parser._actions  # noqa: SLF001  # argparse has no public name
        for name in action.option_strings
        if name.startswith("--") and action.dest not in _NOT_SET
    }


def _words_of(
    variable: str,
    name: str,
    action: argparse.Action,
    text: str,
    parser: argparse.ArgumentParser,
    others: Sequence[argparse.ArgumentParser],
) -> list[str]:
    is_switch = _SWITCHES.get(text.lower())
    if action.nargs == 0 or (action.nargs == "?" and is_switch is not None):
        if is_switch is None:
            raise UsageError(
                f"{variable}: expected true, false, 1 or 0, found {text!r}"
            )
        return [f"--{name}"] if is_switch else []
    problem = _problem(parser, action, text)
    if problem is None:
        return [f"--{name}={text}"]
    same = (_options_of(other).get(name) for other in others)
    if any(each and _problem(parser, each, text) is None for each in same):
        return []
    raise UsageError(f"{variable}: {problem} (see: {parser.prog} -help)")


def _problem(
    parser: argparse.ArgumentParser, action: argparse.Action, text: str
) -> str | None:
    """Return why an option does not accept a text, or None."""
    check: Callable[..., object] = parser._get_values  # noqa: SLF001  # as above
    try:
        check(action, [text])
    except argparse.ArgumentError as error:
        return error.message
    except UsageError as error:
        return str(error)
    return None
