"""The options of `completion`."""

from __future__ import annotations

import argparse

from cio_pipeline.commands.options import DONE, Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")


COMPLETION = Command(
    name="completion",
    about="Print a script that makes a shell complete commands, options and file names"
    "\nof the installed program (pip install .).",
    run="cio_pipeline.cli.completion.command:run",
    add_options=_add_options,
    examples="""\
  python main.py completion bash > \
~/.local/share/bash-completion/completions/cio-pipeline
  python main.py completion zsh > ~/.zfunc/_cio-pipeline
  python main.py completion fish > ~/.config/fish/completions/cio-pipeline.fish""",
    exit_codes=f"{DONE}\n  2      bad usage",
)
