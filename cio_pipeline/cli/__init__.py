"""Read the command line, run the command, and return an exit code."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import cast

from cio_pipeline.cli.parser import COMMANDS, parse_arguments
from cio_pipeline.console import standard_streams
from cio_pipeline.console.signals import Interrupted, raised_signals
from cio_pipeline.core.errors import CioPipelineError, StopRun
from cio_pipeline.core.redaction import without_passwords

# Integers of any size are kept exactly. With more digits than this, parsing one
# takes longer than sending it (CVE-2020-10735).
_MOST_DIGITS = 100_000
# Objects until Python looks for cycles (`gc.set_threshold`; the default is 700). A run
# has hardly any cycles, but many jobs in memory, and each look would visit them.
_COLLECT_AFTER = 50_000
# EX_SOFTWARE of sysexits.h; 1 already means dead letters.
_INTERNAL_ERROR = 70


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: the arguments without the program's name; default: those of the process.

    Returns:
        The exit code (see the help).
    """
    standard_streams.make_safe()
    _allow_owner_access()
    sys.set_int_max_str_digits(_MOST_DIGITS)
    gc.set_threshold(_COLLECT_AFTER)
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    finally:
        standard_streams.finish()


def _run(argv: Sequence[str]) -> int:
    try:
        arguments = parse_arguments(argv, os.environ, _warn)
        # Imported here, so that `-help` does not wait for requests and SQLite.
        module, _, name = COMMANDS[arguments.command].run.partition(":")
        run = getattr(importlib.import_module(module), name)
        with raised_signals():
            return cast("int", run(arguments))
    except CioPipelineError as error:
        print(f"error: {without_passwords(str(error))}", file=sys.stderr)  # noqa: T201  # what stderr is for
        return error.exit_code
    except Interrupted as interrupted:
        return 128 + interrupted.number
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        # Short and without an import, because there is little memory left.
        print("error: there is not enough memory; the work is kept", file=sys.stderr)  # noqa: T201  # as above
        return StopRun.exit_code
    except Exception:  # noqa: BLE001  # a bug: print the traceback
        traceback.print_exc()
        return _INTERNAL_ERROR


def _warn(problem: str) -> None:
    print(f"warning: {problem}", file=sys.stderr)  # noqa: T201  # as above


def _allow_owner_access() -> None:
    """Make sure that the umask does not deny us access to what we create."""
    mask = os.umask(0o077)
    os.umask(mask & 0o077)
