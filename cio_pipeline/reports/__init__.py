"""Values to text: what the commands print. Nothing here prints."""

from cio_pipeline.reports.dead_letters import (
    dead_letters_csv,
    dead_letters_json,
    dead_letters_text,
)
from cio_pipeline.reports.status import status_json, status_text
from cio_pipeline.reports.summary import summary_json, summary_text

__all__ = [
    "dead_letters_csv",
    "dead_letters_json",
    "dead_letters_text",
    "status_json",
    "status_text",
    "summary_json",
    "summary_text",
]
