"""Price, differentiate and invert European options; linear (quote-settled) unless a name says inverse.

`european` states the conventions that all of them share.
"""

from hedge.options.european import Greeks, black76_price, greeks, price
from hedge.options.implied import implied_vol
from hedge.options.inverse import inverse_delta, inverse_price

__all__ = ["Greeks", "black76_price", "greeks", "implied_vol", "inverse_delta", "inverse_price", "price"]
