"""Risk of the book with and without layers: CVaR95 at 30 days, stress matrix and pay-off curves.

Scenarios are those of `hedge.scenarios`. Positions are revalued exactly, fees that accrue until then left out. Options
are revalued by Black-Scholes with their remaining time, minus the cash paid for them; one that expires before the
horizon pays its intrinsic value at the price of its own expiry (a weekly condor meets a week's move, not a month's).

Rolls. A condor that is sold for a week is sold again, and so 30 days hold four of them: `rolled_pnl`. What is bought
stands for itself alone, until the next plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hedge.book import Book
from hedge.inputs import FloatArray
from hedge.legs import Layer, Leg, all_legs, value_legs
from hedge.market import HORIZON_DAYS, TAIL_SHARE, Market
from hedge.scenarios import Scenarios


def cvar(pnl: FloatArray, share: float = TAIL_SHARE) -> float:
    """Return the mean loss over the worst `share` of outcomes, in the unit of `pnl`, positive for a loss.

    >>> cvar(np.array([-10.0, -6.0, 0.0, 4.0]), share=0.5)
    8.0
    """
    count = math.ceil(share * len(pnl))
    return -float(np.mean(np.partition(pnl, count - 1)[:count]))


def book_pnl(book: Book, market: Market, scenarios: Scenarios) -> FloatArray:
    """Return the change of the book's value per scenario, shape (n,), USD; fees left out."""
    now = book.value_usd({asset: np.asarray(market.spot(asset)) for asset in book.assets})
    return np.asarray(book.value_usd(scenarios.spots) - now, dtype=np.float64)


def legs_pnl(legs: Iterable[Leg], scenarios: Scenarios) -> FloatArray:
    """Return value at the horizon minus the cash paid per scenario, shape (n,), USD."""
    legs = tuple(legs)
    alive = tuple(leg for leg in legs if leg.expiry > scenarios.elapsed)
    value = value_legs(alive, scenarios.spots, scenarios.elapsed, scenarios.vol_moves)
    for expiry in sorted({leg.expiry for leg in legs if leg.expiry <= scenarios.elapsed}):
        settled = tuple(leg for leg in legs if leg.expiry == expiry)
        value = value + value_legs(settled, scenarios.spots_at(expiry), expiry, scenarios.vol_moves_at(expiry))
    return value - math.fsum(leg.cost_usd for leg in legs)


def rolled_pnl(legs: Sequence[Leg], scenarios: Scenarios) -> FloatArray:
    """Return the profit of a structure that is entered anew at each expiry, shape (n,), USD.

    Every life repeats the first: strikes at the same ratios to the price of its day, the same USD notional, and so, as
    Black-Scholes is homogeneous, the same credit, spread and fees. Volatility is that of now: after a fall it would be
    higher, the credit larger and the strikes farther, so a sold condor is shown no better than it would be. As many
    whole lives count as the horizon holds; a last one that would outlive it is not entered.

    Parameters
    ----------
    legs : of one underlying and one expiry. Without a path on the way, or with one life only, as `legs_pnl`.
    """
    life, asset = legs[0].expiry, legs[0].underlying
    lives = int(scenarios.elapsed / life + 1e-9)
    if lives < 2 or asset not in scenarios.paths:
        return legs_pnl(legs, scenarios)
    start, total = scenarios.paths[asset].start, -lives * math.fsum(leg.cost_usd for leg in legs)
    days = [scenarios.spots_at(min(number * life, scenarios.elapsed))[asset] for number in range(lives + 1)]
    paid = (leg.payoff(start * after / before) for before, after in pairwise(days) for leg in legs)
    return np.asarray(total + sum(paid), dtype=np.float64)


def layers_pnl(layers: Iterable[Layer], scenarios: Scenarios) -> FloatArray:
    """Return the profit of layers per scenario, shape (n,), USD: a sold condor rolled, all else as it is."""
    layers = tuple(layers)
    held = legs_pnl(all_legs(layer for layer in layers if not layer.financing), scenarios)
    return sum((rolled_pnl(layer.legs, scenarios) for layer in layers if layer.financing), held)


@dataclass(frozen=True)
class PayoffCurve:
    """Hold the USD value of the book along one asset's price, shape (n,) each, the others fixed.

    `now` and `horizon` are keyed by what is included: ``LP``, then ``LP + tail`` and so on, one layer more each time.
    Layers count net of the cash paid for them.
    """

    asset: str
    prices: FloatArray
    now: Mapping[str, FloatArray]
    horizon: Mapping[str, FloatArray]


def payoff_curve(
    book: Book,
    market: Market,
    layers: Sequence[Layer],
    asset: str,
    prices: FloatArray,
    horizon_days: float = HORIZON_DAYS,
) -> PayoffCurve:
    """Value the book along `prices` (USD, shape (n,), > 0) of `asset`, now and at the horizon, volatility unmoved.

    Only layers on `asset` are shown: the others stand still with their underlyings.
    """
    at = {name: np.full(len(prices), market.spot(name)) for name in book.assets} | {asset: np.asarray(prices)}
    still = {name: np.zeros(len(prices)) for name in at}
    shown = [layer for layer in layers if layer.underlying == asset]
    curves: list[dict[str, FloatArray]] = []
    for days in (0.0, horizon_days):
        scenarios = Scenarios(days, at, still)
        name, total = "LP", np.broadcast_to(book.value_usd(at), len(prices))
        curve = {name: np.array(total)}
        for layer in shown:
            name, total = f"{name} + {layer.name}", total + legs_pnl(layer.legs, scenarios)
            curve[name] = total
        curves.append(curve)
    return PayoffCurve(asset, np.asarray(prices), *curves)


@dataclass(frozen=True)
class StressMatrix:
    """Hold instant profit in USD, shape (price moves, volatility moves): the LP alone and with the layers."""

    price_moves: tuple[float, ...]
    vol_moves: tuple[float, ...]
    unhedged: FloatArray
    hedged: FloatArray


def stress_matrix(
    book: Book, market: Market, layers: Sequence[Layer], price_moves: Sequence[float], vol_moves: Sequence[float]
) -> StressMatrix:
    """Move every price by the same share and every index by the same volatility, at once.

    Parameters
    ----------
    price_moves : shares, -0.3 is a fall of 30 %, > -1. vol_moves : decimal, added to the 30-day index.
    """
    price, vol = (grid.ravel() for grid in np.meshgrid(price_moves, vol_moves, indexing="ij"))
    spots = {asset: market.spot(asset) * (1.0 + price) for asset in book.assets}
    scenarios = Scenarios(0.0, spots, dict.fromkeys(book.assets, vol))
    shape = (len(price_moves), len(vol_moves))
    unhedged = np.broadcast_to(book_pnl(book, market, scenarios), price.shape)
    hedged = unhedged + legs_pnl(all_legs(layers), scenarios) if book.assets else unhedged
    return StressMatrix(tuple(price_moves), tuple(vol_moves), unhedged.reshape(shape), hedged.reshape(shape))
