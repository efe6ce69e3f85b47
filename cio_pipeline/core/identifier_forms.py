"""Forms of identifiers that leave no doubt about their kind. Pure."""

from __future__ import annotations

import re

from cio_pipeline.core.identifiers import CIO_ID_PREFIX, IdentifierKind

_CLEAR_EMAIL = re.compile(
    r"[\w.%+'-]+@(?:[a-z\d-]+\.)+[a-z]{2,}", re.ASCII | re.IGNORECASE
)
_CLEAR_CIO_ID = re.compile(rf"{CIO_ID_PREFIX}[\w-]+", re.ASCII)


def is_clear(kind: IdentifierKind, text: str) -> bool:
    """Return whether a path shows the kind of an identifier without a doubt.

    An id that looks like an email address, a phone number, or an address that not
    everybody would accept as one can only be sent together with its kind.
    """
    if kind == "id":
        return "@" not in text and not text.startswith(CIO_ID_PREFIX)
    if kind == "phone":
        return False
    form = _CLEAR_EMAIL if kind == "email" else _CLEAR_CIO_ID
    return form.fullmatch(text) is not None
