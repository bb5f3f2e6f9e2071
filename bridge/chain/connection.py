"""A kept-alive HTTP connection to one URL: proxies and certificates of the environment, a name and password in the URL.

    URL -> through which proxy? -> line, opened anew where the server has closed it -> ask -> body of at most 64 MiB

A request has one deadline, whatever drips in until then. Redirects are not followed: what is sent holds keys.

Only the standard library is loaded, and the list of certificates for https.
"""

from __future__ import annotations

import os
import selectors
import sys
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from time import monotonic, time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from bridge.hidden import keep_hidden

if TYPE_CHECKING:
    from socket import socket
    from ssl import SSLContext

TIMEOUT_SECONDS = 30
"""From the first byte that is sent to the last one of the answer."""
MOST_BYTES = 1 << 26  # a thousand positions take 0.4 MB
HEAD_BYTES = 1 << 20  # of an answer, and the marks between its parts
PORTS = {"http": 80, "https": 443}
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # a file or folder in place of the packaged list
AS_IT_IS = "/%:@!$&'()*+,;=~"


class Unusable(Exception):
    """Not what a node answers with, or nothing that can be reached: why, in words that show nothing of the URL.

    `too_much` where a smaller question may be answered.
    """

    def __init__(self, reason: str, too_much: bool = False) -> None:
        super().__init__(reason)
        self.too_much = too_much


class Answer(NamedTuple):
    """An answer of HTTP: its status, the body, and how many seconds to wait where it says so."""

    status: int
    body: bytes
    retry_after: float | None


class _Timed(RawIOBase):
    """What a socket sends, each read with what is left of the line's time."""

    def __init__(self, line: _Line) -> None:
        assert line.sock is not None
        self._line, self._sock, self._raw = line, line.sock, line.sock.makefile("rb", buffering=0)
        self._most = MOST_BYTES + HEAD_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._line.left())
        count = self._raw.readinto(buffer)
        self._most -= count or 0
        if self._most < 0:  # whatever it says of its own length
            raise Unusable(f"an answer of more than {MOST_BYTES >> 20} MiB", too_much=True)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Line:
    """What plain and encrypted lines share: one deadline for each request."""

    sock: socket | None
    until, seconds = 0.0, 0.0

    def begin(self) -> None:
        """Start the clock of a request."""
        self.until = monotonic() + (self.seconds or TIMEOUT_SECONDS)
        if self.sock is not None:
            self.sock.settimeout(self.left())

    def left(self) -> float:
        """Return the seconds that are left; raises `Unusable` where none are."""
        left = self.until - monotonic()
        if left <= 0:
            raise self.late()
        return left

    def late(self) -> Unusable:
        """Return what a request is that took too long."""
        return Unusable(f"no whole answer in {self.seconds or TIMEOUT_SECONDS:g} s", too_much=True)

    def response(self, *arguments: Any, **named: Any) -> HTTPResponse:
        """Make the reader of an answer, on the clock."""
        made = HTTPResponse(*arguments, **named)
        made.fp.close()
        made.fp = BufferedReader(_Timed(self))
        return made


class _Plain(_Line, HTTPConnection):
    def connect(self) -> None:
        self.response_class, self.timeout = self.response, self.left()  # type: ignore[assignment]
        super().connect()


class _Encrypted(_Line, HTTPSConnection):
    def connect(self) -> None:
        self.response_class, self.timeout = self.response, self.left()  # type: ignore[assignment]
        super().connect()


