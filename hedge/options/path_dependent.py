"""Claims on the whole path under Black-Scholes-Merton, one closed form each: what a simulation is checked against.

Conventions, limits and errors as in `hedge.options.european`. `fixings` counts the observations at expiry * i /
fixings, i = 1 .. fixings: the valuation date is not one of them, the expiry is; infinite means continuous.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite, nonnegative, numbers, positive
from hedge.options.european import price
from hedge.options.normalised import log_ratio, standardise


def forward_value(
    spot: ArrayLike, strike: ArrayLike, expiry: ArrayLike, rate: ArrayLike = 0.0, carry: ArrayLike = 0.0
) -> FloatArray:
    """Price a forward bought at the strike: what a call less a put is worth.

    Parameters: see the module. Returns quote currency, broadcast shape, of either sign.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> round(float(forward_value(100.0, 90.0, 1.0, rate=0.02, carry=0.02)), 4)
    11.7821
    """
    s, k, t = nonnegative("spot", spot), nonnegative("strike", strike), nonnegative("expiry", expiry)
    return np.asarray(np.exp(-finite("rate", rate) * t) * (s * np.exp(finite("carry", carry) * t) - k))[()]


def variance_swap_value(
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    *,
    fixings: ArrayLike = np.inf,
) -> FloatArray:
    """Price a swap that pays, at expiry, the realised annual variance less the strike.

    Realised is the sum of squared log returns over the expiry, without a mean taken off; its expectation is vol^2 +
    (carry - vol^2 / 2)^2 expiry / fixings.

    Parameters: see the module; strike an annual variance >= 0. Returns quote currency per unit of variance.

    Raises
    ------
    BadInput : an argument outside its domain, or less than one fixing.

    >>> round(float(variance_swap_value(0.0, 1.0, 0.25, rate=0.02, carry=0.02, fixings=4)), 6)
    0.061293
    """
    k, t, variance = nonnegative("strike", strike), nonnegative("expiry", expiry), nonnegative("vol", vol) ** 2
    drift = finite("carry", carry) - 0.5 * variance
    expected = variance + drift * drift * t * _spacing(fixings)
    return np.asarray(np.exp(-finite("rate", rate) * t) * (expected - k))[()]


def geometric_asian(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
    *,
    fixings: ArrayLike = np.inf,
) -> FloatArray:
    """Price options on the geometric mean of the fixings, fixed strike.

    The mean is lognormal, so this is Black-Scholes-Merton with a lower volatility and carry. Sources: A. Kemna and A.
    Vorst, "A pricing method for options based on average asset values", 1990 (continuous); E. G. Haug, "The Complete
    Guide to Option Pricing Formulas", 2nd ed., section 4.20.

    Parameters: see the module. Returns the price per unit of underlying, broadcast shape.

    Raises
    ------
    BadInput : an argument outside its domain, or less than one fixing.

    >>> round(float(geometric_asian(100.0, 100.0, 1.0, 0.25, rate=0.02, carry=0.02, fixings=32)), 4)
    6.0404
    """
    step, variance = _spacing(fixings), nonnegative("vol", vol) ** 2
    mean_variance = variance * (1.0 + step) * (2.0 + step) / 6.0
    mean_drift = (finite("carry", carry) - 0.5 * variance) * (1.0 + step) / 2.0
    return price(spot, strike, expiry, np.sqrt(mean_variance), rate, mean_drift + 0.5 * mean_variance, is_call)


def knock_in(
    spot: ArrayLike,
    strike: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
    is_up: ArrayLike = True,
) -> FloatArray:
    """Price options that count only if the barrier was touched: the European option less the knock-out.

    Parameters and errors as in `knock_out`.

    >>> round(float(knock_in(100.0, 100.0, 95.0, 0.5, 0.25, rate=0.08, carry=0.04, is_up=False)), 4)
    3.3368
    """
    alive = knock_out(spot, strike, barrier, expiry, vol, rate, carry, is_call, is_up)
    return np.asarray(price(spot, strike, expiry, vol, rate, carry, is_call) - alive)[()]


def knock_out(
    spot: ArrayLike,
    strike: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
    is_up: ArrayLike = True,
) -> FloatArray:
    """Price options that die without rebate when the barrier is touched, watched continuously.

    The pay-off beyond the barrier is cut off, and what remains is reflected in it: out(S) = v(S) - (H / S)^(2 carry /
    vol^2 - 1) v(H^2 / S). A rebate is a `touch.one_touch`. Source: E. Reiner and M. Rubinstein, "Breaking down the
    barriers", 1991.

    Parameters: see the module; spot and barrier > 0; is_up as in `hedge.options.touch`, 0 where it is touched already.
    Returns the price per unit of underlying, broadcast shape. Its error is absolute: some 1e-15 of spot or strike,
    or 1e-18 times carry / vol^2 where that is more.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> round(float(knock_out(100.0, 100.0, 95.0, 0.5, 0.25, rate=0.08, carry=0.04, is_up=False)), 4)
    4.5126
    """
    s, k, h = positive("spot", spot), nonnegative("strike", strike), positive("barrier", barrier)
    t, v = nonnegative("expiry", expiry), nonnegative("vol", vol)
    r, b = finite("rate", rate), finite("carry", carry)
    sign, side = (np.where(np.asarray(flag, dtype=np.bool_), 1.0, -1.0) for flag in (is_call, is_up))
    s, k, h, t, v, r, b, sign, side = np.broadcast_arrays(s, k, h, t, v, r, b, sign, side)
    growth, total_vol, distance = np.exp(b * t), v * np.sqrt(t), log_ratio(h, s)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(total_vol == 0.0, -np.inf, (2.0 * b / (v * v) - 1.0) * distance)
    direct = _alive(s * growth, k, h, total_vol, sign, side, 0.0 * distance)
    mirrored = _alive(h * (h / s) * growth, k, h, total_vol, sign, side, weight)
    alive = np.where(side * distance <= 0.0, 0.0 * direct, np.maximum(direct - mirrored, 0.0))
    return np.asarray(np.exp(-r * t) * alive)[()]


def _alive(
    forward: FloatArray,
    strike: FloatArray,
    barrier: FloatArray,
    total_vol: FloatArray,
    sign: FloatArray,
    side: FloatArray,
    log_weight: FloatArray,
) -> FloatArray:
    """Return the undiscounted, weighted value of the pay-off on the live side of the barrier.

    A pay-off that grows away from the barrier is paid beyond both strike and barrier. One that grows towards it is paid
    between them: the difference of the tails on the strike's side, which are small where the weight is large.
    """
    towards = sign == side
    tail = np.where(towards, -sign, sign)
    beyond = np.where(sign > 0.0, np.maximum(strike, barrier), np.minimum(strike, barrier))
    with np.errstate(over="ignore", invalid="ignore"):  # of the tail at the strike where it is not used
        far = _tail(beyond, forward, strike, total_vol, tail, log_weight)
        near = _tail(strike, forward, strike, total_vol, tail, log_weight)
        return np.asarray(sign * np.where(towards, far - near, far))


def _tail(
    trigger: FloatArray,
    forward: FloatArray,
    strike: FloatArray,
    total_vol: FloatArray,
    tail: FloatArray,
    log_weight: FloatArray,
) -> FloatArray:
    """Return the weighted expectation of spot - strike above the trigger (tail +1) or below it (-1).

    Weights and chances multiply as logarithms: the one may be huge where the other is tiny.
    """
    x = standardise(log_ratio(forward, trigger), total_vol)
    asset = forward * np.exp(log_weight + log_ndtr(tail * (x + 0.5 * total_vol)))
    cash = strike * np.exp(log_weight + log_ndtr(tail * (x - 0.5 * total_vol)))
    return np.asarray(asset - cash)


def _spacing(fixings: ArrayLike) -> FloatArray:
    """Return 1 / fixings, 0 for continuous observation."""
    count = numbers("fixings", fixings)
    wrong = (count < 1.0) | (np.isfinite(count) & (count != np.floor(count)))
    if np.any(wrong):
        raise BadInput("fixings", float(count[wrong][0]), "must be a whole number >= 1, or infinite")
    return np.asarray(1.0 / count)
