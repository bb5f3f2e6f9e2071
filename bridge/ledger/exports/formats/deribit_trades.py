"""Trades of Deribit: answers of ``private/get_user_trades_by_*`` as JSON, or as CSV with the same columns.

Amounts are units of the underlying for options and linear contracts, USD for inverse futures and perpetuals; a fee has
no other currency than the instrument. A trade of a combination is left out: its legs are trades of their own.
Source: docs.deribit.com, private/get_user_trades_by_currency_and_time.
"""

from __future__ import annotations

from bridge.ledger.exports.entries import SPOT, trade
from bridge.ledger.exports.format import FORMATS, ExportFormat
from bridge.ledger.exports.row import Row, Unreadable
from hedge.ledger.fills import Fill


def read(row: Row) -> Fill | str:
    """Return a trade."""
    if row.holds("legs"):
        return "combination (its legs are trades of their own)"
    if SPOT.fullmatch(row.text("instrument")):
        return "trade of coin for coin"
    entry, at_ms, traded = row.name("id"), row.at_ms(), row.instrument()
    if not entry:
        raise Unreadable("id", "must not be empty")
    return trade(row, f"trade:{entry}", at_ms, traded, row.signed())


FORMATS.register(
    "deribit_trades",
    ExportFormat(
        {
            "id": ("trade_id",),
            "time": ("timestamp", "date"),
            "instrument": ("instrument_name", "instrument"),
            "side": ("direction", "side"),
            "quantity": ("amount", "size"),
            "price": ("price",),
            "fee": ("fee", "commission"),
            "currency": ("fee_currency",),
            "index": ("index_price",),
            "label": ("label",),
            "note": ("order_id",),
            "legs": ("legs",),
        },
        frozenset({"id", "time", "instrument", "side", "quantity", "price", "fee"}),
        read,
    ),
)
