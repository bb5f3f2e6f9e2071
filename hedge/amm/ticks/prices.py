"""Ticks and square-root prices: sqrt_price_x96 = 2^96 * 1.0001^(tick / 2), as the contract rounds it."""

import math
from functools import lru_cache

from hedge.amm.ticks.evm_integers import div_up, int_, uint
from hedge.errors import PoolRevert

MIN_TICK, MAX_TICK = -887_272, 887_272
MIN_SQRT_PRICE_X96 = 4_295_128_739
MAX_SQRT_PRICE_X96 = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342

LAST_WORD = (1 << 256) - 1
_LOG_TICK = math.log(1.0001)

# 2^128 * 1.0001^(-2^i / 2), i = 0..19, with the rounding of Uniswap v3's TickMath: they define the price of a tick.
INVERSE_POWERS = (
    0xFFFCB933BD6FAD37AA2D162D1A594001,
    0xFFF97272373D413259A46990580E213A,
    0xFFF2E50F5F656932EF12357CF3C7FDCC,
    0xFFE5CACA7E10E4E61C3624EAA0941CD0,
    0xFFCB9843D60F6159C9DB58835C926644,
    0xFF973B41FA98C081472E6896DFB254C0,
    0xFF2EA16466C96A3843EC78B326B52861,
    0xFE5DEE046A99A2A811C461F1969C3053,
    0xFCBE86C7900A88AEDCFFC83B479AA3A4,
    0xF987A7253AC413176F2B074CF7815E54,
    0xF3392B0822B70005940C7A398E4B70F3,
    0xE7159475A2C29B7443B29C7FA6E889D9,
    0xD097F3BDFD2022B8845AD8F792AA5825,
    0xA9F746462D870FDF8A65DC1F90E061E5,
    0x70D869A156D2A1B890BB3DF62BAF32F7,
    0x31BE135F97D08FD981231505542FCFA6,
    0x9AA508B5B7A84E1C677DE54F3E99BC9,
    0x5D6AF8DEDB81196699C329225EE604,
    0x2216E584F5FA1EA926041BEDFE98,
    0x48A170391F7DC42444E8FA2,
)


@lru_cache(maxsize=1 << 14, typed=True)  # so that what is no int is refused however often it is asked for
def sqrt_price_at_tick(tick: int) -> int:
    """Return the square-root price of a tick, exactly the contract's.

    Parameters
    ----------
    tick : MIN_TICK to MAX_TICK.

    Raises
    ------
    PoolRevert : |tick| > MAX_TICK.

    >>> sqrt_price_at_tick(0) == 2**96
    True
    """
    int_(24, tick=tick)
    if abs(tick) > MAX_TICK:
        raise PoolRevert("|tick| <= 887272", tick=tick)
    ratio = 1 << 128
    for bit, power in enumerate(INVERSE_POWERS):
        if abs(tick) >> bit & 1:
            ratio = ratio * power >> 128
    return div_up(LAST_WORD // ratio if tick > 0 else ratio, 1 << 32)


def tick_at_sqrt_price(sqrt_price_x96: int) -> int:
    """Return the greatest tick whose square-root price is not above the given one.

    Parameters
    ----------
    sqrt_price_x96 : MIN_SQRT_PRICE_X96 <= value < MAX_SQRT_PRICE_X96.

    Raises
    ------
    PoolRevert : outside that range.

    >>> tick_at_sqrt_price(2**96 - 1)
    -1
    """
    uint(160, sqrt_price_x96=sqrt_price_x96)
    if not MIN_SQRT_PRICE_X96 <= sqrt_price_x96 < MAX_SQRT_PRICE_X96:
        raise PoolRevert("MIN_SQRT_RATIO <= sqrtPriceX96 < MAX_SQRT_RATIO", sqrt_price_x96=sqrt_price_x96)
    # The logarithm is good to 1e-9 of a tick, so that its floor is off by one at most: only next to a tick's own price.
    tick = math.floor(2.0 * (math.log(sqrt_price_x96) - 96.0 * math.log(2.0)) / _LOG_TICK)
    tick = min(max(tick, MIN_TICK), MAX_TICK - 1)
    if sqrt_price_at_tick(tick) > sqrt_price_x96:
        return tick - 1
    return tick + 1 if sqrt_price_at_tick(tick + 1) <= sqrt_price_x96 else tick
