"""Report unknown options before argparse does, because it reports less."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence

from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.text import nearest

_NEGATIVE = re.compile(r"-\d+|-\d*\.\d+", re.ASCII)


def refuse_unknown_options(
    command: str,
    words: Sequence[str],
    parsers: Mapping[str, argparse.ArgumentParser],
) -> None:
    """Refuse an option that the command does not have, and suggest a similar one.

    argparse reports missing options first: for ``-confg x`` it would report that
    ``-config`` is missing.

    Args:
        command: its name.
        words: the rest of the command line.
        parsers: the parser of each command.

    Raises:
        UsageError: an option is unknown.
    """
    parser = parsers[command]
    known = _options_of(parser)
    previous = ""
    for word in words:
        if word == "--":
            return
        name = word.partition("=")[0]
        if _is_option(word) and name not in known:
            raise UsageError(
                f"{command} has no option {name}"
                f"{_advice(name, command, parsers)}{_value_hint(word, previous, known)}"
                f" (see: {parser.prog} -help)"
            )
        previous = word


def _is_option(word: str) -> bool:
    is_dashed = word.startswith("-") and word != "-" and " " not in word
    return is_dashed and not _NEGATIVE.fullmatch(word)


def _options_of(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return parser._option_string_actions  # noqa: SLF001  # argparse has no public name


def _advice(
    name: str, command: str, parsers: Mapping[str, argparse.ArgumentParser]
) -> str:
    others = [each for each in parsers if name in _options_of(parsers[each])]
    if others:
        return f"; {' and '.join(others)} {'has' if len(others) == 1 else 'have'} it"
    plain = [each.lstrip("-") for each in _options_of(parsers[command])]
    meant = nearest(name, plain)
    return f"; did you mean -{meant}?" if meant else ""


def _value_hint(word: str, previous: str, known: Mapping[str, argparse.Action]) -> str:
    action = known.get(previous)
    if action is None or action.nargs == 0:
        return ""
    return f". If it is the value of {previous}, write {previous}={word}"
