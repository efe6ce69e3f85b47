"""The sandbox's HTTP server, only on 127.0.0.1."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl

from aiohttp import web

from cio_pipeline.machine import allow_all_open_files
from cio_pipeline.sandbox.activity_log import ActivityLog
from cio_pipeline.sandbox.answers import NOT_FOUND, Answer, Request, json_answer
from cio_pipeline.sandbox.app_api import AppApi
from cio_pipeline.sandbox.faults import FAULT_NAMES, FaultPlan, Faults
from cio_pipeline.sandbox.people import People
from cio_pipeline.sandbox.settings import SandboxSettings
from cio_pipeline.sandbox.track_api import TrackApi

_CONTROL = "/_sandbox/"
_HOST = "127.0.0.1"
_SILENCE_SECONDS = 3600.0
# A status that no server sends: never answer, and keep the connection.
SILENCE = Answer(-1)
DROP = Answer(0)


class Interceptor(Protocol):
    """A hook between requests and answers, for tests."""

    def before(self, request: Request, connection: int) -> Answer | None:
        """Return an answer, or None to let the sandbox answer."""

    def after(self, request: Request, connection: int, status: int) -> None:
        """Note the status of the answer."""


class _Server(web.Server):
    """aiohttp's low-level server; it calls `on_lost` when a connection is closed."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        on_lost: Callable[[web.RequestHandler], None],
    ) -> None:
        super().__init__(handler)
        self._on_lost = on_lost

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        self._on_lost(handler)
        super().connection_lost(handler, exc)


@dataclass(slots=True)
class Stats:
    """Counts of what has arrived."""

    requests: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    connections: int = 0
    by_status: dict[str, int] = field(default_factory=dict)


