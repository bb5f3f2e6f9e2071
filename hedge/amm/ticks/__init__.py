"""Uniswap v3 and v4 mathematics on exact Python integers, rounded as the contracts round.

Words: `sqrt_price_x96` is sqrt(token1 / token0) * 2^96 in raw token units, amounts are raw token integers, `fee_pips`
is in hundredths of a basis point. Inputs that the contract reverts raise `PoolRevert`; those that its types cannot hold
(negative, too wide, not an integer) raise `BadInput`. Only the two functions for arrays of ticks load numpy.
"""

from typing import TYPE_CHECKING, Any

from hedge.amm.ticks.amounts import (
    amount0_delta,
    amount1_delta,
    next_sqrt_price_from_input,
    next_sqrt_price_from_output,
)
from hedge.amm.ticks.fees import fee_growth_inside, tokens_owed
from hedge.amm.ticks.positions import liquidity_for_amounts, position_amounts
from hedge.amm.ticks.prices import (
    MAX_SQRT_PRICE_X96,
    MAX_TICK,
    MIN_SQRT_PRICE_X96,
    MIN_TICK,
    sqrt_price_at_tick,
    tick_at_sqrt_price,
)
from hedge.amm.ticks.swap import SwapStep, swap_step

if TYPE_CHECKING:
    from hedge.amm.ticks.table import sqrt_price_table, sqrt_prices

__all__ = [
    "MAX_SQRT_PRICE_X96",
    "MAX_TICK",
    "MIN_SQRT_PRICE_X96",
    "MIN_TICK",
    "SwapStep",
    "amount0_delta",
    "amount1_delta",
    "fee_growth_inside",
    "liquidity_for_amounts",
    "next_sqrt_price_from_input",
    "next_sqrt_price_from_output",
    "position_amounts",
    "sqrt_price_at_tick",
    "sqrt_price_table",
    "sqrt_prices",
    "swap_step",
    "tick_at_sqrt_price",
    "tokens_owed",
]


def __getattr__(name: str) -> Any:
    if name in ("sqrt_price_table", "sqrt_prices"):
        from hedge.amm.ticks import table

        return getattr(table, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
