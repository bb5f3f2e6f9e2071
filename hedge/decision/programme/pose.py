"""The programme that follows from a goal on a book, its listings and what is held."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from hedge.book.positions import Book
from hedge.decision.programme.columns import (
    PERPETUAL_LOT,
    Column,
    Numbers,
    Side,
    index_columns,
    index_gains,
    joined,
    option_columns,
    option_gains,
    perpetual_column,
    side_of,
)
from hedge.decision.programme.goal import Benchmark, Goal
from hedge.decision.programme.limits import limits_of
from hedge.decision.programme.revalue import values_at
from hedge.decision.programme.scenarios import Drawn, Known, draw_horizon
from hedge.decision.programme.solve import Problem
from hedge.errors import BadInput
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.index_listing import IndexListing
from hedge.instruments.listing import Listing
from hedge.layers.registry import layer_specs
from hedge.market import USD, Market
from hedge.numerics.arrays import FloatArray
from hedge.policy.parameters import Parameters
from hedge.risk.measures import book_pnl
from hedge.risk.scenarios import Scenarios
from hedge.units import BPS, DAY, YEAR_DAYS

MOST_PERPETUAL: Final = 10.0
"""Of the book's value: a perpetual that is held beyond it is taken for a size in the wrong unit."""
MOST_OPTION: Final = 50.0
"""The same of an option, units times spot: a hedge of the whole book whose pools lost 98 % of their value since."""


class Past(NamedTuple):
    """The past by asset, up to now: prices in USD and volatility indices as decimals; see `draw_horizon`."""

    prices: Mapping[str, Known]
    indices: Mapping[str, Known]


NOTHING_KNOWN: Final = Past({}, {})


