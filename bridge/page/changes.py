"""From publications to what a browser is sent: cleaned, cut, taken apart once, and only what changed.

Views are made by us of what strangers wrote, so every text of them goes through `foreign` here again, whoever made it.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from bridge.foreign import TEXT, foreign
from bridge.page.shown import Shown

PING_SECONDS: Final = 5.0
"""Between signs of life, so that a page knows within ten seconds that its monitor is gone."""
PING: Final = b": still here\n\n"

Parts = Mapping[str, str]
"""A view by its top-level names, each as JSON."""


def parts_of(body: bytes) -> Parts:
    """Return a view as JSON by its names: texts cleaned and cut, numbers that JSON cannot hold as null.

    >>> parts_of(b'{"a": NaN, "b": {"c": "x\\\\u202e"}}')
    {'a': 'null', 'b': '{"c":"x"}'}
    """
    view = json.loads(body, parse_constant=lambda _: None)
    return {name: json.dumps(_fit(each), separators=(",", ":")) for name, each in view.items()}


def whole(parts: Parts) -> str:
    """Return a view as JSON."""
    return "{" + ",".join(f"{json.dumps(name)}:{each}" for name, each in parts.items()) + "}"


def difference(before: Parts, after: Parts) -> Parts:
    """Return what is new of a view; what is no longer there is null."""
    gone = dict.fromkeys(before.keys() - after.keys(), "null")
    return {name: each for name, each in after.items() if before.get(name) != each} | gone


def _fit(value: Any) -> Any:
    if isinstance(value, str):
        return foreign(value, TEXT, lines=True)
    if isinstance(value, dict):
        return {foreign(name): _fit(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_fit(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Publications:
    """The newest view of a monitor, taken apart once for all who watch."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._number: int | None = None
        self._parts: Parts = {}

    def newest(self) -> tuple[int, Parts] | None:
        """Return the number and the parts of the newest view; None before the first."""
        found = self._shown.newest()
        return None if found is None else self._taken_apart(*found)

    async def following(self, after: int) -> tuple[int, Parts]:
        """Wait for another view than that of a number."""
        return self._taken_apart(*await self._shown.changed(after))

    def _taken_apart(self, number: int, body: bytes) -> tuple[int, Parts]:
        if number != self._number:
            self._number, self._parts = number, parts_of(body)
        return number, self._parts


async def events(publications: Publications, ending: asyncio.Event) -> AsyncIterator[bytes]:
    """Yield server-sent events: the whole view, then what changes, with a sign of life where nothing does."""
    number, before = -1, None
    found = publications.newest()
    end = asyncio.ensure_future(ending.wait())
    try:
        while not ending.is_set():
            if found is None:
                yield PING
            else:
                number, after = found
                yield _event("view" if before is None else "change", number, difference(before or {}, after))
                before = after
            found = await _next(publications, number, end)
    finally:
        end.cancel()


async def _next(publications: Publications, number: int, end: asyncio.Future[Any]) -> tuple[int, Parts] | None:
    coming = asyncio.ensure_future(publications.following(number))
    try:
        done, _ = await asyncio.wait({coming, end}, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        return coming.result() if coming in done else None
    finally:
        coming.cancel()


def _event(name: str, number: int, parts: Parts) -> bytes:
    return f'event: {name}\ndata: {{"cycle":{number},"at":{time.time():.3f},"set":{whole(parts)}}}\n\n'.encode()
