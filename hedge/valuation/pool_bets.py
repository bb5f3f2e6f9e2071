"""The pools of one book as bets: how many they are, what their joint tail keeps, and how many years of fees each costs.

Each pool's return of a day is what its positions would have made today, from today's prices on, had the prices moved
as on that day; fees are not in it. So it is about the book as it stands, not about how it came to be. With the deltas
hedged, each asset's move times the pool's own delta is taken off first: what is left is curvature.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from hedge.book.exposure import BookExposure, PositionExposure
from hedge.book.positions import Book, Position
from hedge.errors import BadInput
from hedge.market import Market
from hedge.numerics.arrays import FloatArray, positive
from hedge.risk.scenarios import SEED, draw_scenarios
from hedge.units import json_number
from hedge.valuation.cash_flow import price_to_cash_flow
from hedge.valuation.diversification import JointTail, effective_bets, joint_tail, lower_tail_dependence, variance_bets

DRAWS: Final = 4_096
"""Days drawn from the market's volatilities and correlations where there is no history."""


@dataclass(frozen=True)
class PoolCashFlow:
    """Hold what one pool's positions are worth against what they earn a year: those whose fees are known.

    Parameters
    ----------
    value_usd, fee_usd_per_year : of the positions whose fees are known; where none are, value of all and NaN.
    years : of fees that pay their price; NaN where fees are unknown, infinite where nothing is earned.
    full_range_years : 8 / sigma^2 at the implied volatility: beyond it even a full range loses more than it earns.
    own_years : value over LVR a year, the same bound for the ranges that are held; NaN if none of them is in range.
    left_out, left_out_usd : how many positions have unknown fees and are in no other number, and their value: anybody
        can send one, and it must not hide what is known of the rest.
    """

    pool: str
    value_usd: float
    fee_usd_per_year: float
    years: float
    full_range_years: float
    own_years: float
    left_out: int = 0
    left_out_usd: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN and infinity are None."""
        return {name: json_number(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Bets:
    """Hold how many bets a set of pools makes, and its joint tail in shares of the book's value a day.

    Parameters
    ----------
    effective, by_variance : see `hedge.valuation.diversification`.
    least_together, most_together : of all pairs, how often one pool is at its worst when the other is.
    """

    effective: float
    by_variance: float
    tail: JointTail
    least_together: float
    most_together: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN and infinity are None."""
        found = {
            "effective": self.effective,
            "by_variance": self.by_variance,
            "cvar_of_sum": self.tail.cvar_sum,
            "sum_of_cvars": self.tail.sum_cvars,
            "tail_kept": self.tail.kept,
            "tail_kept_if_independent": self.tail.kept_if_independent,
            "least_together": self.least_together,
            "most_together": self.most_together,
        }
        return {name: json_number(value) for name, value in found.items()}