class Connection:
    """A connection to a URL, opened with the first request.

    Parameters
    ----------
    headers
        Sent with every request, such as a key.
    seconds
        Of one request, where people answer it; 0 for as many as a machine takes.
    names
        Headers too, but no secrets: anyone may see them.

    Raises
    ------
    Unusable
        It is no URL of http or https, or the way to it is none that we know.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        seconds: float = 0.0,
        names: Mapping[str, str] | None = None,
    ) -> None:
        try:
            parts, port = urlsplit(url), _port(urlsplit(url))
        except ValueError:  # its text may quote the password
            raise Unusable("not a URL") from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise Unusable("not a URL of http or https")
        self._headers = {"Content-Type": "application/json", "User-Agent": "alvh"} | _login(parts, "Authorization")
        self._headers |= {**(names or {}), **(headers or {})}
        keep_hidden(url, [each.rpartition(" ")[2] for each in (headers or {}).values()])
        self._path = quote(parts.path or "/", AS_IT_IS) + (f"?{quote(parts.query, AS_IT_IS + '?')}" * bool(parts.query))
        proxy = _proxy_for(parts.scheme, parts.hostname, port)
        try:
            HTTPConnection(parts.hostname, port)  # opens nothing: refuses what can be no host
        except (HTTPException, ValueError):
            raise Unusable("not a URL") from None
        if proxy is None:
            self._line: _Plain | _Encrypted = _line(parts.scheme, parts.hostname, port)
        elif parts.scheme == "http":
            self._line = _line(proxy.scheme, proxy.hostname or "", _port(proxy))
            self._path = f"http://{parts.netloc.rpartition('@')[2]}{self._path}"
            self._headers |= _login(proxy, "Proxy-Authorization")
        elif proxy.scheme == "http":
            self._line = _Encrypted(proxy.hostname or "", _port(proxy), context=_certificates())
            self._line.set_tunnel(parts.hostname, port, _login(proxy, "Proxy-Authorization"))
        else:
            raise Unusable(f"a proxy of kind {proxy.scheme} leads to no https URL")
        self._line.seconds = seconds

    def post(self, body: bytes, again: bool) -> Answer:
        """Send a body to the URL itself; see `ask`."""
        return self.ask("POST", "", body, again)

    def ask(self, method: str, path: str, body: bytes | None, again: bool) -> Answer:
        """Send a request and return the answer, whatever its status.

        Parameters
        ----------
        path
            Behind the URL's own, as it is written on the line.
        again
            Send it once more where the server closed a line that was kept: for what changes nothing.

        Raises
        ------
        Unusable
            The answer takes too long, is too large, or a redirect.
        OSError, HTTPException
            There is no connection, or it broke.
        """
        kept = self._kept()
        try:
            return self._asked(method, path, body)
        except ConnectionError:
            self.close()
            if not (kept and again):
                raise
        except (OSError, HTTPException, ValueError, Unusable):
            self.close()  # the next request begins anew
            raise
        try:
            return self._asked(method, path, body)
        except (OSError, HTTPException, ValueError, Unusable):
            self.close()
            raise

    def close(self) -> None:
        """Hang up; the next request opens the line again."""
        self._line.close()

    def _kept(self) -> bool:
        """Tell whether the line is open from an earlier request; one that the server has closed is hung up here."""
        if self._line.sock is None:
            return False
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._line.sock, selectors.EVENT_READ)
            if not waiting.select(0):
                return True
        self.close()  # nothing was asked, so what is there to read is the end
        return False

    def _asked(self, method: str, path: str, body: bytes | None) -> Answer:
        self._line.begin()
        try:
            self._line.request(method, self._path.rstrip("/") + path if path else self._path, body, self._headers)
            answer = self._line.getresponse()
            if 300 <= answer.status < 400:
                raise Unusable(f"HTTP {answer.status}, a redirect: give the URL that it leads to")
            read = answer.read(MOST_BYTES + 1)
        except TimeoutError as error:
            raise self._line.late() from error
        if len(read) > MOST_BYTES:
            raise Unusable(f"an answer of more than {MOST_BYTES >> 20} MiB", too_much=True)
        if answer.status != 200:
            self.close()  # what follows on such a line is anyone's guess
        return Answer(answer.status, read, _seconds(answer.getheader("Retry-After")))


def _seconds(said: str | None) -> float | None:
    """Return for how many seconds a server wants to be left alone: it says so as a number, or as a date."""
    if said is None:
        return None
    if said.strip().isascii() and said.strip().isdigit():
        return float(said.strip()[:9])
    with suppress(ValueError, TypeError, OverflowError):
        return max(parsedate_to_datetime(said).timestamp() - time(), 0.0)
    return None


def _port(parts: SplitResult) -> int:
    return parts.port or PORTS.get(parts.scheme, 0)


def _login(parts: SplitResult, header: str) -> dict[str, str]:
    """Return the header of a URL's name and password, none where it has none."""
    if parts.username is None:
        return {}
    words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {header: f"Basic {b64encode(words.encode()).decode()}"}


def _line(scheme: str, host: str, port: int) -> _Plain | _Encrypted:
    return _Encrypted(host, port, context=_certificates()) if scheme == "https" else _Plain(host, port)


def _certificates() -> SSLContext:
    """Return what an https server must prove itself by: a list of the environment, else the packaged one."""
    import ssl

    import certifi

    trusted = next(filter(None, map(os.environ.get, CERTIFICATES)), certifi.where())
    if os.path.isdir(trusted):
        return ssl.create_default_context(capath=trusted)
    return ssl.create_default_context(cafile=trusted)


def _proxy_for(scheme: str, host: str, port: int) -> SplitResult | None:
    """Return the proxy that the environment names for a host, or None."""
    if not _may_have_proxies():
        return None
    from urllib.request import getproxies

    proxies = getproxies()
    named = proxies.get(scheme) or proxies.get("all")
    if not named or _is_near(host, port, proxies):
        return None
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
        _port(parts)
    except ValueError:
        raise Unusable("its proxy has no URL") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise Unusable("its proxy is none of http or https")
    return parts


def _may_have_proxies() -> bool:
    """Tell whether a proxy may be named: what finds it loads half of the standard library, and most have none."""
    return sys.platform in ("darwin", "win32") or any(name.lower().endswith("_proxy") for name in os.environ)


def _is_near(host: str, port: int, proxies: Mapping[str, str]) -> bool:
    """Tell whether the environment lets a host be reached without its proxy: by name, or by a range of addresses."""
    from ipaddress import ip_address, ip_network
    from urllib.request import proxy_bypass

    if proxy_bypass(host if ":" in host else f"{host}:{port}"):
        return True
    with suppress(ValueError):
        address = ip_address(host)
        for part in proxies.get("no", "").split(","):
            with suppress(ValueError):
                if address in ip_network(part.strip(), strict=False):
                    return True
    return False
