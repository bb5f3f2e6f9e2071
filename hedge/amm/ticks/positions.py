"""Liquidity from token amounts and token amounts from liquidity, over a range of ticks."""

from hedge.amm.ticks.amounts import amount0_delta, amount1_delta
from hedge.amm.ticks.evm_integers import Q96, fits, mul_div_down, uint
from hedge.amm.ticks.prices import sqrt_price_at_tick
from hedge.errors import PoolRevert


def liquidity_for_amounts(
    sqrt_price_x96: int, sqrt_lower_x96: int, sqrt_upper_x96: int, amount0: int, amount1: int, *, precise: bool = False
) -> int:
    """Return the most liquidity that the amounts can mint, rounded down.

    Parameters
    ----------
    sqrt_price_x96, sqrt_lower_x96, sqrt_upper_x96 : uint160; the edges in either order, but different.
    amount0, amount1 : raw units, uint256.
    precise : False rounds as the periphery contract does, whose token0 branch loses digits on low prices; True divides
        once, as the pool would accept.

    Raises
    ------
    PoolRevert : equal edges, or liquidity above 128 bits.
    """
    uint(160, sqrt_price_x96=sqrt_price_x96, sqrt_lower_x96=sqrt_lower_x96, sqrt_upper_x96=sqrt_upper_x96)
    uint(256, amount0=amount0, amount1=amount1)
    low, high = sorted((sqrt_lower_x96, sqrt_upper_x96))
    if low == high:
        raise PoolRevert("lower < upper", sqrt_lower_x96=low, sqrt_upper_x96=high)
    if sqrt_price_x96 <= low:
        return _from_amount0(low, high, amount0, precise)
    if sqrt_price_x96 >= high:
        return _from_amount1(low, high, amount1)
    return min(_from_amount0(sqrt_price_x96, high, amount0, precise), _from_amount1(low, sqrt_price_x96, amount1))


def position_amounts(
    sqrt_price_x96: int, tick_lower: int, tick_upper: int, liquidity: int, *, round_up: bool = False
) -> tuple[int, int]:
    """Return the raw token0 and token1 amounts of a position at a price.

    Parameters
    ----------
    sqrt_price_x96 : uint160 > 0. tick_lower < tick_upper : MIN_TICK to MAX_TICK. liquidity : uint128.
    round_up : False for what burning pays out, True for what minting costs.

    Raises
    ------
    PoolRevert : ticks out of range or not in order.
    """
    if tick_lower >= tick_upper:
        raise PoolRevert("tickLower < tickUpper", tick_lower=tick_lower, tick_upper=tick_upper)
    uint(160, sqrt_price_x96=sqrt_price_x96)
    low, high = sqrt_price_at_tick(tick_lower), sqrt_price_at_tick(tick_upper)
    held = min(max(sqrt_price_x96, low), high)
    amount0 = amount0_delta(held, high, liquidity, round_up=round_up)
    return amount0, amount1_delta(low, held, liquidity, round_up=round_up)


def _from_amount0(low: int, high: int, amount0: int, precise: bool) -> int:
    if precise:
        return fits(128, "liquidity", amount0 * low * high // (Q96 * (high - low)))
    return fits(128, "liquidity", mul_div_down(amount0, mul_div_down(low, high, Q96), high - low))


def _from_amount1(low: int, high: int, amount1: int) -> int:
    return fits(128, "liquidity", mul_div_down(amount1, Q96, high - low))
