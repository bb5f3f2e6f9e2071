"""The price of a coin at a time, from a CSV time,price: for exports that do not say it."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from pathlib import Path
from typing import Final

from bridge.errors import BadFile, Fault, RefusedRows
from bridge.ledger.exports.files import read_rows
from bridge.ledger.exports.row import Indices, Reading, Row, Unreadable

MOST_AGE_MS: Final = 86_400_000
"""A price older than a day is not the price at a time."""


def read_index(path: Path, currency: str, *, now_ms: int) -> Indices:
    """Return the prices of one coin: at a time the last one before it, at most a day old.

    Parameters
    ----------
    currency
        The coin, ETH; any other is not known.
    now_ms
        Milliseconds since 1970; no price may be later.

    Raises
    ------
    BadFile
        It is no CSV with columns time and price, or has two prices of one time.
    RefusedRows
        A time or a price is none.
    """
    table = read_rows(path)
    if not {"time", "price"} <= table.columns.keys():
        raise BadFile(path, "lacks the columns time and price: write 2026-03-27 08:00:00,2310.5")
    reading, columns = Reading("", now_ms, "", "", "", None), {"time": "time", "price": "price"}
    prices: dict[int, Decimal] = {}
    faults: list[Fault] = []
    for number, cells in table.rows:
        row = Row(cells, columns, reading)
        try:
            at_ms, price = row.at_ms(), row.price()
            if prices.setdefault(at_ms, price) != price:
                raise Unreadable("time", "stands there twice with two prices")
        except Unreadable as unread:
            faults.append(Fault(number, unread.column, unread.reason))
    if faults:
        raise RefusedRows(path, faults, table.counted)
    times = sorted(prices)

    def at(coin: str, at_ms: int) -> Decimal:
        place = bisect_right(times, at_ms) - 1
        if coin != currency or place < 0 or at_ms - times[place] > MOST_AGE_MS:
            raise LookupError(f"{path.name} has {currency}, and none within a day before")
        return prices[times[place]]

    return at
