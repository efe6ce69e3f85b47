"""Addresses of databases, and the texts of queries. Pure.

An address has a password in it, so no message contains one: it is shown without the
user and the options.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.text import did_you_mean, nearest

_POSTGRESQL = "postgresql"
# Schemes, and which kind of database each is.
_KINDS = {
    "postgresql": _POSTGRESQL,
    "postgres": _POSTGRESQL,
    "sqlite": "sqlite",
    "snowflake": "snowflake",
    "grpc": "flightsql",
    "grpc+tls": "flightsql",
    "grpc+tcp": "flightsql",
}
_EXAMPLES = "postgresql://USER:PASSWORD@HOST/NAME or sqlite:FILE"
_SECRET_OPTION = re.compile(r"password|token|secret|key|passcode", re.IGNORECASE)
_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
# Texts and names, which may contain anything; what may be left out at the end.
_SQL_TOKEN = re.compile(
    r"""
    '(?:[^']|'')*+' | "(?:[^"]|"")*+" | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    | (?P<idle> --[^\n]* | /\*.*?\*/ | [\s;] )
    | .
    """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a database is.

    Args:
        kind: ``postgresql``, ``sqlite``, ``snowflake`` or ``flightsql``.
        address: as its driver takes it; for SQLite the path of the file.
        shown: without the user and the options.
        user: the user's name; None if there is none.
        password: the password; None if there is none.
        secrets: the texts that no message may contain.
    """

    kind: str
    address: str = field(repr=False)
    shown: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def parse_database_address(text: str) -> DatabaseAddress:
    """Return the parts of a database's address.

    Raises:
        UsageError: it is not one; the message does not contain it.
    """
    scheme, colon, rest = text.partition(":")
    if not colon or not scheme.replace("+", "").isalnum():
        raise UsageError(f"-database: it is not an address, such as {_EXAMPLES}")
    kind = _KINDS.get(scheme.lower())
    if kind is None:
        near = nearest(scheme, _KINDS)
        known = f"the known ones are {', '.join(_KINDS)}"
        hint = did_you_mean(near, scheme) if near else known
        raise UsageError(f"-database: there is no kind of database {scheme!r}; {hint}")
    if kind == "sqlite":
        path = rest.removeprefix("//")
        if not path:
            raise UsageError("-database: the file is missing, as in sqlite:FILE")
        return DatabaseAddress(kind, path, f"sqlite:{path}")
    if not rest.startswith("//"):
        raise UsageError(f"-database: expected '//' after '{scheme}:'")
    return _server_address(kind, scheme, text)


def _server_address(kind: str, scheme: str, text: str) -> DatabaseAddress:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for one that is not a number
    except ValueError:
        raise _badly_escaped() from None
    after = parts.path + parts.query + parts.fragment
    if parts.netloc.count("@") > 1 or parts.fragment or "@" in after:
        raise _badly_escaped()
    host = parts.netloc.rpartition("@")[2]
    return DatabaseAddress(
        kind,
        f"{scheme}://{host}{parts.path}" if kind == "flightsql" else text,
        f"{scheme}://{host}{parts.path}",
        user=parts.username and unquote(parts.username),
        password=parts.password and unquote(parts.password),
        secrets=tuple(_secrets(parts)),
    )


def _badly_escaped() -> UsageError:
    return UsageError(
        "-database: the address cannot be read; write special characters in the user"
        " and the password as percent-escapes (@ as %40, : as %3A, / as %2F, # as"
        " %23, ? as %3F)"
    )


def _secrets(parts: SplitResult) -> list[str]:
    """Return the password and the secret options, also as they are written."""
    found = [parts.password or "", unquote(parts.password or "")]
    found += [
        value for name, value in parse_qsl(parts.query) if _SECRET_OPTION.search(name)
    ]
    return [each for each in found if each]


def is_ordered(query: str) -> bool:
    """Return whether a query asks for an order of its rows."""
    return _ORDER.search(query) is not None


def query_text(text: str) -> str:
    """Return a query without the semicolons and comments at its end.

    Not all databases allow them there.
    """
    used = (each.end() for each in _SQL_TOKEN.finditer(text) if each["idle"] is None)
    return text[: max(used, default=0)]
