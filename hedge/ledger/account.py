"""Positions, cash and profit that follow from fills, in coin and in USD.

    standing entries, by time -> one running position a book, venue and instrument -> expiries -> `Account`

Options and linear contracts are carried at average cost, inverse futures and perpetuals at the harmonic average of
their entries; `hedge.ledger.running` says how, and how it is rounded. Every amount is also counted in USD at the index
of its own time: what a coin is worth later is no profit of the hedge. USDC and USDT stand for one USD where a fill's
index says so.

An option whose expiry has passed is paid out at the delivery price of that expiry, unless the venue's own delivery is
among the fills. Since 2026 Deribit delivers an option in the money as the future of its expiry at the strike, which is
then delivered itself: such an option comes with a delivery without cash. It is paid out here, and the future that it
became opens at the same price: the same profit as in one step, and none that the future's delivery counts again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, DecimalException, localcontext
from typing import Final

from hedge.errors import BadInput
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import Instrument, read_instrument
from hedge.ledger.results import Account, Key, Position
from hedge.ledger.reversals import standing
from hedge.ledger.running import CONTEXT, QUANTUM, ZERO, Running

DELIVERY_OF_UNDERLYING: Final = Decimal("0.00015")
DELIVERY_OF_PRICE: Final = Decimal("0.125")
"""Deribit's fee on the delivery of an option: 0.015 % of the delivery price, at most 12.5 % of what is paid out."""
ONE: Final = Decimal(1)

Deliveries = Mapping[tuple[str, str, int], Decimal]
"""USD by venue, asset and expiry (unix seconds): every venue has an average of its own."""


def account(
    fills: Iterable[Fill],
    deliveries: Deliveries | None = None,
    at_ms: int | None = None,
    carried: RunningLedger | None = None,
) -> Account:
    """Return what follows from fills.

    Parameters
    ----------
    fills : in any order; identical repeats count once. All of them count, whatever `at_ms` is.
    deliveries : delivery price in USD by venue, asset and expiry (unix seconds).
    at_ms : the moment of the account; without it nothing expires but by the venue's own delivery.
    carried : the balance of all earlier entries (`hedge.ledger.carried`), changed by this call. `counted` and `flows`
        of the account then begin after it.

    Returns
    -------
    Account : expired options and futures without a delivery price are positions still, listed in `unsettled`.

    Raises
    ------
    BadInput : a number too large to add up, a price that must be > 0, cash in a trade of a future.
    UnknownInstrument : a name that is no instrument.
    BadReversal, DuplicateEntry : entries that contradict each other.
    """
    ledger = carried or RunningLedger()
    with localcontext(CONTEXT):
        try:
            for fill in standing(fills):
                ledger.count(fill)
            ledger.expire(deliveries or {}, at_ms)
            return ledger.closed(at_ms)
        except DecimalException:
            raise BadInput("fills", "a product", "must be below 1e40: a quantity or price is absurd") from None


