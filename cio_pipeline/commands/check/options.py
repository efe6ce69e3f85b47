"""The options of `check`."""

from __future__ import annotations

import argparse

from cio_pipeline.commands.options import (
    MISTAKE,
    USERS_OF_SHARD,
    Command,
    add_common,
    add_data,
    add_option,
    add_page_output,
    add_queue,
)


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_common(parser, needs_config=False)
    add_queue(parser, USERS_OF_SHARD)
    add_data(parser, reports=("html",))
    add_page_output(parser)
    add_option(
        parser,
        "changed-only",
        action="store_true",
        help="compare with what each user was last sent, as sync -changed-only does",
    )
    add_option(
        parser,
        "suggest",
        action="store_true",
        help="print a configuration for the data file",
    )
    add_option(
        parser,
        "schema",
        action="store_true",
        help="print the JSON Schema of configurations, for editors",
    )


CHECK = Command(
    name="check",
    about="Validate the configuration and the data, map every record, send nothing.",
    run="cio_pipeline.commands.check.command:run",
    add_options=_add_options,
    examples="""\
  python main.py check -config configuration.json -data data.json
  python main.py check -config configuration.json -data data.json \
-format html -output check.html
  python main.py check -suggest -data data.json > configuration.json
  python main.py check -config configuration.json
  python main.py check -schema > configuration.schema.json""",
    exit_codes=f"""\
  0      every record can be sent
  1      some records would be dead letters
{MISTAKE};
         or the data file cannot be read to its end""",
)
