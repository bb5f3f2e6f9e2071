"""What a strategy is: it sees a history that is cut at the decision time, and answers with what to hold.

To add one, write a file that registers a `StrategySpec`; docs/backtest.md walks through one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final, Protocol

import numpy as np

from hedge.backtest.account import Legs, Venue
from hedge.backtest.history import MarketHistory, Series
from hedge.backtest.quotes import Quotes
from hedge.backtest.results import Calibration
from hedge.backtest.wealth import PoolPlan
from hedge.book.positions import Book
from hedge.errors import BadInput, HedgeError, NotKnown
from hedge.instruments.contract import Contract
from hedge.instruments.leg import Leg
from hedge.instruments.option_chain import OptionChain
from hedge.market import Market
from hedge.volatility.index import index_from_chain

WEEK: Final = 7.0
PAST: Final = 90
"""Prices by which correlations are measured."""
STATED_CORRELATION: Final = 0.8
"""Between two assets whose prices are too few to measure it."""


@dataclass(frozen=True)
class Targets:
    """State what to hold from now on; what is None stays as it is.

    Parameters
    ----------
    options : by label (a layer, a hedge), then by contract: signed quantities. perpetuals : likewise by asset, units.
    weights : share of the capital in each pool, asset or USD, adding up to 1 where the whole capital is used.
    calibration : forecasts that came due.
    """

    options: Mapping[str, Legs] | None = None
    perpetuals: Mapping[str, Mapping[str, float]] | None = None
    weights: Mapping[str, float] | None = None
    calibration: tuple[Calibration, ...] = ()


KEEP: Final = Targets()


@dataclass(frozen=True, eq=False)
class View:
    """Show a strategy the world at its decision: what was known, and what it holds.

    Parameters
    ----------
    at : unix seconds. history : cut at `at`. book : the pool positions now. spots : USD by asset of the pools.
    indices : other assets that the study quotes options on, such as a volatility index.
    options, perpetuals : held now, by label. marks : of each contract held, USD.
    hedge_usd : value of the hedge's account. lp_usd : of pools and holdings. profit_usd : of both since the start.
    capital_usd : that the backtest began with.
    """

    at: int
    history: MarketHistory
    book: Book
    spots: Mapping[str, float]
    indices: tuple[str, ...]
    options: Mapping[str, Legs]
    perpetuals: Mapping[str, Mapping[str, float]]
    marks: Mapping[Contract, float]
    hedge_usd: float
    lp_usd: float
    profit_usd: float
    capital_usd: float
    venue: Venue

    def quotes(self, asset: str) -> Quotes:
        """Return the option quotes of now. Raises `NotKnown` where there are none."""
        found = self.history.newest_quotes(asset, self.at)
        if found is None:
            raise NotKnown(f"option quotes on {asset}", self.at)
        return found

    @cached_property
    def chains(self) -> dict[str, OptionChain]:
        """Return the option chain of each asset of the book that has one now."""
        found = {asset: self.history.newest_quotes(asset, self.at) for asset in self.book.assets}
        return {asset: quotes.chain for asset, quotes in found.items() if quotes is not None}

    @cached_property
    def market(self) -> Market:
        """Return spots, 30-day volatilities and correlations of the book's assets, as known now."""
        assets = self.book.assets
        return Market(
            self.at,
            {asset: self.history.price(asset, self.at) for asset in assets},
            {asset: self._vol(asset) for asset in assets},
            {pair: _correlation(*(self.history.prices[name] for name in pair)) for pair in combinations(assets, 2)},
            "30-day index of the quotes, else the volatility index",
        )

    def _vol(self, asset: str) -> float:
        if asset in self.chains:
            try:
                return index_from_chain(self.chains[asset].quotes).vol
            except HedgeError:
                pass  # too little is quoted around 30 days: the published index is asked
        if asset not in self.history.vol_index:
            raise NotKnown(f"volatility of {asset}", self.at)
        return self.history.vol_index[asset].last(self.at).value


def _correlation(first: Series, second: Series) -> float:
    """Return the correlation of the newest log returns at common times; the stated one where there are few."""
    common, left, right = np.intersect1d(first.times, second.times, return_indices=True)
    if len(common) < PAST // 3:
        return STATED_CORRELATION
    returns = np.diff(np.log([first.values[left][-PAST:], second.values[right][-PAST:]]), axis=1)
    found = float(np.corrcoef(returns)[0, 1])
    return found if math.isfinite(found) else STATED_CORRELATION


class Strategy(Protocol):
    """One run of a strategy; it may remember what it did."""

    def decide(self, view: View) -> Targets:
        """Return what to hold from now on.

        Raises
        ------
        HedgeError
            It cannot decide: what is held stays, and the engine counts it.
        """
        ...


@dataclass(frozen=True)
class StrategySpec:
    """State one strategy.

    Parameters
    ----------
    name : as settings write it. title : in a few words. make : a fresh run of it.
    every_days : between decisions. needs_quotes : whether a decision waits for a moment with option quotes.
    weights : makes the weights of the capital at the start (pool, asset or USD) from the study's pools; equal parts of
        the pools where it is None.
    variant_of : the name of the strategy that it varies, for the comparison of variants; empty for none.
    trades : whether it trades options or perpetuals at all.
    """

    name: str
    title: str
    make: Callable[[], Strategy]
    every_days: float = WEEK
    needs_quotes: bool = False
    weights: Callable[[Sequence[PoolPlan]], Mapping[str, float]] | None = None
    variant_of: str = ""
    trades: bool = True


_SPECS: Final[dict[str, StrategySpec]] = {}


def register_strategy(spec: StrategySpec) -> StrategySpec:
    """Add a strategy. Raises `BadInput` where its name is taken."""
    if spec.name in _SPECS:
        raise BadInput("strategy", spec.name, "must have a name of its own")
    _SPECS[spec.name] = spec
    return spec


def unregister_strategy(name: str) -> None:
    """Take a strategy out again, for tests and plug-ins that are unloaded."""
    del _SPECS[name]


def strategy_specs() -> tuple[StrategySpec, ...]:
    """Return the registered strategies in order of registration."""
    return tuple(_SPECS.values())


def strategy_spec(name: str) -> StrategySpec:
    """Return a strategy by its name. Raises `BadInput` where there is none."""
    if name not in _SPECS:
        raise BadInput("strategy", name, f"must be one of {', '.join(_SPECS)}")
    return _SPECS[name]


def legs_by_contract(legs: tuple[Leg, ...]) -> dict[Contract, float]:
    """Return the net quantity of each contract that the legs trade."""
    found: dict[Contract, float] = {}
    for leg in legs:
        contract = Contract.of(leg)
        found[contract] = found.get(contract, 0.0) + leg.quantity
    return {contract: quantity for contract, quantity in found.items() if quantity}
