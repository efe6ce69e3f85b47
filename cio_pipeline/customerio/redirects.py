"""Which redirects may be followed with the keys. Pure."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

FOLLOWED_STATUSES = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
_TRUSTED_DOMAIN = "customer.io"


def allowed_target(url: str, location: str | None) -> str | None:
    """Return the target of a redirect if the keys may be sent there.

    That is the same scheme, host and port, or any host of customer.io over TLS. (The
    official Node client also repeats a PUT with its keys between hosts of
    customer.io.)

    Args:
        url: the address that answered with the redirect.
        location: its ``Location`` header, absolute or relative; None if missing.

    Returns:
        The absolute target, or None if it is not allowed.
    """
    if not location:
        return None
    try:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        is_same_origin = (here.scheme, here.hostname, here.port) == (
            there.scheme,
            there.hostname,
            there.port,
        )
    except ValueError:  # an invalid host or port
        return None
    is_clean = target.isascii() and target.isprintable() and " " not in target
    if there.username is not None or not is_clean:
        return None
    return target if is_same_origin or _is_customer_io(target) else None


def _is_customer_io(url: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    is_ours = host == _TRUSTED_DOMAIN or host.endswith("." + _TRUSTED_DOMAIN)
    return parts.scheme == "https" and is_ours and parts.port in (None, 443)
