"""What the plan is compared with: a delta hedge alone, and the strip that pays the LP's own loss back.

Both use the listed options at executable quotes, as the layers do. The delta hedge sells (or buys) the forward at the
strike that does it best. The strip is `hedge.replication`'s: long options whose pay-off comes nearest to what the book
loses against holding its present amounts, for every price within `REACH` standard deviations. Neither depends on a
governed parameter: they are benchmarks, not proposals. Both live through the horizon, at the first expiry beyond it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hedge.book.exposure import AssetExposure
from hedge.book.positions import Book
from hedge.errors import NotListed
from hedge.instruments.leg import Leg
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.parity import best_forward
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


def delta_benchmark(exposure: AssetExposure, chain: OptionChain) -> BenchmarkHedge:
    """Return the forward that offsets the asset's delta, rounded to the nearest lot.

    Parameters
    ----------
    exposure : the asset's totals. chain : of the asset; the first expiry at or after the horizon is used.
    """
    try:
        expiry_at = chain.first_expiry(HORIZON_DAYS)
        unit = best_forward(chain, expiry_at, sell=exposure.delta > 0.0)
    except NotListed as refused:
        return BenchmarkHedge((), str(refused))
    lot = unit[0].lot
    units = round(round(abs(exposure.delta) / lot) * lot, 10)
    legs = tuple(replace(leg, quantity=leg.quantity * units) for leg in unit) if units else ()
    side = "sold" if exposure.delta > 0.0 else "bought"
    return BenchmarkHedge(
        legs, f"{units:g} {exposure.asset} {side} forward at {unit[0].strike:g}, {chain.days_to(expiry_at):.1f} days"
    )


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
        "delta": {asset: delta_benchmark(exposures[asset], chains[asset]) for asset in assets},
        "strip": {asset: strip_benchmark(book, asset, market, chains[asset]) for asset in assets},
    }
