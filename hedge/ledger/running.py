"""One position while fills are added up: average cost, exactly.

What a position has cost, its basis, is carried as a sum, not as an average, and leaves in proportion to what is closed.
Products and quotients are rounded half to even at 18 decimals, so every sum of them is exact: what was paid, received
and is still held adds up to the last digit.

    option              basis = -(cash paid), in its currency, and in USD at the index of each fill
    linear future       basis = sum of quantity x price
    inverse future      basis = -(sum of quantity / price): quantity is USD, the basis coin, the average harmonic

A change v of the basis that closes the share s of a position gains -v - s x basis.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final

from hedge.errors import BadInput
from hedge.ledger.instruments import Instrument

ZERO: Final = Decimal(0)
QUANTUM: Final = Decimal("1e-18")
CONTEXT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])
"""Sixty digits: sums of numbers below 1e40 are exact at 18 decimals."""


class Running:
    """Add up one instrument of a book at a venue; `instrument` is None for entries that name none."""

    __slots__ = (
        "basis", "basis_usd", "book", "cash", "currency", "delivered", "delivered_quantity", "fees",
        "fees_usd", "first_ms", "flows_usd",
        "funding", "funding_usd", "instrument", "is_option", "last_ms", "linear", "quantity", "realised",
        "realised_usd", "trades", "venue",
    )  # fmt: skip

    def __init__(self, book: str, venue: str, instrument: Instrument | None, at_ms: int) -> None:
        self.book, self.venue, self.instrument = book, venue, instrument
        self.is_option = instrument is not None and instrument.is_option
        self.linear = instrument is not None and instrument.linear
        self.currency = instrument.currency if instrument is not None else ""
        self.first_ms = self.last_ms = at_ms
        self.quantity = self.basis = self.basis_usd = self.cash = ZERO
        self.realised = self.realised_usd = self.flows_usd = ZERO
        self.fees = self.fees_usd = self.funding = self.funding_usd = ZERO
        self.trades, self.delivered, self.delivered_quantity = 0, False, ZERO

    @property
    def over_delivered(self) -> bool:
        """Tell whether deliveries opened or added to a position, where they can only close what is held."""
        both = self.quantity and self.delivered_quantity
        return bool(both) and (self.quantity > ZERO) is (self.delivered_quantity > ZERO)

    def pay(self, quantity: Decimal, cash: Decimal, index: Decimal) -> tuple[Decimal, Decimal]:
        """Change an option position for cash; return what moved and what was realised, USD."""
        usd = (cash * index).quantize(QUANTUM)
        held = self.quantity
        realised, self.basis = _moved(held, quantity, self.basis, -cash)
        realised_usd, self.basis_usd = _moved(held, quantity, self.basis_usd, -usd)
        self.quantity = held + quantity
        self.realised += realised
        self.realised_usd += realised_usd
        self.flows_usd += usd
        return usd, realised_usd

    def trade(self, quantity: Decimal, price: Decimal, index: Decimal) -> tuple[Decimal, Decimal]:
        """Change a future position at a price; return the gain in its currency and in USD at the index.

        Raises
        ------
        BadInput : the price is not > 0.
        """
        if price <= ZERO:
            raise BadInput("price", price, "of a future or perpetual must be > 0")
        value = (quantity * price if self.linear else -quantity / price).quantize(QUANTUM)
        gain, self.basis = _moved(self.quantity, quantity, self.basis, value)
        self.quantity += quantity
        if not gain:
            return ZERO, ZERO
        gain_usd = (gain * index).quantize(QUANTUM)
        self.realised += gain
        self.realised_usd += gain_usd
        self.flows_usd += gain_usd
        return gain, gain_usd

    def charge(self, fee: Decimal, index: Decimal) -> Decimal:
        """Count a fee and return it in USD."""
        usd = (fee * index).quantize(QUANTUM)
        self.fees += fee
        self.fees_usd += usd
        self.flows_usd -= usd
        return usd

    def fund(self, cash: Decimal, index: Decimal) -> Decimal:
        """Count funding and return it in USD."""
        usd = (cash * index).quantize(QUANTUM)
        self.funding += cash
        self.funding_usd += usd
        self.flows_usd += usd
        return usd


def _moved(held: Decimal, quantity: Decimal, basis: Decimal, value: Decimal) -> tuple[Decimal, Decimal]:
    """Return what a change realises and the basis after it.

    Parameters
    ----------
    held, quantity : the position before, and its change. basis, value : what it cost before, and what the change costs.
    """
    if not held or not quantity or (held > ZERO) is (quantity > ZERO):
        return ZERO, basis + value
    after = held + quantity
    if not after:
        return -value - basis, ZERO
    if (after > ZERO) is (held > ZERO):
        left = (basis * -quantity / held).quantize(QUANTUM)
        return -value - left, basis - left
    closing = (value * held / -quantity).quantize(QUANTUM)
    return -closing - basis, value - closing
