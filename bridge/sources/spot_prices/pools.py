"""USD prices from pools, believed only where the price now and the time-weighted price agree."""

from __future__ import annotations

import math

from bridge.adapters.pool_position import asset_of, price_doubt
from bridge.adapters.tokens import Decimals
from bridge.config import BookConfig
from bridge.errors import ContractReverted, UntrustedNumber
from bridge.snapshot import Snapshot
from bridge.sources.prices import PRICE_SOURCES, Prices
from bridge.units import price_from_sqrt_x96
from hedge.amm.ticks import MAX_TICK, MIN_TICK
from hedge.market import USD, Provenance


class PoolPrices:
    """The USD price of every asset that has a price pool in the deployment."""

    def read(self, snapshot: Snapshot, terms: BookConfig) -> Prices:
        """Return the prices; see `PriceSource`.

        Raises
        ------
        UntrustedNumber
            The price now is away from its average (moved within the window), or the pool has no such history.
        """
        pools = sorted(snapshot.deployment.price_pools.items())
        spots = {asset: _read_spot(snapshot, asset, pool, terms) for asset, pool in pools}
        source = f"pools at block {snapshot.block.number}"
        return Prices(spots, Provenance.ON_CHAIN, source, snapshot.block.timestamp)


PRICE_SOURCES.register("pools", PoolPrices())


def _read_spot(snapshot: Snapshot, asset: str, pool: str, terms: BookConfig) -> float:
    tokens = [snapshot.read("UniswapV3Pool", f"token{side}", at=pool) for side in (0, 1)]
    decimals = Decimals(snapshot.chain).of((tokens[0], tokens[1]), snapshot.block)
    sqrt_price_x96, tick, *_ = snapshot.read("UniswapV3Pool", "slot0", at=pool)
    doubt = price_doubt(tick, sqrt_price_x96)
    if doubt:
        raise UntrustedNumber(f"{asset}: {doubt}")
    price = price_from_sqrt_x96(sqrt_price_x96, *decimals)
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
    mean = float(cumulative[1] - cumulative[0]) / seconds if len(cumulative) == 2 else math.nan
    if not MIN_TICK <= mean <= MAX_TICK:
        raise UntrustedNumber(f"{asset}: pool {pool} has no price history of {seconds} s that can be: ask another node")
    return mean
