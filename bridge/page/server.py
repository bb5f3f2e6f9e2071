"""The web server of a monitor: its page, the stream of changes, what machines ask for.

    GET  /  /static/...               the page; no data is in it
    GET  /api/snapshot                the newest view; with ?wait, before the first look, nothing after a moment
    GET  /api/history                 ?names=a,b&since=UNIX&points=N
    GET  /events                      the view, then what changes, as server-sent events
    POST /api/alerts/acknowledge      {"key", "by"}
    POST /api/alerts/silence          {"key", "by", "until"}
    GET  /metrics  /healthz  /readyz  for machines

Whatever is wrong is answered as {"error": a line for people}; a wrong host and a body too large before that, as text.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from bridge.errors import BadConfig, BridgeError, MissingTool, UsageError
from bridge.foreign import TEXT, foreign
from bridge.monitor_settings import PageConfig
from bridge.page.shown import Shown

try:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.middleware.body_limit import RequestBodyLimitMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ImportError as error:
    raise MissingTool(f"the page needs packages of its own: pip install 'alvh[monitor]' ({error})") from error

from bridge.page.changes import Publications, events, whole
from bridge.page.guard import Gate, SafeHeaders, allowed_hosts, is_local

FOLDER: Final = Path(__file__).parent
MOST_BODY: Final = 16_384
MOST_STREAMS: Final = 100
MOST_CONNECTIONS: Final = 400
FIRST_SECONDS: Final = 10.0
"""For how long a connection may say nothing."""
FIRST_LOOK_SECONDS: Final = 0.5
"""For how long a page that waits for the first look is kept before it asks again."""
MOST_POINTS: Final = 2_000
MOST_NAMES: Final = 32
NAME: Final = 64
KEY: Final = TEXT
LATEST: Final = 4_102_444_800
"""2100-01-01: nothing is silenced for longer."""


def make_app(shown: Shown, settings: PageConfig, token: str, others: Mapping[str, Shown] | None = None) -> Starlette:
    """Return the application that serves a monitor's page.

    Parameters
    ----------
    shown
        The monitor.
    others
        Monitors of other books by name: each has the same page and routes below ``/books/NAME``.
    settings
        Where it is served, which says who can ask.
    token
        From `bridge.page.guard.page_token`.
    """
    gate, page = Gate(token, local=is_local(settings)), _page()
    desks = [
        ("", _Desk(shown, gate)),
        *((f"/books/{name}", _Desk(each, gate)) for name, each in (others or {}).items()),
    ]
    return Starlette(
        routes=[
            Route("/healthz", lambda _: PlainTextResponse("ok\n")),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
            *(route for place, desk in desks for route in desk.routes(place, page)),
        ],
        middleware=[
            Middleware(SafeHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts(settings), www_redirect=False),
            Middleware(RequestBodyLimitMiddleware, max_body_size=MOST_BODY),
            Middleware(GZipMiddleware, compresslevel=6),
        ],
        exception_handlers={HTTPException: _refused, BridgeError: _failed},
    )


class Stop(Protocol):
    """Something that says when to end, as `threading.Event` does."""

    def is_set(self) -> bool:
        """Tell whether it is time to end."""


def serve(app: Starlette, host: str, port: int, ready: Callable[[int], None], stop: Stop) -> None:
    """Serve until `stop` is set; in the main thread also until SIGINT or SIGTERM, which are raised again at the end.

    Parameters
    ----------
    port
        0 for any that is free.
    ready
        Called with the port once it answers.

    Raises
    ------
    BadConfig
        Nothing can listen there.
    """
    with _listening(host, port) as listener:
        config = uvicorn.Config(
            app, log_config=None, log_level="warning", access_log=False, server_header=False, proxy_headers=False,
            lifespan="off", ws="none", timeout_graceful_shutdown=2, http=_Patient,
        )  # fmt: skip
        _Server(config, app, lambda: ready(listener.getsockname()[1]), stop).run([listener])


def _listening(host: str, port: int) -> socket.socket:
    name = host.strip("[]")
    try:
        family = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((name, port), family=family, backlog=128)
    except (OSError, UnicodeError) as error:
        number = error.errno if isinstance(error, OSError) else None
        why = os.strerror(number) if number and number > 0 else "no such name or port"
        raise BadConfig(
            f"the page cannot be served at {foreign(host)}:{port}: {why}; choose another page.port"
        ) from error


class _Patient(H11Protocol):
    """A connection that ends where nothing whole is asked in time, at first or after an answer, or too many are open.

    Looks need files too.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= MOST_CONNECTIONS:
            transport.abort()
            return
        super().connection_made(transport)
        self.loop.call_later(FIRST_SECONDS, self._unasked, None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.loop.call_later(FIRST_SECONDS, self._unasked, self.cycle)

    def _unasked(self, last: object) -> None:
        """Close where nothing was asked since the cycle that was the last, or none, when the time began."""
        if self.cycle is last:
            self.transport.close()


class _Server(uvicorn.Server):
    """uvicorn's server that says when it answers, ends when it is told, and lets streams end by themselves."""

    def __init__(self, config: uvicorn.Config, app: Starlette, ready: Callable[[], None], stop: Stop) -> None:
        super().__init__(config)
        self._app, self._ready, self._stop = app, ready, stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.ending = asyncio.Event()
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._stop.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.ending.set()
        await super().shutdown(sockets)


class _Desk:
    """The routes with data."""

    def __init__(self, shown: Shown, gate: Gate) -> None:
        self._shown, self._gate = shown, gate
        self._publications = Publications(shown)
        self._streams = 0

    def routes(self, place: str, page: Callable[[Request], Response]) -> list[Route]:
        """Return the routes of one book below its place."""
        return [
            Route(place or "/", page),
            Route(f"{place}/api/snapshot", self.snapshot),
            Route(f"{place}/api/history", self.history),
            Route(f"{place}/events", self.stream),
            Route(f"{place}/api/alerts/acknowledge", self.acknowledge, methods=["POST"]),
            Route(f"{place}/api/alerts/silence", self.silence, methods=["POST"]),
            Route(f"{place}/metrics", self.metrics),
            Route(f"{place}/readyz", self.ready),
        ]

    async def snapshot(self, request: Request) -> Response:
        await self._gate.read(request)
        found = self._publications.newest()
        if found is None and "wait" in request.query_params:  # a page, which has nothing to show yet
            await asyncio.sleep(FIRST_LOOK_SECONDS)
            found = self._publications.newest()
            if found is None:
                return Response(status_code=204)
        if found is None:
            raise HTTPException(503, "the first look is not made yet")
        return Response(whole(found[1]), media_type="application/json", headers={"x-cycle": str(found[0])})

    async def history(self, request: Request) -> Response:
        await self._gate.read(request)
        query = request.query_params
        names = [name for name in query.get("names", "").split(",") if name]
        since, points = _integer(query.get("since", "0")), _integer(query.get("points", "300"))
        if not 0 < len(names) <= MOST_NAMES or since is None or not points or points > MOST_POINTS:
            raise HTTPException(400, f"names (at most {MOST_NAMES}), since (unix seconds), points (to {MOST_POINTS})")
        return JSONResponse(await run_in_threadpool(self._shown.history, names, since, points))

    async def stream(self, request: Request) -> Response:
        await self._gate.read(request)
        if self._streams >= MOST_STREAMS:
            raise HTTPException(503, f"{MOST_STREAMS} pages watch already")
        return StreamingResponse(self._counted(request), media_type="text/event-stream")

    async def _counted(self, request: Request) -> AsyncIterator[bytes]:
        if self._streams >= MOST_STREAMS:  # many that came at once
            return
        self._streams += 1
        try:
            async for event in events(self._publications, request.app.state.ending):
                yield event
        finally:
            self._streams -= 1

    async def acknowledge(self, request: Request) -> Response:
        await self._gate.write(request)
        asked = await _asked(request)
        await run_in_threadpool(self._shown.acknowledge, asked["key"], asked["by"])
        return Response(status_code=204)

    async def silence(self, request: Request) -> Response:
        await self._gate.write(request)
        asked = await _asked(request)
        until = asked.get("until")
        if type(until) is not int or not 0 <= until <= LATEST:
            raise HTTPException(400, "until: unix seconds")
        await run_in_threadpool(self._shown.silence, asked["key"], until, asked["by"])
        return Response(status_code=204)

    async def metrics(self, request: Request) -> Response:
        await self._gate.read(request)
        body, kind = await run_in_threadpool(self._shown.metrics)
        return Response(body, headers={"content-type": kind})

    async def ready(self, request: Request) -> Response:
        fine, words = await run_in_threadpool(self._shown.ready)
        if not fine and not self._gate.local:
            words = "not ready"  # why is for those who have the token
        return PlainTextResponse(("ready" if fine else foreign(words, TEXT)) + "\n", 200 if fine else 503)


async def _asked(request: Request) -> dict[str, Any]:
    """Return what a request about an alert says: its key, and who acts."""
    try:
        asked = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the body is no JSON") from error
    key, by = (asked.get("key"), asked.get("by")) if isinstance(asked, dict) else (None, None)
    fits = isinstance(key, str) and 0 < len(key) <= KEY and key == foreign(key, KEY)
    if not (fits and isinstance(by, str) and foreign(by, NAME)):
        raise HTTPException(400, "key: the alert's; by: who acts")
    return {**asked, "by": foreign(by, NAME)}


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(LATEST)) else None


def _page() -> Callable[[Request], Response]:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    html = environment.get_template("page.html.jinja").render()
    return lambda _: HTMLResponse(html, headers={"cache-control": "no-store"})


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, headers=dict(error.headers or {}))


def _failed(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 409 if isinstance(error, UsageError) else 503)