@dataclass(frozen=True)
class PoolBets:
    """Hold a book's pools as bets, as they are held and with their deltas hedged.

    Parameters
    ----------
    pools : worth anything, by name. shares : of the book's value, in their order.
    held, hedged : None where a single pool leaves nothing to diversify, or too few days are known.
    days : of the history, or draws. source : of the moves, in words.
    """

    pools: tuple[str, ...]
    shares: tuple[float, ...]
    held: Bets | None
    hedged: Bets | None
    days: int
    source: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN and infinity are None."""
        return {
            "pools": dict(zip(self.pools, self.shares, strict=True)),
            "held": self.held.to_dict() if self.held else None,
            "delta_hedged": self.hedged.to_dict() if self.hedged else None,
            "days": self.days,
            "source": self.source,
        }


def pool_cash_flows(exposure: BookExposure) -> tuple[PoolCashFlow, ...]:
    """Return the price over cash flow of every pool of a book that is worth anything, by name."""
    return tuple(_cash_flow(exposure, pool) for pool in _pools(exposure))


def _cash_flow(exposure: BookExposure, pool: str) -> PoolCashFlow:
    every = [position for position in exposure.positions if position.pool == pool]
    known = [position for position in every if not math.isnan(position.fee_usd_per_year) and position.value_usd > 0.0]
    inside = known or every
    others = [each.value_usd for each in every if known and math.isnan(each.fee_usd_per_year)]
    value, fees, lvr = (
        math.fsum(getattr(position, name) for position in inside)
        for name in ("value_usd", "fee_usd_per_year", "lvr_usd_per_year")
    )
    vol = inside[0].implied_vol
    bound = 8.0 / vol**2 if vol > 0.0 else math.nan
    years, own = float(price_to_cash_flow(value, fees)), value / lvr if lvr > 0.0 else math.nan
    return PoolCashFlow(pool, value, fees, years, bound, own, len(others), math.fsum(others))


def draw_days(book: Book, market: Market, count: int = DRAWS, seed: int = SEED) -> dict[str, FloatArray]:
    """Draw one-day price ratios of the book's assets from the market's volatilities and correlations.

    Raises
    ------
    BadInput, UnknownAsset, MissingCorrelation, InvalidMarket : as `hedge.risk.scenarios.draw_scenarios`.
    """
    drawn = draw_scenarios(book.assets, market, count, seed, horizon_days=1.0)
    return {asset: np.asarray(drawn.spots[asset] / market.spot(asset)) for asset in book.assets}


def pool_bets(
    book: Book, exposure: BookExposure, market: Market, ratios: Mapping[str, FloatArray], source: str
) -> PoolBets:
    """Count the bets of a book's pools over a set of days.

    Parameters
    ----------
    exposure : of the book at the market.
    ratios : by asset of the book, each day's price over that of the day before, shape (t,), > 0; a day with a NaN is
        left out. Fewer than 20 days are too few for a tail of 5 %, and then nothing is counted.
    source : of the ratios, in words.

    Raises
    ------
    BadInput : an asset has no ratios, they differ in shape, or one is not above 0.
    """
    pools = _pools(exposure)
    moves = _moves(book, ratios)
    days = int(np.isfinite(np.sum(list(moves.values()), axis=0)).sum()) if moves else 0
    values = [math.fsum(p.value_usd for p in exposure.positions if p.pool == pool) for pool in pools]
    shares = tuple(value / math.fsum(values) for value in values)
    if len(pools) < 2 or days < LEAST_DAYS:
        return PoolBets(pools, shares, None, None, days, source)
    gains, curved = (gained / np.array(values) for gained in _gains(book, exposure, market, moves))
    return PoolBets(pools, shares, count_bets(gains, shares), count_bets(curved, shares), days, source)


LEAST_DAYS: Final = 20
"""Of which the worst 5 % is one day."""


def count_bets(returns: FloatArray, shares: tuple[float, ...]) -> Bets:
    """Count the bets of pools by their returns.

    Parameters
    ----------
    returns : shape (t, n), a row a day; rows with NaN are left out, at least 20 complete ones. shares : of n pools.

    Raises
    ------
    BadInput : too few rows, or a number outside its range.
    """
    rows = returns[~np.isnan(returns).any(axis=1)]
    covariance = np.cov(rows, rowvar=False)
    together = lower_tail_dependence(rows)[~np.eye(len(shares), dtype=bool)]
    return Bets(
        effective_bets(covariance, shares),
        variance_bets(covariance, shares),
        joint_tail(rows, shares),
        float(together.min()),
        float(together.max()),
    )


def _pools(exposure: BookExposure) -> tuple[str, ...]:
    return tuple(sorted({position.pool for position in exposure.positions if position.value_usd > 0.0}))


def _moves(book: Book, ratios: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    found = {}
    for asset in book.assets:
        if asset not in ratios:
            raise BadInput("ratios", tuple(ratios), f"must have {asset}")
        found[asset] = positive(f"ratios of {asset}", ratios[asset])
    if len({values.shape for values in found.values()}) > 1:
        raise BadInput("ratios", tuple(values.shape for values in found.values()), "must be of one shape")
    return found


def _gains(
    book: Book, exposure: BookExposure, market: Market, moves: Mapping[str, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return what each pool's positions gain in USD for each day's moves, and with their deltas sold, shape (t, n)."""
    spots = {asset: market.spot(asset) * ratio for asset, ratio in moves.items()}
    pools: dict[str, list[tuple[Position, PositionExposure]]] = {}
    for position, seen in zip(book.positions, exposure.positions, strict=True):
        if seen.value_usd > 0.0:
            pools.setdefault(seen.pool, []).append((position, seen))
    whole, hedged = list[FloatArray](), list[FloatArray]()
    for _, held in sorted(pools.items()):
        gain = Book(tuple(position for position, _ in held)).value_usd(spots)
        gain = gain - math.fsum(seen.value_usd for _, seen in held)
        whole.append(gain)
        for asset in moves:
            delta = math.fsum(seen.deltas.get(asset, 0.0) for _, seen in held)
            gain = gain - delta * (spots[asset] - market.spot(asset))
        hedged.append(gain)
    return np.column_stack(whole), np.column_stack(hedged)
