"""The same users through other Python clients.

    python python_clients.py WHICH URL IN_FLIGHT < users.json

users.json is an array of [id, attributes]; the seconds it took are printed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any
from urllib.parse import quote

import requests
import urllib3
from customerio import CustomerIO

User = tuple[str, dict[str, Any]]
_AUTH = ("site", "key")
BATCH_USERS = 2500  # people of this size, by hand, to stay under 500 KB


def official(url: str, in_flight: int) -> Callable[[User], None]:
    """The official client, shared by a pool's threads as its README shows it."""
    del in_flight
    client = CustomerIO(*_AUTH)
    client.base_url = f"{url}/api/v1"

    def send(user: User) -> None:
        client.identify(id=user[0], **user[1])

    return send


def shared_session(url: str, in_flight: int) -> Callable[[User], None]:
    """requests, one session."""
    session = requests.Session()
    session.auth = _AUTH
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=in_flight))

    def send(user: User) -> None:
        path = quote(user[0], safe="")
        answer = session.put(f"{url}/api/v1/customers/{path}", json=user[1], timeout=10)
        answer.raise_for_status()

    return send


def raw_urllib3(url: str, in_flight: int) -> Callable[[User], None]:
    """urllib3's pool, headers made once."""
    host = url.removeprefix("http://")
    name, port = host.split(":")
    pool = urllib3.HTTPConnectionPool(name, int(port), maxsize=in_flight, block=True)
    headers = urllib3.make_headers(basic_auth=":".join(_AUTH))
    headers["Content-Type"] = "application/json"

    def send(user: User) -> None:
        path = "/api/v1/customers/" + quote(user[0], safe="")
        body = json.dumps(user[1]).encode()
        answer = pool.urlopen("PUT", path, body=body, headers=headers, retries=False)
        assert answer.status == 200

    return send


def send_batches(url: str, users: list[User], in_flight: int) -> None:
    """The official client's batch(), with groups made by hand."""
    client = CustomerIO(*_AUTH)
    session = client.http
    session.mount("https://", PlainAdapter(url))
    operations = (
        {
            "type": "person",
            "action": "identify",
            "identifiers": {"id": user_id},
            "attributes": attributes,
        }
        for user_id, attributes in users
    )
    groups = iter(lambda: list(islice(operations, BATCH_USERS)), [])
    with ThreadPoolExecutor(in_flight) as pool:
        for _ in pool.map(client.batch, groups):
            pass


class PlainAdapter(requests.adapters.HTTPAdapter):
    """Sends what is meant for https://track.customer.io to 127.0.0.1 instead."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: Any, *arguments: Any, **options: Any) -> Any:
        """Send a request, to 127.0.0.1."""
        request.url = self._url + "/api/v2/batch"
        return super().send(request, *arguments, **options)


SENDERS = {
    "official": official,
    "requests": shared_session,
    "urllib3": raw_urllib3,
}


def main() -> None:
    """Send everybody, and print how long it took."""
    which, url, in_flight = sys.argv[1], sys.argv[2], int(sys.argv[3])
    users: list[User] = [(user_id, sent) for user_id, sent in json.load(sys.stdin)]
    began = time.monotonic()
    if which == "batch":
        send_batches(url, users, in_flight)
    else:
        send = SENDERS[which](url, in_flight)
        with ThreadPoolExecutor(in_flight) as pool:
            for _ in pool.map(send, users):
                pass
    print(time.monotonic() - began)


if __name__ == "__main__":
    main()
