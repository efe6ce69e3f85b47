"""The options of `sandbox`."""

from __future__ import annotations

import argparse

from cio_pipeline.commands.options import Command, add_option
from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.settings import SandboxSettings

_FAULT_OPTIONS: tuple[tuple[str, type, str], ...] = (
    ("latency-ms", float, "how long every answer takes"),
    ("latency-jitter-ms", float, "up to so much longer, evenly spread"),
    ("error-share", float, "share of requests answered with -error-status (0 to 1)"),
    ("error-status", int, "the status of those (default: 503)"),
    ("throttle-share", float, "share of requests answered with 429 (0 to 1)"),
    ("retry-after", str, "the Retry-After of a 429, in seconds or as a date"),
    ("drop-share", float, "share of connections dropped unanswered (0 to 1)"),
    ("outage-in-seconds", float, "when an outage begins"),
    ("outage-seconds", float, "how long it lasts"),
    ("outage-mode", str, "what happens in it: 503 (default) or drop"),
    ("rate-limit", float, "requests a second past which 429 is answered"),
)


def _add_options(parser: argparse.ArgumentParser) -> None:
    default = SandboxSettings()
    add_option(
        parser,
        "port",
        type=int,
        default=default.port,
        metavar="P",
        help=f"port on 127.0.0.1; 0 takes a free one (default: {default.port})",
    )
    for name in ("site-id", "api-key", "app-api-key"):
        value = getattr(default, name.replace("-", "_"))
        add_option(
            parser,
            name,
            default=value,
            metavar="KEY",
            help=f"the one it accepts (default: {value})",
        )
    add_option(
        parser,
        "seed",
        type=int,
        metavar="N",
        help="with the same number the same faults come by chance",
    )
    faults = parser.add_argument_group(
        "faults, to try things out (PUT /_sandbox/faults changes them while it runs)"
    )
    for name, kind, about in _FAULT_OPTIONS:
        add_option(faults, name, type=kind, metavar="N", help=about)


SANDBOX = Command(
    name="sandbox",
    about="Serve a local stand-in for Customer.io's Track and App APIs, in memory.",
    run="cio_pipeline.commands.sandbox.command:run",
    add_options=_add_options,
    examples="""\
  python main.py sandbox -port 8080 -latency-ms 80
  python main.py sandbox -error-share 0.05 -throttle-share 0.01 -retry-after 2
  python main.py sandbox -outage-in-seconds 10 -outage-seconds 30 -outage-mode drop""",
    exit_codes="  0      stopped by Ctrl-C or SIGTERM\n  2      bad usage",
)


def settings_from(arguments: argparse.Namespace) -> SandboxSettings:
    """Read the sandbox's settings off its options."""
    names = [name.replace("-", "_") for name, _, _ in _FAULT_OPTIONS]
    given = {name: getattr(arguments, name) for name in names}
    faults = Faults(
        **{name: value for name, value in given.items() if value is not None}
    )
    return SandboxSettings(
        port=arguments.port,
        site_id=arguments.site_id,
        api_key=arguments.api_key,
        app_api_key=arguments.app_api_key,
        faults=faults,
        seed=arguments.seed,
    )
