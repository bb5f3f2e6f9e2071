"""Square-root prices of many ticks as floats, each the contract's exact integer rounded once.

1.0001**(tick / 2) is no substitute: it is off by 4e-9 at the ends, and log(1.0001) alone costs 1e-13.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedge.amm.ticks.evm_integers import Q96, div_up
from hedge.amm.ticks.prices import INVERSE_POWERS, LAST_WORD, MAX_TICK, sqrt_price_at_tick
from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray

_FEW = 1_024  # distinct ticks below which single integers are faster than a table
_LEAST_BITS = 14


def sqrt_prices(ticks: ArrayLike) -> FloatArray:
    """Return sqrt(token1 / token0), raw units, at ticks.

    Parameters
    ----------
    ticks : integers of any shape, |tick| <= 887272.

    Returns
    -------
    float64 of the same shape: `sqrt_price_at_tick` / 2^96, correctly rounded.

    Raises
    ------
    BadInput : not integers, or beyond the ends.

    >>> sqrt_prices([0, 887272]).tolist()
    [1.0, 1.8446050711097704e+19]
    """
    wanted = tick_array("ticks", ticks)
    distinct = np.unique(wanted) if wanted.size <= _FEW else np.empty(0, dtype=np.int32)
    if wanted.size > _FEW:
        table = sqrt_price_table(int(np.abs(wanted).max()))
        return np.asarray(table[wanted + table.size // 2])
    roots = np.array([sqrt_price_at_tick(int(tick)) / Q96 for tick in distinct])
    return np.asarray(roots[np.searchsorted(distinct, wanted)]) if wanted.size else np.empty(wanted.shape)


def sqrt_price_table(most: int) -> FloatArray:
    """Return the square-root prices of ticks -n to n, for some n >= most; tick 0 is in the middle."""
    return _table(min(max(most.bit_length(), _LEAST_BITS), MAX_TICK.bit_length()))


def tick_array(name: str, ticks: ArrayLike) -> NDArray[np.int32]:
    """Return ticks as int32, refusing what is no integer or beyond the ends."""
    array = np.asarray(ticks)
    if array.size and array.dtype.kind not in "iu":
        raise BadInput(name, ticks, "must be integers")
    if array.size and (array.min() < -MAX_TICK or array.max() > MAX_TICK):
        outside = (array < -MAX_TICK) | (array > MAX_TICK)
        raise BadInput(name, int(array[outside][0]), f"must be within {MAX_TICK} of 0")
    return array.astype(np.int32, copy=False)


@cache
def _table(bits: int) -> FloatArray:
    """Multiply one power of the contract's chain at a time into all ticks that have it: 0.2 us a tick, not 4."""
    ratios = [1 << 128]
    for power in INVERSE_POWERS[:bits]:
        ratios += [ratio * power >> 128 for ratio in ratios]
    del ratios[MAX_TICK + 1 :]
    above = [div_up(LAST_WORD // ratio, 1 << 32) / Q96 for ratio in ratios[1:]]
    below = [div_up(ratio, 1 << 32) / Q96 for ratio in ratios]
    table = np.array([*reversed(below), *above])
    table.setflags(write=False)
    return table
