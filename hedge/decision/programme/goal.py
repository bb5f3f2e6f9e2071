"""What the hedge is for, and the programme that follows from it on a book and its listings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from hedge.book.positions import Book
from hedge.decision.programme.candidates import Bands, Listing, candidates
from hedge.decision.programme.revalue import Smiles, values_at
from hedge.decision.programme.scenarios import COUNT, Drawn, Known, draw_horizon
from hedge.decision.programme.solve import Problem
from hedge.errors import BadInput
from hedge.instruments.leg import lots_down
from hedge.market import USD, Market
from hedge.numerics.arrays import BoolArray, FloatArray
from hedge.risk.measures import book_pnl
from hedge.risk.scenarios import Scenarios
from hedge.units import YEAR_DAYS

MONTH: Final = 30.0
PERPETUAL_LOT: Final = 0.001
"""Of a lot of options: perpetuals trade in dollars."""


class Benchmark(StrEnum):
    """What a loss is counted against: USD, the amounts that the pools hold now, or half of the value in each."""

    USD = "usd"
    HOLDING = "holding"
    HALF = "half"


@dataclass(frozen=True)
class Goal:
    """State what the hedge is for and what it may cost.

    Parameters
    ----------
    horizon_days : to the next plan. benchmark : that losses are counted against.
    cash_usd : most cash in options at the quotes of now, >= 0. cost_usd : most expected cost per 30 days, >= 0: the
        value that the scenarios' mean loses, half spreads and fees. Infinite where there is no limit.
    leg_share : most units of one option, as a share of the book's value over the spot.
    perpetual_share : of the book's delta that perpetuals may offset, in [0, 1]; 0 leaves them out.
    perpetual_cost : share of the notional lost at each trade.
    sell_down : whether options that have gained are sold down to the limits; else they may stay and not grow.
    bands : of options that may be bought. scenarios : most of them.
    """

    horizon_days: float = 7.0
    benchmark: Benchmark = Benchmark.USD
    cash_usd: float = math.inf
    cost_usd: float = math.inf
    leg_share: float = 1.0
    perpetual_share: float = 0.0
    perpetual_cost: float = 0.0005
    sell_down: bool = False
    bands: Bands = field(default=Bands())
    scenarios: int = COUNT

    def __post_init__(self) -> None:
        for name in ("horizon_days", "leg_share"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise BadInput(name, getattr(self, name), "must be finite and > 0")
        for name in ("perpetual_share", "perpetual_cost"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise BadInput(name, getattr(self, name), "must be in [0, 1]")
        for name in ("cash_usd", "cost_usd"):
            if not getattr(self, name) >= 0.0:
                raise BadInput(name, getattr(self, name), "must be known and >= 0")


class Side(NamedTuple):
    """One asset's part of the programme: its candidates, its smiles, and the columns that they are."""

    listing: Listing
    smiles: Smiles
    columns: slice


@dataclass(frozen=True, eq=False)
class Posed:
    """Hold a programme with what its columns are: the options of each side, then one perpetual per asset.

    Parameters
    ----------
    sides : by asset, sorted. perpetuals : column by asset; empty where they are left out. drawn : the scenarios.
    """

    problem: Problem
    sides: Mapping[str, Side]
    perpetuals: Mapping[str, int]
    drawn: Drawn


class _Columns(NamedTuple):
    """Columns of a problem, in the order of its fields from `gains` to `lot`."""

    gains: FloatArray
    buy_cost: FloatArray
    sell_cost: FloatArray
    cash: FloatArray
    decay: FloatArray
    held: FloatArray
    low: FloatArray
    high: FloatArray
    lot: FloatArray


