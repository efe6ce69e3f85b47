"""Checks of a configured base address. Pure.

The program itself adds the paths of Customer.io's operations: ``/api/v1/…`` and
``/api/v2/…`` of the Track API, ``/v1/…`` of the App API. If a base address already
has them, or belongs to another API, the answer is 404 for every user.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_DOMAIN = "customer.io"


@dataclass(frozen=True, slots=True)
class Api:
    """One of Customer.io's APIs.

    Args:
        name: as in messages.
        key: the configuration key of its base address.
        label: the first part of its host names: ``track`` for track.customer.io.
        added_path: matches a path that ends with what the program itself adds.
    """

    name: str
    key: str
    label: str
    added_path: re.Pattern[str]


# A path such as /customerio/v1 can be a proxy's own. So the end of a path is
# compared only with the operations that the program uses.
TRACK_API = Api(
    "Track API",
    "trackUrl",
    "track",
    re.compile(
        r"(/api/v[12](/(customers|batch|entity|accounts)(/.*)?)?|^/v[12])$",
        re.IGNORECASE,
    ),
)
APP_API = Api(
    "App API",
    "appUrl",
    "api",
    re.compile(r"(/api)?/v[12](/(customers|activities)(/.*)?)?$", re.IGNORECASE),
)
_APIS = (TRACK_API, APP_API)


def address_problem(api: Api, url: str) -> str | None:
    """Return what is wrong with a base address and what to write instead.

    The message never contains a password.

    Args:
        api: the API whose address it should be.
        url: the address, not empty.

    Returns:
        One clause for a person; None if the address can be used.
    """
    expected = f"expected an address such as https://{api.label}.{_DOMAIN}"
    try:
        parts = urlsplit(url)
        is_complete = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete or parts.scheme not in ("http", "https"):
        return expected + _found(url)
    if "@" in parts.netloc or "?" in url or "#" in url:
        return f"{expected}, without user, password, query or fragment"
    if not url.isascii() or not url.isprintable() or " " in url:
        return expected + _found(url)
    return _host_problem(api, parts) or _path_problem(api, parts)


def _found(url: str) -> str:
    if set("@?#") & set(url) or len(url) > 100:  # it may contain a password
        return ""
    has_no_scheme = re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?(/[!-~]*)?", url, re.ASCII)
    advice = f'; write "https://{url}"' if has_no_scheme else ""
    return f", found {json.dumps(url)}{advice}"


def _host_problem(api: Api, parts: SplitResult) -> str | None:
    host = (parts.hostname or "").rstrip(".")
    if host != _DOMAIN and not host.endswith("." + _DOMAIN):
        return None
    label = host.removesuffix(_DOMAIN).rstrip(".")
    region = "-eu" if label.endswith("-eu") else ""
    right = f"https://{api.label}{region}.{_DOMAIN}"
    if not re.fullmatch(rf"{api.label}(-[a-z]+)?", label):
        other = next((a for a in _APIS if re.match(rf"{a.label}\b", label)), None)
        found = f"the address of the {other.name} ({other.key})" if other else "wrong"
        return f'{host} is {found}; the {api.name} is at "{right}"'
    if parts.scheme != "https" or parts.path.strip("/"):
        return f'the {api.name} uses HTTPS and no path; write "https://{host}"'
    return None


def _path_problem(api: Api, parts: SplitResult) -> str | None:
    path = parts.path.rstrip("/")
    added = api.added_path.search(path)
    if added is None:
        return None
    right = f"{parts.scheme}://{parts.netloc}{path[: added.start()].rstrip('/')}"
    return f'the program itself adds {added[0]}; write "{right}"'
