"""Runs commands of the program in forks of a process that has imported it.

    python warm.py MODULE...

Each line on standard input is a JSON object with `arguments` and `output`, the file
for stdout and stderr; the exit code is written as a line. A fork is a process like any
other, but it starts within milliseconds.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def run(arguments: list[str], output: str) -> None:
    """Run a command in this process, and end it."""
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # as at a start
    code = 99
    try:
        from cio_pipeline.cli import main  # noqa: PLC0415  # found through sys.path

        code = main(arguments)
    except BaseException:  # noqa: BLE001  # whatever it is, this process ends here
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    """Run each command that comes, one after another."""
    for name in sys.argv[1:]:
        importlib.import_module(name)
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            run(task["arguments"], task["output"])
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
