"""One question to a venue: asked when its limits allow, again where that may help, and a named error where not.

    wait for credits -> GET -> JSON -> read: an answer, `Passing` (ask again, later and later), or `SourceUnavailable`

An attempt has one deadline, whatever drips in until then, and an answer a greatest size; redirects are refused: all of
that is `bridge.chain.connection`. Of the URL nothing but scheme and host is ever said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, Final, NamedTuple, NoReturn, TypeVar
from urllib.parse import urlencode, urlsplit

from bridge.chain.connection import Answer, Connection, Unusable
from bridge.errors import BadConfig, SourceUnavailable
from bridge.foreign import foreign, url_place, without_url
from bridge.hidden import HIDDEN
from bridge.json_files import each_once
from bridge.venues.clock import SYSTEM, Clock
from bridge.venues.fields import Odd

NEAR: Final = ("127.0.0.1", "localhost", "::1")
ATTEMPT_SECONDS: Final = 30.0
MOST_SECONDS: Final = 120.0
"""From the first attempt on, after which none is begun: settlement at 08:00 UTC takes less."""
FIRST_WAIT, MOST_WAIT = 0.5, 16.0
"""Seconds before a question is asked again; twice as long each time."""
MOST_BROKEN: Final = 4
BUSY: Final = (429, 502, 503, 504)
NO_JSON: Final = object()

T = TypeVar("T")


class Passing(Exception):
    """A refusal that passes: why, and for how many seconds the venue wants to be left alone.

    `broken` where there was no answer at all: that is tried a few times only, the place may be wrong.
    """

    def __init__(self, reason: str, after: float = 0.0, broken: bool = False) -> None:
        super().__init__(reason)
        self.after, self.broken = after, broken


class Reply(NamedTuple):
    """An answer: its status, its JSON (`NO_JSON` where it is none), and what it says of waiting, seconds."""

    status: int
    content: Any
    retry_after: float | None

    def refuse_busy(self) -> None:
        """Raise `Passing` where the status says that the venue is busy or away."""
        if self.status in BUSY:
            raise Passing(f"HTTP {self.status}", self.retry_after or 0.0)


class Asker:
    """A venue by its URL; connects with the first question.

    Parameters
    ----------
    setting
        What names the URL, for errors.
    hidden
        What is in questions and must not be shown, such as a key.
    headers
        Sent with every question.

    Raises
    ------
    BadConfig
        It is no URL of https; http is taken of this machine alone.
    """

    def __init__(
        self,
        url: str,
        setting: str,
        clock: Clock = SYSTEM,
        hidden: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
        attempt_seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self.place, self._url, self._hidden, self._clock = url_place(url), url, hidden, clock
        try:
            parts = urlsplit(url)
            if parts.scheme != "https" and parts.hostname not in NEAR:
                raise BadConfig(f"{setting} is not a URL of https")
            if parts.query or parts.fragment or parts.username is not None:
                raise BadConfig(f"{setting} holds a login or options: give the place alone")
            self.host = parts.hostname or ""
            self._connection = Connection(url, headers, attempt_seconds)
        except (Unusable, ValueError):
            raise BadConfig(f"{setting} is not a URL of https") from None

    def ask(
        self,
        path: str,
        terms: Mapping[str, object],
        read: Callable[[Reply], T],
        before: Callable[[], None] = lambda: None,
        body: bytes | None = None,
    ) -> T:
        """Ask until there is an answer.

        Parameters
        ----------
        path, terms
            Behind the URL's own path, and what is asked: the options of the query.
        read
            Reads an answer; raises `Passing` where it may be another one later, `Odd` where a field is.
        before
            Waits for the venue's limits, before every attempt.
        body
            JSON that is left there by POST, instead of a GET; what is left twice must count once.

        Raises
        ------
        SourceUnavailable
            There is none, or one that cannot be used.
        """
        until, wait, asked = self._clock.now() + MOST_SECONDS, FIRST_WAIT, 0
        whole = f"{path}?{urlencode(terms)}" if terms else path
        while True:
            before()
            asked += 1
            try:
                return read(self._reply(whole, body))
            except Odd as odd:
                self.refuse(f"{path.strip('/')}: {odd}")
            except Passing as passing:
                pause = max(wait, passing.after)
                if self._clock.now() + pause > until or (passing.broken and asked >= MOST_BROKEN):
                    longer = f"; it asks to wait {pause:,.0f} s" if passing.after else ""
                    times = f"asked {asked} times" if asked > 1 else "asked once"
                    self.refuse(f"{path.strip('/')}: {passing}, {times}{longer}")
            self._clock.sleep(pause)
            wait = min(2 * wait, MOST_WAIT)

    def refuse(self, reason: str) -> NoReturn:
        """Raise `SourceUnavailable` with a reason, without whatever must not be shown in it."""
        for secret in self._hidden:
            reason = reason.replace(secret, HIDDEN)
        raise SourceUnavailable(self.place, foreign(without_url(reason, self._url))) from None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _reply(self, path: str, body: bytes | None) -> Reply:
        try:
            answer = self._connection.ask("POST" if body else "GET", path, body, again=True)
        except Unusable as error:
            if error.too_much and "no whole answer" in str(error):
                raise Passing(str(error), broken=True) from None
            self.refuse(str(error))
        except (OSError, HTTPException) as error:
            raise Passing(f"it does not answer ({type(error).__name__})", broken=True) from None
        except ValueError:
            self.refuse("its answer is not HTTP")
        return Reply(answer.status, _json(answer), answer.retry_after)


def _json(answer: Answer) -> Any:
    """Return what a body says; `NO_JSON` where it is none, names a thing twice, or holds what is no number."""
    try:
        return json.loads(answer.body, object_pairs_hook=each_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return NO_JSON


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
