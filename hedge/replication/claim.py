"""The value of impermanent loss under Black-Scholes-Merton, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from hedge import amm
from hedge.numerics.arrays import FloatArray, finite, nonnegative, numbers, positive
from hedge.options.normalised import log_ratio, standardise


def claim_value(
    price0: ArrayLike,
    liquidity: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    spot: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
) -> FloatArray:
    """Return the present value of the impermanent loss that there is at expiry.

    It is never positive, and minus it is what the exact strip costs.

    Parameters
    ----------
    price0 : price at entry, whose amounts are the alternative. liquidity, lower, upper : as in `hedge.amm`.
    spot, expiry, vol, rate, carry : as in `hedge.options.european`, but spot > 0. All broadcast; NaN gives NaN.

    Returns
    -------
    Quote, discounted at rate. Its error is that of the position's value: some 1e-15 of liquidity * sqrt(spot).

    Raises
    ------
    BadInput : a number outside its domain.

    >>> round(float(claim_value(2200.0, 1000.0, 2000.0, 2400.0, 2200.0, 10 / 365, 0.486)), 2)
    -67.34
    """
    held_base, held_quote = amm.amounts(price0, liquidity, lower, upper)
    t = nonnegative("expiry", expiry)
    forward = positive("spot", spot) * np.exp(finite("carry", carry) * t)
    total_vol = nonnegative("vol", vol) * np.sqrt(t)
    per_liquidity = _expected_value_per_liquidity(forward, total_vol, numbers("lower", lower), numbers("upper", upper))
    expected = numbers("liquidity", liquidity) * per_liquidity
    return (np.exp(-finite("rate", rate) * t) * (expected - held_base * forward - held_quote))[()]


def _expected_value_per_liquidity(forward: FloatArray, s: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return E[V(P)] / L for lognormal P.

    V / L is P (1/sqrt(a) - 1/sqrt(b)) below the range, 2 sqrt(P) - P / sqrt(b) - sqrt(a) inside, sqrt(b) - sqrt(a)
    above. Under the measures that weigh with P, sqrt(P) and 1, the chance of P > K is N(x + s/2), N(x) and N(x - s/2),
    with x = ln(forward / K) / s.
    """
    forward, s, a, b = np.broadcast_arrays(forward, s, a, b)
    root_a, per_root_b = np.sqrt(a), 1.0 / np.sqrt(b)
    at_a, at_b = (standardise(log_ratio(forward, edge), s) for edge in (a, b))
    base_inside = forward * (ndtr(at_a + 0.5 * s) - ndtr(at_b + 0.5 * s))
    root_inside = np.sqrt(forward) * np.exp(-0.125 * s * s) * (ndtr(at_a) - ndtr(at_b))
    chance_inside = ndtr(at_a - 0.5 * s) - ndtr(at_b - 0.5 * s)
    inside = 2.0 * root_inside - per_root_b * base_inside - root_a * chance_inside
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.where(a == 0.0, 0.0, forward * ndtr(-at_a - 0.5 * s) * (1.0 / root_a - per_root_b))
        above = np.where(np.isinf(b), 0.0, ndtr(at_b - 0.5 * s) * (np.sqrt(b) - root_a))
    return np.asarray(below + inside + above)
