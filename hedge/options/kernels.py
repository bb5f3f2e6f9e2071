"""Option kernels for numba: price and greeks in one pass, without a branch, 256 options at a time.

Each step is a loop over rows of one scratch array that stays in the first-level cache; rows have constant places, so
that the compiler knows they do not overlap. The formulas are those of `normalised`: with q = min(F, K) phi(z1),
z1 = |x| - s/2, z2 = |x| + s/2 and Mills' ratio m,

    undiscounted time value = q (m(z1) - m(z2)),    F phi(d1) = K phi(d2) = q,

which leaves one density, two Mills ratios and one logarithm for a price and all its greeks. Options outside the regular
domain, whether they are limits or errors, come out with a NaN price and are counted: numpy answers for them.
"""

import numpy as np

from hedge.numerics.arrays import BoolArray, FloatArray
from hedge.numerics.jit import CHUNK as N
from hedge.numerics.jit import Kernel
from hedge.numerics.kernel_math import (
    INVERSE_ROOT_TWO_PI,
    MILLS_SHIFT,
    exp,
    exp_bounded,
    log_ratio,
    mills,
    narrow,
    series,
)
from hedge.numerics.kernel_rows import load, load_signs, store

# Rows of the scratch array. Inputs, then what the passes hand on. Results overwrite rows 0 to 5.
_SPOT, _STRIKE, _EXPIRY, _VOL, _RATE, _CARRY, _SIGN = 0, N, 2 * N, 3 * N, 4 * N, 5 * N, 6 * N
_TOTAL, _DISCOUNT, _GROWTH, _X, _SLOPE, _DENSITY, _ROOT, _NEAR, _FAR = (row * N for row in range(7, 16))
_ROWS = 16

_LEAST, _MOST = 1e-60, 1e60  # of spot and strike
_LEAST_TOTAL_VOL, _MOST_TOTAL_VOL, _MOST_EXPIRY, _MOST_VOL, _MOST_GROWTH = 1e-8, 1e3, 1e6, 1e9, 300.0


def _load_all(
    w: FloatArray,
    spot: FloatArray,
    strike: FloatArray,
    expiry: FloatArray,
    vol: FloatArray,
    rate: FloatArray,
    carry: FloatArray,
    is_call: BoolArray,
    start: int,
    count: int,
) -> None:
    load(w, _SPOT, spot, start, count)
    load(w, _STRIKE, strike, start, count)
    load(w, _EXPIRY, expiry, start, count)
    load(w, _VOL, vol, start, count)
    load(w, _RATE, rate, start, count)
    load(w, _CARRY, carry, start, count)
    load_signs(w, _SIGN, is_call, start, count)


def _prepare(w: FloatArray) -> None:
    for i in range(N):
        spot, strike, expiry, vol = w[_SPOT + i], w[_STRIKE + i], w[_EXPIRY + i], w[_VOL + i]
        growth, decay = w[_CARRY + i] * expiry, w[_RATE + i] * expiry
        root = np.sqrt(expiry)
        s = vol * root
        regular = (spot >= _LEAST) & (strike >= _LEAST) & (spot <= _MOST) & (strike <= _MOST) & (expiry <= _MOST_EXPIRY)
        regular &= (s >= _LEAST_TOTAL_VOL) & (s <= _MOST_TOTAL_VOL) & (vol >= 0.0) & (vol <= _MOST_VOL)
        regular &= (abs(growth) <= _MOST_GROWTH) & (abs(decay) <= _MOST_GROWTH)
        slope = 1.0 / (s * spot * spot)
        grown = exp_bounded(growth)
        x = log_ratio(spot * grown, strike) * (slope * spot * spot)
        z = abs(x) - 0.5 * s
        w[_TOTAL + i], w[_GROWTH + i], w[_X + i], w[_SLOPE + i], w[_ROOT + i] = s, grown, x, slope, root
        discount = exp_bounded(-decay)
        w[_DISCOUNT + i] = discount if regular else np.nan
        w[_DENSITY + i] = INVERSE_ROOT_TWO_PI * exp(-0.5 * z * z)


