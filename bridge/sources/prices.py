"""USD prices from pools, believed only where the price now and the time-weighted price agree."""

from __future__ import annotations

import math
from itertools import combinations

from bridge.adapters.pool_position import USD, asset_of
from bridge.chain.node import BlockRef, Chain
from bridge.config import BookConfig
from bridge.deployment import Deployment
from bridge.errors import ContractReverted, UntrustedNumber
from bridge.units import price_from_sqrt_x96


def read_spots(chain: Chain, deployment: Deployment, terms: BookConfig, block: BlockRef) -> dict[str, float]:
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
        asset: _read_spot(chain, deployment, asset, pool, terms, block)
        for asset, pool in sorted(deployment.price_pools.items())
    }


def _read_spot(
    chain: Chain, deployment: Deployment, asset: str, pool: str, terms: BookConfig, block: BlockRef
) -> float:
    tokens = [chain.read("UniswapV3Pool", pool, f"token{side}", block=block) for side in (0, 1)]
    decimals = [int(chain.read("IERC20Metadata", token, "decimals", block=block)) for token in tokens]
    price = price_from_sqrt_x96(chain.read("UniswapV3Pool", pool, "slot0", block=block)[0], *decimals)
    average = 1.0001 ** _mean_tick(chain, asset, pool, terms.twap_seconds, block) * 10.0 ** (decimals[0] - decimals[1])
    gap = abs(math.log(price / average))
    if gap > terms.max_price_gap:
        raise UntrustedNumber(
            f"{asset}: the pool's price is {gap:.1%} away from its average of {terms.twap_seconds} s, "
            f"more than {terms.max_price_gap:.1%}: wait, or look for manipulation of {pool}"
        )
    if asset_of(tokens[1], deployment.assets) == USD:
        return price
    return 1 / price


def _mean_tick(chain: Chain, asset: str, pool: str, seconds: int, block: BlockRef) -> float:
    try:
        cumulative, _ = chain.read("UniswapV3Pool", pool, "observe", [seconds, 0], block=block)
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
