"""European options under the generalised Black-Scholes-Merton model, settled in the quote currency.

The forward is spot * exp(carry * expiry), discounted at rate; carry = rate is a stock, carry = rate - yield a stock
with a yield, carry = 0 a future. Source: E. G. Haug, "The Complete Guide to Option Pricing Formulas", 2nd ed., chapters
1 and 2.

Shared by every function here
-----------------------------
All arguments broadcast. spot and strike >= 0; expiry in years of 365 days, >= 0; vol annual decimal, >= 0; rate and
carry continuously compounded per year; is_call boolean. NaN in any argument gives NaN in that element. Anything
negative where it must not be, or infinite, raises `BadInput`. Scalars in, numpy.float64 out; arrays in, arrays out.

Limits are exact: at vol = 0 or expiry = 0 prices are discounted intrinsic values of the forward. At the kink (forward =
strike, no volatility left) delta is half its jump, gamma is +inf and, at expiry, theta is -inf.

One ordinary option is priced in plain floats (`scalar`), arrays by numpy here, and those from `jit.BULK_OPTIONS`
elements on by a compiled kernel (`kernels`). All three have the same limits and errors and agree within 1e-13, up to
what one rounding of the forward moves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from hedge.numerics.arrays import FloatArray, finite, nonnegative
from hedge.options import bulk, scalar
from hedge.options.normalised import density, log_ratio, otm_value, standardise

_NAMES = ("spot", "strike", "expiry", "vol", "rate", "carry")


class Greeks(NamedTuple):
    """Price and sensitivities of one unit of options, in quote currency.

    delta and gamma per 1.00 of spot; vega per 1.00 of vol (100 points); theta per year, negative when time costs; rho
    per 1.00 of rate with the yield (rate - carry) held, so that the forward moves with the rate. For a future, whose
    carry stays 0, the rate's effect is -expiry * price instead.
    """

    price: FloatArray
    delta: FloatArray
    gamma: FloatArray
    vega: FloatArray
    theta: FloatArray
    rho: FloatArray


class Terms(NamedTuple):
    """The quantities that price and greeks share: x and total_vol of the broadcast shape, the others broadcast to it.

    What depends on a scalar stays a scalar: a call at one expiry has one square root and two exponentials, not n.
    """

    spot: FloatArray
    strike: FloatArray
    expiry: FloatArray
    vol: FloatArray
    rate: FloatArray
    carry: FloatArray
    sign: FloatArray  # +1 call, -1 put
    discount: FloatArray
    growth: FloatArray  # the forward discounted, per unit of spot
    forward: FloatArray
    total_vol: FloatArray
    x: FloatArray  # ln(forward / strike) / total_vol, signed


def price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> FloatArray:
    """Price European options.

    Parameters
    ----------
    spot, strike : >= 0. expiry : years of 365 days, >= 0. vol : annual, decimal, >= 0. is_call : boolean.
    rate, carry : continuously compounded per year; carry = rate is a stock, 0 a future. All broadcast; NaN gives NaN.

    Returns
    -------
    The price per unit of underlying, quote currency, broadcast shape. With carry 0 the relative error is below 1e-13 up
    to eight standard deviations out of the money, 1e-12 up to forty.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> round(float(price(60.0, 65.0, 0.25, 0.30, rate=0.08, carry=0.08)), 4)
    2.1334
    """
    arguments = (spot, strike, expiry, vol, rate, carry, is_call)
    if scalar.applies(arguments):
        return np.asarray(scalar.price(*arguments))[()]
    if bulk.is_bulk(*arguments):
        return bulk.evaluate("price", 1, _array_prices, _NAMES, arguments[:-1], is_call)[0]
    return _array_prices(*arguments)[0]


def greeks(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> Greeks:
    """Price European options and differentiate the price.

    Parameters
    ----------
    spot, strike : >= 0. expiry : years of 365 days, >= 0. vol : annual, decimal, >= 0. is_call : boolean.
    rate, carry : continuously compounded per year; carry = rate is a stock, 0 a future. All broadcast; NaN gives NaN.

    Returns
    -------
    `Greeks`, each field of the broadcast shape; units there.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> round(float(greeks(55.0, 60.0, 0.75, 0.30, rate=0.10, carry=0.10).gamma), 4)
    0.0278
    """
    arguments = (spot, strike, expiry, vol, rate, carry, is_call)
    if scalar.applies(arguments):
        return Greeks(*(np.asarray(greek)[()] for greek in scalar.greeks(*arguments)))
    if bulk.is_bulk(*arguments):
        return Greeks(*bulk.evaluate("greeks", 6, _array_greeks, _NAMES, arguments[:-1], is_call))
    return _array_greeks(*arguments)


def black76_price(
    forward: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> FloatArray:
    """Price European options on a forward or future (carry = 0).

    Parameters, units, limits and errors as in `price`, with the forward in place of the spot.

    >>> round(float(black76_price(19.0, 19.0, 0.75, 0.28, rate=0.10, is_call=False)), 4)
    1.7011
    """
    return price(forward, strike, expiry, vol, rate, 0.0, is_call)


def _array_prices(*arguments: ArrayLike) -> tuple[FloatArray]:
    """Price on the arrays' path: exact limits and errors, whatever the size."""
    return (_price(terms(*arguments))[()],)


