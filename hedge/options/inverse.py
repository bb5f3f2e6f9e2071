"""Coin-settled (inverse) options, as Deribit lists them on BTC and ETH.

Values are in coin: the pay-off of a call is max(S - K, 0) / S coins. A coin price is the linear price divided by the
underlying, which for Deribit is the forward of the option's expiry: pass that as spot, with rate = carry = 0.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from hedge.numerics.arrays import FloatArray, positive
from hedge.options.european import greeks, price


def inverse_price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> FloatArray:
    """Price coin-settled European options, in coins per option on one coin.

    Parameters, shapes, NaN and errors as in `hedge.options.european`, but spot must be > 0.

    Returns
    -------
    Linear price / spot; a call stays below 1, a put does not.

    >>> round(float(inverse_price(2_000.0, 2_000.0, 30 / 365, 0.60)), 5)
    0.06854
    """
    underlying = positive("spot", spot)
    return (price(underlying, strike, expiry, vol, rate, carry, is_call) / underlying)[()]


def inverse_delta(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> FloatArray:
    """Return the coins to sell against one coin-settled option whose premium is itself held in coin.

    It is the linear delta less the coin price, because S * d(coin price)/dS = delta - coin price: the premium, kept in
    coin, already carries part of the exposure. Parameters and errors as in `inverse_price`.

    >>> round(float(inverse_delta(2_000.0, 2_000.0, 30 / 365, 0.60)), 5)
    0.46573
    """
    underlying = positive("spot", spot)
    linear = greeks(underlying, strike, expiry, vol, rate, carry, is_call)
    return (linear.delta - linear.price / underlying)[()]
