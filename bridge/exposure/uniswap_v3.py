"""Uniswap v3: positions of the NonfungiblePositionManager, in the pool's own integer arithmetic.

Amounts are what `decreaseLiquidity` of everything would pay, fees what `collect` would pay, both to the last unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.chain import BlockRef, Chain
from bridge.errors import UnknownAddress
from bridge.exposure.pool_position import PoolPosition
from hedge import ticks

MANAGER = "NonfungiblePositionManager"
NO_POOL = "0x" + "00" * 20


@dataclass(frozen=True)
class History:
    """What a position's events say, token0 and token1 in units."""

    held: tuple[int, int]
    withdrawn: tuple[int, int]
    collected: tuple[int, int]
    opened_at: int


class UniswapV3Reader:
    """Reads one position manager and the pools of its factory.

    Parameters
    ----------
    chain, manager, factory
        The node and the two addresses.
    start_block
        Where the search for a position's events begins.
    """

    def __init__(self, chain: Chain, manager: str, factory: str, start_block: int) -> None:
        self.chain, self.manager, self.factory, self.start_block = chain, manager, factory, start_block

    def read_positions(self, owner: str, block: BlockRef) -> list[PoolPosition]:
        """Read every position NFT of an owner, emptied ones with fees left included.

        Raises
        ------
        UnknownAddress
            No position manager stands at the address.
        """
        if not self.chain.has_code(self.manager, block):
            raise UnknownAddress(self.manager, f"a {MANAGER}")
        count = self._manager("balanceOf", owner, block=block)
        ids = [self._manager("tokenOfOwnerByIndex", owner, index, block=block) for index in range(count)]
        return [self.read_position(token_id, block) for token_id in ids]

    def read_position(self, token_id: int, block: BlockRef) -> PoolPosition:
        """Read one position by token id."""
        fields = self._manager("positions", token_id, block=block)
        token0, token1, fee, lower, upper, liquidity = fields[2:8]
        pool = self.chain.read("UniswapV3Factory", self.factory, "getPool", token0, token1, fee, block=block)
        if pool == NO_POOL:
            raise UnknownAddress(self.factory, f"the factory of position {token_id}'s pool")
        price, tick = self._pool(pool, "slot0", block)[:2]
        history = self._history(token_id, block)
        fees = self._fees(pool, fields, tick, block)
        tokens = (token0, token1)
        return PoolPosition(
            protocol="uniswap-v3",
            token_id=token_id,
            pool=pool,
            tokens=tokens,
            decimals=(self._decimals(token0, block), self._decimals(token1, block)),
            fee=fee,
            tick_lower=lower,
            tick_upper=upper,
            liquidity=liquidity,
            sqrt_price_x96=price,
            amounts_units=ticks.position_amounts(price, lower, upper, liquidity),
            fees_units=fees,
            held_units=history.held,
            earned_units=_earned(fees, history),
            opened_at=history.opened_at,
        )

    def _manager(self, function: str, *arguments: Any, block: BlockRef) -> Any:
        return self.chain.read(MANAGER, self.manager, function, *arguments, block=block)

    def _pool(self, pool: str, function: str, block: BlockRef, *arguments: Any) -> Any:
        return self.chain.read("UniswapV3Pool", pool, function, *arguments, block=block)

    def _decimals(self, token: str, block: BlockRef) -> int:
        return int(self.chain.read("IERC20Metadata", token, "decimals", block=block))

    def _fees(self, pool: str, fields: Any, tick: int, block: BlockRef) -> tuple[int, int]:
        """Return what is owed now: what the manager has recorded, and the growth inside since then."""
        lower, upper, liquidity = fields[5:8]
        below, above = self._pool(pool, "ticks", block, lower), self._pool(pool, "ticks", block, upper)
        growth = tuple(self._pool(pool, f"feeGrowthGlobal{side}X128", block) for side in (0, 1))
        inside = ticks.fee_growth_inside(tuple(below[2:4]), tuple(above[2:4]), lower, upper, tick, growth)
        since = ticks.tokens_owed(tuple(fields[8:10]), inside, liquidity)
        return fields[10] + since[0], fields[11] + since[1]

    def _history(self, token_id: int, block: BlockRef) -> History:
        """Replay a position's events: partial withdrawals take their share of the deposits with them."""
        entries = [
            entry
            for event in ("IncreaseLiquidity", "DecreaseLiquidity", "Collect")
            for entry in self.chain.logs(MANAGER, self.manager, event, self.start_block, block, tokenId=token_id)
        ]
        entries.sort(key=lambda entry: (entry["blockNumber"], entry["logIndex"]))
        held, withdrawn, collected, liquidity = [0, 0], [0, 0], [0, 0], 0
        for entry in entries:
            values = entry["args"]
            moved = (values["amount0"], values["amount1"])
            if entry["event"] == "IncreaseLiquidity":
                liquidity += values["liquidity"]
                held = [amount + more for amount, more in zip(held, moved, strict=True)]
            elif entry["event"] == "DecreaseLiquidity":
                left = liquidity - values["liquidity"]
                held = [amount * left // liquidity if liquidity else 0 for amount in held]
                liquidity = left
                withdrawn = [amount + more for amount, more in zip(withdrawn, moved, strict=True)]
            else:
                collected = [amount + more for amount, more in zip(collected, moved, strict=True)]
        opened_at = self.chain.at(entries[0]["blockNumber"]).timestamp if entries else block.timestamp
        return History((held[0], held[1]), (withdrawn[0], withdrawn[1]), (collected[0], collected[1]), opened_at)


def _earned(fees: tuple[int, int], history: History) -> tuple[int, int]:
    """Return all fees ever earned: owed now, plus what was collected beyond withdrawn principal."""
    earned = [
        owed + collected - withdrawn
        for owed, collected, withdrawn in zip(fees, history.collected, history.withdrawn, strict=True)
    ]
    return max(earned[0], 0), max(earned[1], 0)
