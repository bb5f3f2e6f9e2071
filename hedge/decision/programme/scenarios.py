"""Joint scenarios at the horizon by filtered history: what returns were in units of the volatility of their day.

Every day of the past is a start. Its log return over the horizon is divided by the asset's volatility index at the
start, so that calm and stormy days are alike, and keeps the change of ln(index) that came with it; a row is one day
of all assets, so that dependence is as it was. Returns are then demeaned, brought to unit variance over the known past,
and multiplied by today's volatility at the money: the shape is history's, the size is the market's. Prices are a
martingale: their mean is today's. On the way to the horizon they follow a Brownian bridge at that volatility.

Source: Barone-Adesi, Giannopoulos, Vosper, "VaR without correlations for portfolios of derivative securities", 1999;
here with an implied index as the filter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from hedge.errors import BadInput
from hedge.market import Market
from hedge.numerics.arrays import FloatArray
from hedge.risk.scenarios import Path, Scenarios, vol_move
from hedge.units import DAY, YEAR_DAYS

COUNT: Final = 1024
LEAST_OBSERVATIONS: Final = 100
"""Overlapping returns below which history is not asked: of a tail of 5 % it would show five."""
JUMP_SHARE: Final = 0.35
"""Of the variance of a fallback return that comes from jumps."""
JUMP_CHANCE: Final = 0.1
"""Of a jump in a horizon. With the share, expected shortfall is 1.47 times VaR: lognormal has 1.25, and weeks of ETH in
2021 to 2026 went beyond a lognormal forecast by 1.17 to 1.19 of it. History is the better source; BTC's was fatter."""
STRESS_EVERY: Final = 4
"""Of so many scenarios one has all assets move together, by as many of their own standard deviations."""
STALE: Final = 2 * DAY
"""Age from which on a value of the past is not that of its day."""
STILL: Final = 1e-9
"""Of a return in units of its volatility: less is no move, but how numbers are rounded."""
SEED: Final = 20_260_508


class Known(Protocol):
    """A number over time: unix seconds ascending, and values, shape (n,) each."""

    @property
    def times(self) -> npt.NDArray[np.int64]:
        """Return the unix seconds."""

    @property
    def values(self) -> FloatArray:
        """Return the values."""


class Drawn(NamedTuple):
    """Scenarios, what they come from, and how many returns of the past those are (0 for the fallback)."""

    scenarios: Scenarios
    source: str
    observations: int


class _Rows(NamedTuple):
    """Days of the past: number of the day, returns over the index and changes of its logarithm, shape (n, assets)."""

    day: npt.NDArray[np.int64]
    returns: FloatArray
    changes: FloatArray


def draw_horizon(
    market: Market,
    at_money: Mapping[str, float],
    prices: Mapping[str, Known],
    indices: Mapping[str, Known],
    horizon_days: float,
    count: int = COUNT,
) -> Drawn:
    """Draw joint scenarios of the assets of `at_money`.

    Parameters
    ----------
    market : spots of now, and the correlations that the fallback uses. at_money : volatility by asset, decimal, > 0.
    prices, indices : by asset, USD and decimals; what is later than the market is not looked at.
    horizon_days : > 0. count : most scenarios, >= 20. All days are taken where they are not more; else those whose
        number of a fixed Philox stream is least: a day keeps its number, so next week's draw is nearly the same.

    Raises
    ------
    BadInput : no asset, a volatility or horizon that is not > 0, too few scenarios, past prices that never change.
    """
    if not at_money or min(at_money.values()) <= 0.0:
        raise BadInput("at_money", dict(at_money), "must be one asset or more, each > 0")
    if not 0.0 < horizon_days < math.inf or count < 20:
        raise BadInput("horizon_days, count", (horizon_days, count), "must be > 0, and 20 or more")
    assets = tuple(sorted(at_money))
    size = np.array([at_money[asset] for asset in assets]) * math.sqrt(horizon_days / YEAR_DAYS)
    rows = _rows(assets, market.observed_at, prices, indices, horizon_days)
    if len(rows.day) < LEAST_OBSERVATIONS:
        return _fallback(market, assets, size, horizon_days, count, len(rows.day))
    returns = rows.returns - rows.returns.mean(axis=0)
    spread = returns.std(axis=0)
    if not (spread > STILL).all():
        raise BadInput(
            "prices", assets[int(np.argmin(spread))], "its past prices never change: a feed that stood still"
        )
    returns = returns / spread * size
    returns = _stressed(returns / size, rows.day) * size
    changes = rows.changes - rows.changes.mean(axis=0)
    chosen = _chosen(rows.day, count)
    level = np.array([at_money[asset] for asset in assets])
    moves = level * np.expm1(changes[chosen])
    source = f"filtered history of {len(rows.day)} overlapping returns of {horizon_days:g} days"
    return Drawn(_scenarios(market, assets, size, returns[chosen], moves, horizon_days), source, len(rows.day))


def _stressed(returns: FloatArray, number: npt.NDArray[np.int64]) -> FloatArray:
    """Return joint returns of unit variance in which all assets move as one in every `STRESS_EVERY`-th row.

    Correlation is estimated from the other rows; in a fall it has come near 1, and a hedge that counts on one asset
    staying up while the other falls would be one on paper. Where they only move against each other, they follow the
    first one.
    """
    together = number % STRESS_EVERY == 0
    if returns.shape[1] < 2 or together.sum() < 2:
        return returns
    common = returns.mean(axis=1)[together]
    common = common if common.std() > STILL else returns[together, 0]
    found = returns.copy()
    found[together] = (common / common.std())[:, None]
    return np.asarray(found / found.std(axis=0))


