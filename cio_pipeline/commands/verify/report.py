"""The report of `verify`."""

from __future__ import annotations

import json

from cio_pipeline.commands.verify.verifier import DifferentUser, Verification
from cio_pipeline.console.formatting import short_json
from cio_pipeline.core.text import counted, visible

_SHOWN = 10
_MOST_SHOWN_OF_A_VALUE = 60


def verification_json(result: Verification) -> str:
    """Return the comparison as one JSON document.

    The counts are of users, but ``invalid`` is of records. The first `MOST_NAMED`
    missing and different users are listed::

        {"checked": int, "matching": int, "missing": int, "different": int,
         "not_removed": int, "invalid": int,
         "missing_users": [str], "not_removed_users": [str],
         "different_users": [
             {"user_id": str,
              "attributes": [
                  {"attribute": str, "wanted": any JSON,
                   "found": str | null}]}]}   as Customer.io returned it
    """
    document = {
        "checked": result.checked,
        "matching": result.matching,
        "missing": result.missing,
        "different": result.different,
        "not_removed": result.not_removed,
        "invalid": result.invalid,
        "missing_users": result.missing_users,
        "not_removed_users": result.not_removed_users,
        "different_users": [
            {
                "user_id": user.user_id,
                "attributes": [each._asdict() for each in user.attributes],
            }
            for user in result.different_users
        ],
    }
    return json.dumps(document, indent=2)


def verification_text(result: Verification) -> str:
    """Return the counts, and the first users that are missing or differ."""
    lines = [
        f"{counted(result.checked, 'user')} looked up:",
        "",
        f"  matching   {result.matching:>12,}",
        f"  missing    {result.missing:>12,}",
        f"  different  {result.different:>12,}",
    ]
    if result.not_removed:
        lines.append(f"  not removed{result.not_removed:>12,}")
    if result.invalid:
        skipped = counted(result.invalid, "record")
        lines += ["", f"{skipped} skipped, because they could not be mapped."]
    if result.missing:
        names = ", ".join(map(visible, result.missing_users[:_SHOWN]))
        lines += ["", f"Missing: {names}{_more(result.missing)}"]
    if result.not_removed:
        names = ", ".join(map(visible, result.not_removed_users[:_SHOWN]))
        lines += ["", f"Still there: {names}{_more(result.not_removed)}"]
    if result.different:
        lines += ["", f"Different{_more(result.different)}:"]
        for user in result.different_users[:_SHOWN]:
            lines += _lines_of(user)
    if result.missing or result.different or result.not_removed:
        lines += [
            "",
            "To fix this, sync the file. New data takes some seconds to show.",
        ]
    if not result.checked:
        lines += ["", "No users were looked up, because no record could be mapped."]
    elif result.is_match:
        lines += ["", "Customer.io has all users and their mapped attributes."]
    return "\n".join(lines)


def _lines_of(user: DifferentUser) -> list[str]:
    return [f"  {visible(user.user_id)}"] + [
        f"    {visible(each.attribute)}: expected {_short(each.wanted)},"
        f" found {'nothing' if each.found is None else _short(each.found)}"
        for each in user.attributes
    ]


def _short(value: object) -> str:
    return short_json(value, _MOST_SHOWN_OF_A_VALUE)


def _more(count: int) -> str:
    return f" (the first {_SHOWN} of {count:,})" if count > _SHOWN else ""
