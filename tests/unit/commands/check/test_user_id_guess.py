"""Which key is taken as the user id."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cio_pipeline.commands.check.user_id_guess import least_bad_user_id, likely_user_id


@dataclass
class Key:
    """A key of ten records."""

    name: str
    is_complete: bool = True
    is_distinct: bool = True
    count: int = 10


GAPS = {"is_complete": False}
REPEATED = {"is_distinct": False}


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ([Key("Email"), Key("Contact ID")], "Contact ID"),
        ([Key("Email Address"), Key("LEID")], "Email Address"),
        ([Key("Owner ID", **REPEATED), Key("Email")], "Email"),
        ([Key("Owner ID"), Key("Email", **GAPS)], "Owner ID"),
        ([Key("id", **GAPS), Key("user_id")], "user_id"),
        ([Key("id", **REPEATED), Key("email")], "id"),
        ([Key("email", **REPEATED), Key("account_id")], "account_id"),
        ([Key("plan"), Key("username")], "username"),
        ([Key("plan"), Key("id", count=9)], "id"),
        ([Key("plan"), Key("email", **GAPS)], "email"),
        ([Key("Item.email.S"), Key("Item.id.S")], "Item.id.S"),
        ([Key("_source.email"), Key("_id")], "_id"),
        ([Key("$properties.$email"), Key("$distinct_id")], "$distinct_id"),
        ([Key("fields.Email"), Key("createdTime")], "fields.Email"),
        ([Key("paid"), Key("plan")], None),
        ([], None),
    ],
)
def test_the_best_name_wins(keys: list[Key], name: str | None) -> None:
    """A column with gaps makes dead letters, a repeated one merges people."""
    assert likely_user_id(keys, 10) == name


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ([Key("plan", **REPEATED), Key("code")], "code"),
        ([Key("note", count=5), Key("plan", **REPEATED)], "plan"),
        ([Key("note", **GAPS)], "note"),
        ([], None),
    ],
)
def test_any_key_is_better_than_one_that_no_record_has(
    keys: list[Key], name: str | None
) -> None:
    """Otherwise each record of the file would be a dead letter."""
    assert least_bad_user_id(keys, 10) == name
