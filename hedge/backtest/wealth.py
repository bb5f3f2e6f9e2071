"""What the hedge protects: positions in pools and amounts that are held, valued, re-centred and re-balanced.

Fees of a pool are taken out at every step and held as USD, so that a position never grows by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hedge.backtest.account import Entry, EntryKind
from hedge.backtest.history import MarketHistory
from hedge.backtest.liquidity import LiquidityTerms, LpState, enter, recentre, recentre_due
from hedge.backtest.schedule import Schedule
from hedge.book.positions import Book, ConcentratedPosition
from hedge.errors import BadInput
from hedge.market import USD
from hedge.units import YEAR_SECONDS

ALL_IN_ONE = 1.0 + 1e-9
UNMOVED = 1e-9
"""Share of everything below which a pool's change is rounding."""


@dataclass(frozen=True)
class PoolPlan:
    """State one pool that the capital may be in.

    Parameters
    ----------
    name : of the pool. base, quote : assets of its price. terms : range, costs, whether it compounds.
    recentre_days : between re-centrings by the calendar; None where only `terms.out_hours` asks for one.
    fee_apr : stated share of the value that the pool earns a year in range; where `bars` names the history's bars of
        the pool it is used only while those know no fees.
    """

    name: str
    base: str
    quote: str = USD
    terms: LiquidityTerms = field(default_factory=lambda: LiquidityTerms(compounding=False))
    recentre_days: float | None = 7.0
    fee_apr: float = 0.0
    bars: str = ""

    def prices(self, spots: Mapping[str, float]) -> tuple[float, float]:
        """Return the price in quote per base, and the USD price of the quote."""
        quote = spots[self.quote] if self.quote != USD else 1.0
        return spots[self.base] / quote, quote


