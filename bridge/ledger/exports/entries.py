"""Trades and deliveries as fills, the same way whichever file names them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from bridge.ledger.exports.row import FINEST, MOST, Row, Unreadable
from bridge.ledger.exports.worth import check_worth
from bridge.ledger.labels import read_label
from bridge.units import utc
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import Instrument
from hedge.ledger.running import CONTEXT, QUANTUM

DERIBIT: Final = "deribit"
ZERO: Final = Decimal(0)
SPOT: Final = re.compile(r"[A-Z0-9]{2,12}_[A-Z0-9]{2,12}")
"""A pair of coins: what it changes is cash, which the account does not follow."""
MADE: Final = "plain:"
"""How ids begin that are made from a line."""
ROUNDING: Final = Decimal("1e-6")
"""By how much cash may miss quantity x price, absolute and relative: venues round coin at 6 to 8 decimals."""
HALF: Final = Decimal("0.5")
ONE: Final = Decimal(1)
SLIGHT: Final = Decimal("0.01")
"""An option closer to the strike than this may be in the money at the index and not at the average."""
BECAME_FUTURES: Final = {True: 1_775_001_600_000, False: 1_785_542_400_000}
"""Since when options in the money are delivered as futures, without cash: linear ones April, others August 2026."""
NEAR: Final = Decimal("0.05")
"""How far a delivery price may be from the index of its minute."""
MOST_USD: Final = Decimal("1e9")
"""No fee and no funding of one entry is more."""
OF_UNDERLYING: Final = Decimal("0.001")
"""Share of the underlying that a fee of an option may be, however little it costs: venues take 0.0003 at most."""
FAR: Final = Decimal(20)
"""Times that a price of the underlying is away from the strike of an option on it; listed strikes are within 10."""

MOST_OF_STRIKE: Final = Decimal("1.25")
"""Of its strike that a put in coin may cost at the index: it pays a strike at most, and a future is near its index."""
MOST_TRADE_USD: Final = Decimal("1e10")
"""Of the underlying in one trade: the largest blocks reported of options are a few billions."""


def carries_out(row: Row) -> tuple[str, str]:
    """Return the plan and order that a row carries out: by its label, its columns, or the plan of the import."""
    named = read_label(row.text("label"))
    return named or (row.name("plan") or row.reading.plan, row.name("order"))


def trade(row: Row, entry: str, at_ms: int, traded: Instrument, quantity: Decimal, venue: str = DERIBIT) -> Fill:
    """Return a trade; the cash of an option is quantity x price.

    Raises
    ------
    Unreadable
        It is later than the expiry, or its cash flow is not its quantity x price.
    """
    if traded.expiry_at and at_ms > traded.expiry_at * 1000:
        raise Unreadable("time", f"{traded.name} had expired by then")
    if not traded.is_option and not traded.linear and quantity % 1:
        raise Unreadable("quantity", f"{abs(quantity)} is no whole number: {traded.name} is sized in USD, not in coin")
    price, currency = row.price(), row.currency(traded)
    index = row.index(currency, at_ms)
    _likely(traded, price, index, at_ms)
    cash = _paid(quantity, price) if traded.is_option else ZERO
    said = row.number("cash") if traded.is_option else None
    if said is not None and not rounds(said, cash):
        raise Unreadable("cash", f"{said} is not -(quantity x price) = {cash}")
    _check_size(traded, quantity, price, index)
    charged = fee(row, index, _worth(traded, quantity, price, cash))
    return Fill(
        row.reading.book, venue, entry, at_ms, FillKind.TRADE, traded.name, quantity, price, currency, cash,
        charged, index, *carries_out(row), "", row.text("note"),
    )  # fmt: skip


def _check_size(traded: Instrument, quantity: Decimal, price: Decimal, index: Decimal) -> None:
    """Refuse a trade of more of the underlying than any market has seen."""
    unit = ONE if not traded.is_option and not traded.linear else price
    if traded.is_option:
        unit = traded.strike if traded.linear else index
    usd = CONTEXT.multiply(abs(quantity), unit)
    if usd > MOST_TRADE_USD:
        why = f"{usd:.3g} USD of {traded.asset}, more than {MOST_TRADE_USD:.0e} in one trade"
        raise Unreadable("quantity", f"{abs(quantity)} is absurd: {why}")


def _paid(quantity: Decimal, price: Decimal) -> Decimal:
    """Return the cash of an option's trade, exactly."""
    paid = CONTEXT.multiply(quantity.copy_negate(), price)
    if abs(paid) > MOST or int(paid.normalize(CONTEXT).as_tuple().exponent) < FINEST:
        raise Unreadable("quantity", f"x price = {abs(paid):.6g} is absurd: at most 1e12, at most 30 decimals")
    return paid


