"""A local chain that runs already, taken up again: its pools found by its own factories, moved and minted in.

It is for a hand that tries what a crash, a day or a new position does; a world that is built is `bridge.local.world`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from bridge.chain.node import Chain
from bridge.deployment import Deployment
from bridge.errors import RefusedAction, UsageError
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.local_chain import LocalChain
from bridge.local.market import DECIMALS, PAIRS, SLOT0, Market, Pool, Range
from bridge.local.other_pools import PairV2, PoolV4
from bridge.snapshot import Snapshot
from bridge.units import price_from_sqrt_x96, units_from_amount

STEP_SECONDS: Final = 300
"""Between two swaps of a move: as an arbitrageur follows a market, and an average of the price follows too."""
MOST_STEPS: Final = 288
MOST_MOVE: Final = 1_000.0


@dataclass(frozen=True)
class StandingWorld:
    """A local chain with its pools."""

    chain: LocalChain
    deployment: Deployment
    market: Market

    @classmethod
    def of(cls, chain: Chain, deployment: Deployment) -> StandingWorld:
        """Find the pools of the local chain that a deployment is of.

        Raises
        ------
        RefusedAction
            It is another chain, or was not built here.
        """
        local, names = LocalChain(chain), deployment.contracts
        tokens = {asset: address for address, asset in deployment.assets.items() if int(address, 16)}
        market = Market(chain, names, tokens)
        market.pools = [_pool(local, names["UniswapV3Factory"], tokens, *pair) for pair in PAIRS]
        first, second = sorted(("ETH", "USD"), key=lambda asset: int(tokens[asset], 16))
        ends, factory = (tokens[first], tokens[second]), names["UniswapV2Factory"]
        found = local.read("UniswapV2Factory", factory, "getPair", *ends, block=local.head())
        market.pair = PairV2(local, names, tokens, first, second, found)
        market.pool_v4 = PoolV4(local, names, tokens["USD"], "0x" + "0" * 40)
        return cls(local, deployment, market)

    def prices(self) -> dict[str, float]:
        """Return USD by asset, as the pools against USD have it."""
        found = {"USD": 1.0}
        for pool in self.market.pools:
            if pool.quote == "USD":
                root = self.chain.look(pool.address, SLOT0)[0]
                first, second = (pool.base, pool.quote) if pool.base_is_token0 else (pool.quote, pool.base)
                price = price_from_sqrt_x96(root, DECIMALS[first], DECIMALS[second])
                found[pool.base] = price if pool.base_is_token0 else 1.0 / price
        return found

    def trade(self, goals: Mapping[str, float], seconds: int, noise: float, told: Callable[[float], None]) -> None:
        """Move every pool to the goals, USD by asset, in equal steps of the logarithm; other assets stay.

        Parameters
        ----------
        seconds
            Over which the move is spread; 0 for one swap now.
        noise
            Share of the price by which traders push each pool beyond every step and back: they pay the fees.
        told
            Is told which share is done.
        """
        start = self.prices()
        ends = start | dict(goals)
        steps = min(max(round(seconds / STEP_SECONDS), 1), MOST_STEPS)
        moments = np.linspace(0, seconds, steps + 1).round().astype(int).tolist()
        for step, (before, after) in enumerate(pairwise(moments), 1):
            if after > before:
                advance_time(self.chain, after - before)
            at = {asset: start[asset] * (ends[asset] / start[asset]) ** (step / steps) for asset in start}
            self.market.move_to(at, noise)
            told(step / steps)

    def mint(self, role: str, pair: str, bounds: tuple[float, float], usd: float) -> int:
        """Mint a v3 position between two multiples of the price of now, and return its token id.

        Whoever has too little of a token is given what the position can take of it.

        Raises
        ------
        UsageError
            There is no such pool, or the bounds are none.
        """
        pairs = [f"{pool.base}/{pool.quote}" for pool in self.market.pools]
        if pair not in pairs:
            raise UsageError(f"no local v3 pool {pair!r}: one of {', '.join(pairs)}")
        lower, upper = bounds
        if not 0.0 <= lower < upper or not math.isfinite(usd) or not usd > 0.0:
            raise UsageError(f"a range goes from a lower to a higher multiple of the price, not {lower:g} to {upper:g}")
        who, prices = account(role), self.prices()
        for asset in pair.split("/"):
            units, token = units_from_amount(usd / prices[asset], DECIMALS[asset]), self.market.tokens[asset]
            held = self.chain.read("IERC20Metadata", token, "balanceOf", who.address, block=self.chain.head())
            if held < units:
                self.market.fund(who, {asset: usd / prices[asset]})
        return self.market.mint(who, Range(pairs.index(pair), lower, upper, usd), prices)

    def snapshot(self) -> Snapshot:
        """Return a snapshot of the newest block."""
        return Snapshot(self.chain, self.deployment, self.chain.head())


def goal_price(text: str, now: Mapping[str, float]) -> tuple[str, float]:
    """Read what an asset is to cost: ``ETH=1500`` in USD, ``ETH=-20%`` or ``ETH=+5%`` from the price of now.

    Raises
    ------
    UsageError
        It is neither, or no price.
    """
    asset, sign, words = text.partition("=")
    known = sorted(set(now) - {"USD"})
    if not sign or asset not in known:
        raise UsageError(f"{text!r}: write ASSET=PRICE or ASSET=-20%, the local chain has {' and '.join(known)}")
    try:
        goal = now[asset] * (1.0 + float(words[:-1]) / 100.0) if words.endswith("%") else float(words)
    except ValueError:
        raise UsageError(f"{text!r}: {words!r} is no price and no move") from None
    if not (math.isfinite(goal) and now[asset] / MOST_MOVE < goal < now[asset] * MOST_MOVE):
        raise UsageError(f"{text!r}: a price above 0, within {MOST_MOVE:,.0f} times of {now[asset]:,.2f}")
    return asset, goal


def _pool(chain: LocalChain, factory: str, tokens: Mapping[str, str], base: str, quote: str, fee: int) -> Pool:
    found = chain.read("UniswapV3Factory", factory, "getPool", tokens[base], tokens[quote], fee, block=chain.head())
    if not int(found, 16):
        raise RefusedAction(f"the chain has no pool of {base} and {quote}: `alvh up` starts one that has")
    return Pool(base, quote, fee, found, int(tokens[base], 16) < int(tokens[quote], 16))
