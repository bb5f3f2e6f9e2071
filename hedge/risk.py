"""Risk of the book with and without layers: CVaR95 at 30 days, stress matrix and pay-off curves.

What the scenarios are
----------------------
Correlated lognormal prices without drift at the horizon, at each asset's implied volatility, drawn from a scrambled
Sobol sequence with an explicit seed: the same arguments give the same bits. Positions are revalued exactly, fees that
accrue until then left out. Options are revalued by Black-Scholes with their remaining time, minus the cash paid for
them; one that expires before the horizon pays its intrinsic value at a price of its own expiry, drawn from the Brownian
bridge between today's price and the horizon's (a weekly condor meets a week's move, not a month's). No roll is
modelled.

Volatility moves with price by `vol_move`, through `legs.tenor_scale`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from hedge.book import Book
from hedge.errors import BadInput
from hedge.inputs import FloatArray
from hedge.legs import Layer, Leg, all_legs, value_legs
from hedge.market import HORIZON_DAYS, TAIL_SHARE, YEAR_DAYS, Market

SPOT_VOL_BETA: Final = 0.25
"""Volatility (decimal) that the 30-day index gains per unit of negative log return.

ETH 2023 to 2026: the worst 5 % of 30-day log returns averaged -0.38, with DVOL 0.096 higher. Over all returns the
correlation is 0.13 and the slope 0.06, so a rise is given no effect.
"""

SEED: Final = 20_260_508
"""Default seed of the scrambling; any other gives another plan of the same quality."""


def vol_move(ratio: FloatArray | float) -> FloatArray:
    """Return the move of the 30-day index (decimal) when the price becomes `ratio` times today's.

    It rises by `SPOT_VOL_BETA` per unit of negative log return and sticks where the price rises.
    """
    return SPOT_VOL_BETA * np.maximum(-np.log(np.asarray(ratio, dtype=np.float64)), 0.0)


@dataclass(frozen=True)
class Scenarios:
    """Hold joint prices (USD) and index moves (decimal) of each asset at the horizon, shape (n,) each.

    `bridges` holds what the prices on the way are drawn from, per asset: today's price, volatility, and a standard
    normal per scenario, shape (n,). Where an asset has none, the horizon's price stood on the way already.
    """

    horizon_days: float
    spots: Mapping[str, FloatArray]
    vol_moves: Mapping[str, FloatArray]
    bridges: Mapping[str, tuple[float, float, FloatArray]] = field(default_factory=dict)

    @property
    def elapsed(self) -> float:
        """Return the horizon in years."""
        return self.horizon_days / YEAR_DAYS

    def spots_at(self, years: float) -> Mapping[str, FloatArray]:
        """Return the prices after `years`, in [0, elapsed]: ln S is a Brownian bridge to the horizon's price.

        ln(S_t / S_0) = (t/T) ln(S_T / S_0) + vol sqrt(t (T - t) / T) z.
        """
        found = dict(self.spots)
        for asset, (start, vol, normal) in self.bridges.items():
            share, left = years / self.elapsed, max(self.elapsed - years, 0.0)
            found[asset] = start * (self.spots[asset] / start) ** share * np.exp(vol * math.sqrt(share * left) * normal)
        return found


def draw_scenarios(
    assets: Sequence[str], market: Market, count: int = 4096, seed: int = SEED, horizon_days: float = HORIZON_DAYS
) -> Scenarios:
    """Draw joint scenarios of `assets`.

    Parameters
    ----------
    assets : symbols, each priced by `market`; at least one.
    count : scenarios, a power of two (a Sobol sequence is balanced only there).
    seed : of the scrambling. horizon_days : > 0.

    Raises
    ------
    BadInput : no asset, or `count` is not a power of two.
    UnknownAsset, MissingCorrelation, InvalidMarket : the market does not describe the assets.
    """
    if not assets:
        raise BadInput("assets", tuple(assets), "must name at least one asset")
    if count < 2 or count & (count - 1):
        raise BadInput("count", count, "must be a power of two, at least 2")
    root = _root(market.correlation_matrix(tuple(assets)))
    normal = _normals(len(assets), count, seed) @ root
    # Two scramblings of one Sobol sequence go hand in hand, row by row: shuffled, they are independent.
    between = np.random.default_rng(seed).permutation(_normals(len(assets), count, seed + 1)) @ root
    deviation = np.array([market.vol(asset) for asset in assets]) * math.sqrt(horizon_days / YEAR_DAYS)
    ratios = np.exp(normal * deviation - 0.5 * deviation**2)
    spots = {asset: market.spot(asset) * ratios[:, i] for i, asset in enumerate(assets)}
    bridges = {asset: (market.spot(asset), market.vol(asset), between[:, i]) for i, asset in enumerate(assets)}
    return Scenarios(horizon_days, spots, {asset: vol_move(ratios[:, i]) for i, asset in enumerate(assets)}, bridges)


def _normals(assets: int, count: int, seed: int) -> FloatArray:
    uniform = qmc.Sobol(assets, scramble=True, rng=np.random.default_rng(seed)).random(count)
    return np.asarray(ndtri(np.clip(uniform, 1e-12, 1.0 - 1e-12)), dtype=np.float64)


def _root(matrix: FloatArray) -> FloatArray:
    """Return the symmetric square root, which also exists where assets are perfectly correlated."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T, dtype=np.float64)


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
        then = scenarios.spots_at(expiry)
        value = value + sum(leg.payoff(then[leg.underlying]) for leg in legs if leg.expiry == expiry)
    return value - math.fsum(leg.cost_usd for leg in legs)


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
