"""The options of `sandbox`."""

from __future__ import annotations

import argparse
from dataclasses import fields

from cio_pipeline.commands.options import Command, add_option, port
from cio_pipeline.sandbox.faults import FAULT_NAMES, Faults
from cio_pipeline.sandbox.settings import SandboxSettings


def _add_options(parser: argparse.ArgumentParser) -> None:
    default = SandboxSettings()
    add_option(
        parser,
        "port",
        type=port,
        default=default.port,
        metavar="P",
        help=f"port on 127.0.0.1; 0 for any free port (default: {default.port})",
    )
    for name in ("site-id", "api-key", "app-api-key"):
        value = getattr(default, name.replace("-", "_"))
        add_option(
            parser,
            name,
            default=value,
            metavar="KEY",
            help=f"the {name.replace('-', ' ')} to accept (default: {value})",
        )
    add_option(
        parser,
        "seed",
        type=int,
        metavar="N",
        help="seed of the random faults: the same seed, the same faults",
    )
    faults = parser.add_argument_group(
        "faults (PUT /_sandbox/faults changes them while the sandbox runs)"
    )
    for fault in fields(Faults):
        choices = fault.metadata["choices"]
        add_option(
            faults,
            fault.name.replace("_", "-"),
            type=fault.metadata["read"],
            default=fault.default,
            choices=choices,
            metavar=None if choices else "N",
            help=fault.metadata["about"],
        )


SANDBOX = Command(
    name="sandbox",
    about="Run a local stand-in for Customer.io's Track and App APIs, in memory.",
    run="cio_pipeline.commands.sandbox.command:run",
    add_options=_add_options,
    examples="""\
  python main.py sandbox -port 8080 -latency-ms 80
  python main.py sandbox -error-share 0.05 -throttle-share 0.01 -retry-after 2
  python main.py sandbox -outage-in-seconds 10 -outage-seconds 30 -outage-mode drop""",
    exit_codes="  0      stopped by Ctrl-C or SIGTERM\n  2      bad usage",
)


def settings_from(arguments: argparse.Namespace) -> SandboxSettings:
    """Return the sandbox's settings from its options."""
    faults = Faults(**{name: getattr(arguments, name) for name in FAULT_NAMES})
    return SandboxSettings(
        port=arguments.port,
        site_id=arguments.site_id,
        api_key=arguments.api_key,
        app_api_key=arguments.app_api_key,
        faults=faults,
        seed=arguments.seed,
    )
