"""Binance's public candles of spot pairs. Source: developers.binance.com, market data endpoints and limits.

A page is 1,000 candles; HTTP 429 passes, 418 is a ban of minutes to days, 451 is a country that is not served.
"""

from __future__ import annotations

from typing import Any, Final

from bridge.venues.asking import NO_JSON, Asker, Reply
from bridge.venues.clock import SYSTEM, Clock
from bridge.venues.fields import Odd, decimal, ms, rows
from bridge.venues.limits import Bucket
from bridge.venues.shapes import Page, in_order

URL: Final = "https://api.binance.com"
METHOD: Final = "api/v3/klines"
MOST_ROWS: Final = 1000
WIDTH: Final = 12
WEIGHT: Final = 2.0
POOL, A_SECOND = 1_000.0, 80.0
"""Of weight: 80 % of 6,000 a minute, and a sixth of that at once."""
WORDS: Final = {"1h": "1h", "1d": "1d"}
FINAL: Final = {418: "our address is banned for some minutes to days", 451: "it does not serve this country"}


class Binance:
    """The venue at a URL.

    Raises
    ------
    BadConfig
        It is no URL of https without login and options.
    """

    def __init__(self, url: str = URL, clock: Clock = SYSTEM, setting: str = "--url") -> None:
        self._asker, self._weight = Asker(url, setting, clock), Bucket(clock, POOL, A_SECOND)
        self.place = self._asker.place

    def candles(self, symbol: str, every: str, start_ms: int, end_ms: int, step_ms: int) -> Page:
        """Return the last 1,000 candles of a range: begin, open, high, low, close, volume.

        Raises
        ------
        SourceUnavailable
            It does not answer, not as documented, or has no such pair.
        """
        begin = max(start_ms, end_ms - (MOST_ROWS - 1) * step_ms)
        terms = {"symbol": symbol, "interval": WORDS[every], "startTime": begin, "endTime": end_ms, "limit": MOST_ROWS}

        def read(reply: Reply) -> Page:
            found = [_candle(row) for row in rows("result", self._result(reply), WIDTH)]
            return Page(in_order("result", found), begin - 1)

        return self._asker.ask(f"/{METHOD}", terms, read, lambda: self._weight.take(WEIGHT))

    def close(self) -> None:
        """Hang up."""
        self._asker.close()

    def _result(self, reply: Reply) -> Any:
        reply.refuse_busy()
        content = reply.content
        if reply.status in FINAL:
            self._asker.refuse(f"HTTP {reply.status}: {FINAL[reply.status]}")
        if content is NO_JSON:
            raise Odd(f"its answer (HTTP {reply.status}) is no JSON")
        if isinstance(content, dict) and "code" in content:
            self._asker.refuse(f"klines: error {str(content['code'])[:10]} {str(content.get('msg', ''))[:100]}")
        if reply.status != 200:
            raise Odd(f"HTTP {reply.status}")
        return content


def _candle(row: list[Any]) -> tuple[float, ...]:
    names = ("open", "high", "low", "close")
    prices = [decimal(name, row[place], 1e-12, 1e12) for place, name in enumerate(names, 1)]
    opened, high, low, close = prices
    if not low <= min(opened, close) <= max(opened, close) <= high:
        raise Odd("a candle's open or close is not between its low and high")
    return (float(ms("time", row[0])), *prices, decimal("volume", row[5], 0.0, 1e18))
