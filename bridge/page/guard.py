"""Who may see the page and act on it: names it answers to, headers of every answer, the token.

A page on this machine shows its data to whoever is on this machine, and asks for the token where something is changed.
Anywhere else all data needs it. It is sent as `Authorization: Bearer`, which no form of another site can send, never in
an address, and in no cookie.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.errors import BadConfig
from bridge.hidden import keep_hidden
from bridge.monitor_settings import PageConfig

TOKEN_VARIABLE: Final = "ALVH_PAGE_TOKEN"
LEAST_TOKEN: Final = 32
LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
WRONG_SECONDS: Final = 1.0
"""Between two answers to wrong tokens, whoever sent them; the right one never waits."""
MOST_WAITING: Final = 16


def is_local(settings: PageConfig) -> bool:
    """Tell whether only this machine can ask: a proxy that passes other names on makes it public."""
    return _is_loopback(settings.host) and all(map(_is_loopback, settings.hosts))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def allowed_hosts(settings: PageConfig) -> list[str]:
    """Return the names that a browser may ask for, so that no other name can be pointed at this machine."""
    host = f"[{settings.host}]" if ":" in settings.host and not settings.host.startswith("[") else settings.host
    return [*dict.fromkeys(name.lower() for name in (host, *LOCAL_NAMES, *settings.hosts) if "*" not in name)]


def page_token(settings: PageConfig, environment: Mapping[str, str]) -> str:
    """Return the token of the page: the environment's; on this machine alone one made now, where it has none.

    Raises
    ------
    BadConfig
        It is too short or has signs that no header carries; or others can ask, and there is none.
    """
    token = environment.get(TOKEN_VARIABLE, "")
    if not token and is_local(settings):
        return token_urlsafe(LEAST_TOKEN)
    if len(token) < LEAST_TOKEN or not (token.isascii() and token.isprintable()) or " " in token:
        seen = f"page.host {settings.host!r}" if not _is_loopback(settings.host) else "page.hosts"
        reason = f"{seen} lets others see the page, so it needs a token: " if not is_local(settings) else ""
        raise BadConfig(
            f"{reason}{TOKEN_VARIABLE} must be {LEAST_TOKEN} or more letters, digits and signs without spaces; "
            'python -c "import secrets; print(secrets.token_urlsafe(32))" makes one'
        )
    keep_hidden("", [token])
    return token


def _netloc(origin: str) -> str:
    """Return the host of an origin; nothing where it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


class Gate:
    """Asks a request for the token; slows down whoever guesses it."""

    def __init__(self, token: str, *, local: bool) -> None:
        self.local = local
        self._token = token.encode()
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def read(self, request: Request) -> None:
        """Let a request see data: on this machine any, elsewhere one with the token.

        Raises
        ------
        HTTPException
            401 without the right token, 429 where too many wrong ones come.
        """
        if not self.local:
            await self._ask(request)

    async def write(self, request: Request) -> None:
        """Let a request change something: with the token, from our own page or from no page.

        Raises
        ------
        HTTPException
            401 without the right token, 403 from another site, 415 where it is no JSON, 429 as for `read`.
        """
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "none")
        ours = origin is None or _netloc(origin) == request.headers.get("host")
        if not ours or site not in ("same-origin", "none"):
            raise HTTPException(403, "another site may change nothing here")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise HTTPException(415, "send JSON")
        await self._ask(request)

    async def _ask(self, request: Request) -> None:
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), self._token):
            return
        if sent:
            await self._slow_down()
        reason = "the token is not the page's" if sent else "the token is needed"
        raise HTTPException(401, reason, {"www-authenticate": "Bearer"})

    async def _slow_down(self) -> None:
        if self._waiting >= MOST_WAITING:
            raise HTTPException(429, "too many wrong tokens", {"retry-after": str(MOST_WAITING)})
        self._waiting += 1
        try:
            async with self._turn:
                await asyncio.sleep(WRONG_SECONDS)
        finally:
            self._waiting -= 1


class SafeHeaders:
    """Puts the headers that keep a browser to our own page on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the headers."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                # Static files say by their tag whether they changed; of data nothing is kept.
                headers.setdefault("cache-control", "no-cache" if "etag" in headers else "no-store")
            await send(message)

        await self._app(scope, receive, sent)
