"""What an account says: positions, cash, dated flows, profit at marks, and holdings for the planner."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from hedge.errors import BadInput
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import STABLE, Instrument
from hedge.ledger.running import CONTEXT, QUANTUM, ZERO

if TYPE_CHECKING:
    from hedge.instruments.contract import Contract
    from hedge.instruments.holdings import Holdings

Key = tuple[str, str, str]
"""Book, venue, and an instrument or currency."""


class Flow(NamedTuple):
    """Hold the dated cash of one entry in USD, at the index of its time.

    Parameters
    ----------
    at_ms : milliseconds since 1970.
    usd : received less paid, its fee among it; money moved in is positive. profit : what was realised, less the fee.
    """

    at_ms: int
    book: str
    venue: str
    instrument: str
    kind: FillKind
    usd: Decimal
    profit: Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """Hold what one instrument of a book at a venue came to.

    Parameters
    ----------
    instrument : its name; empty, and `traded` None, for fees that name none: only their USD adds up.
    quantity : held, in the venue's unit.
    average_price : of what is held, in the venue's quote; harmonic for inverse futures. None where nothing is held.
    average_cost_usd : of what is held, USD per unit: of an option at the index of each fill, of a future its price.
    basis : what the quantity cost: in the currency for options, in USD for linear futures, for inverse ones in coin,
        negative where long. basis_usd : of an option, USD at the index of each fill.
    realised, fees, funding : in the currency of the instrument; the same in USD at the index of each time. Realised is
        before fees and funding.
    flows_usd : cash received less paid, fees and funding among it, USD.
    first_ms, last_ms : times of the first and last entry. trades : how many trades and deliveries.
    settled : delivered whole. expired : by the moment of the account. over_delivered : deliveries went beyond what was
        held, or on the wrong side: an entry is wrong, or one is missing.
    """

    book: str
    venue: str
    instrument: str
    traded: Instrument | None
    quantity: Decimal
    average_price: Decimal | None
    average_cost_usd: Decimal | None
    basis: Decimal
    basis_usd: Decimal
    realised: Decimal
    realised_usd: Decimal
    fees: Decimal
    fees_usd: Decimal
    funding: Decimal
    funding_usd: Decimal
    flows_usd: Decimal
    first_ms: int
    last_ms: int
    trades: int
    settled: bool
    expired: bool
    over_delivered: bool = False

    def unrealised_usd(self, mark: Decimal) -> Decimal:
        """Return what closing at a mark would gain, USD.

        Parameters
        ----------
        mark : USD; of one unit of an option, of the asset for futures and perpetuals, at which coin is valued too.
        """
        with localcontext(CONTEXT):
            return self.value_usd(mark) - self.basis_usd

    def value_usd(self, mark: Decimal) -> Decimal:
        """Return what the position is worth at a mark, USD: of a future what it has gained."""
        if self.traded is None or not self.quantity:
            return ZERO
        with localcontext(CONTEXT):
            value = self.quantity * mark
            if self.traded.is_option:
                return value.quantize(QUANTUM)
            gained = value - self.basis if self.traded.linear else -self.basis * mark - self.quantity
            return gained.quantize(QUANTUM)


class Profit(NamedTuple):
    """Hold the profit of one instrument, USD: total = realised + unrealised - fees + funding, to the last digit.

    `unrealised` and `total` are None where something is held and no mark was given.
    """

    book: str
    venue: str
    instrument: str
    realised: Decimal
    unrealised: Decimal | None
    fees: Decimal
    funding: Decimal
    total: Decimal | None


@dataclass(frozen=True)
class Account:
    """Hold what follows from a ledger.

    Parameters
    ----------
    positions : by book, venue and instrument, sorted; closed ones stay. cash : by book, venue and currency.
    unsettled : expired and held still, since no delivery and no delivery price is known.
    counted : every entry that counts, by time, the expiries that were paid out here among them, as the last.
    usd, realised : the cash of each of those entries, and what of it was realised, USD.
    """

    positions: Mapping[Key, Position]
    cash: Mapping[Key, Decimal]
    unsettled: tuple[Position, ...]
    counted: Sequence[Fill]
    usd: Sequence[Decimal]
    realised: Sequence[Decimal]

    @property
    def over_delivered(self) -> tuple[Position, ...]:
        """Return the positions whose deliveries went beyond what was held: an entry is wrong, or one is missing."""
        return tuple(held for held in self.positions.values() if held.over_delivered)

    def flows(self, book: str | None = None, venue: str | None = None) -> tuple[Flow, ...]:
        """Return the dated flows of a book, of a venue or of both, by time; of everything without either."""
        found = [
            Flow(fill.at_ms, fill.book, fill.venue, fill.instrument, fill.kind, usd, realised)
            for fill, usd, realised in zip(self.counted, self.usd, self.realised, strict=True)
            if book in (None, fill.book) and venue in (None, fill.venue) and (usd or realised)
        ]
        return tuple(sorted(found, key=attrgetter("at_ms")))

    def realised_by_day(self, book: str | None = None, venue: str | None = None) -> dict[str, Decimal]:
        """Return what was realised on each day that has any, after fees and with funding, USD by ISO date (UTC)."""
        days: dict[int, Decimal] = {}
        with localcontext(CONTEXT):
            for flow in self.flows(book, venue):
                day = flow.at_ms // 86_400_000
                days[day] = days.get(day, ZERO) + flow.profit
        return {datetime.fromtimestamp(day * 86_400, UTC).date().isoformat(): days[day] for day in sorted(days)}

    def profit(self, marks: Mapping[str, Decimal]) -> tuple[Profit, ...]:
        """Return the profit of every position, in the order of `positions`.

        Parameters
        ----------
        marks : USD by instrument; of one unit of an option, of the asset for futures and perpetuals.

        Raises
        ------
        BadInput : a mark that is negative or not finite.
        """
        for name, mark in marks.items():
            if not mark.is_finite() or mark < ZERO:
                raise BadInput("mark", mark, f"of {name} must be finite and >= 0")
        with localcontext(CONTEXT):
            return tuple(_profit(held, marks.get(held.instrument)) for held in self.positions.values())

    def holdings(self, book: str, spots: Mapping[str, float]) -> Holdings:
        """Return what a book holds, over all venues, for the planner.

        Expired positions are left out, and what is of an asset without a price: `unpriced` names it. Futures of a day
        count as perpetuals of their asset: they move alike. Cash is NaN for a book into which nothing was ever moved,
        since only its changes are known then, and where it stands in a coin without a price.

        Parameters
        ----------
        spots : USD by asset.
        """
        from hedge.instruments.holdings import Holdings

        options: dict[Contract, float] = {}
        perpetuals: dict[str, float] = {}
        for held in self.positions.values():
            if held.book != book or held.traded is None or held.expired or not held.quantity:
                continue
            if held.traded.asset not in spots:
                continue
            traded, quantity = held.traded, float(held.quantity)
            if traded.is_option:
                options[traded.contract] = options.get(traded.contract, 0.0) + quantity
            else:
                units = quantity if traded.linear else quantity / spots[traded.asset]
                perpetuals[traded.asset] = perpetuals.get(traded.asset, 0.0) + units
        return Holdings(options, perpetuals, self._cash_usd(book, spots))

    def unpriced(self, book: str, spots: Mapping[str, float]) -> tuple[str, ...]:
        """Return the instruments of a book that are held on an asset without a price."""
        return tuple(
            held.instrument
            for held in self.positions.values()
            if held.book == book and held.traded and held.quantity and held.traded.asset not in spots
        )

    def _cash_usd(self, book: str, spots: Mapping[str, float]) -> float:
        if not any(fill.kind is FillKind.TRANSFER and fill.book == book for fill in self.counted):
            return math.nan
        return math.fsum(
            float(amount) * _spot(currency, spots)
            for (owner, _, currency), amount in self.cash.items()
            if owner == book and amount
        )


def _profit(held: Position, mark: Decimal | None) -> Profit:
    """Return the profit of a position: its total from flows and value, its parts from what was realised."""
    of = (held.book, held.venue, held.instrument)
    if held.quantity and mark is None:
        return Profit(*of, held.realised_usd, None, held.fees_usd, held.funding_usd, None)
    unrealised, value = (held.unrealised_usd(mark), held.value_usd(mark)) if mark is not None else (ZERO, ZERO)
    return Profit(*of, held.realised_usd, unrealised, held.fees_usd, held.funding_usd, held.flows_usd + value)


def _spot(currency: str, spots: Mapping[str, float]) -> float:
    """Return the price of a currency, NaN where it has none."""
    return spots.get(currency, 1.0 if currency in STABLE else math.nan)
