"""The fair variance of a variance swap, from a strip of listed options.

Source: K. Demeterfi, E. Derman, M. Kamal and J. Zou, "More than you ever wanted to know about volatility swaps", 1999.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput, TooFewQuotes
from hedge.numerics.arrays import BoolArray, FloatArray, nonnegative, positive
from hedge.options.log_contract import chord_weights


def variance_swap(
    strike: ArrayLike, is_call: ArrayLike, price: ArrayLike, forward: float, time: float, rate: float = 0.0
) -> float:
    """Return the annual variance at which a variance swap costs nothing, replicated with the options given.

    The pay-off (2/T) [(S - K0)/K0 - ln(S/K0)] is replaced by its chords between strikes: puts up to K0, calls from K0,
    each weighted by the change of slope there; beyond the last strikes the outermost chord is as wide as the one inside
    it. The chords lie above the curve, so the result exceeds the variance between the strikes and lacks what is beyond.
    `term_variance` weighs with dK / K^2 instead: the same up to (dK / K)^2.

    Parameters
    ----------
    strike, is_call, price : one-dimensional, one length, any order; strikes > 0 and listed once per kind; prices >= 0,
        quote currency. K0 is the strike of both a put and a call that is next to the forward; puts above and calls
        below it are not used. Options with a NaN are left out.
    forward : > 0. time : years, > 0. rate : continuous, per year.

    Raises
    ------
    BadInput : a number outside its domain.
    TooFewQuotes : no strike with both kinds, or less than two puts or calls.

    >>> from hedge.options import black76_price
    >>> k = np.arange(20.0, 400.0, 2.0)
    >>> round(variance_swap(np.repeat(k, 2), [True, False] * k.size, np.ravel(
    ...     [black76_price(100.0, k, 0.5, 0.2), black76_price(100.0, k, 0.5, 0.2, is_call=False)], "F"), 100.0, 0.5), 4)
    0.0401
    """
    for name, number in (("forward", forward), ("time", time)):
        if np.isnan(positive(name, number)):
            raise BadInput(name, number, "must be known")
    k, call, value = _by_strike(strike, is_call, price)
    both = np.intersect1d(k[call], k[~call])
    if both.size == 0:
        raise TooFewQuotes("strikes with a put and a call", 0, 1)
    middle = float(both[np.argmin(np.abs(both - forward))])
    puts, calls = ~call & (k <= middle), call & (k >= middle)
    strip = _strip_value(k[puts][::-1], value[puts][::-1], middle) + _strip_value(k[calls], value[calls], middle)
    return float(2.0 / time * (np.log(forward / middle) - (forward / middle - 1.0) + np.exp(rate * time) * strip))


def _by_strike(strike: ArrayLike, is_call: ArrayLike, price: ArrayLike) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Return strikes, kinds and prices in order of strike, without those that hold a NaN."""
    k, value = positive("strike", strike), nonnegative("price", price)
    call = np.asarray(is_call, dtype=np.bool_)
    if k.ndim != 1 or k.shape != value.shape or k.shape != call.shape:
        raise BadInput("price", value.shape, f"must be one-dimensional, one per strike and kind {k.shape}")
    order = np.argsort(k, kind="stable")
    order = order[~np.isnan(k + value)[order]]
    return k[order], call[order], value[order]


def _strip_value(strike: FloatArray, price: FloatArray, middle: float) -> float:
    """Return what one side of the strip costs, per 2/T; strikes run outward from the middle."""
    if strike.size < 2:
        raise TooFewQuotes("options on one side of the strip", strike.size, 2)
    if np.any(np.diff(strike) == 0.0):
        raise BadInput("strike", float(strike[1:][np.diff(strike) == 0.0][0]), "must be listed once per kind")
    return float(chord_weights(strike, middle) @ price)
