"""Which key of the records is probably the user id. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

# From the best name on, without what is not a letter.
_ID_NAMES = (
    *("id", "userid", "customerid", "externalid", "uuid", "personid", "uid", "localid"),
    *("distinctid", "contactid", "recordid", "memberid", "subscriberid", "profileid"),
)
_EMAIL_NAMES = ("email", "emailaddress", "mail", "primaryemail")
_OTHER_NAMES = ("username", "login", "phone", "phonenumber", "mobile", "key")
_ID_ENDING = re.compile(r"(^|[_.\- ])[iI][dD]$|I[dD]$")
# What is around a user's own keys, and types that databases write as keys.
_AROUND = re.compile(
    r"^(?:(?:item|_source|fields|attributes|\$?properties|profile|node|doc|user)\.)+",
    re.IGNORECASE,
)
_TYPES = re.compile(r"\.(?:\$oid|S|N)$")


class Candidate(Protocol):
    """What has to be known about a key."""

    @property
    def name(self) -> str:
        """The key, or a dotted path."""

    @property
    def is_complete(self) -> bool:
        """Whether it has no empty values."""

    @property
    def is_distinct(self) -> bool:
        """Whether no value is repeated."""

    @property
    def count(self) -> int:
        """How many records have it."""


def likely_user_id(candidates: Iterable[Candidate], records: int) -> str | None:
    """Return the name that is probably the user id, or None.

    It is an id that every record has; else an email address; else another name that
    ends in ``id`` and has no value twice. One with empty values is used only if there
    is no other.

    Args:
        candidates: the keys with text or integers.
        records: how many records there are.
    """
    usable = list(candidates)
    in_all = [each for each in usable if each.count == records]
    complete = [each for each in in_all if each.is_complete]
    distinct = [each for each in complete if each.is_distinct]
    guesses = (
        _best(complete, _ID_NAMES),
        _best(distinct, _EMAIL_NAMES),
        _with_ending(distinct),
        _best(complete, _EMAIL_NAMES),
        _with_ending(complete),
        _best(distinct, _OTHER_NAMES),
        _best(in_all, (*_ID_NAMES, *_EMAIL_NAMES)),
        _best(usable, (*_ID_NAMES, *_EMAIL_NAMES)),
    )
    return next((each for each in guesses if each is not None), None)


def least_bad_user_id(candidates: Iterable[Candidate], records: int) -> str | None:
    """Return a name that can be the user id, whatever its name is; None if none can.

    It is the first one that has another value in each record, or that most have.
    """
    usable = sorted(candidates, key=lambda each: -each.count)
    complete = [each for each in usable if each.is_complete and each.count == records]
    distinct = (each for each in complete if each.is_distinct)
    best = next(distinct, next(iter((*complete, *usable)), None))
    return None if best is None else best.name


def _best(candidates: Iterable[Candidate], names: tuple[str, ...]) -> str | None:
    plain = {_letters(each.name): each.name for each in reversed([*candidates])}
    return next((plain[name] for name in names if name in plain), None)


def _with_ending(candidates: Iterable[Candidate]) -> str | None:
    names = (each.name for each in candidates)
    return next((each for each in names if _ID_ENDING.search(_own(each))), None)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", _own(name).lower())


def _own(name: str) -> str:
    """Return a name without what is around it in exports of databases and APIs."""
    return _AROUND.sub("", _TYPES.sub("", name))
