"""Black's formula in its two natural variables, accurate to the last digits in every wing.

For forward F and strike K, let total volatility s = vol sqrt(expiry) and moneyness x = |ln(F/K)| / s >= 0. The
out-of-the-money option, undiscounted and divided by sqrt(F K), is

    b(x, s) = exp(-(x^2 + s^2/4) / 2) / sqrt(2 pi) * [m(x - s/2) - m(x + s/2)],

with Mills' ratio m(z) = N(-z) / phi(z). All cancellation sits in the bracket; a Taylor series takes over where s is
small, so the relative error stays near x^2 machine epsilons: what the exponential's argument costs anyway.

Source: P. Jaeckel, "Let's Be Rational", Wilmott 2015.
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from hedge.numerics.arrays import FloatArray

_SQRT_HALF = np.sqrt(0.5)
_SQRT_HALF_PI = np.sqrt(0.5 * np.pi)
_SQRT_TWO_PI = np.sqrt(2.0 * np.pi)
_SERIES_BELOW = 0.05  # the first term that the series drops is 4e-6 s^8 of the sum: 2e-16 at this s
_LARGE_ABOVE = 1.0  # from here on, and x < s/2, plain normal probabilities do not cancel


def density(z: FloatArray) -> FloatArray:
    """Return the standard normal density."""
    return np.asarray(np.exp(-0.5 * z * z) / _SQRT_TWO_PI)


def log_ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return ln(numerator / denominator), exact to rounding near 1; equal arguments (0 and 0 included) give 0."""
    gap = numerator - denominator
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        close = np.abs(gap) < 0.5 * denominator  # strict: an infinite denominator is not close
        ratio = np.where(close, np.log1p(gap / denominator), np.log(numerator / denominator))
    return np.where(gap == 0.0, 0.0, ratio)


def standardise(log_moneyness: FloatArray, total_vol: FloatArray) -> FloatArray:
    """Return log moneyness in units of total volatility; at the money it is 0 even when total volatility is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(log_moneyness == 0.0, 0.0 * total_vol, log_moneyness / total_vol))


def otm_value(x: FloatArray, s: FloatArray) -> FloatArray:
    """Return b(x, s), the normalised out-of-the-money value.

    Parameters
    ----------
    x : array, >= 0, infinite allowed (vol -> 0). Moneyness |ln(F/K)| / s.
    s : array, >= 0. Total volatility, same shape.

    Returns
    -------
    Array of the same shape, in [0, exp(-x s / 2)]. NaN where an argument is NaN.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        weight = np.exp(-0.5 * (x * x + 0.25 * s * s)) / _SQRT_TWO_PI
        value = np.asarray(weight * scaled_otm_value(x, s))
        large = (s > _LARGE_ABOVE) & (x < 0.5 * s)
        if np.any(large):
            x, s = x[large], s[large]
            value[large] = np.exp(-0.5 * x * s) * ndtr(0.5 * s - x) - np.exp(0.5 * x * s + log_ndtr(-x - 0.5 * s))
    return value


def log_otm_value(x: FloatArray, s: FloatArray, bracket: FloatArray) -> FloatArray:
    """Return ln b(x, s) from its bracket `scaled_otm_value`, for x >= s/2, also where b itself underflows."""
    return np.asarray(np.log(bracket / _SQRT_TWO_PI) - 0.5 * (x * x + 0.25 * s * s))


def scaled_otm_value(x: FloatArray, s: FloatArray) -> FloatArray:
    """Return the bracket m(x - s/2) - m(x + s/2): b without its exponential, so that it never underflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        difference = np.asarray(_mills(x - 0.5 * s) - _mills(x + 0.5 * s))
        narrow = s < _SERIES_BELOW
        if np.any(narrow):
            x, s = x[narrow], s[narrow]
            difference[narrow] = np.where(np.isinf(x), 0.0 * s, _mills_difference_series(x, s))
    return difference


def _mills(z: FloatArray) -> FloatArray:
    return np.asarray(_SQRT_HALF_PI * erfcx(_SQRT_HALF * z))


def _mills_difference_series(x: FloatArray, s: FloatArray) -> FloatArray:
    """Return m(x - s/2) - m(x + s/2) from the odd derivatives of m at x: m' = x m - 1, m[n+1] = x m[n] + n m[n-1]."""
    m0 = _mills(x)
    m1 = x * m0 - 1.0
    m2 = x * m1 + m0
    m3 = x * m2 + 2.0 * m1
    m4 = x * m3 + 3.0 * m2
    m5 = x * m4 + 4.0 * m3
    m6 = x * m5 + 5.0 * m4
    m7 = x * m6 + 6.0 * m5
    h = s * s
    return np.asarray(-s * (m1 + h / 24.0 * (m3 + h / 80.0 * (m5 + h / 168.0 * m7))))