@dataclass(frozen=True, eq=False)
class Posed:
    """Hold a programme with what its columns are.

    Parameters
    ----------
    sides : options by asset, sorted. columns : one per instrument of the problem. drawn : the scenarios.
    held : all that is held. unlisted : what is held of it and not quoted, alone or as a part of a condor: it stays, and
        counts nothing.
    """

    goal: Goal
    book: Book
    market: Market
    problem: Problem
    sides: Mapping[str, Side]
    columns: tuple[Column, ...]
    drawn: Drawn
    at_money: Mapping[str, float]
    held: Holdings
    unlisted: tuple[Contract, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """Return the layers in the order of their numbers."""
        return tuple(spec.name for spec in sorted(layer_specs(), key=lambda spec: spec.number))

    def of_layer(self, name: str) -> FloatArray:
        """Return 1 for the columns of a layer and 0 for others, shape (n,)."""
        return np.array([float(column.layer == name) for column in self.columns])


def pose(
    goal: Goal,
    book: Book,
    market: Market,
    listings: Mapping[str, Listing],
    held: Holdings | None = None,
    past: Past = NOTHING_KNOWN,
    indices: Mapping[str, IndexListing] | None = None,
) -> Posed:
    """Build the programme of a goal.

    Parameters
    ----------
    market : prices every asset of the book. listings : options by asset; what they say is held is not looked at.
    held : options, perpetuals and cash. past : what scenarios are drawn from. indices : what is listed on the
        volatility index of an asset.

    Raises
    ------
    NotListed : a listing has no volatility. BadInput : a number outside its domain, a book without an asset, or a sold
        option that is not part of a condor.
    """
    held = held or Holdings()
    _check_sizes(goal, market, held)
    sides = {asset: _side(goal, listings[asset], held) for asset in sorted(set(listings) & set(book.assets))}
    at_money = {
        asset: sides[asset].smiles.at_money(goal.horizon_days) if asset in sides else market.vol(asset)
        for asset in book.assets
    }
    drawn = draw_horizon(market, at_money, past.prices, past.indices, goal.horizon_days, goal.scenarios)
    columns: list[Column] = []
    parts: list[Numbers] = []
    for asset, side in sides.items():
        found, numbers = option_columns(side, goal.value_usd, drawn.scenarios)
        columns, parts = [*columns, *found], [*parts, numbers]
        if indices and asset in indices and goal.allows("volatility"):
            terms = (goal.of(asset), goal.value_usd, market.spot(asset), drawn.scenarios)
            found, numbers = index_columns(asset, indices[asset], *terms)
            columns, parts = [*columns, *found], [*parts, numbers]
    for column, numbers in _perpetuals(goal, book, market, listings, held, drawn):
        columns, parts = [*columns, column], [*parts, numbers]
    numbers = joined(parts, len(next(iter(drawn.scenarios.spots.values()))))
    exits = _exit_costs(columns, numbers.sell_cost, market.observed_at, goal.horizon_days)
    numbers = numbers._replace(gains=numbers.gains - exits)
    exposure = benchmarked(goal.benchmark, book, market, drawn.scenarios)
    limits = limits_of(goal, columns, numbers)
    problem = Problem(exposure, *numbers, limits=limits, target=goal.target_usd)
    unlisted = _unlisted(sides, listings, held)
    return Posed(goal, book, market, problem, sides, tuple(columns), drawn, at_money, held, unlisted)


def _perpetuals(
    goal: Goal, book: Book, market: Market, listings: Mapping[str, Listing], held: Holdings, drawn: Drawn
) -> Iterator[tuple[Column, Numbers]]:
    """Yield the perpetual of each asset whose delta may be traded or is held."""
    deltas = book.deltas(market.spots)
    for asset in sorted(book.assets):
        if (goal.of(asset).delta_share_bps and goal.allows("delta")) or held.perpetuals.get(asset):
            yield _perpetual(goal, deltas.get(asset, 0.0), market, listings, held, asset, drawn)


def _unlisted(sides: Mapping[str, Side], listings: Mapping[str, Listing], held: Holdings) -> tuple[Contract, ...]:
    """Return what is held and counts nothing: not quoted, or part of a condor that is not quoted whole."""
    listed = {contract for asset in sides for contract in listings[asset].contracts()}
    whole = {contract for side in sides.values() for contract in side.stays}
    return tuple(sorted(c for c, units in held.options.items() if units and (c not in listed or c in whole)))


def _check_sizes(goal: Goal, market: Market, held: Holdings) -> None:
    """Refuse what is many times the book: most likely a size in dollars where units of the asset are meant."""
    value = max(goal.value_usd, 1.0)
    sizes = [(asset, f"{asset}-PERPETUAL", units, MOST_PERPETUAL) for asset, units in held.perpetuals.items()]
    sizes += [(option.asset, option.label, units, MOST_OPTION) for option, units in held.options.items()]
    for asset, name, units, most in sizes:
        worth = abs(units) * market.spots.get(asset, 0.0)
        if worth > most * value:
            why = f"{name} is {worth:,.0f} USD, {worth / value:,.0f} times the book: state units of {asset}"
            raise BadInput("holdings", units, why)


def _exit_costs(columns: Sequence[Column], sell_cost: FloatArray, at: int, days: float) -> FloatArray:
    """Return what closing one unit at the horizon costs, shape (n,): today's cost of selling where it lives on.

    It is part of the loss that CVaR counts, and not of the expected cost: what is not sold then has not cost it.
    """
    alive = [any(contract.expiry_at > at + days * DAY for contract, _ in column.contracts) for column in columns]
    return np.where(alive, sell_cost, 0.0) if columns else np.zeros(0)


def _side(goal: Goal, listing: Listing, held: Holdings) -> Side:
    own = {contract: units for contract, units in held.options.items() if contract.asset == listing.asset}
    alive = {contract: units for contract, units in own.items() if contract.expiry_at > listing.observed_at}
    return side_of(listing, goal.of(listing.asset), goal.selling, alive, goal.only)


def _perpetual(
    goal: Goal, delta: float, market: Market, listings: Mapping[str, Listing], held: Holdings, asset: str, drawn: Drawn
) -> tuple[Column, Numbers]:
    lot = PERPETUAL_LOT * (float(listings[asset].lot.min()) if asset in listings else 1.0)
    share = goal.of(asset).delta_share_bps / BPS if goal.allows("delta") else 0.0
    terms = (share, held.perpetuals.get(asset, 0.0), lot, goal.perpetual_cost, market.observed_at, drawn.scenarios)
    return perpetual_column(asset, market.spot(asset), delta, *terms)


def benchmarked(benchmark: Benchmark, book: Book, market: Market, scenarios: Scenarios) -> FloatArray:
    """Return the book's profit against its benchmark in each scenario, shape (s,), fees of the pools left out."""
    return book_pnl(book, market, scenarios) - _benchmark(benchmark, book, market, scenarios.spots)


def _benchmark(benchmark: Benchmark, book: Book, market: Market, spots: Mapping[str, FloatArray]) -> FloatArray:
    """Return what the benchmark gains in each scenario, shape (s,)."""
    now = market.spots
    total = np.zeros_like(next(iter(spots.values())))
    if benchmark is Benchmark.USD:
        return total
    if benchmark is Benchmark.HOLDING:
        held = [position.deltas(now) for position in book.positions]
        return sum((d[a] * (spots[a] - now[a]) for d in held for a in d if a != USD), total)
    half = 0.5 * float(book.value_usd({asset: np.asarray(now[asset]) for asset in book.assets})) / len(book.assets)
    return sum((half * (spots[asset] / now[asset] - 1.0) for asset in book.assets), total)


def redrawn(posed: Posed, days: float, past: Past = NOTHING_KNOWN) -> Problem:
    """Return the same instruments over another horizon, without limits or target: what the tail is there.

    Parameters
    ----------
    days : of the horizon, > 0. past : as the programme was posed with.
    """
    drawn = draw_horizon(posed.market, posed.at_money, past.prices, past.indices, days, posed.goal.scenarios)
    gains = gains_in(posed, drawn.scenarios)
    exposure = benchmarked(posed.goal.benchmark, posed.book, posed.market, drawn.scenarios)
    decay = np.maximum(-gains.mean(axis=0), 0.0)
    gains = gains - _exit_costs(posed.columns, posed.problem.sell_cost, posed.market.observed_at, days)
    return replace(posed.problem, exposure=exposure, gains=gains, decay=decay, limits=(), target=0.0)


def gains_in(posed: Posed, scenarios: Scenarios) -> FloatArray:
    """Return what one unit of each column gains in other scenarios, shape (s, n)."""
    found: dict[Contract, FloatArray] = {}
    for side in posed.sides.values():
        found |= dict(zip(side.listing.contracts(), option_gains(side, scenarios).T, strict=True))
    gains = np.zeros((len(next(iter(scenarios.spots.values()))), len(posed.columns)))
    for number, column in enumerate(posed.columns):
        if column.is_perpetual:
            gains[:, number] = scenarios.spots[column.asset] - column.spot_usd
        elif column.leg is not None:
            gains[:, number] = index_gains(column.leg, scenarios)
        for contract, sign in column.contracts:
            gains[:, number] += sign * found[contract]
    return gains


def legs_forecast(posed: Posed, asset: str, spot: float, held: FloatArray, days: float) -> float:
    """Return what options are predicted to be worth after `days` at a spot, USD.

    Parameters
    ----------
    held : units of the options of the asset's side, shape (n,). The index is taken to move as it does in the scenarios
        that come nearest to the spot.
    """
    side, scenarios = posed.sides[asset], posed.drawn.scenarios
    near = np.argsort(np.abs(np.log(scenarios.spots[asset] / spot)), kind="stable")[:50]
    share = math.sqrt(days / YEAR_DAYS / scenarios.elapsed)
    move = np.array([share * float(scenarios.vol_moves[asset][near].mean())])
    then = Scenarios(days, {asset: np.array([spot])}, {asset: move})
    return float(values_at(side.listing, side.smiles, then)[0] @ held)


def rebudgeted(posed: Posed, parameters: Parameters, asset: str = "") -> Problem:
    """Return the programme under other budgets, caps and share of the delta; bands and horizon stay as posed.

    Parameters
    ----------
    asset : whose own parameters are replaced; the main ones where it is empty.
    """
    old, p = posed.goal, posed.problem
    goal = replace(old, own={**old.own, asset: parameters}) if asset else replace(old, parameters=parameters)
    share = parameters.delta_share_bps / max(old.of(asset).delta_share_bps, 1)
    theirs = [column.is_perpetual and old.whose(column.asset) == asset for column in posed.columns]
    grown = np.where(theirs, share, 1.0)
    numbers = Numbers(p.gains, p.buy_cost, p.sell_cost, p.cash, p.decay, p.held, p.low * grown, p.high * grown, p.lot)
    limits = limits_of(goal, list(posed.columns), numbers)
    return replace(p, low=numbers.low, high=numbers.high, limits=limits, target=goal.target_usd)