def _array_greeks(*arguments: ArrayLike) -> Greeks:
    """Return the greeks on the arrays' path."""
    t = terms(*arguments)
    d1, d2 = t.x + 0.5 * t.total_vol, t.x - 0.5 * t.total_vol
    root, spread = np.sqrt(t.expiry), density(d1)
    signed_delta = t.sign * ndtr(t.sign * d1)
    strike_leg = t.sign * t.discount * t.strike * ndtr(t.sign * d2)
    present_forward = t.discount * t.forward
    vega_per_root = present_forward * spread
    decay = _ratio(vega_per_root * t.vol, 2.0 * root)
    return Greeks(
        price=_price(t)[()],
        delta=(t.growth * signed_delta)[()],
        gamma=_ratio(t.growth * spread, t.spot * t.total_vol)[()],
        vega=(vega_per_root * root)[()],
        theta=(-decay - (t.carry - t.rate) * (present_forward * signed_delta) - t.rate * strike_leg)[()],
        rho=(t.expiry * strike_leg)[()],
    )


def terms(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike,
    carry: ArrayLike,
    is_call: ArrayLike,
) -> Terms:
    """Check the arguments of a European option and return what its prices and greeks share.

    Parameters
    ----------
    spot, strike : >= 0. expiry : years of 365 days, >= 0. vol : annual, decimal, >= 0. is_call : boolean.
    rate, carry : continuously compounded per year; carry = rate is a stock, 0 a future. All broadcast; NaN gives NaN.

    Raises
    ------
    BadInput : an argument outside its domain.
    """
    s, k = nonnegative("spot", spot), nonnegative("strike", strike)
    t, v = nonnegative("expiry", expiry), nonnegative("vol", vol)
    r, b = finite("rate", rate), finite("carry", carry)
    sign = np.where(np.asarray(is_call, dtype=np.bool_), 1.0, -1.0)
    grown, discount = np.exp(b * t), np.exp(-r * t)
    forward, total_vol = s * grown, v * np.sqrt(t)
    x = standardise(log_ratio(forward, k), total_vol)
    shape = np.broadcast_shapes(x.shape, discount.shape, sign.shape)
    x, total_vol = np.broadcast_to(x, shape), np.broadcast_to(total_vol, shape)
    return Terms(s, k, t, v, r, b, sign, discount, discount * grown, forward, total_vol, x)


def _price(t: Terms) -> FloatArray:
    """Add intrinsic value to the out-of-the-money value: put-call parity holds by construction."""
    time_value = np.sqrt(t.forward) * np.sqrt(t.strike) * otm_value(np.abs(t.x), t.total_vol)
    intrinsic = np.maximum(t.sign * (t.forward - t.strike), 0.0)
    return np.asarray(t.discount * (intrinsic + time_value))


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide, with 0 where the numerator is 0: a density beats every power of a vanishing volatility."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(numerator == 0.0, 0.0 * denominator, numerator / denominator)
