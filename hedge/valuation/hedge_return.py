"""What a hedge really returned: the flows of its ledger and the margin that it tied up, against what capital costs.

Every entry of the ledger is a flow at the index of its time; what is still held is sold at its mark on the last day.
Margin is no entry of a ledger, so it is estimated by the venue's rules for single legs: posted as a sold option or a
perpetual is opened, at the prices of that trade, and returned as it is closed, the rest on the last day.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from hedge.instruments.margin import margin
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import Instrument, read_instrument
from hedge.ledger.results import Account
from hedge.units import json_number
from hedge.valuation.capital import CapitalLayer, HedgeCapital, LeverageDecision, leverage_allowed, levered_return, wacc
from hedge.valuation.overlay_return import Kind, OverlayFlow, OverlayReturn, overlay_return

DAY_MS = 86_400_000


@dataclass(frozen=True)
class CapitalTerms:
    """Hold what capital costs a year, decimal, NaN where it is not stated, and what is borrowed, USD.

    Parameters
    ----------
    own_cost : of premiums. margin_cost : of margin. borrowed_usd, borrowed_cost : the second engine.
    """

    own_cost: float = math.nan
    margin_cost: float = math.nan
    borrowed_usd: float = 0.0
    borrowed_cost: float = math.nan


@dataclass(frozen=True)
class HedgeReturn:
    """Hold the money-weighted return of a ledger's hedge, the cost of its capital, and whether it may borrow.

    Parameters
    ----------
    result : of the flows. margin_usd : the most that was posted, an estimate. wacc : NaN where no cost is stated.
    levered : what own capital and margin earn with the borrowed layer, NaN where nothing is borrowed.
    """

    result: OverlayReturn
    margin_usd: float
    wacc: float
    leverage: LeverageDecision
    levered: float = math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; an unknown number is None."""
        plain = {name: json_number(value) for name, value in asdict(self.result).items() if name != "totals"}
        return plain | {
            "rates": list(self.result.rates),
            "totals": {str(kind): usd for kind, usd in self.result.totals.items()},
            "margin_usd": self.margin_usd,
            "wacc": json_number(self.wacc),
            "levered": json_number(self.levered),
            "leverage": {"allowed": self.leverage.allowed, "reason": self.leverage.reason},
        }


def hedge_return(book: Account, marks: Mapping[str, Decimal], at_ms: int, terms: CapitalTerms) -> HedgeReturn:
    """Return what a ledger's hedge has returned by a day.

    Parameters
    ----------
    book : the account. marks : USD by instrument, of all that is held. at_ms : now, not before the last entry.

    Raises
    ------
    KeyError : something is held and has no mark.
    """
    margins = margin_flows(book.counted, at_ms)
    flows = [*_flows(book), *_held(book, marks, at_ms), *margins]
    most = _most_posted(margins)
    own = max(overlay_return(flows).invested_usd - most - terms.borrowed_usd, 0.0)
    capital = _capital(own, most, terms)
    cost = wacc(capital) if capital else math.nan
    result = overlay_return(flows, 0.0 if math.isnan(cost) else cost)
    levered = levered_return(result.rate, capital) if capital and terms.borrowed_usd else math.nan
    return HedgeReturn(result, most, cost, leverage_allowed(result.rate, cost, terms.borrowed_cost), levered)


def _capital(own_usd: float, margin_usd: float, terms: CapitalTerms) -> HedgeCapital | None:
    """Return the layers of capital; None where one that is used has no stated cost."""
    layers = (
        (own_usd, terms.own_cost), (margin_usd, terms.margin_cost), (terms.borrowed_usd, terms.borrowed_cost),
    )  # fmt: skip
    if any(usd > 0.0 and math.isnan(cost) for usd, cost in layers):
        return None
    return HedgeCapital(*(CapitalLayer(usd, cost if usd > 0.0 else 0.0) for usd, cost in layers))


def _flows(book: Account) -> list[OverlayFlow]:
    """Return the cash of every entry but of money moved: a deposit is neither gain nor cost."""
    found = []
    for flow in book.flows():
        if flow.kind is FillKind.TRANSFER or not flow.usd:
            continue
        usd, on = float(flow.usd), _day(flow.at_ms)
        if flow.kind is FillKind.TRADE and read_instrument(flow.instrument).is_option:
            kind = Kind.PREMIUM if usd < 0.0 else Kind.CREDIT
            found.append(OverlayFlow(on, kind, abs(usd)))
        elif flow.kind is FillKind.FEE:
            found.append(OverlayFlow(on, Kind.COST, usd * -1.0) if usd < 0.0 else OverlayFlow(on, Kind.CREDIT, usd))
        else:
            found.append(OverlayFlow(on, Kind.PAYOFF, usd))
    return found


def _held(book: Account, marks: Mapping[str, Decimal], at_ms: int) -> list[OverlayFlow]:
    """Return what is held as sold at its mark on the last day."""
    values = [held.value_usd(marks[held.instrument]) for held in book.positions.values() if held.quantity]
    return [OverlayFlow(_day(at_ms), Kind.PAYOFF, float(sum(values, Decimal(0))))] if values else []


def margin_flows(fills: Iterable[Fill], at_ms: int) -> list[OverlayFlow]:
    """Return the estimated margin as it is posted and returned, all of it back by the last day."""
    held: dict[tuple[str, str, str], Decimal] = {}
    posted: dict[tuple[str, str, str], float] = {}
    found: list[OverlayFlow] = []
    last = at_ms
    for fill in sorted(fills, key=lambda each: each.at_ms):
        if fill.kind not in (FillKind.TRADE, FillKind.DELIVERY):
            continue
        key = (fill.book, fill.venue, fill.instrument)
        # A delivery ends the position: that of a future which an option became opened without an entry of its own.
        held[key] = Decimal(0) if fill.kind is FillKind.DELIVERY else held.get(key, Decimal(0)) + fill.quantity
        need = _needed(read_instrument(fill.instrument), held[key], fill)
        found += _change(_day(fill.at_ms), need - posted.get(key, 0.0))
        posted[key], last = need, max(last, fill.at_ms)
    return found + _change(_day(last), -math.fsum(posted.values()))


def _needed(traded: Instrument, quantity: Decimal, fill: Fill) -> float:
    """Return the initial margin of a position at the prices of its last trade, USD."""
    if not quantity or (traded.is_option and quantity > 0):
        return 0.0
    if not traded.is_option:
        spot = float(fill.price)
        units = float(quantity if traded.linear else quantity / fill.price)
        return margin({}, {}, {traded.asset: units}, {traded.asset: spot}).initial
    spot = float(traded.strike) if traded.linear else float(fill.index)
    mark = float(fill.price) * (1.0 if traded.linear else spot)
    contract = traded.contract
    return margin({contract: float(quantity)}, {contract: mark}, {}, {traded.asset: spot}).initial


def _change(on: dt.date, usd: float) -> list[OverlayFlow]:
    if not usd:
        return []
    return [OverlayFlow(on, Kind.MARGIN_POSTED if usd > 0.0 else Kind.MARGIN_RETURNED, abs(usd))]


def _most_posted(flows: Iterable[OverlayFlow]) -> float:
    """Return the most margin that was posted at the end of any flow."""
    posted = most = 0.0
    for flow in flows:
        posted -= flow.signed_usd
        most = max(most, posted)
    return most


def _day(at_ms: int) -> dt.date:
    return dt.datetime.fromtimestamp(at_ms // 1000, dt.UTC).date()
