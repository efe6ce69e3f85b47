"""The main page of the help."""

from __future__ import annotations

from cio_pipeline.commands.sync.options import EXIT_CODES

DESCRIPTION = """\
Sync a file of users into Customer.io: all of it, in order, resumable.

  python main.py -config configuration.json -data data.json
"""


EPILOG = f"""\
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
{EXIT_CODES}
"""
