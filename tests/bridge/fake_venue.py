"""Deribit on the loopback interface: the documented shapes, limits, errors and paging; lies where a test makes it.

Its time is a clock that tests give it: credits and the pace of lists are counted on that, so that no test waits. The
market is a synthetic chain around a spot for each asset, quoted in coin (BTC, ETH) or USDC (all others, and BTC, ETH).
"""

from __future__ import annotations

import json
import math
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hedge.instruments.contract import Contract
from hedge.instruments.option_chain import Quote
from hedge.instruments.synthetic_chain import synthetic_chain
from hedge.units import DAY

HOUR_MS = 3_600_000
POOL, A_SECOND, A_QUESTION = 50_000.0, 10_000.0, 500.0
FIRST_DVOL_MS = 1_616_544_000_000  # 2021-03-24
PAGE = 1000
VOLS = {"BTC": 0.55, "ETH": 0.72, "SOL": 0.9, "XRP": 0.8}
LOTS = {"BTC": (0.1, 1.0), "ETH": (1.0, 1.0), "SOL": (10.0, 10.0), "XRP": (1000.0, 1000.0)}
CLIENT, SECRET = "c1ientId", "s3cretOfTheAccount"
KINDS = {"html": "text/html", "default": "application/json"}


class FakeClock:
    """A clock that nobody but its users moves."""

    def __init__(self, now: float = 1_772_452_800.0) -> None:
        self.at, self.slept = now, 0.0

    def now(self) -> float:
        """Return unix seconds."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        assert seconds >= 0.0
        self.at += seconds
        self.slept += seconds


class RunningClock:
    """A clock that runs from a time on, as that of a local chain does."""

    def __init__(self, now: float) -> None:
        self._ahead = now - time.monotonic()

    def now(self) -> float:
        """Return unix seconds."""
        return self._ahead + time.monotonic()


class Refused(Exception):
    """An error of the venue: code, words, and what it says beside them."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        self.code, self.message, self.data = code, message, data


