"""What to do about warnings whose meaning does not say it."""

from __future__ import annotations

from collections.abc import Mapping

from cio_pipeline.commands.check.warnings import WarningKind

REMEDIES: Mapping[WarningKind, str] = {
    "value_too_long": "Shorten these values in the data, or remove the mapping.",
    "payload_too_large": "Map fewer or shorter attributes.",
    "identifier_changed": "Remove the mapping, unless you want to change identifiers.",
    "reserved_attribute": "Give the mapping another name, or correct the values.",
    "id_read_as_email": "That is right if the users are known by their email address;"
    " if not, map another key as the user id.",
    "id_read_as_cio_id": "That is right only for ids that Customer.io has made.",
    "nothing_mapped": "Compare the mappings with the keys of the data.",
    "user_repeated": "Check that the last record of each user is the right one.",
    "email_of_another": "Correct these records, or do not map the attribute.",
    "id_of_another": "Correct these records, or do not map the attribute.",
}
