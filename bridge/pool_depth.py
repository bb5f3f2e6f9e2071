"""What the USD pools of a book pay out while their price falls: the depth of the quick ratio, from their own ticks.

The pool's liquidity changes only at initialised ticks, all multiples of its spacing: the walk goes from one to the
next, from the price now to the price after the fall, and reads each at the pinned block. What the owner holds is left
out, as nobody can sell to himself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.chain import BlockRef, Chain
from bridge.exposure.pool_position import USD, PoolPosition, asset_of
from bridge.units import liquidity_from_units, price_from_sqrt_x96
from hedge.signals.liquidity import depth
from hedge.ticks import MAX_TICK, sqrt_price_at_tick, tick_at_sqrt_price

BAND: Final = 0.02
"""Fall of the price over which depth is measured."""


@dataclass(frozen=True)
class _Pool:
    """One pool at a block; `falling` is the direction of its tick while the base loses value: -1 or 1."""

    chain: Chain
    address: str
    decimals: tuple[int, int]
    falling: int
    block: BlockRef

    def read(self, function: str, *arguments: Any) -> Any:
        return self.chain.read("UniswapV3Pool", self.address, function, *arguments, block=self.block)

    def price(self, sqrt_price_x96: int) -> float:
        """Return USD per base."""
        price = price_from_sqrt_x96(sqrt_price_x96, *self.decimals)
        return price if self.falling < 0 else 1.0 / price


def read_depth(
    chain: Chain, assets: dict[str, str], positions: Sequence[PoolPosition], block: BlockRef, band: float = BAND
) -> float:
    """Return the USD that others' liquidity in the book's USD pools pays for a fall of the band.

    Parameters
    ----------
    assets
        Asset symbol by token address.
    positions
        Of the owner; their pools are read, their own liquidity does not count.
    band
        Share of the price, in (0, 1).
    """
    total = 0.0
    for address in sorted({one.pool for one in positions}):
        own = [one for one in positions if one.pool == address]
        symbols = [asset_of(token, assets) for token in own[0].tokens]
        if USD in symbols:
            pool = _Pool(chain, address, own[0].decimals, -1 if symbols[1] == USD else 1, block)
            total += _paid(pool, own, band)
    return total


def _paid(pool: _Pool, own: Sequence[PoolPosition], band: float) -> float:
    now = int(pool.read("slot0")[0])
    spans = list(_spans(pool, own, now, band))
    edges = [(pool.price(sqrt_price_at_tick(low)), pool.price(sqrt_price_at_tick(high))) for low, high, _ in spans]
    lower, upper = [min(pair) for pair in edges], [max(pair) for pair in edges]
    liquidity = [liquidity_from_units(units, *pool.decimals) for *_, units in spans]
    return depth(pool.price(now), band, lower, upper, liquidity)


def _spans(pool: _Pool, own: Sequence[PoolPosition], now: int, band: float) -> Iterator[tuple[int, int, int]]:
    """Yield the tick ranges that the fall crosses, each with the liquidity of others in it."""
    spacing, liquidity = int(pool.read("tickSpacing")), int(pool.read("liquidity"))
    low = tick_at_sqrt_price(now) // spacing * spacing
    floor = (1.0 - band) * pool.price(now)
    while low > -MAX_TICK and low + spacing < MAX_TICK:
        high = low + spacing
        mine = sum(one.liquidity for one in own if one.tick_lower <= low and one.tick_upper >= high)
        yield low, high, liquidity - mine
        edge = low if pool.falling < 0 else high
        if pool.price(sqrt_price_at_tick(edge)) <= floor:
            return
        liquidity += pool.falling * int(pool.read("ticks", edge)[1])
        low += pool.falling * spacing