def fee(row: Row, index: Decimal, worth: Decimal | None = None) -> Decimal:
    """Return the fee of a row, 0 where it says none.

    Parameters
    ----------
    worth
        What was traded, in the currency: a fee or a rebate is no more.

    Raises
    ------
    Unreadable
        It is more than a billion USD, or than the worth.
    """
    found = in_reason(row.number("fee") or ZERO, index, "fee")
    if worth is not None and abs(found) > worth:
        raise Unreadable("fee", f"{found:f} is more than what was traded, {worth:.6g}: a fee is in the currency")
    return found


def _worth(traded: Instrument, quantity: Decimal, price: Decimal, cash: Decimal) -> Decimal:
    """Return what a trade or a delivery is worth in its currency; of a cheap option a part of its underlying."""
    size = abs(quantity)
    if traded.is_option:
        unit = traded.strike if traded.linear else ONE
        return max(abs(cash), CONTEXT.multiply(size, OF_UNDERLYING * unit))
    return CONTEXT.multiply(size, price) if traded.linear else CONTEXT.divide(size, price)


def in_reason(amount: Decimal, index: Decimal, column: str) -> Decimal:
    """Return a fee or funding that can be.

    Raises
    ------
    Unreadable
        It is more than a billion USD at its index.
    """
    if abs(amount) * index > MOST_USD:
        raise Unreadable(
            column, f"{amount:f} is absurd: {abs(amount) * index:.3g} USD at its index {index}, at most 1e9"
        )
    return amount


def _likely(traded: Instrument, price: Decimal, index: Decimal, at_ms: int) -> None:
    """Refuse a price in another unit than the venue's, or an index of another coin."""
    if traded.is_option:
        _check_option(traded, price, index)
        if not traded.linear:
            check_worth(traded, price, index, at_ms)
    elif not traded.linear and not HALF < price / index < 1 / HALF:
        raise Unreadable("index", f"{index} is far from the price {price}: it is USD per {traded.currency}")


def _check_option(traded: Instrument, price: Decimal, index: Decimal) -> None:
    if traded.linear:
        if price > traded.strike * (FAR if traded.is_call else ONE):
            raise Unreadable("price", f"{price} {traded.currency} is more than it can be worth: it is USD a unit")
        return
    if price > (ONE if traded.is_call else traded.strike / index * MOST_OF_STRIKE):
        raise Unreadable("price", f"{price} {traded.currency} is more than it can be worth: it is priced in coin")
    check_scale(traded, index, "index")


def check_scale(traded: Instrument, usd: Decimal, column: str) -> None:
    """Refuse a price of the underlying that is far from the strike of an option on it.

    Raises
    ------
    Unreadable
        It is of another coin or in another unit.
    """
    if traded.is_option and not traded.strike / FAR < usd < traded.strike * FAR:
        far = f"{usd} is far from the strike {traded.strike}, more than {FAR} times"
        raise Unreadable(column, f"{far}: it is USD per {traded.asset}")


