"""What the plan is compared with: a delta hedge alone, and the strip that pays the LP's own loss back.

The delta hedge sells (or buys) a perpetual against the whole delta. The strip buys listed options at executable quotes;
it is `hedge.replication`'s: long options whose pay-off comes nearest to what the book loses against holding its present
amounts, for every price within `REACH` standard deviations. Neither depends on a governed parameter: they are
benchmarks, not proposals. The strip lives through 30 days, at the first expiry beyond them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hedge.book.exposure import AssetExposure
from hedge.book.positions import Book
from hedge.decision.programme.goal import PERPETUAL_COST
from hedge.errors import NotListed
from hedge.instruments.leg import Leg
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.perpetual import PerpetualLeg
from hedge.market import HORIZON_DAYS, Market
from hedge.replication import GridTarget, Terms, replicate
from hedge.units import YEAR_DAYS

REACH: Final = 4.0
"""Standard deviations over the horizon within which the strip is fitted: 1 outcome in 16,000 lies beyond."""
PRICES: Final = 120


@dataclass(frozen=True)
class BenchmarkHedge:
    """Hold the legs of a benchmark on one asset, or why it has none."""

    legs: tuple[Leg, ...]
    reason: str


def delta_benchmark(exposure: AssetExposure, observed_at: int, cost: float = PERPETUAL_COST) -> BenchmarkHedge:
    """Return the perpetual that offsets the asset's delta.

    Parameters
    ----------
    exposure : the asset's totals. cost : share of the notional that a trade loses.
    """
    if exposure.delta == 0.0:
        return BenchmarkHedge((), "no delta")
    leg = PerpetualLeg.of(exposure.asset, -exposure.delta, exposure.spot, observed_at, 0.001, cost * exposure.spot)
    side = "sold" if exposure.delta > 0.0 else "bought"
    return BenchmarkHedge((leg,), f"{abs(exposure.delta):,.4g} {exposure.asset} {side} as a perpetual")


def strip_benchmark(
    book: Book, asset: str, market: Market, chain: OptionChain, days: float = HORIZON_DAYS
) -> BenchmarkHedge:
    """Return the strip that pays back what the book loses to moves of one asset, the other prices fixed.

    Parameters
    ----------
    days : the first expiry not before it is used, and prices within `REACH` standard deviations until it.

    Quantities are the linear program's, rounded to the nearest lot.
    """
    spread = REACH * market.vol(asset) * math.sqrt(days / YEAR_DAYS)
    low, high = (market.spot(asset) * math.exp(sign * spread) for sign in (-1.0, 1.0))
    prices = np.geomspace(low, high, PRICES)
    try:
        expiry_at = chain.first_expiry(days)
        target = GridTarget.of(prices, _loss(book, asset, market, prices))
        found = replicate(target, chain, expiry_at, low, high, Terms(whole_lots=False))
    except NotListed as refused:
        return BenchmarkHedge((), str(refused))
    rounded = [replace(leg, quantity=round(round(leg.quantity / leg.lot) * leg.lot, 10)) for leg in found.legs]
    legs = tuple(leg for leg in rounded if leg.quantity)
    return BenchmarkHedge(
        legs,
        f"{len(legs)} options of {chain.days_to(expiry_at):.1f} days from {low:,.0f} to {high:,.0f}: loss against "
        f"holding stays within {found.bound:,.0f} USD of {found.unhedged:,.0f}, lots aside",
    )


def _loss(book: Book, asset: str, market: Market, prices: np.ndarray) -> np.ndarray:
    """Return what the book loses against holding its present amounts at each price of one asset, >= 0."""
    spot = market.spot(asset)
    step = 1e-4 * spot
    path = np.concatenate([prices, [spot, spot - step, spot + step]])
    spots = {name: np.full(path.size, market.spot(name)) for name in book.assets} | {asset: path}
    value = np.broadcast_to(book.value_usd(spots), path.shape)
    now, below, above = value[-3:]
    held = now + (above - below) / (2.0 * step) * (prices - spot)
    return np.asarray(np.maximum(held - value[:-3], 0.0))


def benchmark_hedges(
    book: Book, exposures: Mapping[str, AssetExposure], market: Market, chains: Mapping[str, OptionChain]
) -> dict[str, dict[str, BenchmarkHedge]]:
    """Return both benchmarks, keyed ``delta`` and ``strip``, then by asset with a chain, in order of symbol."""
    assets = [asset for asset in sorted(exposures) if asset in chains]
    return {
        "delta": {asset: delta_benchmark(exposures[asset], market.observed_at) for asset in sorted(exposures)},
        "strip": {asset: strip_benchmark(book, asset, market, chains[asset]) for asset in assets},
    }
