"""What an account at Deribit traded and holds: private methods that read, with a key of the environment.

A key that reads (`account:read`, `trade:read`) is all that is used; make one that can do no more.
"""

from __future__ import annotations

import os
from base64 import b64encode
from typing import Any, Final

from bridge.errors import BadConfig, SourceUnavailable
from bridge.venues.clock import SYSTEM, Clock
from bridge.venues.deribit import MOST_ROWS, Deribit
from bridge.venues.fields import Fields, Odd, rows

KEY_VARIABLE, SECRET_VARIABLE = "ALVH_DERIBIT_KEY", "ALVH_DERIBIT_SECRET"
CURRENCIES: Final = ("BTC", "ETH", "USDC")
METHOD: Final = "private/get_user_trades_by_currency_and_time"
MOST_PAGES: Final = 1_000


class DeribitAccount(Deribit):
    """The venue with an account's key.

    Raises
    ------
    BadConfig
        The environment holds no key, or one that no header takes.
    """

    def __init__(self, url: str, clock: Clock = SYSTEM) -> None:
        key, secret = (os.environ.get(name, "") for name in (KEY_VARIABLE, SECRET_VARIABLE))
        for name, value in ((KEY_VARIABLE, key), (SECRET_VARIABLE, secret)):
            if not value or not (value.isascii() and value.isprintable()) or " " in value or ":" in value:
                raise BadConfig(f"{name} holds no key of the venue: set it and {SECRET_VARIABLE}, of a key that reads")
        login = b64encode(f"{key}:{secret}".encode()).decode()
        super().__init__(url, clock, login=login, hidden=(secret, login, key))

    def fills(self, currency: str, since_ms: int, until_ms: int) -> list[dict[str, Any]]:
        """Return the account's trades of a currency in the venue's own fields, oldest first, each once.

        The venue keeps the last day's and all older ones apart, and both are asked for.

        Raises
        ------
        SourceUnavailable
            It does not answer, refuses the key, or its pages lead nowhere.
        """
        found: dict[str, dict[str, Any]] = {}
        for historical in ("true", "false"):
            start = since_ms
            for _ in range(MOST_PAGES):
                page, more = self._fills(currency, start, until_ms, historical)
                fresh = {Fields(row).word("trade_id"): row for row in page}
                if more and not fresh.keys() - found.keys():
                    raise SourceUnavailable(
                        self.place, f"{METHOD}: {currency}: its page from {start} ms on repeats itself"
                    )
                found |= fresh
                if not more:
                    break
                start = max(Fields(row).ms("timestamp") for row in page)
            else:
                raise SourceUnavailable(self.place, f"{METHOD}: {currency}: more than {MOST_PAGES:,} pages")
        return sorted(found.values(), key=lambda row: int(row["timestamp"]))

    def holdings(self) -> dict[str, float]:
        """Return what the account holds, by instrument: units of the coin, or USD of inverse futures; negative short.

        Raises
        ------
        SourceUnavailable
            It does not answer, or refuses the key.
        """

        def read(result: Any) -> dict[str, float]:
            found = [Fields(row) for row in rows("result", result)]
            held = {row.word("instrument_name"): row.number("size", -1e12, 1e12) for row in found}
            if len(held) < len(found):
                raise Odd("an instrument is there twice")
            return {name: size for name, size in held.items() if size != 0.0}

        return self._ask("get_positions", {"currency": "any"}, read, "private")

    def _fills(self, currency: str, start: int, end: int, historical: str) -> tuple[list[dict[str, Any]], bool]:
        def read(result: Any) -> tuple[list[dict[str, Any]], bool]:
            fields = Fields(result)
            found = fields.rows("trades", MOST_ROWS)
            for row in found:
                (entry := Fields(row)).word("trade_id")
                entry.ms("timestamp")
            return found, fields.flag("has_more")

        terms = {"currency": currency, "start_timestamp": start, "end_timestamp": end}
        more = {"count": MOST_ROWS, "sorting": "asc", "historical": historical}
        return self._ask(METHOD.removeprefix("private/"), terms | more, read, "private")