def _ratios(w: FloatArray) -> None:
    for i in range(N):
        x, s = abs(w[_X + i]), w[_TOTAL + i]
        near = (x if narrow(x, s) else abs(x - 0.5 * s)) + MILLS_SHIFT
        far = x + 0.5 * s + MILLS_SHIFT
        both = 1.0 / (near * far)
        w[_NEAR + i], w[_FAR + i] = mills(both * far), mills(both * near)


def _time_value(low: float, q: float, x: float, s: float, near: float, far: float) -> float:
    close, beyond, series_value = narrow(x, s), x < 0.5 * s, q * series(x, s, near)
    direct = low - q * (near + far) if beyond else q * (near - far)
    return series_value if close else direct


def _finish_price(w: FloatArray) -> None:
    for i in range(N):
        strike, s, x = w[_STRIKE + i], w[_TOTAL + i], w[_X + i]
        forward = w[_SPOT + i] * w[_GROWTH + i]
        low = forward if x < 0.0 else strike
        value = _time_value(low, low * w[_DENSITY + i], abs(x), s, w[_NEAR + i], w[_FAR + i])
        w[i] = w[_DISCOUNT + i] * (max(w[_SIGN + i] * (forward - strike), 0.0) + value)


def _finish_greeks(w: FloatArray) -> None:
    for i in range(N):
        spot, strike, expiry, vol, sign = w[_SPOT + i], w[_STRIKE + i], w[_EXPIRY + i], w[_VOL + i], w[_SIGN + i]
        s, discount, slope, near, far = w[_TOTAL + i], w[_DISCOUNT + i], w[_SLOPE + i], w[_NEAR + i], w[_FAR + i]
        below, x, growth = w[_X + i] < 0.0, abs(w[_X + i]), discount * w[_GROWTH + i]
        forward = spot * w[_GROWTH + i]
        low, high = forward if below else strike, strike if below else forward
        close = narrow(x, s)
        beyond = (x < 0.5 * s) & (not close)
        expanded = series(x, s, near)
        difference = expanded if close else near - far
        q = low * w[_DENSITY + i]
        # Tails of the leg with the smaller amount, N(-z1) or its complement, and of the larger, N(-z2).
        tail = w[_DENSITY + i] * (near if beyond else far + difference)
        small, rest = 1.0 - tail if beyond else tail, tail if beyond else 1.0 - tail
        large = q / high * far
        out_of_the_money = (sign > 0.0) == below
        others = 1.0 - large
        small_leg, large_leg = small if out_of_the_money else rest, large if out_of_the_money else others
        delta = sign * growth * (small_leg if below else large_leg)
        strike_leg = sign * discount * strike * (large_leg if below else small_leg)
        decay = 0.5 * q * discount * vol * vol * (slope * spot * spot)
        cost = (w[_CARRY + i] - w[_RATE + i]) * spot * delta + w[_RATE + i] * strike_leg
        value = low - q * (near + far) if beyond else q * difference
        w[i] = discount * (max(sign * (forward - strike), 0.0) + value)
        w[N + i] = delta
        w[2 * N + i] = discount * q * slope
        w[3 * N + i] = discount * q * w[_ROOT + i]
        w[4 * N + i] = -decay - cost
        w[5 * N + i] = expiry * strike_leg


def price_loop(version: int) -> Kernel:
    """Return the loop that prices options first to last into the only row of out, and counts what it left as NaN."""

    def loop(
        spot: FloatArray,
        strike: FloatArray,
        expiry: FloatArray,
        vol: FloatArray,
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
            _load_all(w, spot, strike, expiry, vol, rate, carry, is_call, start, count)
            _prepare(w)
            _ratios(w)
            _finish_price(w)
            missing += store(out, w, start, count)
        return missing

    return loop


def greeks_loop(version: int) -> Kernel:
    """Return the loop that writes price, delta, gamma, vega, theta and rho into the rows of out; else as above."""

    def loop(
        spot: FloatArray,
        strike: FloatArray,
        expiry: FloatArray,
        vol: FloatArray,
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
            _load_all(w, spot, strike, expiry, vol, rate, carry, is_call, start, count)
            _prepare(w)
            _ratios(w)
            _finish_greeks(w)
            missing += store(out, w, start, count)
        return missing

    return loop
