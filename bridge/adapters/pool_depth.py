"""What the USD pools of a book pay out while their price falls: the depth of the quick ratio, from their own ticks.

A pool's liquidity changes only at initialised ticks, all multiples of its spacing: the walk goes from one to the next,
from the price now to the price after the fall, and reads each at the pinned block; a v2 pair has one range. What the
owner holds is left out, as nobody can sell to himself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any, Final, Protocol

from eth_utils import keccak

from bridge.adapters import uniswap_v2, uniswap_v4
from bridge.adapters.pool_position import PoolPosition, asset_of
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.deployment import Deployment
from bridge.errors import UntrustedNumber
from bridge.snapshot import Snapshot
from bridge.units import liquidity_from_units, price_from_sqrt_x96
from hedge.amm.ticks import MAX_TICK, MIN_TICK, sqrt_price_at_tick, tick_at_sqrt_price
from hedge.market import USD
from hedge.signals.liquidity import depth

BAND: Final = 0.02
"""Fall of the price over which depth is measured."""


class _Ticks(Protocol):
    """Where a pool's liquidity is, at one block, in the chain's integers."""

    def spacing(self) -> int:
        """Return the distance of usable ticks; 0 if there is one range for all."""

    def liquidity(self) -> int:
        """Return the liquidity at the price now."""

    def net(self, tick: int) -> int:
        """Return by how much liquidity grows where the tick is crossed upwards."""


@dataclass(frozen=True)
class _V2Ticks:
    chain: Chain
    pair: str
    block: BlockRef

    def spacing(self) -> int:
        return 0

    def liquidity(self) -> int:
        reserves = self.chain.read("UniswapV2Pair", self.pair, "getReserves", block=self.block)
        return isqrt(int(reserves[0]) * int(reserves[1]))

    def net(self, tick: int) -> int:
        return 0


@dataclass(frozen=True)
class _V3Ticks:
    chain: Chain
    pool: str
    block: BlockRef

    def spacing(self) -> int:
        return int(self._read("tickSpacing"))

    def liquidity(self) -> int:
        return int(self._read("liquidity"))

    def net(self, tick: int) -> int:
        return int(self._read("ticks", tick)[1])

    def _read(self, function: str, *arguments: Any) -> Any:
        return self.chain.read("UniswapV3Pool", self.pool, function, *arguments, block=self.block)


@dataclass(frozen=True)
class _V4Ticks:
    """Words of the pool manager's storage; their places are those of Uniswap's StateLibrary."""

    chain: Chain
    deployment: Deployment
    pool_id: bytes
    block: BlockRef

    def spacing(self) -> int:
        manager = self.deployment.address(uniswap_v4.MANAGER)
        key = self.chain.read(uniswap_v4.MANAGER, manager, "poolKeys", self.pool_id[:25], block=self.block)
        return int(key[3])

    def liquidity(self) -> int:
        return self._word(self._place(3)) & ((1 << 128) - 1)

    def net(self, tick: int) -> int:
        place = int.from_bytes(
            keccak(tick.to_bytes(32, "big", signed=True) + self._place(4).to_bytes(32, "big")), "big"
        )
        word = self._word(place) >> 128  # above the gross liquidity
        return word - (1 << 128) if word >> 127 else word

    def _place(self, offset: int) -> int:
        return int.from_bytes(uniswap_v4.pool_slot(self.pool_id), "big") + offset

    def _word(self, place: int) -> int:
        manager, slot = self.deployment.address(uniswap_v4.POOLS), place.to_bytes(32, "big")
        word = self.chain.read(uniswap_v4.POOLS, manager, "extsload(bytes32)", slot, block=self.block)
        return int.from_bytes(word, "big")


@dataclass(frozen=True)
class _Pool:
    """One pool at a block; `falling` is the direction of its tick while the base loses value: -1 or 1."""

    ticks: _Ticks
    sqrt_price_x96: int
    decimals: tuple[int, int]
    falling: int

    def price(self, sqrt_price_x96: int) -> float:
        """Return USD per base."""
        price = price_from_sqrt_x96(sqrt_price_x96, *self.decimals)
        return price if self.falling < 0 else 1.0 / price


def read_depth(snapshot: Snapshot, positions: Sequence[PoolPosition], band: float = BAND) -> float:
    """Return the USD that others' liquidity in the book's USD pools pays for a fall of the band.

    Parameters
    ----------
    snapshot
        The block; its deployment says which asset a token is, and where Uniswap v4 is.
    positions
        Of the owner; their pools are read, their own liquidity does not count.
    band
        Share of the price, in (0, 1).
    """
    total = 0.0
    for pool_id in sorted({position.pool for position in positions}):
        own = [position for position in positions if position.pool == pool_id]
        symbols = [asset_of(token, snapshot.deployment.assets) for token in own[0].tokens]
        if USD in symbols:
            ticks = _ticks_of(snapshot, own[0])
            pool = _Pool(ticks, own[0].sqrt_price_x96, own[0].decimals, -1 if symbols[1] == USD else 1)
            total += _paid(pool, own, band)
    return total


def _ticks_of(snapshot: Snapshot, position: PoolPosition) -> _Ticks:
    if position.protocol == uniswap_v2.PROTOCOL:
        return _V2Ticks(snapshot.chain, position.pool, snapshot.block)
    if position.protocol == uniswap_v4.PROTOCOL:
        return _V4Ticks(
            snapshot.chain, snapshot.deployment, bytes.fromhex(position.pool.removeprefix("0x")), snapshot.block
        )
    return _V3Ticks(snapshot.chain, position.pool, snapshot.block)


def _paid(pool: _Pool, own: Sequence[PoolPosition], band: float) -> float:
    now = pool.sqrt_price_x96
    spans = list(_spans(pool, own, now, band))
    edges = [(pool.price(sqrt_price_at_tick(low)), pool.price(sqrt_price_at_tick(high))) for low, high, _ in spans]
    lower, upper = [min(pair) for pair in edges], [max(pair) for pair in edges]
    liquidity = [liquidity_from_units(units, *pool.decimals) for *_, units in spans]
    return depth(pool.price(now), band, lower, upper, liquidity)


def _spans(pool: _Pool, own: Sequence[PoolPosition], now: int, band: float) -> Iterator[tuple[int, int, int]]:
    """Yield the tick ranges that the fall crosses, each with the liquidity of others in it."""
    spacing, liquidity = pool.ticks.spacing(), pool.ticks.liquidity()
    if not spacing:
        yield MIN_TICK, MAX_TICK, liquidity - sum(position.liquidity for position in own)
        return
    if spacing < 0:
        raise UntrustedNumber(f"the node says that usable ticks of a pool are {spacing} apart: ask another node")
    low = tick_at_sqrt_price(now) // spacing * spacing
    floor = (1.0 - band) * pool.price(now)
    while low > -MAX_TICK and low + spacing < MAX_TICK:
        high = low + spacing
        mine = sum(position.liquidity for position in own if position.tick_lower <= low and position.tick_upper >= high)
        yield low, high, liquidity - mine
        edge = low if pool.falling < 0 else high
        if pool.price(sqrt_price_at_tick(edge)) <= floor:
            return
        liquidity += pool.falling * pool.ticks.net(edge)
        low += pool.falling * spacing
