"""The market moved as any user would move it: through web3.py, each transaction measured, signed and waited for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from bridge.adapters.uniswap_v4 import pool_slot, sqrt_price_of
from bridge.chain.node import Chain
from bridge.local import market, other_pools, world
from bridge.local.accounts import account
from bridge.local.market import FOREVER, MAX_UINT128, Market, Pool
from bridge.local.other_pools import DECIMALS, KEY, V2_FEE, PairV2, PoolV4
from bridge.units import sqrt_x96_from_price


def swap_v3(self: Market, pool: Pool, first: str, second: str, target: int) -> None:
    """Swap in a v3 pool."""
    trader, router = account("trader"), self.contracts["SwapRouter"]
    now = self.chain.read("UniswapV3Pool", pool.address, "slot0", block=self.chain.head())[0]
    if now == target:
        return
    sold, bought = (first, second) if target < now else (second, first)
    swap = (self.tokens[sold], self.tokens[bought], pool.fee, trader.address, FOREVER, MAX_UINT128, 0, target)
    self.chain.send(trader, "SwapRouter", router, "exactInputSingle", swap)


def move_v2(self: PairV2, prices: dict[str, float]) -> None:
    """Swap in a v2 pair."""
    reserves = self.chain.read("UniswapV2Pair", self.address, "getReserves", block=self.chain.head())[:2]
    price = prices[self.first] / prices[self.second]
    root = sqrt_x96_from_price(price, DECIMALS[self.first], DECIMALS[self.second])
    product = reserves[0] * reserves[1]
    wanted = (math.isqrt((product << 192) // root**2), math.isqrt(product * root**2 >> 192))
    sold = 0 if wanted[0] > reserves[0] else 1
    amount = (wanted[sold] - reserves[sold]) * V2_FEE[1] // V2_FEE[0]
    if amount <= 0:
        return
    path = [self.tokens[self.first], self.tokens[self.second]]
    trader, router = account("trader"), self.contracts["UniswapV2Router02"]
    swap = (amount, 0, path if sold == 0 else path[::-1], trader.address, FOREVER)
    self.chain.send(trader, "UniswapV2Router02", router, "swapExactTokensForTokens", *swap)


def root_v4(self: PoolV4) -> int:
    """Read a v4 pool's square-root price."""
    pools, slot = self.contracts["PoolManager"], pool_slot(keccak(encode((KEY,), (self.key,))))
    return sqrt_price_of(self.chain.read("PoolManager", pools, "extsload(bytes32)", slot, block=self.chain.head()))


def move_v4(self: PoolV4, price: float, most_eth: int) -> None:
    """Swap in a v4 pool."""
    target, now = sqrt_x96_from_price(price, DECIMALS["ETH"], DECIMALS["USD"]), root_v4(self)
    if target == now:
        return
    down = target < now
    swap = (down, -(most_eth if down else MAX_UINT128), target)
    value, router = most_eth if down else 0, self.contracts["PoolSwapTest"]
    self.chain.send(account("trader"), "PoolSwapTest", router, "swap", self.key, swap, (False, False), b"", value=value)


@contextmanager
def plain_way() -> Iterator[None]:
    """Let worlds be built and moved without `LocalChain` for the length of a `with` block."""

    def as_it_is(chain: Chain) -> Any:
        return chain

    ways: list[tuple[Any, str, Any]] = [(module, "LocalChain", as_it_is) for module in (market, other_pools, world)]
    ways += [(Market, "_swap_to", swap_v3), (PairV2, "move_to", move_v2)]
    ways += [(PoolV4, "root", root_v4), (PoolV4, "move_to", move_v4)]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in ways]
    try:
        for owner, name, way in ways:
            setattr(owner, name, way)
        yield
    finally:
        for owner, name, way in kept:
            setattr(owner, name, way)
