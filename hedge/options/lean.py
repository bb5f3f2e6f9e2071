"""One ordinary option in plain floats: the formulas of `european` and `normalised` without an array's overhead.

`applies` says which: Python or numpy numbers inside the domain, with a total volatility that is neither zero nor huge.
Everything else, limits and errors included, is left to the arrays' path.
"""

from math import erfc, exp, log, log1p, sqrt
from typing import Any, TypeGuard

import numpy as np
from scipy.special import erfcx

_SQRT_HALF, _SQRT_HALF_PI, _SQRT_TWO_PI = sqrt(0.5), 1.2533141373155003, 2.5066282746310002
_SERIES_BELOW, _LARGE_ABOVE = 0.05, 1.0  # as in `normalised`
_LEAST, _MOST = 1e-100, 1e100  # of every argument that must be positive: no product of them over- or underflows
_LEAST_TOTAL_VOL, _MOST_TOTAL_VOL, _MOST_EXPONENT = 1e-8, 50.0, 300.0

_Numbers = tuple[float, float, float, float, float, float, bool]


def applies(arguments: tuple[Any, ...]) -> TypeGuard[_Numbers]:
    """Tell whether spot, strike, expiry, vol, rate, carry, is_call are one ordinary option."""
    for argument in arguments[:6]:
        if not isinstance(argument, (float, int)):
            return False
    spot, strike, expiry, vol, rate, carry, is_call = arguments
    if not (isinstance(is_call, (bool, np.bool_)) and _LEAST < spot < _MOST and _LEAST < strike < _MOST):
        return False
    if not (_LEAST < expiry < _MOST and _LEAST < vol < _MOST):
        return False
    ordinary: bool = _LEAST_TOTAL_VOL < vol * sqrt(expiry) < _MOST_TOTAL_VOL
    return ordinary and bool(abs(rate * expiry) < _MOST_EXPONENT and abs(carry * expiry) < _MOST_EXPONENT)


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
