"""Our own CSV, for any venue and for trades made by voice: one entry a line, a head line, columns in any order.

time          UTC: 2026-03-27 08:00:00, or milliseconds since 1970
venue         deribit where left out
id            the venue's id; where left out, one is made from time, venue, kind, instrument and amounts
kind          trade where left out; delivery, funding, fee or transfer
instrument    ETH-27MAR26-1800-P; empty for a transfer
side          buy or sell; in or out for funding and transfers
quantity      without sign; units of the underlying, USD for inverse futures, an amount of the currency for
              funding and transfers
price         in the venue's quote; of a delivery the delivery price in USD
currency      what it settles in where left out
fee           in the currency, negative where rebated; 0 where left out
index         USD per unit of the currency; may be left out for USD, USDC and USDT
plan, order   the hash of a plan and the number of its order; note: free words
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

from bridge.ledger.exports.entries import DERIBIT, MADE, ZERO, carries_out, delivery, trade
from bridge.ledger.exports.format import FORMATS, ExportFormat
from bridge.ledger.exports.row import Row, Unreadable
from hedge.ledger.fills import Fill, FillKind

COLUMNS: Final = (
    "time", "venue", "id", "kind", "instrument", "side", "quantity", "price", "currency", "fee", "index", "plan",
    "order", "note",
)  # fmt: skip


def read(row: Row) -> Fill:
    """Return the fill of a line."""
    kind = row.text("kind").lower() or FillKind.TRADE
    if kind not in tuple(FillKind):
        raise Unreadable("kind", f"{kind[:40]!r} is none of {', '.join(FillKind)}")
    entry, at_ms, venue = row.name("id"), row.at_ms(), row.name("venue").lower() or DERIBIT
    if kind in (FillKind.TRADE, FillKind.DELIVERY):
        build = trade if kind == FillKind.TRADE else delivery
        fill = build(row, entry or MADE, at_ms, row.instrument(), row.sign("side") * row.size(), venue)
    else:
        fill = _cash(row, entry or MADE, at_ms, FillKind(kind), venue)
    return fill if entry else replace(fill, id=MADE + _content(fill))


def _cash(row: Row, entry: str, at_ms: int, kind: FillKind, venue: str) -> Fill:
    """Return funding, a fee alone or a transfer."""
    traded = row.instrument() if row.text("instrument") else None
    if kind is FillKind.FUNDING and traded is None:
        raise Unreadable("instrument", "must not be empty for funding")
    if kind is FillKind.TRANSFER and traded is not None:
        raise Unreadable("instrument", "must be empty for a transfer: it moves money")
    fee = row.needed("fee") if kind is FillKind.FEE else row.number("fee") or ZERO
    cash = ZERO if kind is FillKind.FEE else row.sign("side", "in", "out") * row.size()
    currency = row.currency(traded)
    return Fill(
        row.reading.book, venue, entry, at_ms, kind, traded.name if traded else "", ZERO, ZERO, currency, cash, fee,
        row.index(currency, at_ms), *carries_out(row), "", row.text("note"),
    )  # fmt: skip


def _content(fill: Fill) -> str:
    """Return a hash of what happened, so that a file imported again gives the same id, and a corrected fee the same."""
    amounts = (fill.quantity, fill.price, fill.cash, fill.fee if fill.kind is FillKind.FEE else ZERO)
    words = (str(fill.at_ms), fill.venue, fill.kind, fill.instrument, fill.currency)
    line = "\x1f".join((*words, *(str(amount.normalize()) for amount in amounts)))
    return hashlib.sha256(line.encode()).hexdigest()[:16]


FORMATS.register(
    "plain",
    ExportFormat(
        {column: (column,) for column in COLUMNS},
        frozenset({"time", "instrument", "side", "quantity", "price"}),
        read,
        closed=True,
    ),
)
