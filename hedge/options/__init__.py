"""Price, differentiate and invert options; linear (quote-settled) unless a name says inverse.

    european, implied    Black-Scholes-Merton and Black-76, their greeks, and the volatility that a price implies
    inverse              options that settle in coin
    heston               stochastic volatility

Read `european` first: it states the conventions that all of them share. May import `numerics` alone.
"""

from hedge.options.european import Greeks, black76_price, greeks, price
from hedge.options.heston import Heston, heston_price
from hedge.options.implied import implied_vol
from hedge.options.inverse import inverse_delta, inverse_price

__all__ = [
    "Greeks",
    "Heston",
    "black76_price",
    "greeks",
    "heston_price",
    "implied_vol",
    "inverse_delta",
    "inverse_price",
    "price",
]
