"""Whether Customer.io holds what a file maps to."""

from __future__ import annotations

import json

from cio_pipeline.commands.verify.verifier import DifferentUser, Verification
from cio_pipeline.console.formatting import json_shown
from cio_pipeline.core.text import counted, visible

_SHOWN = 10
_MOST_SHOWN_OF_A_VALUE = 60


def verification_json(result: Verification) -> str:
    """Return the comparison as one JSON document.

    Counts are of users, ``invalid`` of records; of missing and different users the
    first `MOST_NAMED` are listed::

        {"checked": int, "matching": int, "missing": int, "different": int,
         "invalid": int,
         "missing_users": [str],
         "different_users": [
             {"user_id": str,
              "attributes": [
                  {"attribute": str, "wanted": any JSON,
                   "found": str | null}]}]}   Customer.io's own text
    """
    document = {
        "checked": result.checked,
        "matching": result.matching,
        "missing": result.missing,
        "different": result.different,
        "invalid": result.invalid,
        "missing_users": result.missing_users,
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
    """Say what matches, and give examples of what does not."""
    lines = [
        f"{counted(result.checked, 'user')} looked up:",
        "",
        f"  matching   {result.matching:>12,}",
        f"  missing    {result.missing:>12,}",
        f"  different  {result.different:>12,}",
    ]
    if result.invalid:
        passed_over = counted(result.invalid, "record")
        lines += ["", f"{passed_over} passed over: they map to no user."]
    if result.missing:
        names = ", ".join(map(visible, result.missing_users[:_SHOWN]))
        lines += ["", f"Missing: {names}{_more(result.missing)}"]
    if result.different:
        lines += ["", f"Different{_more(result.different)}:"]
        for user in result.different_users[:_SHOWN]:
            lines += _lines_of(user)
    if result.missing or result.different:
        lines += ["", "A sync of the file mends it; what was just sent takes seconds."]
    if not result.checked:
        lines += ["", "Nobody was looked up: no record maps to a user."]
    elif result.holds:
        lines += ["", "Customer.io holds all that was mapped."]
    return "\n".join(lines)


def _lines_of(user: DifferentUser) -> list[str]:
    return [f"  {visible(user.user_id)}"] + [
        f"    {visible(each.attribute)}: wanted {_shown(each.wanted)},"
        f" found {'nothing' if each.found is None else _shown(each.found)}"
        for each in user.attributes
    ]


def _shown(value: object) -> str:
    return json_shown(value, _MOST_SHOWN_OF_A_VALUE)


def _more(count: int) -> str:
    return f" (the first {_SHOWN} of {count:,})" if count > _SHOWN else ""
