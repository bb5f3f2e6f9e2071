"""Implied volatility to the last digits, on arrays, without a bracket.

The price is reduced to the normalised out-of-the-money value b of `normalised`, and total volatility s is found by
Newton's method from the inflection point s = sqrt(2 |ln(F/K)|) of b in three regions, each with the variable in which
the iteration is monotone and nearly linear:

    b below its inflection value   ln b against 1/s^2     (b ~ exp(-k^2 / (2 s^2)): a wing is a straight line)
    up to half of the bound        b against s            (concave)
    above                          ln(bound - b) against s (concave after one overshoot)

Monotone means that no step can leave the domain, so no safeguard is needed. Source of the regions: P. Jaeckel, "Let's
Be Rational", Wilmott 2015. One ordinary price (`scalar`) and arrays from `jit.BULK_OPTIONS` elements on
(`implied_kernel`) are solved from a better seed with steps of higher order (`inversion`); what they leave comes here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr

from hedge.errors import NoImpliedVol
from hedge.numerics.arrays import BoolArray, FloatArray, finite, nonnegative
from hedge.options import bulk, scalar
from hedge.options.normalised import density, log_otm_value, log_ratio, otm_value, scaled_otm_value, standardise

_Step = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

_NAMES = ("price", "spot", "strike", "expiry", "rate", "carry")
_CLOSE = 1e-11  # convergence is quadratic: the step after one this small is below rounding
_MOST_STEPS = 64  # measured: 12 suffice for 1e-6 < s < 12 and up to 37 standard deviations
_ROUNDING = 4.0 * np.finfo(np.float64).eps


def implied_vol(
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
    *,
    strict: bool = False,
) -> FloatArray:
    """Invert `hedge.options.price` for volatility.

    Parameters
    ----------
    price : quote currency, finite or NaN. An in-the-money price carries volatility only in its time value, so its
        rounding limits the result; relative errors are below 1e-12 for out-of-the-money prices.
    strict : raise instead of returning NaN where no volatility exists.
    spot, strike : >= 0. expiry : years of 365 days, >= 0. is_call : boolean.
    rate, carry : continuously compounded per year. All broadcast; NaN gives NaN.

    Returns
    -------
    Annual volatility. 0 where the price is the discounted intrinsic value. NaN where the price lies outside
    [intrinsic, bound), the bound being the price at infinite volatility, where no time, spot or strike is left to
    invert, and where an argument is NaN.

    Raises
    ------
    BadInput : an argument outside its domain.
    NoImpliedVol : strict, and some price that is not NaN has no volatility.

    >>> round(float(implied_vol(2.1334, 60.0, 65.0, 0.25, rate=0.08, carry=0.08)), 3)
    0.3
    """
    arguments = (price, spot, strike, expiry, rate, carry, is_call)
    plain = partial(_array_vols, strict)
    if scalar.invertible(arguments):
        vol = scalar.implied_vol(*arguments)
        if vol is not None:
            return np.asarray(vol)[()]
    if bulk.is_bulk(*arguments):
        return bulk.evaluate("implied_vol", 1, plain, _NAMES, arguments[:-1], is_call)[0]
    return plain(*arguments)[0]


def _array_vols(strict: bool, *arguments: ArrayLike) -> tuple[FloatArray]:
    """Invert on the arrays' path: exact limits and errors, whatever the size."""
    p, f, k, t, discount, sign = _forward_terms(*arguments)
    smaller, intrinsic = np.minimum(f, k), np.maximum(sign * (f - k), 0.0)
    time_value = p / discount - intrinsic
    time_value = np.where(np.abs(time_value) <= _ROUNDING * intrinsic, 0.0, time_value)
    valid = (time_value >= 0.0) & (time_value < smaller) & (t > 0.0)
    if strict:
        _require(valid | np.isnan(p + f + k + t + discount), p, discount * intrinsic, discount * (intrinsic + smaller))
    vol = np.full(p.shape, np.nan)
    beta = time_value[valid] / (np.sqrt(f[valid]) * np.sqrt(k[valid]))
    vol[valid] = _total_vol(beta, np.abs(log_ratio(f[valid], k[valid]))) / np.sqrt(t[valid])
    return (vol[()],)


def _forward_terms(
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    rate: ArrayLike,
    carry: ArrayLike,
    is_call: ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return price, forward, strike, expiry, discount factor and sign, broadcast."""
    t = nonnegative("expiry", expiry)
    forward = nonnegative("spot", spot) * np.exp(finite("carry", carry) * t)
    sign = np.where(np.asarray(is_call, dtype=np.bool_), 1.0, -1.0)
    discount = np.exp(-finite("rate", rate) * t)
    p, f, k, t, discount, sign = np.broadcast_arrays(
        finite("price", price), forward, nonnegative("strike", strike), t, discount, sign
    )
    return p, f, k, t, discount, sign


def _require(valid: BoolArray, price: FloatArray, lower: FloatArray, upper: FloatArray) -> None:
    if not np.all(valid):
        raise NoImpliedVol(*(float(values[~valid][0]) for values in (price, lower, upper)))


def _total_vol(beta: FloatArray, k: FloatArray) -> FloatArray:
    """Solve b(k / s, s) = beta for s, given one-dimensional 0 <= beta < exp(-k/2) and k = |ln(F/K)| >= 0."""
    start = np.sqrt(2.0 * k)
    bound = np.exp(-0.5 * k)
    wing = beta < otm_value(standardise(k, start), start)
    top = ~wing & (beta > 0.5 * bound)
    s = np.zeros(beta.shape)
    for step, region in ((_wing_step, wing & (beta > 0.0)), (_middle_step, ~wing & ~top), (_top_step, top)):
        s[region] = _newton(step, start[region], k[region], beta[region])
    return s


def _newton(step: _Step, s: FloatArray, k: FloatArray, beta: FloatArray) -> FloatArray:
    for _ in range(_MOST_STEPS):
        last, s = s, step(s, k, beta)
        if np.all(np.abs(s - last) <= _CLOSE * s):
            break
    return s


def _wing_step(s: FloatArray, k: FloatArray, beta: FloatArray) -> FloatArray:
    """Step on ln b = ln beta in 1/s^2, where d ln b / ds = 1 / bracket: convex and decreasing, from the left."""
    x = k / s
    bracket = scaled_otm_value(x, s)
    excess = log_otm_value(x, s, bracket) - np.log(beta)
    return np.asarray(s / np.sqrt(1.0 + 2.0 * excess * bracket / s))


def _middle_step(s: FloatArray, k: FloatArray, beta: FloatArray) -> FloatArray:
    """Step on b = beta in s: concave and increasing, from the left."""
    x = standardise(k, s)
    return np.asarray(s + (beta - otm_value(x, s)) / _slope(x, s))


def _top_step(s: FloatArray, k: FloatArray, beta: FloatArray) -> FloatArray:
    """Step on ln(bound - b) in s: concave and decreasing, from the right after the first step."""
    x = standardise(k, s)
    log_gap = np.logaddexp(log_ndtr(x - 0.5 * s) - 0.5 * k, log_ndtr(-x - 0.5 * s) + 0.5 * k)
    excess = log_gap - np.log(np.exp(-0.5 * k) - beta)
    return np.asarray(s + excess * np.exp(log_gap) / _slope(x, s))


def _slope(x: FloatArray, s: FloatArray) -> FloatArray:
    """Return db/ds at constant strike."""
    return np.asarray(density(x) * np.exp(-0.125 * s * s))
