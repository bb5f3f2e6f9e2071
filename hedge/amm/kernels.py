"""Position kernels for numba: value, delta and gamma in one pass, 256 positions at a time.

The formulas are those of `positions`. Positions outside the domain come out with a NaN value and are counted: numpy
answers for them.
"""

import numpy as np
from numpy.typing import NDArray

from hedge.numerics.arrays import FloatArray
from hedge.numerics.jit import CHUNK as N
from hedge.numerics.jit import Kernel
from hedge.numerics.kernel_rows import load, store

_PRICE, _LIQUIDITY, _LOWER, _UPPER, _GIVEN = 0, N, 2 * N, 3 * N, 4 * N
_ROWS = 6


def _from_prices(w: FloatArray) -> None:
    for i in range(N):
        price, liquidity, lower, upper = w[_PRICE + i], w[_LIQUIDITY + i], w[_LOWER + i], w[_UPPER + i]
        regular = (price > 0.0) & (price < np.inf) & (liquidity >= 0.0) & (liquidity < np.inf)
        regular &= (lower >= 0.0) & (lower < np.inf) & (upper > lower)
        held = min(max(price, lower), upper)
        root, low, high = np.sqrt(held), np.sqrt(lower), np.sqrt(upper)
        above, below = (high + root) * high, root + low
        inverse = 1.0 / (root * below)
        bounded = (upper - held) / above
        base = liquidity * (1.0 if upper == np.inf else bounded) * (inverse * below)
        total = base * price + liquidity * ((held - lower) * (inverse * root))
        bent = -0.5 * liquidity * (inverse * below) / price
        w[i] = total if regular else np.nan
        w[N + i] = base
        w[2 * N + i] = bent if (lower <= price) & (price < upper) else 0.0


def _from_roots(w: FloatArray, prices: FloatArray, held_liquidity: FloatArray) -> None:
    for i in range(prices.size):
        price, liquidity, low, high = prices[i], held_liquidity[i], w[_LOWER + i], w[_UPPER + i]
        regular = (price > 0.0) & (price < np.inf) & (liquidity >= 0.0) & (liquidity < np.inf) & (low < high)
        root = np.sqrt(price)
        held = min(max(root, low), high)
        inverse = 1.0 / (high * held * price)
        base = liquidity * (high - held) * (inverse * price)
        total = base * price + liquidity * (held - low)
        bent = -0.5 * liquidity * (inverse * high)
        w[i] = total if regular else np.nan
        w[N + i] = base
        w[2 * N + i] = bent if (low <= root) & (root < high) else 0.0


def _load_roots(
    w: FloatArray, row: int, ticks: NDArray[np.int32], table: FloatArray, scale: float, start: int, count: int
) -> None:
    """Look ticks up in a table whose middle is tick 0; one beyond its ends takes the end's.

    Of ticks there is one per position, never one for all: a second loop here would keep LLVM from the first's vectors.
    """
    target, part = w[row : row + count], ticks[start : start + count]
    middle, lowest = np.int32(table.size // 2), np.int32(-(table.size // 2))
    for i in range(count):
        target[i] = table[np.uint32(min(max(part[i], lowest), middle) + middle)] * scale


def price_range_loop(version: int) -> Kernel:
    """Return the loop from positions with price ranges to rows of value, delta and gamma."""

    def loop(
        price: FloatArray,
        liquidity: FloatArray,
        lower: FloatArray,
        upper: FloatArray,
        out: FloatArray,
        first: int,
        last: int,
    ) -> int:
        w = np.full(_ROWS * N, 1.0 if version else 0.0)
        missing = 0
        for start in range(first, last, N):
            count = min(N, last - start)
            load(w, _PRICE, price, start, count)
            load(w, _LIQUIDITY, liquidity, start, count)
            load(w, _LOWER, lower, start, count)
            load(w, _UPPER, upper, start, count)
            _from_prices(w)
            missing += store(out, w, start, count)
        return missing

    return loop


def tick_range_loop(version: int) -> Kernel:
    """Return the loop from positions with tick ranges to rows of value, delta and gamma."""

    def loop(
        price: FloatArray,
        liquidity: FloatArray,
        table: FloatArray,
        scale: FloatArray,
        lower: NDArray[np.int32],
        upper: NDArray[np.int32],
        out: FloatArray,
        first: int,
        last: int,
    ) -> int:
        w = np.full(_ROWS * N, 1.0 if version else 0.0)
        missing = 0
        for start in range(first, last, N):
            count = min(N, last - start)
            _load_roots(w, _LOWER, lower, table, scale[0], start, count)
            _load_roots(w, _UPPER, upper, table, scale[0], start, count)
            if (price.size > 1) & (liquidity.size > 1):  # a copy of each would cost a quarter of the time
                _from_roots(w, price[start : start + count], liquidity[start : start + count])
            else:
                load(w, _GIVEN, price, start, count)
                load(w, _GIVEN + N, liquidity, start, count)
                _from_roots(w, w[_GIVEN : _GIVEN + count], w[_GIVEN + N : _GIVEN + N + count])
            missing += store(out, w, start, count)
        return missing

    return loop
