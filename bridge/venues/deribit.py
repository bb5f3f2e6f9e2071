"""Deribit's public methods, read-only: JSON-RPC over HTTPS GET. Source: docs.deribit.com, API 2.1.

    credits -> GET /public/METHOD?terms -> envelope: result, error, testnet? -> `shapes`

Credits: 500 a question of a pool of 50,000 that gets 10,000 back in a second, and one question a second for lists of
instruments. We stay at 80 and 90 % of that: others behind the same address use it too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final, NoReturn, TypeVar

from bridge.foreign import guarded
from bridge.venues.asking import ATTEMPT_SECONDS, NO_JSON, Asker, Passing, Reply
from bridge.venues.clock import SYSTEM, Clock
from bridge.venues.fields import Fields, Odd, rows
from bridge.venues.limits import Bucket
from bridge.venues.shapes import MOST_USD, Listing, Page, Summary, Ticker, bars, in_order, listing, summary, ticker

TEST_HOST: Final = "test.deribit.com"
NAME, TEST_NAME = "deribit", "deribit-test"
POOL, A_SECOND, A_QUESTION = 40_000.0, 9_000.0, 500.0
LISTS_A_SECOND: Final = 1.0
TOO_MANY: Final = 10028
PASSING: Final = frozenset({TOO_MANY, 10040, 10041, 10047, 10066, 11051, 11094, 13028, 13888})
"""Errors that pass: too many requests, retry, settlement, full queue, maintenance, trouble, not now, late."""
MOST_ROWS: Final = 1000
COLUMNS_OF_BAR: Final = 4
MOST_POINTS: Final = 2000.0
"""Of a volatility index: 20 times what it ever was."""
HOUR_MS: Final = 3_600_000
FIRST_MS: Final = 1_464_739_200_000
"""2016-06-01, before anything was traded there."""
DAY_SECONDS: Final = 86_400
FUNDING_HOURS: Final = 720

T = TypeVar("T")


class Deribit:
    """The venue at a URL.

    Parameters
    ----------
    url
        Where its methods are.
    login, hidden
        Of an account, as a header says it, and what is never shown; empty for the public methods.

    Raises
    ------
    BadConfig
        It is no URL of https without login and options.
    SourceUnavailable
        From every method: no answer, one that is not as documented, or a final error of the venue's, by its name.
    """

    def __init__(
        self,
        url: str,
        clock: Clock = SYSTEM,
        attempt_seconds: float = ATTEMPT_SECONDS,
        login: str = "",
        hidden: tuple[str, ...] = (),
    ) -> None:
        headers = {"Authorization": f"Basic {login}"} if login else None
        self._asker = Asker(url, "venue.url", clock, hidden, headers, attempt_seconds)
        self._credits = Bucket(clock, POOL, A_SECOND)
        self._lists = Bucket(clock, LISTS_A_SECOND, LISTS_A_SECOND)
        self.place, self.is_test = self._asker.place, self._asker.host == TEST_HOST
        self.at_ms = 0
        """The venue's own time in its last answer, milliseconds."""

    @property
    def name(self) -> str:
        """What its rows are called: those of the test venue are no market's."""
        return TEST_NAME if self.is_test else NAME

    def instruments(self, currency: str, kind: str = "option") -> tuple[dict[str, Listing], int]:
        """Return what is listed by name, and how many names are of a kind that we do not know."""
        terms = {"currency": currency, "kind": kind, "expired": "false"}
        found = self._ask("get_instruments", terms, lambda result: [listing(row) for row in rows("result", result)])
        known = [each for each in found if each is not None]
        return {each.instrument.name: each for each in known}, len(found) - len(known)

    def summaries(self, currency: str) -> list[Summary]:
        """Return every option of a currency with its best quotes, in one answer."""

        def read(result: Any) -> list[Summary]:
            found = [summary(row) for row in rows("result", result)]
            if len({each.name for each in found}) < len(found):
                raise Odd("an option is there twice")
            return found

        return self._ask("get_book_summary_by_currency", {"currency": currency, "kind": "option"}, read)

    def ticker(self, name: str) -> Ticker:
        """Return the best quotes of an instrument with their sizes."""
        return self._ask("ticker", {"instrument_name": name}, lambda result: _named(ticker(result), name))

    def index_price(self, index: str) -> float:
        """Return the price of an index such as ``eth_usd``, USD."""
        return self._ask(
            "get_index_price",
            {"index_name": index},
            lambda result: Fields(result).number("index_price", 1e-9, MOST_USD),
        )

    def index_chart(self, index: str, span: str) -> list[tuple[float, ...]]:
        """Return times and prices of an index; coarse for long spans: 1h, 1d, 2d, 1m, 1y, all."""
        terms = {"index_name": index, "range": span}
        return self._ask("get_index_chart_data", terms, lambda result: bars(result, "prices", 1, 1e-9, MOST_USD))

    def volatility_index(self, currency: str, start_ms: int, end_ms: int, resolution: int) -> Page:
        """Return a page of the volatility index, open, high, low and close in points; it ends at `end_ms`.

        `resolution` is in seconds; a bar's time is that of its beginning. The venue pages backwards.
        """

        def read(result: Any) -> Page:
            fields = Fields(result)
            found = bars(fields.get("data"), "data", COLUMNS_OF_BAR, 1e-9, MOST_POINTS)
            left = None if fields.get("continuation") is None else fields.ms("continuation")
            if left is None:
                return Page(found, start_ms - 1)
            if not start_ms <= left < end_ms or not found:
                raise Odd("its continuation does not lead back")
            return Page(found, left)

        word = "1D" if resolution == DAY_SECONDS else resolution
        terms = {"currency": currency, "start_timestamp": start_ms, "end_timestamp": end_ms, "resolution": word}
        return self._ask("get_volatility_index_data", terms, read)

    def deliveries(self, index: str, offset: int) -> tuple[list[tuple[str, float]], int]:
        """Return days and delivery prices, newest first, from a place on, and how many there are in all."""

        def read(result: Any) -> tuple[list[tuple[str, float]], int]:
            fields = Fields(result)
            found = [Fields(row) for row in fields.rows("data", MOST_ROWS)]
            days = [(_day(row), row.number("delivery_price", 1e-9, MOST_USD)) for row in found]
            if days != sorted(days, reverse=True):
                raise Odd("the days are not the newest first")
            total = int(fields.number("records_total", 0, 1e6))
            if days and total < offset + len(days):
                raise Odd(f"records_total {total} is less than it gives")
            return days, total

        terms = {"index_name": index, "offset": offset, "count": MOST_ROWS}
        return self._ask("get_delivery_prices", terms, read)

    def funding(self, name: str, start_ms: int, end_ms: int) -> Page:
        """Return hourly funding of a perpetual, what it paid in the eight hours before; a page is 30 days at most."""
        begin = max(start_ms, end_ms - FUNDING_HOURS * HOUR_MS)

        def read(result: Any) -> Page:
            fields = [Fields(row) for row in rows("result", result)]
            found = [(float(row.ms("timestamp")), row.number("interest_8h", -1.0, 1.0)) for row in fields]
            in_order("result", list(found))
            short = bool(found) and min(found)[0] > begin + HOUR_MS
            return Page(sorted(found), int(min(found)[0]) - HOUR_MS if short else begin - 1)

        terms = {"instrument_name": name, "start_timestamp": begin, "end_timestamp": end_ms}
        return self._ask("get_funding_rate_history", terms, read)

    def trades(self, currency: str, start_ms: int, end_ms: int) -> tuple[list[dict[str, Any]], bool]:
        """Return option trades of a currency, oldest first, and whether there are more. The venue keeps a day of
        them here; of older times it answers with none, and with no error."""

        def read(result: Any) -> tuple[list[dict[str, Any]], bool]:
            fields = Fields(result)
            found = [_trade(Fields(row)) for row in fields.rows("trades", MOST_ROWS)]
            if any(not start_ms <= each["time"] <= end_ms for each in found):
                raise Odd("it gives trades of a time that was not asked for")
            return found, fields.flag("has_more")

        terms = {"currency": currency, "kind": "option", "start_timestamp": start_ms, "end_timestamp": end_ms}
        more = {"count": MOST_ROWS, "sorting": "asc"}
        return self._ask("get_last_trades_by_currency_and_time", terms | more, read)

    def close(self) -> None:
        """Hang up."""
        self._asker.close()

    def _ask(self, method: str, terms: dict[str, Any], read: Callable[[Any], T], kind: str = "public") -> T:
        def paced() -> None:
            if method == "get_instruments":
                self._lists.take(1.0)
            self._credits.take(A_QUESTION)

        return self._asker.ask(f"/{kind}/{method}", terms, lambda reply: read(self._result(reply, method)), paced)

    def _result(self, reply: Reply, method: str) -> Any:
        """Return the result of an answer; its body is looked at before its status, which is 400 with every error."""
        content = reply.content
        if isinstance(content, dict) and isinstance(content.get("error"), dict):
            self._refused(content["error"], reply, method)
        reply.refuse_busy()
        if content is NO_JSON:
            raise Odd(f"its answer (HTTP {reply.status}) is no JSON")
        fields = Fields(content)
        if fields.flag("testnet") and not self.is_test:
            raise Odd(f"it is the test venue, and its URL is not that of {TEST_HOST}")
        if reply.status != 200 or "result" not in content:
            raise Odd(f"HTTP {reply.status} without a result")
        self.at_ms = int(fields.number("usOut", 1.2e15, 4.2e15)) // 1000
        return content["result"]

    def _refused(self, error: dict[str, Any], reply: Reply, method: str) -> NoReturn:
        code, words = error.get("code"), str(error.get("message", ""))[:80]
        if isinstance(code, bool) or not isinstance(code, int):
            raise Odd("an error without a code")
        if code == TOO_MANY:
            self._credits.empty()
        if code in PASSING:
            raise Passing(f"{code} {words}", reply.retry_after or 0.0)
        data = error.get("data")
        why = ""
        if isinstance(data, dict) and data.get("reason"):
            why = f" ({str(data.get('param', ''))[:40]}: {str(data['reason'])[:80]})"
        self._asker.refuse(f"{method}: error {code} {words}{why}")


def _named(found: Ticker, name: str) -> Ticker:
    if found.name != name:
        raise Odd(f"{found.name} is not what was asked for, {name}")
    return found


def _day(row: Fields) -> str:
    day = row.word("date")
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise Odd(f"{day} is no day") from None


def _trade(row: Fields) -> dict[str, Any]:
    """Return one trade in the columns of our file."""
    if (direction := row.word("direction")) not in ("buy", "sell"):
        raise Odd(f"direction {direction} is neither buy nor sell")
    if guarded(name := row.word("trade_id")) != name:
        raise Odd(f"trade_id {name} is none")
    return {
        "trade_id": name,
        "time": row.ms("timestamp"),
        "instrument": row.word("instrument_name"),
        "direction": direction,
        "amount": row.number("amount", 0.0, 1e12),
        "price": row.number("price", 0.0, MOST_USD),
        "iv": row.maybe("iv", 0.0, 1e6),
        "index": row.maybe("index_price", 1e-9, MOST_USD),
    }
