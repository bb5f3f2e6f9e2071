"""Fees that a position has earned, from fee growth per unit of liquidity (Q128, modulo 2^256).

Fee growth counters wrap around on purpose: only differences of the same range mean anything, and they are taken modulo
2^256. A negative intermediate difference is normal.
"""

from hedge.amm.ticks.evm_integers import Q128, int_, mul_div_down, uint
from hedge.errors import PoolRevert

_WORD = 1 << 256


def fee_growth_inside(
    outside_lower: tuple[int, int],
    outside_upper: tuple[int, int],
    tick_lower: int,
    tick_upper: int,
    tick_current: int,
    growth_global: tuple[int, int],
) -> tuple[int, int]:
    """Return the fee growth inside a range, token0 and token1, each modulo 2^256.

    Parameters
    ----------
    outside_lower, outside_upper : (token0, token1) feeGrowthOutsideX128 of the two ticks, uint256.
    tick_lower < tick_upper, tick_current : int24.
    growth_global : (token0, token1) feeGrowthGlobalX128 of the pool, uint256.

    Raises
    ------
    PoolRevert : ticks not in order.
    """
    int_(24, tick_lower=tick_lower, tick_upper=tick_upper, tick_current=tick_current)
    if tick_lower >= tick_upper:
        raise PoolRevert("tickLower < tickUpper", tick_lower=tick_lower, tick_upper=tick_upper)
    inside = []
    for lower, upper, total in zip(outside_lower, outside_upper, growth_global, strict=True):
        uint(256, outside_lower=lower, outside_upper=upper, growth_global=total)
        below = lower if tick_current >= tick_lower else total - lower
        above = upper if tick_current < tick_upper else total - upper
        inside.append((total - below - above) % _WORD)
    return inside[0], inside[1]


def tokens_owed(inside_last: tuple[int, int], inside_now: tuple[int, int], liquidity: int) -> tuple[int, int]:
    """Return the raw token0 and token1 fees earned since a position was last touched.

    Parameters
    ----------
    inside_last, inside_now : (token0, token1) fee growth inside the range then and now, uint256.
    liquidity : uint128, of the position.

    Returns
    -------
    Full amounts. The contract stores the low 128 bits, which differ only if fees exceed 3.4e38 raw units.
    """
    uint(128, liquidity=liquidity)
    owed = []
    for last, now in zip(inside_last, inside_now, strict=True):
        uint(256, inside_last=last, inside_now=now)
        owed.append(mul_div_down((now - last) % _WORD, liquidity, Q128))
    return owed[0], owed[1]