class RunningLedger:
    """Hold the running positions, cash and flows while fills are added.

    Flows are columns, not rows: a hundred thousand small objects would cost more than the arithmetic.
    """

    def __init__(self) -> None:
        self.running: dict[Key, Running] = {}
        self.loose: dict[Key, Decimal] = {}
        self.fills: list[Fill] = []
        self.usd: list[Decimal] = []
        self.profit: list[Decimal] = []

    def count(self, fill: Fill) -> None:
        """Add one fill."""
        run = self._position(fill, fill.instrument)
        cash, fee, index = fill.cash, fill.fee, fill.index
        usd = profit = ZERO
        match fill.kind:
            case FillKind.TRADE | FillKind.DELIVERY:
                cash, usd, profit = self._move(fill, run)
            case FillKind.FUNDING:
                usd = profit = run.fund(cash, index)
            case FillKind.TRANSFER:
                usd = (cash * index).quantize(QUANTUM)
            case FillKind.FEE:
                cash, fee = ZERO, fee - cash
        if fee:
            charged = run.charge(fee, index)
            usd, profit, cash = usd - charged, profit - charged, cash - fee
        if run.instrument is None:
            key = (fill.book, fill.venue, fill.currency)
            self.loose[key] = self.loose.get(key, ZERO) + cash
        else:
            run.cash += cash
        self.fills.append(fill)
        self.usd.append(usd)
        self.profit.append(profit)

    def _move(self, fill: Fill, run: Running) -> tuple[Decimal, Decimal, Decimal]:
        """Count a trade or a delivery; return what it changes: cash, USD, and what of the USD is realised."""
        run.trades += 1
        traded = run.instrument
        if traded is None:
            raise BadInput("instrument", "", f"of entry {fill.id} must not be empty")
        if fill.kind is FillKind.DELIVERY:
            run.delivered = True
            run.delivered_quantity += fill.quantity
            if run.is_option and not fill.cash and fill.price and traded.payoff(fill.price):
                return self._become_future(fill, run, traded)
        if run.is_option:
            return fill.cash, *run.pay(fill.quantity, fill.cash, fill.index)
        if fill.cash:
            raise BadInput("cash", fill.cash, f"of entry {fill.id} must be 0: the gain of a future follows from prices")
        gain, usd = run.trade(fill.quantity, fill.price, fill.index)
        return gain, usd, usd

    def _become_future(self, fill: Fill, run: Running, option: Instrument) -> tuple[Decimal, Decimal, Decimal]:
        """Pay an option out and open the future that it became, at the delivery price."""
        closed, price = -fill.quantity, fill.price
        worth = closed * option.payoff(price)
        paid = (worth if option.linear else worth / price).quantize(QUANTUM)
        usd, realised = run.pay(fill.quantity, paid, fill.index)
        size = closed if option.linear else closed * option.strike
        future = self._position(fill, option.future)
        gain, gain_usd = future.trade(size if option.is_call else -size, price, fill.index)
        return paid + gain, usd + gain_usd, realised + gain_usd

    def expire(self, deliveries: Deliveries, at_ms: int | None) -> None:
        """Pay out what has expired by a moment and was not delivered, where its delivery price is known.

        What was delivered beyond what was held is no position to pay out: an entry is wrong.
        """
        for run in tuple(self.running.values()) if at_ms is not None else ():
            held = run.instrument
            if run.over_delivered:
                continue
            if held is None or not run.quantity or not held.expiry_at or held.expiry_at * 1000 > (at_ms or 0):
                continue
            price = deliveries.get((run.venue, held.asset, held.expiry_at))
            if price is not None:
                self._deliver(run, held, price)

    def _deliver(self, run: Running, held: Instrument, price: Decimal) -> None:
        """Deliver a whole position at a price, as the venue would; a future without a fee, which is not known."""
        if not price.is_finite() or price <= ZERO:
            raise BadInput("delivery price", price, f"of {held.name} must be finite and > 0")
        quantity, index = run.quantity, ONE if held.linear else price
        cash = fee = ZERO
        if held.is_option:
            payoff = held.payoff(price)
            cash = (quantity * payoff / index).quantize(QUANTUM)
            each = min(DELIVERY_OF_UNDERLYING * price, DELIVERY_OF_PRICE * payoff)
            fee = (abs(quantity) * each / index).quantize(QUANTUM)
        name, at_ms = held.name, held.expiry_at * 1000
        entry = (run.book, run.venue, f"expiry:{name}", at_ms, FillKind.DELIVERY, name)
        self.count(Fill(*entry, -quantity, price, held.currency, cash, fee, index))

    def _position(self, fill: Fill, name: str) -> Running:
        key = (fill.book, fill.venue, name)
        run = self.running.get(key)
        if run is None:
            instrument = read_instrument(name) if name else None
            run = self.running[key] = Running(fill.book, fill.venue, instrument, fill.at_ms)
        if run.currency and fill.currency != run.currency:
            raise BadInput("currency", fill.currency, f"of entry {fill.id} must be {run.currency}: it is {name}")
        if fill.at_ms > run.last_ms:
            run.last_ms = fill.at_ms
        return run

    def closed(self, at_ms: int | None) -> Account:
        """Return the account, its positions sorted by name."""
        named = sorted(key for key, run in self.running.items() if run.instrument is not None or run.flows_usd)
        positions = {key: _position(self.running[key], at_ms) for key in named}
        unsettled = tuple(
            held for held in positions.values() if held.expired and held.quantity and not held.over_delivered
        )
        cash = dict(self.loose)
        for run in self.running.values():
            if run.currency:
                key = (run.book, run.venue, run.currency)
                cash[key] = cash.get(key, ZERO) + run.cash
        return Account(positions, dict(sorted(cash.items())), unsettled, self.fills, self.usd, self.profit)


def _position(run: Running, at_ms: int | None) -> Position:
    """Return a running position as it stands."""
    held, quantity = run.instrument, run.quantity
    price = cost_usd = None
    if held is not None and quantity:
        if held.is_option or held.linear:
            price = run.basis / quantity
        elif run.basis:
            price = -quantity / run.basis
        cost_usd = run.basis_usd / quantity if held.is_option else price
    expired = held is not None and at_ms is not None and 0 < held.expiry_at * 1000 <= at_ms
    return Position(
        run.book, run.venue, held.name if held else "", held, quantity, price, cost_usd, run.basis, run.basis_usd,
        run.realised, run.realised_usd, run.fees, run.fees_usd, run.funding, run.funding_usd, run.flows_usd,
        run.first_ms, run.last_ms, run.trades, run.delivered and not quantity, expired, run.over_delivered,
    )  # fmt: skip
