"""USD prices from pools, believed only where the price now and the time-weighted price agree."""

from __future__ import annotations

import math
from itertools import combinations

from bridge.adapters.pool_position import USD, asset_of
from bridge.config import BookConfig
from bridge.errors import ContractReverted, UntrustedNumber
from bridge.snapshot import Snapshot
from bridge.units import price_from_sqrt_x96


def read_spots(snapshot: Snapshot, terms: BookConfig) -> dict[str, float]:
    """Read the USD price of every asset that has a price pool.

    Parameters
    ----------
    chain, deployment, block
        Where and when to read.
    terms
        The length of the average and the largest gap between it and the price now.

    Raises
    ------
    UntrustedNumber
        The price now is away from its average (moved within the window), or the pool has no such history.
    """
    return {
        asset: _read_spot(snapshot, asset, pool, terms)
        for asset, pool in sorted(snapshot.deployment.price_pools.items())
    }


def _read_spot(snapshot: Snapshot, asset: str, pool: str, terms: BookConfig) -> float:
    tokens = [snapshot.read("UniswapV3Pool", f"token{side}", at=pool) for side in (0, 1)]
    decimals = [int(snapshot.read("IERC20Metadata", "decimals", at=token)) for token in tokens]
    price = price_from_sqrt_x96(snapshot.read("UniswapV3Pool", "slot0", at=pool)[0], *decimals)
    average = 1.0001 ** _mean_tick(snapshot, asset, pool, terms.twap_seconds) * 10.0 ** (decimals[0] - decimals[1])
    gap = abs(math.log(price / average))
    if gap > terms.max_price_gap:
        raise UntrustedNumber(
            f"{asset}: the pool's price is {gap:.1%} away from its average of {terms.twap_seconds} s, "
            f"more than {terms.max_price_gap:.1%}: wait, or look for manipulation of {pool}"
        )
    if asset_of(tokens[1], snapshot.deployment.assets) == USD:
        return price
    return 1 / price


def _mean_tick(snapshot: Snapshot, asset: str, pool: str, seconds: int) -> float:
    try:
        cumulative, _ = snapshot.read("UniswapV3Pool", "observe", [seconds, 0], at=pool)
    except ContractReverted as error:
        raise UntrustedNumber(f"{asset}: pool {pool} has no price history of {seconds} s ({error.error})") from error
    return float(cumulative[1] - cumulative[0]) / seconds


def check_pair_price(base: str, quote: str, price: float, spots: dict[str, float], most: float) -> None:
    """Compare a pool's own price with what the USD prices imply.

    Raises
    ------
    UntrustedNumber
        They differ by more than `most` (a log distance).
    """
    implied = spots.get(base, 1.0) / spots.get(quote, 1.0)
    gap = abs(math.log(price / implied))
    if gap > most:
        raise UntrustedNumber(
            f"{base}/{quote}: the pool says {price:.6g}, the USD prices say {implied:.6g}, {gap:.1%} apart "
            f"(at most {most:.1%}): not used"
        )


def asset_pairs(assets: list[str]) -> list[tuple[str, str]]:
    """Return every unordered pair of volatile assets, sorted."""
    return list(combinations(sorted(set(assets) - {USD}), 2))
