"""Values to text: what the commands print. Nothing here prints."""

from cio_pipeline.reports.advice import Asked
from cio_pipeline.reports.check import (
    check_json,
    check_text,
    configuration_json,
    configuration_text,
    keys_json,
    keys_text,
    suggestion_text,
)
from cio_pipeline.reports.dead_letters import (
    dead_letters_csv,
    dead_letters_json,
    dead_letters_text,
)
from cio_pipeline.reports.events import EventLines
from cio_pipeline.reports.progress import progress_line, progress_lines
from cio_pipeline.reports.status import (
    status_json,
    status_line,
    status_lines,
    status_text,
)
from cio_pipeline.reports.summary import NextCommands, summary_json, summary_text
from cio_pipeline.reports.verification import verification_json, verification_text
from cio_pipeline.reports.wording import mapped_to_nothing

__all__ = [
    "Asked",
    "EventLines",
    "NextCommands",
    "check_json",
    "check_text",
    "configuration_json",
    "configuration_text",
    "dead_letters_csv",
    "dead_letters_json",
    "dead_letters_text",
    "keys_json",
    "keys_text",
    "mapped_to_nothing",
    "progress_line",
    "progress_lines",
    "status_json",
    "status_line",
    "status_lines",
    "status_text",
    "suggestion_text",
    "summary_json",
    "summary_text",
    "verification_json",
    "verification_text",
]
