"""Implied volatility for numba: the seed and the steps of `inversion`, 256 options at a time."""

import numpy as np

from hedge.numerics.arrays import BoolArray, FloatArray
from hedge.numerics.jit import CHUNK as N
from hedge.numerics.jit import Kernel
from hedge.numerics.kernel_math import INVERSE_ROOT_TWO_PI, MILLS_SHIFT, exp_bounded, log_ratio, mills, narrow, series
from hedge.numerics.kernel_rows import load, load_signs, store
from hedge.options.inversion import CLOSE, LEAST_VALUE, MOST_STEPS, ROOT_TWO_PI, ROUNDING, change, top_seed, wing_seed

_PRICE, _SPOT, _STRIKE, _EXPIRY, _RATE, _CARRY, _SIGN = 0, N, 2 * N, 3 * N, 4 * N, 5 * N, 6 * N
_K, _LEVEL, _TOP, _VALUE, _TOTAL, _LAST, _NEAR, _FAR = (row * N for row in range(7, 15))
_ROWS = 15

_LEAST, _MOST, _MOST_GROWTH = 1e-60, 1e60, 300.0
_LEAST_EXPIRY, _MOST_EXPIRY = 1e-12, 1e6
_LEAST_ARGUMENT = -0.75  # of the fit of Mills' ratio: z1 >= -0.68 where v <= 1/2


def _prepare(w: FloatArray) -> None:
    for i in range(N):
        spot, strike, expiry, sign = w[_SPOT + i], w[_STRIKE + i], w[_EXPIRY + i], w[_SIGN + i]
        growth, decay = w[_CARRY + i] * expiry, w[_RATE + i] * expiry
        forward = spot * exp_bounded(growth)
        intrinsic = max(sign * (forward - strike), 0.0)
        value = w[_PRICE + i] / exp_bounded(-decay) - intrinsic
        low = min(forward, strike)
        regular = (spot >= _LEAST) & (strike >= _LEAST) & (spot <= _MOST) & (strike <= _MOST)
        regular &= (expiry >= _LEAST_EXPIRY) & (expiry <= _MOST_EXPIRY)
        regular &= (abs(growth) <= _MOST_GROWTH) & (abs(decay) <= _MOST_GROWTH)
        regular &= (value > ROUNDING * intrinsic) & (value >= LEAST_VALUE * low) & (value < low)
        share = value / low
        top = share > 0.5
        k = abs(log_ratio(forward, strike))
        smaller = low - value if top else value
        w[_LEVEL + i] = log_ratio(smaller, low)
        w[_K + i], w[_TOP + i] = k, -1.0 if top else 1.0
        scaled = share * np.sqrt(low / max(forward, strike)) * ROOT_TWO_PI
        w[_VALUE + i] = scaled if regular else np.nan


def _seed(w: FloatArray) -> None:
    for i in range(N):
        value, true_k = w[_VALUE + i], w[_K + i]
        k = max(true_k, 1e-9 * value)
        wing = wing_seed(k, log_ratio(value + k, value))
        top = top_seed(true_k, w[_LEVEL + i])
        total = wing if w[_TOP + i] > 0.0 else top
        w[_TOTAL + i] = total if value == value else np.nan


def _ratios(w: FloatArray) -> None:
    for i in range(N):
        s, side = w[_TOTAL + i], w[_TOP + i]
        x = w[_K + i] / s
        z = max(side * (x - 0.5 * s), _LEAST_ARGUMENT)
        near = (x if narrow(x, s) & (side > 0.0) else z) + MILLS_SHIFT
        far = x + 0.5 * s + MILLS_SHIFT
        both = 1.0 / (near * far)
        w[_NEAR + i], w[_FAR + i] = mills(both * far), mills(both * near)


def _step(w: FloatArray) -> int:
    """Improve every total volatility; return how many moved by more than the last step should."""
    moving = 0
    for i in range(N):
        s, near, far, wing = w[_TOTAL + i], w[_NEAR + i], w[_FAR + i], w[_TOP + i] > 0.0
        x = w[_K + i] / s
        z = x - 0.5 * s
        expanded, gap, total = series(x, s, near), near - far, near + far
        difference = expanded if narrow(x, s) else gap
        size = difference if wing else total
        excess = log_ratio(size * INVERSE_ROOT_TWO_PI, 1.0) - 0.5 * z * z - w[_LEVEL + i]
        step = change(s, x, size if wing else -size, excess)
        w[_TOTAL + i], w[_LAST + i] = s + step, abs(step)
        moving += abs(step) > CLOSE * s
    return moving


def _finish(w: FloatArray) -> None:
    """Turn total volatility into volatility; what has not settled is left to numpy."""
    for i in range(N):
        s = w[_TOTAL + i]
        vol = s / np.sqrt(w[_EXPIRY + i])
        w[i] = vol if w[_LAST + i] <= CLOSE * s else np.nan


def _load_all(
    w: FloatArray,
    price: FloatArray,
    spot: FloatArray,
    strike: FloatArray,
    expiry: FloatArray,
    rate: FloatArray,
    carry: FloatArray,
    is_call: BoolArray,
    start: int,
    count: int,
) -> None:
    load(w, _PRICE, price, start, count)
    load(w, _SPOT, spot, start, count)
    load(w, _STRIKE, strike, start, count)
    load(w, _EXPIRY, expiry, start, count)
    load(w, _RATE, rate, start, count)
    load(w, _CARRY, carry, start, count)
    load_signs(w, _SIGN, is_call, start, count)


def implied_loop(version: int) -> Kernel:
    """Return the loop that inverts prices first to last into the only row of out, and counts what it left as NaN."""

    def loop(
        price: FloatArray,
        spot: FloatArray,
        strike: FloatArray,
        expiry: FloatArray,
        rate: FloatArray,
        carry: FloatArray,
        is_call: BoolArray,
        out: FloatArray,
        first: int,
        last: int,
    ) -> int:
        w = np.full(_ROWS * N, 1.0 if version else 0.0)
        missing = 0
        for start in range(first, last, N):
            count = min(N, last - start)
            _load_all(w, price, spot, strike, expiry, rate, carry, is_call, start, count)
            _prepare(w)
            _seed(w)
            for _ in range(MOST_STEPS):
                _ratios(w)
                if _step(w) == 0:
                    break
            _finish(w)
            missing += store(out, w, start, count)
        return missing

    return loop
