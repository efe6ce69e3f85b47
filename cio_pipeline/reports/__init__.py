"""Values to text: what the commands print. Nothing here prints."""

from cio_pipeline.reports.check import (
    check_json,
    check_text,
    configuration_json,
    configuration_text,
    suggestion_text,
    survey_json,
    survey_text,
)
from cio_pipeline.reports.dead_letters import (
    dead_letters_csv,
    dead_letters_json,
    dead_letters_text,
)
from cio_pipeline.reports.status import status_json, status_text
from cio_pipeline.reports.summary import summary_json, summary_text
from cio_pipeline.reports.verification import verification_json, verification_text
from cio_pipeline.reports.wording import mapped_to_nothing

__all__ = [
    "check_json",
    "check_text",
    "configuration_json",
    "configuration_text",
    "dead_letters_csv",
    "dead_letters_json",
    "dead_letters_text",
    "mapped_to_nothing",
    "status_json",
    "status_text",
    "suggestion_text",
    "summary_json",
    "summary_text",
    "survey_json",
    "survey_text",
    "verification_json",
    "verification_text",
]