def _rows(
    assets: tuple[str, ...], at: int, prices: Mapping[str, Known], indices: Mapping[str, Known], horizon_days: float
) -> _Rows:
    """Return the days on which price and index are known at start and end, for every asset."""
    missing = any(asset not in prices or asset not in indices or not len(indices[asset].times) for asset in assets)
    first = at if missing else max(int(known[asset].times[0]) for asset in assets for known in (prices, indices))
    span = round(horizon_days * DAY)
    starts = np.arange(at - span, first - 1, -DAY, dtype=np.int64)[::-1]
    if missing or not len(starts):
        nothing = np.zeros((0, len(assets)))
        return _Rows(np.zeros(0, dtype=np.int64), nothing, nothing)
    price = [np.log(_as_of(prices[asset], np.stack([starts, starts + span]))) for asset in assets]
    index = [np.log(_as_of(indices[asset], np.stack([starts, starts + span]))) for asset in assets]
    scale = math.sqrt(horizon_days / YEAR_DAYS)
    returns = np.stack([(p[1] - p[0]) / (np.exp(v[0]) * scale) for p, v in zip(price, index, strict=True)], axis=-1)
    changes = np.stack([v[1] - v[0] for v in index], axis=-1)
    known = np.isfinite(returns).all(axis=1) & np.isfinite(changes).all(axis=1)
    return _Rows(starts[known] // DAY, returns[known], changes[known])


def _as_of(series: Known, at: npt.NDArray[np.int64]) -> FloatArray:
    """Return the newest value not later than each time; NaN where it is stale, absent or not above 0."""
    end = np.searchsorted(series.times, at, side="right") - 1
    last = np.maximum(end, 0)
    fresh = (end >= 0) & (at - series.times[last] < STALE) & (series.values[last] > 0.0)
    return np.where(fresh, series.values[last], np.nan)


def _chosen(day: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.intp]:
    if len(day) <= count:
        return np.arange(len(day))
    numbers = np.random.Generator(np.random.Philox(key=SEED)).random(int(day[-1]) + 1)[day]
    return np.sort(np.argsort(numbers, kind="stable")[:count])


def _fallback(
    market: Market, assets: tuple[str, ...], size: FloatArray, horizon_days: float, count: int, known: int
) -> Drawn:
    """Return lognormal scenarios with jumps that come to all assets at once."""
    rng = np.random.Generator(np.random.Philox(key=SEED))
    half = rng.standard_normal((-(-count // 2), len(assets)))
    normal = np.concatenate([half, -half])[:count] @ _root(market, assets)
    jumps = np.tile(rng.random(-(-count // 2)) < JUMP_CHANCE, 2)[:count]
    wide = np.sqrt(1.0 - JUMP_SHARE + jumps * JUMP_SHARE / JUMP_CHANCE)
    returns = normal * wide[:, None]
    # Few jumps: of 1,024 draws the size alone may be 15 % off.
    returns = _stressed(returns / returns.std(axis=0), np.arange(len(returns))) * size
    source = (
        f"lognormal with jumps ({JUMP_SHARE:.0%} of the variance), as {known} past returns are known of every asset; "
        f"with {LEAST_OBSERVATIONS} or more, from histories of prices and indices, they would be history's"
    )
    moves = vol_move(np.exp(returns))
    return Drawn(_scenarios(market, assets, size, returns, moves, horizon_days), source, 0)


def _scenarios(
    market: Market,
    assets: tuple[str, ...],
    size: FloatArray,
    returns: FloatArray,
    moves: FloatArray,
    horizon_days: float,
) -> Scenarios:
    """Return prices with today's as their mean, and index moves."""
    ratios = np.exp(returns)
    ratios = ratios / ratios.mean(axis=0)
    spots = {asset: market.spot(asset) * ratios[:, i] for i, asset in enumerate(assets)}
    index = {asset: moves[:, i] for i, asset in enumerate(assets)}
    return Scenarios(horizon_days, spots, index, _paths(market, assets, size, len(returns), horizon_days))


def _paths(
    market: Market, assets: tuple[str, ...], size: FloatArray, count: int, horizon_days: float
) -> dict[str, Path]:
    """Draw Brownian bridges to the horizon on a daily grid, for options that expire on the way."""
    rng, steps = np.random.Generator(np.random.Philox(key=SEED + 1)), math.ceil(horizon_days)
    step = horizon_days / YEAR_DAYS / steps
    root = _root(market, assets)
    walk = np.zeros((steps + 1, count, len(assets)))
    np.cumsum(math.sqrt(step) * rng.standard_normal((steps, count, len(assets))) @ root, axis=0, out=walk[1:])
    nodes = walk - np.linspace(0.0, 1.0, steps + 1)[:, None, None] * walk[-1]
    between = rng.standard_normal((steps, count, len(assets))) @ root
    vols = size / math.sqrt(horizon_days / YEAR_DAYS)
    return {
        asset: Path(market.spot(asset), float(vols[i]), step, nodes[..., i], between[..., i])
        for i, asset in enumerate(assets)
    }


def _root(market: Market, assets: tuple[str, ...]) -> FloatArray:
    values, vectors = np.linalg.eigh(market.correlation_matrix(assets))
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)