def delivery(
    row: Row,
    entry: str,
    at_ms: int,
    traded: Instrument,
    quantity: Decimal,
    venue: str = DERIBIT,
    *,
    stated: bool = False,
) -> Fill:
    """Return a delivery at the delivery price; its coin is counted at that price too.

    Parameters
    ----------
    stated
        The row's price is the delivery price, as in our own files.

    Raises
    ------
    Unreadable
        It is before the expiry, or the delivery price is not said or contradicts the cash.
    """
    if at_ms < traded.expiry_at * 1000:
        raise Unreadable("time", f"{traded.name} expires only on {utc(traded.expiry_at)}: no delivery is before")
    if not traded.expiry_at:
        raise Unreadable("instrument", f"{traded.name} never expires: it is not delivered")
    currency, cash = row.currency(traded), ZERO
    if traded.is_option:
        said = row.number("cash")
        price = row.price() if stated else delivery_price(row, at_ms, traded, quantity, said)
        cash = option_cash(traded, quantity, price) if said is None else said
        check_scale(traded, price, "price" if stated else "index")
        if stated:
            _check_cash(traded, quantity, price, cash, at_ms)
    else:
        price = row.price()
    index = row.index(currency, at_ms) if traded.linear else price
    _check_size(traded, quantity, price, index)
    charged = fee(row, index, _worth(traded, quantity, price, cash))
    return Fill(
        row.reading.book, venue, entry, at_ms, FillKind.DELIVERY, traded.name, quantity, price, currency, cash,
        charged, index, *carries_out(row), "", row.text("note"),
    )  # fmt: skip


def _check_cash(traded: Instrument, quantity: Decimal, price: Decimal, cash: Decimal, at_ms: int) -> None:
    """Refuse a pay-out that the delivery price does not explain, within the rounding of both; none became a future."""
    pays = option_cash(traded, quantity, price)
    slack = ROUNDING + ROUNDING * abs(pays) + ROUNDING * abs(quantity) / (ONE if traded.linear else price)
    if abs(cash - pays) > slack and (cash or at_ms < BECAME_FUTURES[traded.linear]):
        raise Unreadable("cash", f"{cash} is not what {abs(quantity)} pay at {price}: {pays:f}")


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
    near = price if price and price != traded.strike and abs(price / index - 1) < NEAR else index
    return _price_without_cash(row, at_ms, traded, near)


def _price_without_cash(row: Row, at_ms: int, traded: Instrument, price: Decimal) -> Decimal:
    """Return the delivery price of an option that paid nothing: the strike where it was worthless at the average.

    In the money it became a future, since that is done, and paid a fee where it was so only slightly.
    """
    payoff = traded.payoff(price)
    if not payoff:
        return price
    if at_ms >= BECAME_FUTURES[traded.linear]:
        return price if payoff >= SLIGHT * price or row.number("fee") else traded.strike
    if payoff >= NEAR * price:
        raise Unreadable("cash", f"is 0, and the option was worth {payoff:.2f} USD a unit at {price}")
    return traded.strike


def option_cash(traded: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
    """Return what the delivery of an option pays in its currency; `quantity` closes the position."""
    worth = CONTEXT.multiply(quantity.copy_negate(), traded.payoff(price))
    return (worth if traded.linear else CONTEXT.divide(worth, price)).quantize(QUANTUM, context=CONTEXT)


def rounds(said: Decimal, computed: Decimal) -> bool:
    """Tell whether two amounts are one within a venue's rounding."""
    return abs(said - computed) <= ROUNDING + ROUNDING * abs(computed)


def _implied(traded: Instrument, each: Decimal) -> Decimal:
    """Return the delivery price that pays so much of the currency per unit."""
    sign = 1 if traded.is_call else -1
    if each <= ZERO or (not traded.linear and traded.is_call and each >= 1):
        raise Unreadable("cash", "has the wrong sign or size for the delivery of this position")
    return (traded.strike + sign * each if traded.linear else traded.strike / (1 - sign * each)).quantize(ROUNDING)
