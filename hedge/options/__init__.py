"""Price, differentiate and invert options; linear (quote-settled) unless a name says inverse.

`european` states the conventions that all of them share. Beside Black-Scholes-Merton in `european`, `implied` and
`inverse`: `digital` and `touch` for all-or-nothing claims, `path_dependent` for averages, barriers and variance,
`heston` for stochastic volatility.
"""

from hedge.options.digital import asset_or_nothing, cash_or_nothing, gap
from hedge.options.european import Greeks, black76_price, greeks, price
from hedge.options.heston import Heston, heston_price
from hedge.options.implied import implied_vol
from hedge.options.inverse import inverse_delta, inverse_price
from hedge.options.path_dependent import forward_value, geometric_asian, knock_in, knock_out, variance_swap_value
from hedge.options.touch import asset_no_touch, asset_one_touch, no_touch, one_touch

__all__ = [
    "Greeks",
    "Heston",
    "asset_no_touch",
    "asset_one_touch",
    "asset_or_nothing",
    "black76_price",
    "cash_or_nothing",
    "forward_value",
    "gap",
    "geometric_asian",
    "greeks",
    "heston_price",
    "implied_vol",
    "inverse_delta",
    "inverse_price",
    "knock_in",
    "knock_out",
    "no_touch",
    "one_touch",
    "price",
    "variance_swap_value",
]
