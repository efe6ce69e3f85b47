"""A server that is not the bottleneck: answers at once, or after a latency.

    python benchmarks/server.py LATENCY_MS RATE_LIMIT PORT

prints its port, then serves until its stdin closes, and prints what came in as
JSON. It reads only as much of a request as it must; a rate limit (0: none)
answers 429 to whatever exceeds it within one second.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

_OK = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)
_SLOW_DOWN = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}"
_ARRIVAL_USERS = 1000


@dataclass
class Seen:
    """What came in; times are monotonic seconds.

    Args:
        arrivals: how many users had come at what time, every thousand or more.
    """

    requests: int = 0
    users: int = 0
    throttled: int = 0
    first: float = 0.0
    last: float = 0.0
    connections: int = 0
    most_in_a_second: int = 0
    arrivals: list[tuple[float, int]] = field(default_factory=list)

    def count_users(self, now: float, users: int) -> None:
        """Count the users of one request."""
        self.users += users
        last = self.arrivals[-1][1] if self.arrivals else 0
        if self.users >= last + _ARRIVAL_USERS:
            self.arrivals.append((now, self.users))


class Server:
    """Answers requests.

    Args:
        latency_seconds: how long each answer takes.
        rate_limit: requests in any one second past which 429 is answered.
    """

    def __init__(self, latency_seconds: float, rate_limit: int) -> None:
        self._latency_seconds = latency_seconds
        self._rate_limit = rate_limit
        self._second = 0.0
        self._this_second = 0
        self.seen = Seen()

    def take(self, transport: asyncio.Transport, users: int) -> None:
        """Answer one request about some users."""
        seen = self.seen
        now = time.monotonic()
        seen.requests += 1
        seen.first = seen.first or now
        seen.last = now
        seen.count_users(now, users)
        if now - self._second >= 1.0:
            self._second, self._this_second = now, 0
        self._this_second += 1
        seen.most_in_a_second = max(seen.most_in_a_second, self._this_second)
        answer = _OK
        if self._rate_limit and self._this_second > self._rate_limit:
            seen.throttled += 1
            answer = _SLOW_DOWN
        if self._latency_seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency_seconds, transport.write, answer)
        else:
            transport.write(answer)


class Connection(asyncio.Protocol):
    """One client's connection: cuts the stream into requests."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._data = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's transports are not asyncio's, though they do as those do.
        self._transport = cast("asyncio.Transport", transport)
        self._server.seen.connections += 1

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        assert self._transport is not None
        self._data = self._data + data if self._data else data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            end += 4 + _content_length(self._data[:end])
            if len(self._data) < end:
                return
            # One user a request, or as many as a batch names.
            users = self._data.count(b'"identifiers"', 0, end) or 1
            self._data = self._data[end:]
            self._server.take(self._transport, users)


def _content_length(head: bytes) -> int:
    start = head.lower().find(b"\r\ncontent-length:")
    if start < 0:
        return 0
    return int(head[start + 17 :].split(b"\r\n", 1)[0])


async def serve(server: Server, port: int) -> None:
    """Serve until stdin closes."""
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Connection(server), "127.0.0.1", port)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    listening.close()
    print(json.dumps(asdict(server.seen)), flush=True)


if __name__ == "__main__":
    latency_ms, rate_limit, port = sys.argv[1:]
    uvloop.run(serve(Server(float(latency_ms) / 1000, int(rate_limit)), int(port)))
