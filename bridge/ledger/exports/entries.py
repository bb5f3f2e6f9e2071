"""Trades and deliveries as fills, the same way whichever file names them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bridge.ledger.exports.row import Row, Unreadable
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import Instrument

DERIBIT: Final = "deribit"
ZERO: Final = Decimal(0)
MADE: Final = "plain:"
"""How ids begin that are made from a line."""
ROUNDING: Final = Decimal("1e-6")
"""By how much cash may miss quantity x price, absolute and relative: venues round coin at 6 to 8 decimals."""
NEAR: Final = Decimal("0.05")
"""How far a delivery price may be from the index of its minute."""


def trade(row: Row, entry: str, at_ms: int, traded: Instrument, quantity: Decimal, venue: str = DERIBIT) -> Fill:
    """Return a trade; the cash of an option is quantity x price.

    Raises
    ------
    Unreadable
        It is later than the expiry, or its cash flow is not its quantity x price.
    """
    if traded.expiry_at and at_ms > traded.expiry_at * 1000:
        raise Unreadable("time", f"{traded.name} had expired by then")
    price, currency = row.price(), row.currency(traded)
    cash = -quantity * price if traded.is_option else ZERO
    said = row.number("cash") if traded.is_option else None
    if said is not None and not rounds(said, cash):
        raise Unreadable("cash", f"{said} is not -(quantity x price) = {cash}")
    return Fill(
        row.reading.book, venue, entry, at_ms, FillKind.TRADE, traded.name, quantity, price, currency, cash,
        row.number("fee") or ZERO, row.index(currency, at_ms), row.name("plan") or row.reading.plan,
        row.name("order"), "", row.text("note"),
    )  # fmt: skip


def delivery(row: Row, entry: str, at_ms: int, traded: Instrument, quantity: Decimal, venue: str = DERIBIT) -> Fill:
    """Return a delivery at the delivery price; its coin is counted at that price too.

    Raises
    ------
    Unreadable
        The delivery price is not said, or contradicts the cash.
    """
    currency, cash = row.currency(traded), ZERO
    if traded.is_option:
        said = row.number("cash")
        price = delivery_price(row, at_ms, traded, quantity, said)
        cash = option_cash(traded, quantity, price) if said is None else said
    else:
        price = row.price()
    index = row.index(currency, at_ms) if traded.linear else price
    return Fill(
        row.reading.book, venue, entry, at_ms, FillKind.DELIVERY, traded.name, quantity, price, currency, cash,
        row.number("fee") or ZERO, index, row.name("plan") or row.reading.plan, row.name("order"), "", row.text("note"),
    )  # fmt: skip


def delivery_price(row: Row, at_ms: int, traded: Instrument, quantity: Decimal, cash: Decimal | None) -> Decimal:
    """Return the delivery price of an option, USD.

    The index of the row where it explains the cash; otherwise what the cash implies, if that is near the index: the
    venue delivers at the average of half an hour. Without cash the row's price where it is near the index.
    """
    index, price = row.number("index"), row.number("price")
    if index is None and row.reading.indices is not None:
        index = row.index(traded.asset, at_ms)
    if cash:
        implied = _implied(traded, -cash / quantity)
        if index is None or not rounds(option_cash(traded, quantity, index), cash):
            if index is not None and abs(implied / index - 1) > NEAR:
                raise Unreadable("cash", f"{cash} implies a delivery at {implied:.2f}, the index is {index}")
            return implied
        return index
    if cash is None and price:
        return price
    if index is None or index <= ZERO:
        raise Unreadable("index", "is not there, and the delivery price with it: give --index FILE, a CSV time,price")
    return price if price and price != traded.strike and abs(price / index - 1) < NEAR else index


def option_cash(traded: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
    """Return what the delivery of an option pays in its currency; `quantity` closes the position."""
    worth = -quantity * traded.payoff(price)
    return worth if traded.linear else worth / price


def rounds(said: Decimal, computed: Decimal) -> bool:
    """Tell whether two amounts are one within a venue's rounding."""
    return abs(said - computed) <= ROUNDING + ROUNDING * abs(computed)


def _implied(traded: Instrument, each: Decimal) -> Decimal:
    """Return the delivery price that pays so much of the currency per unit."""
    sign = 1 if traded.is_call else -1
    if each <= ZERO or (not traded.linear and traded.is_call and each >= 1):
        raise Unreadable("cash", "has the wrong sign or size for the delivery of this position")
    return (traded.strike + sign * each if traded.linear else traded.strike / (1 - sign * each)).quantize(ROUNDING)
