"""Deribit's transaction log: the CSV of the web page, and the answer of ``private/get_transaction_log``.

    trade                             a trade, under the id that the trades' own export gives it
    delivery                          an expiry; the option's cash is what the venue paid
    settlement                        the funding of the session and nothing else: the profit of the session that the
                                      venue books each day is in our account already, at average cost
    deposit, withdrawal, transfer     money moved
    liquidation                       a trade by liquidation, where it has a price and the id of a trade
    anything else                     left out, counted by its type

The funding of a settlement is that of its whole session; what rows of trades say of it is part of that. Times of the
CSV are whole seconds; where UserSeq counts the same second in milliseconds or microseconds, it gives the rest.
Source: support.deribit.com, Transaction log; docs.deribit.com, private/get_transaction_log.
"""

from __future__ import annotations

from typing import Final

from bridge.ledger.exports.entries import DERIBIT, SPOT, ZERO, delivery, fee, in_reason, trade
from bridge.ledger.exports.format import FORMATS, ExportFormat
from bridge.ledger.exports.row import Row, Unreadable
from hedge.ledger.fills import Fill, FillKind

MOVED: Final = frozenset({"deposit", "withdrawal", "transfer"})

OF_A_TRADE: Final = ("trade", "instrument", "quantity", "price")


def read(row: Row) -> Fill | str:
    """Return the fill of a row, or under which words it is left out."""
    kind = row.text("type").lower()
    if kind == "trade" or (kind == "liquidation" and all(map(row.text, OF_A_TRADE))):
        return _trade(row)
    if kind == "delivery":
        traded, side = row.instrument(), row.text("side").lower()
        if not traded.is_option and side.startswith("open"):
            return "delivery that opens the future of an option"
        return delivery(row, _entry(row), _at_ms(row), traded, row.signed())
    if kind == "settlement":
        return _settlement(row)
    if kind in MOVED:
        return _moved(row, kind)
    return kind or "no type"


def _trade(row: Row) -> Fill | str:
    if SPOT.fullmatch(row.text("instrument")):
        return "trade of coin for coin"
    entry, traded = row.name("trade"), row.instrument()
    if not entry:
        raise Unreadable("trade", "must not be empty in a trade")
    return trade(row, f"trade:{entry}", _at_ms(row), traded, row.signed())


def _settlement(row: Row) -> Fill | str:
    traded, at_ms = row.instrument(), _at_ms(row)
    funding = row.number("session_funding")
    funding = row.number("funding") if funding is None else funding
    if not funding:
        return "settlement without funding"
    currency = row.currency(traded)
    index = row.index(currency, at_ms)
    in_reason(funding, index, "funding" if row.number("session_funding") is None else "session_funding")
    entry = (row.reading.book, DERIBIT, _entry(row), at_ms, FillKind.FUNDING, traded.name)
    return Fill(*entry, ZERO, ZERO, currency, funding, ZERO, index, row.reading.plan)


def _moved(row: Row, kind: str) -> Fill | str:
    change, charged = row.needed("change"), row.number("fee") or ZERO
    if not change and not charged:
        return f"{kind} of nothing"
    if (kind == "deposit" and change < ZERO) or (kind == "withdrawal" and change > ZERO):
        raise Unreadable("change", f"{change} has the wrong sign for a {kind}")
    at_ms, currency = _at_ms(row), row.currency()
    entry, index = (row.reading.book, DERIBIT, _entry(row), at_ms, FillKind.TRANSFER, ""), row.index(currency, at_ms)
    return Fill(*entry, ZERO, ZERO, currency, change + charged, fee(row, index), index, note=kind)


def _entry(row: Row) -> str:
    entry = row.name("id")
    if not entry:
        raise Unreadable("id", "must not be empty")
    return f"log:{entry}"


def _at_ms(row: Row) -> int:
    """Return the time, to the millisecond where the sequence number counts the same second."""
    at_ms, sequence = row.at_ms(), row.text("sequence")
    if at_ms % 1000 == 0 and sequence.isascii() and sequence.isdigit():
        for found in (int(sequence), int(sequence) // 1000):
            if found // 1000 == at_ms // 1000:
                return found
    return at_ms


FORMATS.register(
    "deribit_log",
    ExportFormat(
        {
            "id": ("id",),
            "sequence": ("userseq", "user_seq"),
            "time": ("timestamp", "date"),
            "instrument": ("instrument", "instrument_name"),
            "type": ("type",),
            "side": ("side",),
            "quantity": ("amount", "size", "base_amount"),
            "price": ("price",),
            "index": ("index_price",),
            "cash": ("cash_flow", "cashflow"),
            "session_funding": ("total_interest_pl",),
            "funding": ("funding", "interest_pl"),
            "fee": ("fee_charged", "fee_paid", "commission"),
            "change": ("change",),
            "currency": ("currency",),
            "trade": ("trade_id",),
            "note": ("order_id",),
        },
        frozenset({"id", "time", "instrument", "type", "side", "cash", "change", "fee"}),
        read,
    ),
)