class Answering(BaseHTTPRequestHandler):
    """One question."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two packets, and the second one would wait for 40 ms
    server: Venue

    def do_GET(self) -> None:
        """Answer, or misbehave as the test says."""
        self.server.seen.append(self.path)
        self.server.headers.append(dict(self.headers))
        if self.server.odd and (how := self.server.odd.pop(0)):
            with suppress(OSError):
                how(self)
            return
        parts = urlsplit(self.path)
        method, terms = parts.path.removeprefix("/api/v2/"), dict(parse_qsl(parts.query))
        envelope: dict[str, Any] = {"jsonrpc": "2.0", "usIn": self.server.us(), "testnet": self.server.testnet}
        status = 200
        try:
            self.server.charge(method)
            if method.startswith("private/"):
                self.server.admit(self.headers.get("Authorization"))
            envelope["result"] = self.server.lie(method, self.server.found(method, terms))
        except Refused as refused:
            status = 400
            envelope["error"] = {"code": refused.code, "message": refused.message}
            if refused.data:
                envelope["error"]["data"] = refused.data
        envelope |= {"usOut": self.server.us(), "usDiff": 1}
        self.send(status, json.dumps(envelope).encode())

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None, kind: str = "default") -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in {"Content-Type": KINDS[kind], "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def status(code: int, headers: dict[str, str] | None = None) -> Callable[[Answering], None]:
    """Return what answers with a status and a page."""
    return lambda line: line.send(code, b"<html>busy</html>", headers, "html")


def drip(line: Answering) -> None:
    """Send a byte now and then, for ever."""
    line.send_response(200)
    line.send_header("Content-Length", "100000")
    line.end_headers()
    for _ in range(100):
        line.wfile.write(b" ")
        time.sleep(0.05)


def hang_up(line: Answering) -> None:
    """Close the line without an answer."""
    line.close_connection = True


def endless(line: Answering) -> None:
    """Send more than anybody takes."""
    line.send_response(200)
    line.send_header("Content-Length", str(1 << 40))
    line.end_headers()
    for _ in range(80):
        line.wfile.write(b"x" * (1 << 20))
    line.close_connection = True


class Venue(ThreadingHTTPServer):
    """The venue. `odd` is what the next questions meet in place of an answer; `lie` changes a result on its way."""

    daemon_threads = True

    def __init__(self, clock: Any, spots: dict[str, float]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.clock, self.spots, self.testnet = clock, spots, False
        self.seen: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.odd: list[Callable[[Answering], None] | None] = []
        self.errors: list[Refused] = []
        self.lie: Callable[[str, Any], Any] = lambda method, result: result
        self.refused = 0
        self.credits, self.filled, self.last_list = POOL, clock.now(), -math.inf
        self.settling = True
        self.login = b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        self.fills: list[dict[str, Any]] = []
        self.held: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where its methods are."""
        return f"http://127.0.0.1:{self.server_port}/api/v2"

    def us(self) -> int:
        """Return its time in microseconds."""
        return int(self.clock.now() * 1e6)

    def charge(self, method: str) -> None:
        """Take the credits of a question; refuse without enough of them, in settlement, or as the test says."""
        with self.lock:
            now = self.clock.now()
            self.credits = min(POOL, self.credits + (now - self.filled) * A_SECOND)
            self.filled = now
            if self.credits < A_QUESTION or (method == "public/get_instruments" and now - self.last_list < 1.0):
                self.refused += 1
                raise Refused(10028, "too_many_requests")
            self.credits -= A_QUESTION
            if method == "public/get_instruments":
                self.last_list = now
        if self.errors:
            raise self.errors.pop(0)
        if self.settling and 0 <= now % DAY - 8 * 3600 < 20:
            raise Refused(10041, "settlement_in_progress")

    def admit(self, header: str | None) -> None:
        """Refuse who has not the account's key, in words that repeat it."""
        if header != f"Basic {self.login}":
            raise Refused(13009, f"unauthorized {header}")

    def own_trades(self, terms: dict[str, str]) -> Any:
        """Return the account's trades of a currency, two a page; those of the last day are kept apart from older."""
        start, end, day = int(terms["start_timestamp"]), int(terms["end_timestamp"]), (self.clock.now() - DAY) * 1000
        rows = [
            row
            for row in self.fills
            if row["fee_currency"] == terms["currency"]
            and start <= row["timestamp"] <= end
            and (row["timestamp"] < day) == (terms["historical"] == "true")
        ]
        return {"trades": rows[:2], "has_more": len(rows) > 2}

    def found(self, method: str, terms: dict[str, str]) -> Any:
        """Return the result of a method."""
        known = {
            "public/get_instruments": self.instruments,
            "public/get_book_summary_by_currency": self.summaries,
            "public/ticker": self.ticker,
            "public/get_index_price": self.index_price,
            "public/get_index_chart_data": self.index_chart,
            "public/get_volatility_index_data": self.dvol,
            "public/get_delivery_prices": self.deliveries,
            "public/get_funding_rate_history": self.funding,
            "public/get_last_trades_by_currency_and_time": self.trades,
            "private/get_user_trades_by_currency_and_time": self.own_trades,
            "private/get_positions": lambda terms: self.held,
        }
        if method not in known:
            raise Refused(-32601, "Method not found")
        return known[method](terms)

    def options(self, currency: str) -> Iterator[tuple[str, str, Any, bool]]:
        """Yield name, asset, quote and linearity of every option of a currency."""
        assets = [currency] if currency != "USDC" else list(self.spots)
        for asset in assets:
            if asset not in self.spots or (currency != "USDC" and asset not in ("BTC", "ETH")):
                raise Refused(-32602, "Invalid params", {"reason": "wrong currency", "param": "currency"})
            for row in chain_at(asset, self.spots[asset], int(self.clock.now())):
                label = Contract(asset, row.expiry_at, row.strike, row.is_call).label
                base, rest = label.split("-", 1)
                name = f"{base}_USDC-{rest.replace('.', 'd')}" if currency == "USDC" else label
                yield name, asset, row, currency == "USDC"

    def instruments(self, terms: dict[str, str]) -> Any:
        """Return what is listed."""
        assert terms["kind"] == "option"
        return [
            {
                "instrument_name": name, "strike": row.strike, "option_type": "call" if row.is_call else "put",
                "expiration_timestamp": row.expiry_at * 1000, "instrument_type": "linear" if linear else "reversed",
                "quote_currency": "USDC" if linear else asset, "settlement_currency": "USDC" if linear else asset,
                "contract_size": LOTS[asset][1], "min_trade_amount": LOTS[asset][0], "tick_size": 0.0001,
                "tick_size_steps": [{"above_price": 0.005, "tick_size": 0.0005}], "maker_commission": 0.0003,
                "taker_commission": 0.0005 if linear else 0.0003, "kind": "option", "is_active": True, "state": "open",
                "price_index": f"{asset.lower()}_{'usdc' if linear else 'usd'}",
            }
            for name, asset, row, linear in self.options(terms["currency"])
        ]  # fmt: skip

    def summaries(self, terms: dict[str, str]) -> Any:
        """Return all options with their best quotes; a side without one is null."""
        return [
            {
                "instrument_name": name, "bid_price": quoted(row.bid, spot), "ask_price": quoted(row.ask, spot),
                "mid_price": None, "mark_price": quoted((row.bid + row.ask) / 2, spot) or 0.0,
                "mark_iv": round(row.vol * 100, 4), "underlying_price": row.forward, "underlying_index": "SYN.X",
                "interest_rate": 0.0, "open_interest": 12.0, "volume": 3.0,
                "creation_timestamp": int(self.clock.now() * 1000),
            }
            for name, asset, row, linear in self.options(terms["currency"])
            for spot in [1.0 if linear else self.spots[asset]]
        ]  # fmt: skip

    def ticker(self, terms: dict[str, str]) -> Any:
        """Return an option's best quotes with sizes."""
        name = terms["instrument_name"]
        asset, _, quote = name.split("-")[0].partition("_")
        for each, _, row, linear in self.options(quote or asset):
            if each == name:
                spot = 1.0 if linear else self.spots[asset]
                bid, ask = quoted(row.bid, spot), quoted(row.ask, spot)
                return {
                    "instrument_name": name, "state": "open", "timestamp": int(self.clock.now() * 1000),
                    "best_bid_price": bid or 0.0, "best_bid_amount": 7.0 if bid else 0.0,
                    "best_ask_price": ask or 0.0, "best_ask_amount": 5.0 if ask else 0.0,
                    "index_price": self.spots[asset], "underlying_price": row.forward,
                }  # fmt: skip
        raise Refused(13020, "instrument_not_found")

    def index_price(self, terms: dict[str, str]) -> Any:
        """Return the spot."""
        spot = self.spots.get(terms["index_name"].split("_")[0].upper())
        if spot is None:
            raise Refused(-32602, "Invalid params", {"reason": "unknown index", "param": "index_name"})
        return {"index_price": spot, "estimated_delivery_price": spot}

    def index_chart(self, terms: dict[str, str]) -> Any:
        """Return a year of daily points, up to now."""
        spot, now = self.spots[terms["index_name"].split("_")[0].upper()], int(self.clock.now() * 1000)
        return [[now - day * 24 * HOUR_MS, spot * (1 + 0.1 * math.sin(day / 20))] for day in range(365, -1, -1)]

    def dvol(self, terms: dict[str, str]) -> Any:
        """Return at most 1,000 bars that end at the asked time, and where to go on; nothing before the index began."""
        step = 24 * HOUR_MS if terms["resolution"] == "1D" else int(terms["resolution"]) * 1000
        start, end = max(int(terms["start_timestamp"]), FIRST_DVOL_MS), int(terms["end_timestamp"])
        end = min(end, int(self.clock.now() * 1000))
        times = [at for at in range(end // step * step, end // step * step - PAGE * step, -step) if at >= start]
        left = times[-1] - step if times and times[-1] - step >= start else None
        data = [[at, *(60 + 10 * math.sin(at / 3e9) + add for add in (0, 1.0, -1.0, 0.5))] for at in reversed(times)]
        return {"data": data, "continuation": left}

    def deliveries(self, terms: dict[str, str]) -> Any:
        """Return settlement prices, the newest first."""
        offset, count, days = int(terms["offset"]), int(terms["count"]), 1500
        assert count <= PAGE
        last = int(self.clock.now()) // DAY
        listed = [
            {"date": time.strftime("%Y-%m-%d", time.gmtime((last - day) * DAY)), "delivery_price": 3000.0 + day}
            for day in range(days)
        ]
        return {"data": listed[offset : offset + count], "records_total": days}

    def funding(self, terms: dict[str, str]) -> Any:
        """Return hourly rows, at most 744."""
        start, end = int(terms["start_timestamp"]), min(int(terms["end_timestamp"]), int(self.clock.now() * 1000))
        first = max(-(-start // HOUR_MS), FIRST_DVOL_MS // HOUR_MS)
        hours = range(first, end // HOUR_MS + 1)[-744:]
        return [
            {"timestamp": hour * HOUR_MS, "interest_1h": 1e-5, "interest_8h": 8e-5 * math.cos(hour / 50),
             "index_price": 3000.0, "prev_index_price": 3000.0}
            for hour in hours
        ]  # fmt: skip

    def trades(self, terms: dict[str, str]) -> Any:
        """Return trades of the last day; older ranges are empty, without an error."""
        now = int(self.clock.now() * 1000)
        start, end = max(int(terms["start_timestamp"]), now - 24 * HOUR_MS), min(int(terms["end_timestamp"]), now)
        times = [at for at in range(now // 60_000 * 60_000 - 24 * HOUR_MS, now, 60_000) if start <= at <= end]
        coin = terms["currency"]
        rows = [
            {"trade_id": f"{coin}-{at}", "timestamp": at, "instrument_name": f"{coin}-27MAR26-3000-C",
             "direction": "buy", "amount": 1.0, "price": 0.01, "iv": 60.0, "index_price": 3000.0}
            for at in times[:PAGE]
        ]  # fmt: skip
        return {"trades": rows, "has_more": len(times) > PAGE}

    def handle_error(self, *_: object) -> None:
        """Say nothing of who hangs up."""


@lru_cache(maxsize=64)
def chain_at(asset: str, spot: float, at: int) -> tuple[Quote, ...]:
    """Return the options on an asset at one second."""
    return synthetic_chain(asset, spot, at, VOLS[asset], lot=LOTS[asset][0]).rows


def quoted(price: float, spot: float) -> float | None:
    """Return a price in coin, or null without one."""
    return None if math.isnan(price) or price <= 0 else price / spot


@contextmanager
def fake_venue(clock: Any = None, spots: dict[str, float] | None = None) -> Iterator[Venue]:
    """Run the venue for the length of a `with` block."""
    venue = Venue(clock or FakeClock(), spots or {"BTC": 90_000.0, "ETH": 3000.0, "SOL": 140.0, "XRP": 0.625})
    thread = threading.Thread(target=venue.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield venue
    finally:
        venue.shutdown()
        venue.server_close()