def pose(
    goal: Goal,
    book: Book,
    market: Market,
    listings: Mapping[str, Listing],
    perpetuals: Mapping[str, float],
    prices: Mapping[str, Known],
    indices: Mapping[str, Known],
) -> Posed:
    """Build the programme of a goal.

    Parameters
    ----------
    market : prices every asset of the book. listings : options by asset, what is held in them.
    perpetuals : units held by asset. prices, indices : the past, by asset; see `draw_horizon`.

    Raises
    ------
    NotListed : a listing has no volatility. BadInput : a number outside its domain, or a book without an asset.
    """
    smiles = {asset: Smiles.of(listings[asset]) for asset in sorted(listings)}
    at_money = {
        asset: smiles[asset].at_money(goal.horizon_days) if asset in smiles else market.vol(asset)
        for asset in book.assets
    }
    drawn = draw_horizon(market, at_money, prices, indices, goal.horizon_days, goal.scenarios)
    value = float(book.value_usd({asset: np.asarray(market.spot(asset)) for asset in book.assets}))
    parts, sides, start = [], {}, 0
    for asset in sorted(set(listings) & set(book.assets)):
        listing, fits = candidates(listings[asset], goal.bands)
        sides[asset] = Side(listing, smiles[asset], slice(start, start + len(listing)))
        parts.append(_options(goal, sides[asset], fits, drawn, value))
        start += len(listing)
    columns: dict[str, int] = {}
    for asset in sorted(book.assets) if goal.perpetual_share or any(perpetuals.values()) else ():
        columns[asset] = start + len(columns)
        delta = sum(position.deltas(market.spots).get(asset, 0.0) for position in book.positions)
        lot = PERPETUAL_LOT * (float(listings[asset].lot.min()) if asset in listings else 1.0)
        parts.append(_perpetual(goal, asset, market.spot(asset), delta, perpetuals.get(asset, 0.0), lot, drawn))
    exposure = book_pnl(book, market, drawn.scenarios) - _benchmark(goal.benchmark, book, market, drawn)
    parts = parts or [_none(drawn)]
    joined = _Columns(*(np.concatenate(column, axis=-1) for column in zip(*parts, strict=True)))
    cost = goal.cost_usd * goal.horizon_days / MONTH
    return Posed(Problem(exposure, *joined, goal.cash_usd, cost, goal.sell_down), sides, columns, drawn)


def _options(goal: Goal, side: Side, fits: BoolArray, drawn: Drawn, value: float) -> _Columns:
    listing, scenarios = side.listing, drawn.scenarios
    worth, to_sell = listing.worth, listing.to_sell
    gains = values_at(listing, side.smiles, scenarios) - worth
    to_buy = np.where(fits, listing.to_buy, worth)
    most = [lots_down(goal.leg_share * value / listing.spot, lot) for lot in listing.lot.tolist()]
    return _Columns(
        gains=gains,
        buy_cost=np.maximum(to_buy - worth, 0.0),
        sell_cost=np.maximum(worth - to_sell, 0.0),
        cash=to_buy,
        # What the scenarios' mean gains is no income that pays for something else: it may be the smile's own error.
        decay=np.maximum(-gains.mean(axis=0), 0.0),
        held=listing.held,
        low=np.zeros(len(listing)),
        high=np.where(fits, most, 0.0),
        lot=listing.lot,
    )


def _perpetual(goal: Goal, asset: str, spot: float, delta: float, held: float, lot: float, drawn: Drawn) -> _Columns:
    room = math.copysign(lots_down(goal.perpetual_share * abs(delta), lot), -delta)
    cost, nothing = np.array([goal.perpetual_cost * spot]), np.zeros(1)
    gains = (drawn.scenarios.spots[asset] - spot)[:, None]
    ends = np.array([min(room, 0.0)]), np.array([max(room, 0.0)])
    return _Columns(gains, cost, cost, nothing, nothing, np.array([held]), *ends, np.array([lot]))


def _benchmark(benchmark: Benchmark, book: Book, market: Market, drawn: Drawn) -> FloatArray:
    """Return what the benchmark gains in each scenario, shape (s,)."""
    spots, now = drawn.scenarios.spots, market.spots
    total = np.zeros_like(next(iter(spots.values())))
    if benchmark is Benchmark.USD:
        return total
    if benchmark is Benchmark.HOLDING:
        held = [position.deltas(now) for position in book.positions]
        return sum((d[a] * (spots[a] - now[a]) for d in held for a in d if a != USD), total)
    half = 0.5 * float(book.value_usd({asset: np.asarray(now[asset]) for asset in book.assets})) / len(book.assets)
    return sum((half * (spots[asset] / now[asset] - 1.0) for asset in book.assets), total)


def _none(drawn: Drawn) -> _Columns:
    count = len(next(iter(drawn.scenarios.spots.values())))
    return _Columns(np.zeros((count, 0)), *(np.zeros(0) for _ in range(8)))


def legs_forecast(posed: Posed, asset: str, spot: float, held: FloatArray, days: float) -> float:
    """Return what options are predicted to be worth after `days` at a spot, USD.

    Parameters
    ----------
    held : units of the asset's candidates, shape (n,). The index is taken to move as it does in the scenarios that
        come nearest to the spot.
    """
    side, scenarios = posed.sides[asset], posed.drawn.scenarios
    near = np.argsort(np.abs(np.log(scenarios.spots[asset] / spot)), kind="stable")[:50]
    share = math.sqrt(days / YEAR_DAYS / scenarios.elapsed)
    move = np.array([share * float(scenarios.vol_moves[asset][near].mean())])
    then = Scenarios(days, {asset: np.array([spot])}, {asset: move})
    return float(values_at(side.listing, side.smiles, then)[0] @ held)
