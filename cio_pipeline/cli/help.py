"""The main page of the help."""

from __future__ import annotations

from cio_pipeline.commands.sync.options import EXIT_CODES

DESCRIPTION = """\
Sync a file of users into Customer.io, in order. A run that stops can be resumed.

  python main.py -config configuration.json -data data.json
"""


EPILOG = f"""\
commands (python main.py COMMAND -help shows the options of each):
  sync           send what an earlier run left in the queue, then load and send a
                 data file; this is the default command
  resume         send what an earlier run left in the queue
  status         show the counts of the queue and the last runs
  dead-letters   show the records that could not be delivered, and why;
                 list (the default), requeue or discard them
  check          show what a sync would do, without sending: errors, warnings, the
                 first payloads; -suggest prints a configuration for a data file
  verify         look up the users in Customer.io and compare them with the data file
  sandbox        run a local stand-in for Customer.io, to try things out
  completion     print a completion script for bash, zsh or fish
  help COMMAND   the same as COMMAND -help

Options can be written with one dash or two: -config and --config are the same. They
can also be environment variables: CIO_PIPELINE_STATE=DIR is -state DIR, and
CIO_PIPELINE_QUIET=true is -quiet. The command line wins.

exit codes:
{EXIT_CODES}
"""
