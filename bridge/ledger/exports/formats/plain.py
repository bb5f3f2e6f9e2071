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
cash          its change; follows from the others where left out, and must agree with them: a delivery of an option
              may be rounded, or be 0 where it became a future
fee           in the currency, negative where rebated; 0 where left out
index         USD per unit of the currency; may be left out for USD, USDC and USDT
plan, order   the hash of a plan and the number of its order; note: free words
reverses      the id that an entry takes back, which is then reversal:ID: so a list of our own entries has it
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Final

from bridge.ledger.corrections import REVERSAL
from bridge.ledger.exports.entries import DERIBIT, MADE, ZERO, carries_out, delivery, fee, in_reason, trade
from bridge.ledger.exports.format import FORMATS, ExportFormat
from bridge.ledger.exports.row import Row, Unreadable
from hedge.ledger.fills import Fill, FillKind

COLUMNS: Final = (
    "time", "venue", "id", "kind", "instrument", "side", "quantity", "price", "currency", "cash", "fee", "index",
    "plan", "order", "reverses", "note",
)  # fmt: skip
ID: Final = re.compile(r"[A-Za-z0-9_.:#/-]{1,100}(?:~[0-9]{1,9})*")
"""Of an entry; ~2 is behind that of a correction."""


def read(row: Row) -> Fill:
    """Return the fill of a line."""
    kind = row.text("kind").lower() or FillKind.TRADE
    if kind not in tuple(FillKind):
        raise Unreadable("kind", f"{kind[:40]!r} is none of {', '.join(FillKind)}")
    entry, at_ms, venue = _entry(row), row.at_ms(), row.name("venue").lower() or DERIBIT
    if kind == FillKind.TRADE:
        fill = trade(row, entry or MADE, at_ms, row.instrument(), row.signed(), venue)
    elif kind == FillKind.DELIVERY:
        fill = delivery(row, entry or MADE, at_ms, row.instrument(), row.signed(), venue, stated=True)
    else:
        fill = _cash(row, entry or MADE, at_ms, FillKind(kind), venue)
    return replace(fill, reverses=row.text("reverses")) if entry else replace(fill, id=MADE + _content(fill))


def _entry(row: Row) -> str:
    """Return the id, empty where it is to be made; one of a correction is of an entry that says what it takes back."""
    entry, reverses = row.text("id"), row.text("reverses")
    if (entry.startswith(REVERSAL) or reverses) and entry != REVERSAL + reverses:
        raise Unreadable("id", f"{entry[:40]!r} is no id: {REVERSAL} and an id is of what takes that one back")
    if entry and ID.fullmatch(entry.removeprefix(REVERSAL)) is None:
        raise Unreadable("id", f"{entry[:40]!r} is no id: at most 100 letters, digits and _ . : # / -")
    return entry


def _cash(row: Row, entry: str, at_ms: int, kind: FillKind, venue: str) -> Fill:
    """Return funding, a fee alone or a transfer."""
    traded = row.instrument() if row.text("instrument") else None
    if kind is FillKind.FUNDING and traded is None:
        raise Unreadable("instrument", "must not be empty for funding")
    if kind is FillKind.TRANSFER and traded is not None:
        raise Unreadable("instrument", "must be empty for a transfer: it moves money")
    charged = row.needed("fee") if kind is FillKind.FEE else row.number("fee")
    nothing = kind is FillKind.FEE or (kind is FillKind.TRANSFER and charged and row.needed("quantity") == ZERO)
    cash = ZERO if nothing else row.signed("in", "out")
    if row.number("cash") not in (None, cash):
        raise Unreadable("cash", f"{row.text('cash')} is not what side and quantity say: {cash}")
    currency = row.currency(traded)
    index = row.index(currency, at_ms)
    if kind is FillKind.FUNDING:
        in_reason(cash, index, "quantity")
    return Fill(
        row.reading.book, venue, entry, at_ms, kind, traded.name if traded else "", ZERO, ZERO, currency, cash,
        fee(row, index), index, *carries_out(row), "", row.text("note"),
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
