"""The help's words: the main page, each command's examples and exit codes."""

from __future__ import annotations

import argparse

from cio_pipeline.options import program_name

DESCRIPTION = """\
Sync a file of users into Customer.io: all of it, in order, resumable.

  python main.py -config configuration.json -data data.json
"""

EPILOG = """\
commands (python main.py COMMAND -help tells each one's options):
  sync           finish what an earlier run left, then load and send a data file;
                 what runs when no command is named
  resume         finish what an earlier run left
  status         what is queued, in flight, dead and synced; the last runs
  dead-letters   the records that could not be delivered, and why:
                 list (the default), requeue, discard
  check          what a sync would do, without sending: mistakes, doubts, the first
                 payloads; -suggest writes a configuration for a data file
  verify         look the users up in Customer.io, and compare
  sandbox        a local stand-in for Customer.io, to try things out
  completion     a script that makes bash, zsh or fish complete all this
  help COMMAND   the same as COMMAND -help

Every option may be written with two dashes: -config and --config are the same.

exit codes:
  0      all synced
  1      the run ended, and some records are dead letters
  2      bad usage, configuration or data file
  3      stopped early, the work kept in the queue: run again to go on
  128+N  stopped by signal N, the work kept
"""

_DONE = "  0      done"
_MISTAKE = "  2      bad usage, configuration, or state that cannot be read"
_OF_RUNS = """\
  0      all synced
  1      the run ended, and some records are dead letters
  2      bad usage, configuration or data file
  3      stopped early, the work kept in the queue: run again to go on
  128+N  stopped by signal N, the work kept"""
_UNWRITABLE = "  3      the state folder cannot be written; nothing was changed"

_EXAMPLES = {
    "sync": """\
  python main.py -config configuration.json -data data.json -changed-only
  python main.py -config configuration.json -data data.json -shard 0/3
  zcat users.jsonl.gz | python main.py -config configuration.json -data - -format jsonl
  python main.py -config configuration.json -data data.json -json \\
      -log-file sync.log -metrics /var/lib/node_exporter/textfile/sync.prom""",
    "resume": """\
  python main.py resume -config configuration.json -shard 2/3""",
    "status": """\
  python main.py status -config configuration.json -json""",
    "dead-letters": """\
  python main.py dead-letters -config configuration.json -reason rejected -json
  python main.py dead-letters -config configuration.json -format csv -output dead.csv
  python main.py dead-letters requeue -config configuration.json -id 17 18
  python main.py dead-letters discard -config configuration.json -since 2026-11-24""",
    "check": """\
  python main.py check -config configuration.json""",
    "verify": """\
  python main.py verify -config configuration.json -data data.json -json""",
    "sandbox": """\
  python main.py sandbox -error-share 0.05 -throttle-share 0.01 -retry-after 2
  python main.py sandbox -outage-in-seconds 10 -outage-seconds 30 -outage-mode drop""",
    "completion": """\
  python main.py completion zsh > ~/.zfunc/_cio-pipeline
  python main.py completion fish > ~/.config/fish/completions/cio-pipeline.fish""",
}
_EXIT_CODES = {
    "sync": _OF_RUNS,
    "resume": _OF_RUNS,
    "status": f"{_DONE}\n{_MISTAKE}",
    "dead-letters": f"{_DONE}, whether there are any or not\n{_MISTAKE}\n{_UNWRITABLE}",
    "check": f"""\
  0      every record can be sent
  1      some records would be dead letters
{_MISTAKE};
         or the data file cannot be read to its end""",
    "verify": """\
  0      everybody is there, with the attributes the file maps to
  1      some are missing or differ
  2      bad usage, configuration or data file
  3      the key was rejected, or Customer.io is out of reach
  128+N  stopped by signal N""",
    "sandbox": "  0      stopped by Ctrl-C or SIGTERM\n  2      bad usage",
    "completion": f"{_DONE}\n  2      bad usage",
}


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Lists each option once, as it is written here: with one dash."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        names = [name for name in action.option_strings if not name.startswith("--")]
        if not names:
            return super()._format_action_invocation(action)
        value = self._format_args(action, action.dest.upper())
        return " ".join(filter(None, [", ".join(names), value]))


def epilog(command: str, example: str) -> str:
    """Say how a command is called, and what its exit codes mean.

    Args:
        command: its name.
        example: the first example, without the program's name.
    """
    examples = f"  python main.py {example}\n{_EXAMPLES[command]}"
    text = f"examples:\n{examples}\n\nexit codes:\n{_EXIT_CODES[command]}"
    return text.replace("python main.py", program_name())
