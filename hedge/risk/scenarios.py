"""Scenarios: joint prices and volatility moves of every asset at the horizon, and the prices on the way there.

Correlated lognormal prices without drift, at each asset's implied volatility, drawn from a scrambled Sobol sequence
with an explicit seed: the same arguments give the same bits. The way to the horizon is a Brownian bridge on a daily
grid: an option that expires earlier meets a price of its own day, and one that is rolled meets a path.

Volatility moves with price by `vol_move`, through `leg.tenor_scale`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from scipy.special import ndtri

from hedge.errors import BadInput
from hedge.market import HORIZON_DAYS, Market
from hedge.numerics.arrays import FloatArray
from hedge.numerics.sobol import scrambled_sobol
from hedge.units import YEAR_DAYS

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
class Path:
    """Hold the Brownian bridges of one asset from today's price to the horizon's, in all scenarios.

    Parameters
    ----------
    start : today's price, USD. vol : annual, decimal. step : years between nodes.
    nodes : of the bridge, 0 at both ends, shape (steps + 1, n), in sqrt(years).
    between : standard normals that place one time inside each step, shape (steps, n).
    """

    start: float
    vol: float
    step: float
    nodes: FloatArray
    between: FloatArray

    def bridge(self, years: float) -> FloatArray:
        """Return the bridge after `years`, shape (n,); times in different steps are jointly exact."""
        low = min(int(years / self.step), len(self.between) - 1)
        share = min(max(years / self.step - low, 0.0), 1.0)
        line = (1.0 - share) * self.nodes[low] + share * self.nodes[low + 1]
        return np.asarray(line + math.sqrt(self.step * share * (1.0 - share)) * self.between[low])


@dataclass(frozen=True)
class Scenarios:
    """Hold joint prices (USD) and index moves (decimal) of each asset at the horizon, shape (n,) each.

    `paths` holds the way there; where an asset has none, the horizon's price holds on the way too. `moving` tells
    whether volatility moves with price.
    """

    horizon_days: float
    spots: Mapping[str, FloatArray]
    vol_moves: Mapping[str, FloatArray]
    paths: Mapping[str, Path] = field(default_factory=dict)
    moving: bool = True

    @property
    def elapsed(self) -> float:
        """Return the horizon in years."""
        return self.horizon_days / YEAR_DAYS

    def still(self) -> Scenarios:
        """Return the same prices with volatility unmoved."""
        zeros = {asset: np.zeros_like(move) for asset, move in self.vol_moves.items()}
        return replace(self, vol_moves=zeros, moving=False)

    def spots_at(self, years: float) -> Mapping[str, FloatArray]:
        """Return the prices after `years`, in [0, elapsed]: ln S is a Brownian bridge to the horizon's price.

        ln(S_t / S_0) = (t/T) ln(S_T / S_0) + vol x bridge(t).
        """
        found = dict(self.spots)
        for asset, path in self.paths.items():
            line = (self.spots[asset] / path.start) ** (years / self.elapsed)
            found[asset] = path.start * line * np.exp(path.vol * path.bridge(years))
        return found

    def vol_moves_at(self, years: float) -> Mapping[str, FloatArray]:
        """Return the moves of each 30-day index after `years`, by the prices of that time."""
        found = dict(self.vol_moves)
        if self.moving:
            spots = self.spots_at(years)
            found |= {asset: vol_move(spots[asset] / path.start) for asset, path in self.paths.items()}
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
    deviation = np.array([market.vol(asset) for asset in assets]) * math.sqrt(horizon_days / YEAR_DAYS)
    ratios = np.exp(normal * deviation - 0.5 * deviation**2)
    spots = {asset: market.spot(asset) * ratios[:, i] for i, asset in enumerate(assets)}
    moves = {asset: vol_move(ratios[:, i]) for i, asset in enumerate(assets)}
    return Scenarios(horizon_days, spots, moves, _paths(assets, market, root, count, seed, horizon_days))


def _paths(
    assets: Sequence[str], market: Market, root: FloatArray, count: int, seed: int, horizon_days: float
) -> dict[str, Path]:
    """Draw bridges on a daily grid, correlated as the prices are; none where there is no way to go."""
    if horizon_days <= 0.0:
        return {}
    rng, steps = np.random.default_rng(seed + 1), math.ceil(horizon_days)
    step = horizon_days / YEAR_DAYS / steps
    walk = np.zeros((steps + 1, count, len(assets)))
    np.cumsum(math.sqrt(step) * rng.standard_normal((steps, count, len(assets))) @ root, axis=0, out=walk[1:])
    nodes = walk - np.linspace(0.0, 1.0, steps + 1)[:, None, None] * walk[-1]
    between = rng.standard_normal((steps, count, len(assets))) @ root
    return {
        asset: Path(market.spot(asset), market.vol(asset), step, nodes[..., i], between[..., i])
        for i, asset in enumerate(assets)
    }


def _normals(assets: int, count: int, seed: int) -> FloatArray:
    uniform = scrambled_sobol(assets, count, seed)
    return np.asarray(ndtri(np.clip(uniform, 1e-12, 1.0 - 1e-12)), dtype=np.float64)


def _root(matrix: FloatArray) -> FloatArray:
    """Return the symmetric square root, which also exists where assets are perfectly correlated."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T, dtype=np.float64)