class Sandbox:
    """The sandbox, in its own thread: ``with Sandbox() as sandbox``.

    Args:
        settings: how to run it; by default on a free port.
        interceptor: a hook for tests, or None.
    """

    def __init__(
        self,
        settings: SandboxSettings | None = None,
        interceptor: Interceptor | None = None,
    ) -> None:
        self._settings = settings or SandboxSettings(port=0)
        self._interceptor = interceptor
        self._random = random.Random(self._settings.seed).random  # noqa: S311  # no secret
        self._connections: dict[web.RequestHandler, int] = {}
        self._server: _Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_up = threading.Event()
        self._end: asyncio.Event | None = None
        self._failure: Exception | None = None
        self.url = ""
        self.activity_log = ActivityLog()
        self.reset()
        self.set_faults(self._settings.faults)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._run_in_thread, name="sandbox", daemon=True
        )
        self._thread.start()
        self._is_up.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None  # noqa: S101  # it is running
        assert self._end is not None  # noqa: S101  # as above
        self._loop.call_soon_threadsafe(self._end.set)
        if self._thread is not None:
            self._thread.join()

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._server.connections) if self._server is not None else 0

    def reset(self) -> None:
        """Delete all people, events, objects and statistics."""
        settings = self._settings
        self.activity_log.clear()
        self.people = People(self.activity_log)
        self.stats = Stats()
        basic = base64.b64encode(f"{settings.site_id}:{settings.api_key}".encode())
        self._track = TrackApi(self.people, "Basic " + basic.decode())
        self.events, self.objects = self._track.events, self._track.objects
        bearer = "Bearer " + settings.app_api_key
        self._app = AppApi(self.people, bearer, self.objects)

    def set_faults(self, faults: Faults) -> None:
        """Use these faults from now on."""
        self.activity_log.delay_seconds = faults.activity_delay_seconds
        self._plan = FaultPlan(faults, time.monotonic(), self._random)

    async def run(self, on_up: Callable[[], None]) -> None:
        """Serve until `_end` is set."""
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._server = _Server(self._handle, on_lost=self._forget_connection)
        runner = web.ServerRunner(self._server, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, _HOST, self._settings.port, backlog=2048)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"http://{_HOST}:{port}"
        on_up()
        await self._end.wait()
        await runner.cleanup()

    def end(self) -> None:
        """Stop serving. Call it in the loop's own thread."""
        if self._end is not None:
            self._end.set()

    def _run_in_thread(self) -> None:
        try:
            run_fast(self.run(self._is_up.set))
        except Exception as error:  # noqa: BLE001  # raised where it was started
            self._failure = error
        finally:
            self._is_up.set()

    async def _handle(self, raw: web.BaseRequest) -> web.StreamResponse:
        try:
            body = await raw.read()
        except ConnectionError:  # the client closed the connection
            return web.Response()
        path, _, query = raw.raw_path.partition("?")
        request = Request(
            raw.method,
            path,
            dict(parse_qsl(query)) if query else {},
            raw.headers,
            body,
        )
        if path.startswith(_CONTROL):
            return _response(self._control(request))
        stats = self.stats
        stats.requests += 1
        stats.in_flight += 1
        stats.most_in_flight = max(stats.most_in_flight, stats.in_flight)
        connection = self._connection_number(raw)
        try:
            answer = await self._answer(request, connection)
        finally:
            stats.in_flight -= 1
        status = str(answer.status)
        stats.by_status[status] = stats.by_status.get(status, 0) + 1
        if self._interceptor is not None:
            self._interceptor.after(request, connection, answer.status)
        if answer.status == 0 and raw.transport is not None:
            raw.transport.abort()
        return _response(answer)

    def _connection_number(self, raw: web.BaseRequest) -> int:
        number = self._connections.get(raw.protocol)
        if number is None:
            self.stats.connections += 1
            number = self._connections[raw.protocol] = self.stats.connections
        return number

    async def _answer(self, request: Request, connection: int) -> Answer:
        answer: Answer | None = None
        if self._interceptor is not None:
            answer = self._interceptor.before(request, connection)
        fault = self._plan.fault(time.monotonic())
        latency = self._plan.latency_seconds()
        if latency:
            await asyncio.sleep(latency)
        if answer is not None:
            if answer.status < 0:
                await asyncio.sleep(_SILENCE_SECONDS)
            return answer
        if fault is not None:
            return Answer(
                fault.status, b'{"meta":{"error":"sandbox fault"}}', fault.retry_after
            )
        if request.path.startswith("/v1/"):
            return self._app.answer(request)
        return self._track.answer(request)

    def _forget_connection(self, protocol: web.RequestHandler) -> None:
        self._connections.pop(protocol, None)

    def _control(self, request: Request) -> Answer:
        """Answer a request to the control interface."""
        answers: dict[tuple[str, str], Callable[[], Answer]] = {
            ("GET", "stats"): lambda: json_answer(200, self._counts()),
            ("GET", "faults"): lambda: json_answer(200, asdict(self._plan.faults)),
            ("PUT", "faults"): lambda: self._change_faults(request.body),
            ("POST", "reset"): self._reset,
            ("GET", "people"): lambda: self._list_people(request.query),
            ("GET", "events"): self._list_events,
            ("GET", "objects"): self._list_objects,
            ("GET", "suppressed"): lambda: json_answer(
                200, {"suppressed": self.people.suppressed}
            ),
        }
        name = (request.method, request.path.removeprefix(_CONTROL))
        return answers.get(name, lambda: NOT_FOUND)()

    def _reset(self) -> Answer:
        self.reset()
        return json_answer(200, {})

    def _counts(self) -> dict[str, Any]:
        return asdict(self.stats) | {
            "people": len(self.people),
            "events": len(self.events),
            "objects": len(self.objects),
        }

    def _list_events(self) -> Answer:
        events = [event._asdict() for event in self.events.all()]
        return json_answer(200, {"events": events})

    def _list_objects(self) -> Answer:
        shown = [
            {
                "object_type_id": object_type,
                "object_id": object_id,
                "attributes": each.attributes,
                "related": [
                    {"identifiers": {kind: identifier}, "attributes": attributes}
                    for (kind, identifier), attributes in each.related.items()
                ],
            }
            for (object_type, object_id), each in self.objects.all().items()
        ]
        return json_answer(200, {"objects": shown})

    def _change_faults(self, body: bytes) -> Answer:
        try:
            changes = dict(json.loads(body))
            unknown = sorted(set(changes) - set(FAULT_NAMES))
            if unknown:
                return json_answer(400, {"unknown": unknown, "known": FAULT_NAMES})
            self.set_faults(self._plan.faults.changed(changes))
        except (ValueError, TypeError) as error:
            return json_answer(400, {"error": str(error)})
        return json_answer(200, asdict(self._plan.faults))

    def _list_people(self, query: dict[str, str]) -> Answer:
        start, limit = int(query.get("start", "0")), int(query.get("limit", "1000"))
        people = list(self.people)[start : start + limit]
        shown = [
            {"identifiers": person.identifiers, "attributes": person.attributes}
            for person in people
        ]
        return json_answer(200, {"people": shown, "total": len(self.people)})


def _response(answer: Answer) -> web.Response:
    headers = {"Retry-After": answer.retry_after} if answer.retry_after else None
    return web.Response(
        status=answer.status if answer.status > 0 else 500,
        body=answer.body,
        headers=headers,
        content_type="application/json",
    )


def run_fast(main: Awaitable[None]) -> None:
    """Run a coroutine on uvloop if that is installed, otherwise on asyncio."""
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: PLC0415  # not available on every platform

        uvloop.run(main)  # type: ignore[arg-type]  # a coroutine
        return
    asyncio.run(main)  # type: ignore[arg-type]  # a coroutine


def serve(settings: SandboxSettings) -> int:
    """Run the sandbox in the foreground until it is interrupted.

    Returns:
        The exit code.
    """
    allow_all_open_files()  # for many connections
    sandbox = Sandbox(settings)

    def announce() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, sandbox.end)
        sys.stdout.write(
            f"sandbox listening at {sandbox.url} (siteId {settings.site_id},"
            f" apiKey {settings.api_key}, appApiKey {settings.app_api_key})\n"
        )
        sys.stdout.flush()

    try:
        run_fast(sandbox.run(announce))
    except OSError as error:
        sys.stderr.write(f"error: port {settings.port} cannot be used: {error}\n")
        return 2
    return 0