@dataclass
class Wealth:
    """Keep the positions by pool and the amounts that are held by asset, and note every change of their value."""

    plans: Mapping[str, PoolPlan]
    capital_usd: float
    positions: dict[str, LpState] = field(default_factory=dict)
    holdings: dict[str, float] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    flow: float = 0.0
    fees_unknown: int = 0
    _last: float = 0.0

    def value(self, spots: Mapping[str, float]) -> float:
        """Return the value of everything at these prices, USD."""
        pools = (state.value_usd(*self.plans[name].prices(spots)) for name, state in self.positions.items())
        held = (units * (1.0 if asset == USD else spots[asset]) for asset, units in self.holdings.items())
        return math.fsum([*pools, *held])

    def book(self) -> Book:
        """Return the positions as a book; fees are not stated, so that nothing is advised on their account."""
        return Book(tuple(self._position(name, state) for name, state in self.positions.items()))

    def _position(self, name: str, state: LpState) -> ConcentratedPosition:
        plan, held = self.plans[name], state.amounts(state.price)
        apr = plan.fee_apr if plan.fee_apr > 0.0 else math.nan
        return ConcentratedPosition(
            name, f"{plan.base}/{plan.quote}", plan.base, plan.quote, state.liquidity, state.lower, state.upper,
            *held, 0.0, 0.0, apr,
        )  # fmt: skip

    def enter(self, weights: Mapping[str, float], spots: Mapping[str, float], at: int) -> None:
        """Put the first capital to work by weights; what they leave is held in USD.

        Raises
        ------
        BadInput : a weight is negative, they add up to more than 1, or one is of nothing known.
        """
        self._allocate(weights, self.capital_usd, spots, at)
        self._last = self.value(spots)

    def _allocate(self, weights: Mapping[str, float], capital: float, spots: Mapping[str, float], at: int) -> None:
        total = math.fsum(weights.values())
        if min(weights.values(), default=0.0) < 0.0 or total > ALL_IN_ONE:
            raise BadInput("weights", dict(weights), "must be >= 0 and add up to at most 1")
        self.positions, self.holdings, self.weights = {}, {USD: capital * max(1.0 - total, 0.0)}, dict(weights)
        for name, weight in weights.items():
            if name in self.plans and weight:
                plan = self.plans[name]
                self.positions[name] = enter(plan.terms, *plan.prices(spots), weight * capital, at)
                if plan.recentre_days is not None:
                    self.schedules.setdefault(name, Schedule.starting(at, plan.recentre_days))
            elif name == USD or name in spots:
                self.holdings[name] = self.holdings.get(name, 0.0) + weight * capital / spots.get(name, 1.0)
            elif weight:
                raise BadInput("weights", name, f"must be of {', '.join([*self.plans, *spots, USD])}")

    def step(self, history: MarketHistory, spots: Mapping[str, float], since: int, at: int) -> None:
        """Note what prices and fees did since the last step, then re-centre what is due."""
        before = self._last
        now = self.value(spots)
        self._note(at, EntryKind.PRICE, "pools", now - before)
        for name, state in list(self.positions.items()):
            fees = self._fees(history, self.plans[name], state, spots, since, at)
            self.holdings[USD] = self.holdings.get(USD, 0.0) + fees
            self._note(at, EntryKind.POOL_FEES, name, fees)
            self._recentre(name, spots, at)
        self._last = self.value(spots)

    def _fees(
        self, history: MarketHistory, plan: PoolPlan, state: LpState, spots: Mapping[str, float], since: int, at: int
    ) -> float:
        """Return the USD fees of one position since the last step, by the pool's bars or at the stated rate."""
        price, quote = plan.prices(spots)
        if plan.bars and plan.bars in history.pools:
            base, quoted = history.pools[plan.bars].fees(state.liquidity, state.lower, state.upper, since, at)
            earned = (base * price + quoted) * quote
            if math.isfinite(earned):
                return earned
            self.fees_unknown += 1
        in_range = state.lower <= price < state.upper
        return plan.fee_apr * state.value_usd(price, quote) * (at - since) / YEAR_SECONDS if in_range else 0.0

    def _recentre(self, name: str, spots: Mapping[str, float], at: int) -> None:
        plan = self.plans[name]
        price, quote = plan.prices(spots)
        state = self.positions[name] = self.positions[name].seen(price, at)
        by_calendar = name in self.schedules and self.schedules[name].due(at)
        if not by_calendar and not recentre_due(replace(plan.terms, every_days=None), state, price, at):
            return
        done = recentre(plan.terms, state, price, quote, at)
        self.positions[name] = done.state
        self._note(at, EntryKind.GAS, name, -plan.terms.gas_usd)
        self._note(at, EntryKind.SWAP, name, plan.terms.gas_usd - done.cost_usd)
        self.flow += done.flow_usd

    def rebalance(self, weights: Mapping[str, float], spots: Mapping[str, float], at: int) -> None:
        """Bring everything to new weights at the prices of now.

        A pool that changes costs its gas, and its swap as in re-centring: the difference of the base amounts before and
        after. One that has the weight and the range already changes by rounding alone, and costs nothing. Pools that do
        not compound share the first capital; the rest is a withdrawal or deposit.
        """
        before, swapped = self.value(spots), {}
        compounding = all(plan.terms.compounding for plan in self.plans.values())
        capital = before if compounding else self.capital_usd
        for name in self.plans:
            swap_usd, moved = self._change(name, weights.get(name, 0.0) * capital, spots, at)
            if max(swap_usd, moved) > UNMOVED * capital:
                swapped[name] = swap_usd
        gas = math.fsum(self.plans[name].terms.gas_usd for name in swapped)
        swap = math.fsum(usd * self.plans[name].terms.swap_cost for name, usd in swapped.items())
        left = capital - gas - swap if compounding else capital
        self._allocate(weights, left, spots, at)
        self.flow += left - (before - gas - swap)
        self._note(at, EntryKind.GAS, "pools", -gas)
        self._note(at, EntryKind.SWAP, "pools", -swap)
        self._last = self.value(spots)

    def _change(self, name: str, worth: float, spots: Mapping[str, float], at: int) -> tuple[float, float]:
        """Return what is swapped to bring a pool to a worth around the price of now, and how far that is; USD >= 0."""
        plan = self.plans[name]
        price, quote = plan.prices(spots)
        now = self.positions.get(name)
        base, value = (now.amounts(price)[0], now.value_usd(price, quote)) if now else (0.0, 0.0)
        wanted = enter(plan.terms, price, quote, worth, at).amounts(price)[0] if worth > 0.0 else 0.0
        return abs(wanted - base) * price * quote, abs(worth - value)

    def reset(self, spots: Mapping[str, float], at: int) -> None:
        """Bring what is held outside pools back to its share of the first capital: the rest is a withdrawal or deposit.

        Pools that do not compound do so by themselves when they are re-centred.
        """
        before = self.value(spots)
        for name, weight in self.weights.items():
            if name not in self.plans and name != USD:
                self.holdings[name] = weight * self.capital_usd / spots[name]
        self.flow += self.value(spots) - before
        self._last = self.value(spots)

    def _note(self, at: int, kind: EntryKind, label: str, usd: float) -> None:
        if usd != 0.0:
            self.entries.append(Entry(at, kind, label, usd))
