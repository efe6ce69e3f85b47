"""ULIDs: 48 bits of time and 80 more bits (github.com/ulid/spec). Pure."""

from __future__ import annotations

import re
from hashlib import blake2b

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_FORM = re.compile(f"[0-7][{_DIGITS}]{{25}}", re.ASCII | re.IGNORECASE)
_TIME = re.compile(f"[0-7][{_DIGITS}]{{9}}", re.ASCII)
_TIME_LIMIT = 2**48


def ulid(unix_milliseconds: int, content: bytes) -> str:
    """Return the ULID of a time and a content; equal ones have equal ULIDs.

    Args:
        unix_milliseconds: the time; one that a ULID cannot hold becomes the nearest.
        content: any bytes; their BLAKE2b digest (RFC 7693) is used.
    """
    time = min(max(unix_milliseconds, 0), _TIME_LIMIT - 1)
    digest = blake2b(content, digest_size=10).digest()
    number = time << 80 | int.from_bytes(digest, "big")
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))


def is_ulid(text: str) -> bool:
    """Return whether a text is a ULID."""
    return _FORM.fullmatch(text) is not None


def time_of(text: str) -> int | None:
    """Return the Unix milliseconds with which a ULID begins; None if it is none."""
    if not _TIME.match(text):
        return None
    time = 0
    for digit in text[:10]:
        time = time * 32 + _DIGITS.index(digit)
    return time
