"""One ordinary option in plain floats: the formulas of `european`, `normalised` and `inversion` without an array's
overhead.

`applies` says which: Python or numpy numbers inside the domain, with a total volatility that is neither zero nor huge;
`invertible` does so for a price. Everything else, limits and errors included, is left to the arrays' path.
"""

from math import erfc, exp, log, log1p, sqrt
from typing import Any, TypeGuard

import numpy as np
from scipy.special import erfcx

from hedge.numerics.kernel_math import narrow, series
from hedge.options.inversion import CLOSE, LEAST_VALUE, MOST_STEPS, ROOT_TWO_PI, ROUNDING, change, top_seed, wing_seed

_SQRT_HALF, _SQRT_HALF_PI, _SQRT_TWO_PI = sqrt(0.5), 1.2533141373155003, 2.5066282746310002
_SERIES_BELOW, _LARGE_ABOVE = 0.05, 1.0  # as in `normalised`
_LEAST, _MOST = 1e-100, 1e100  # of every argument that must be positive: no product of them over- or underflows
_LEAST_TOTAL_VOL, _MOST_TOTAL_VOL, _MOST_EXPONENT = 1e-8, 50.0, 300.0

_Numbers = tuple[float, float, float, float, float, float, bool]


def applies(arguments: tuple[Any, ...]) -> TypeGuard[_Numbers]:
    """Tell whether spot, strike, expiry, vol, rate, carry, is_call are one ordinary option."""
    if not _are_numbers(arguments):
        return False
    spot, strike, expiry, vol, rate, carry, _ = arguments
    if not (_LEAST < vol < _MOST and _ordinary(spot, strike, expiry, rate, carry)):
        return False
    return bool(_LEAST_TOTAL_VOL < vol * sqrt(expiry) < _MOST_TOTAL_VOL)


def invertible(arguments: tuple[Any, ...]) -> TypeGuard[_Numbers]:
    """Tell whether price, spot, strike, expiry, rate, carry, is_call are one ordinary option; its price may be any."""
    return _are_numbers(arguments) and _ordinary(*arguments[1:6])


def _are_numbers(arguments: tuple[Any, ...]) -> bool:
    for argument in arguments[:6]:
        if not isinstance(argument, (float, int)):
            return False
    return isinstance(arguments[6], (bool, np.bool_))


def _ordinary(spot: float, strike: float, expiry: float, rate: float, carry: float) -> bool:
    if not (_LEAST < spot < _MOST and _LEAST < strike < _MOST and _LEAST < expiry < _MOST):
        return False
    return bool(abs(rate * expiry) < _MOST_EXPONENT and abs(carry * expiry) < _MOST_EXPONENT)


def price(spot: float, strike: float, expiry: float, vol: float, rate: float, carry: float, is_call: bool) -> float:
    """Price one ordinary option."""
    forward, s = spot * exp(carry * expiry), vol * sqrt(expiry)
    return exp(-rate * expiry) * _value(forward, strike, _log_ratio(forward, strike) / s, s, is_call)


def greeks(
    spot: float, strike: float, expiry: float, vol: float, rate: float, carry: float, is_call: bool
) -> tuple[float, float, float, float, float, float]:
    """Return price, delta, gamma, vega, theta and rho of one ordinary option."""
    root, sign, discount = sqrt(expiry), 1.0 if is_call else -1.0, exp(-rate * expiry)
    grown, s = exp(carry * expiry), vol * root
    forward, growth = spot * grown, discount * grown
    x = _log_ratio(forward, strike) / s
    d1 = x + 0.5 * s
    density = exp(-0.5 * d1 * d1) / _SQRT_TWO_PI
    vega = discount * forward * density * root
    delta = sign * growth * _normal(sign * d1)
    strike_leg = sign * discount * strike * _normal(sign * (x - 0.5 * s))
    theta = -0.5 * vega * vol / expiry - (carry - rate) * delta * spot - rate * strike_leg
    value = discount * _value(forward, strike, x, s, is_call)
    return value, delta, growth * density / (spot * s), vega, theta, expiry * strike_leg


def implied_vol(
    price: float, spot: float, strike: float, expiry: float, rate: float, carry: float, is_call: bool
) -> float | None:
    """Invert one ordinary price; None leaves to the arrays' path what has no volatility, or a doubtful one."""
    forward = spot * exp(carry * expiry)
    low, intrinsic = min(forward, strike), max(forward - strike if is_call else strike - forward, 0.0)
    value = price * exp(rate * expiry) - intrinsic
    if not (value > ROUNDING * intrinsic and LEAST_VALUE * low <= value < low):
        return None
    k, wing = abs(_log_ratio(forward, strike)), value <= 0.5 * low
    level = log((value if wing else low - value) / low)
    if wing:
        scaled = value / sqrt(low) / sqrt(max(forward, strike)) * ROOT_TWO_PI
        bent = max(k, 1e-9 * scaled)
        s = wing_seed(bent, log1p(bent / scaled))
    else:
        s = top_seed(k, level)
    for _ in range(MOST_STEPS):
        step = _step(s, k, level, wing)
        if abs(step) <= CLOSE * s:
            return (s + step) / sqrt(expiry)
        s += step
    return None


def _step(s: float, k: float, level: float, wing: bool) -> float:
    """Return the step that `inversion` takes from total volatility s."""
    x = k / s
    z, sign = x - 0.5 * s, 1.0 if wing else -1.0
    size = series(x, s, _mills(x)) if wing and narrow(x, s) else _mills(sign * z) - sign * _mills(x + 0.5 * s)
    excess = log(size / ROOT_TWO_PI) - 0.5 * z * z - level
    return change(s, x, sign * size, excess)


def _value(forward: float, strike: float, signed_x: float, s: float, is_call: bool) -> float:
    """Return the undiscounted price: intrinsic value plus the value of the out-of-the-money side."""
    x, scale = abs(signed_x), sqrt(forward) * sqrt(strike)
    if s > _LARGE_ABOVE and x < 0.5 * s:
        normalised = exp(-0.5 * x * s) * _normal(0.5 * s - x) - exp(0.5 * x * s) * _normal(-x - 0.5 * s)
    else:
        normalised = exp(-0.5 * (x * x + 0.25 * s * s)) / _SQRT_TWO_PI * _bracket(x, s)
    return max(forward - strike if is_call else strike - forward, 0.0) + scale * normalised


def _bracket(x: float, s: float) -> float:
    """Return m(x - s/2) - m(x + s/2), by the series of `normalised` where s is small."""
    if s >= _SERIES_BELOW:
        return _mills(x - 0.5 * s) - _mills(x + 0.5 * s)
    m0 = _mills(x)
    m1 = x * m0 - 1.0
    m2 = x * m1 + m0
    m3 = x * m2 + 2.0 * m1
    m4 = x * m3 + 3.0 * m2
    m5 = x * m4 + 4.0 * m3
    m7 = x * (x * m5 + 5.0 * m4) + 6.0 * m5
    h = s * s
    return -s * (m1 + h / 24.0 * (m3 + h / 80.0 * (m5 + h / 168.0 * m7)))


def _mills(z: float) -> float:
    return _SQRT_HALF_PI * float(erfcx(_SQRT_HALF * z))


def _normal(z: float) -> float:
    return 0.5 * erfc(-_SQRT_HALF * z)


def _log_ratio(numerator: float, denominator: float) -> float:
    gap = numerator - denominator
    return log1p(gap / denominator) if abs(gap) < 0.5 * denominator else log(numerator / denominator)
