"""European digital options: all or nothing at expiry.

Conventions, limits and errors as in `hedge.options.european`. A call pays above its strike, a put below it; at the
kink (forward = strike, no volatility left) each is worth half its jump, so that call and put always add up to the
payment itself. Source: E. G. Haug, "The Complete Guide to Option Pricing Formulas", 2nd ed., sections 4.19.1 to
4.19.3, after M. Rubinstein and E. Reiner, "Unscrambling the binary code", 1991.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from hedge.numerics.arrays import FloatArray, nonnegative
from hedge.options.european import terms


class _Legs(NamedTuple):
    """Present values of one unit of cash and one unit of underlying, paid where the option ends in the money."""

    sign: FloatArray  # +1 call, -1 put
    cash: FloatArray
    asset: FloatArray


def cash_or_nothing(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> FloatArray:
    """Price options that pay 1.00 at expiry if they end in the money.

    Parameters: see `hedge.options.european`. Returns quote currency per unit of cash, broadcast shape.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> round(10.0 * float(cash_or_nothing(100.0, 80.0, 0.75, 0.35, rate=0.06, is_call=False)), 4)
    2.671
    """
    return _legs(spot, strike, expiry, vol, rate, carry, is_call).cash[()]


def asset_or_nothing(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> FloatArray:
    """Price options that deliver one unit of underlying at expiry if they end in the money.

    Parameters: see `hedge.options.european`. Returns quote currency per unit of underlying, broadcast shape.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> round(float(asset_or_nothing(70.0, 65.0, 0.5, 0.27, rate=0.07, carry=0.02, is_call=False)), 4)
    20.2069
    """
    return _legs(spot, strike, expiry, vol, rate, carry, is_call).asset[()]


def gap(
    spot: ArrayLike,
    strike: ArrayLike,
    trigger: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> FloatArray:
    """Price options that must be exercised against the strike where spot ends beyond the trigger.

    A call pays spot - strike above the trigger, a put strike - spot below it; either can be negative.

    Parameters: see `hedge.options.european`; trigger >= 0. Returns the price per unit of underlying, broadcast shape.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> round(float(gap(50.0, 57.0, 50.0, 0.5, 0.20, rate=0.09, carry=0.09)), 4)
    -0.0053
    """
    legs = _legs(spot, nonnegative("trigger", trigger), expiry, vol, rate, carry, is_call)
    return np.asarray(legs.sign * (legs.asset - nonnegative("strike", strike) * legs.cash))[()]


def _legs(
    spot: ArrayLike,
    trigger: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike,
    carry: ArrayLike,
    is_call: ArrayLike,
) -> _Legs:
    shared = terms(spot, trigger, expiry, vol, rate, carry, is_call)
    sign, x, half = shared.sign, shared.x, 0.5 * shared.total_vol
    cash = shared.discount * ndtr(sign * (x - half))
    return _Legs(sign, np.asarray(cash), np.asarray(shared.discount * shared.forward * ndtr(sign * (x + half))))
