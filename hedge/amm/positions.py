"""One position of concentrated liquidity: value, greeks, impermanent loss and loss-versus-rebalancing.

A position holds liquidity L over the price range [lower, upper]; lower = 0, upper = inf is Uniswap v2. v3 and v4 have
the same mathematics. Sources: Uniswap v3 white paper, section 6.2; Milionis, Moallemi, Roughgarden and Zhang,
"Automated market making and loss-versus-rebalancing", 2022.

Shared by every function here
-----------------------------
All arguments broadcast. price > 0, quote per base; liquidity >= 0 in human units, that is the raw integer divided by
10**((dec_base + dec_quote) / 2); 0 <= lower < upper <= inf. NaN in any argument gives NaN in that element. Out of
domain raises `BadInput`. Scalars in, numpy.float64 out; arrays in, arrays out. A position is in range where
lower <= price < upper, as in the contract.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from hedge.errors import BadInput
from hedge.numerics.arrays import BoolArray, FloatArray, finite, nonnegative, numbers, positive

FAR = 1e200
"""An upper price beyond which a position is worth what one without an upper price is, to the last digit."""


class TwoAssetGreeks(NamedTuple):
    """Exposure of a position whose two tokens are both priced in a numeraire, usually USD.

    value in USD; delta_base and delta_quote in units of the token, which are the amounts held; gammas in units of token
    per USD of price, the symmetric matrix [[base, cross], [cross, quote]].
    """

    value: FloatArray
    delta_base: FloatArray
    delta_quote: FloatArray
    gamma_base: FloatArray
    gamma_cross: FloatArray
    gamma_quote: FloatArray


def amounts(
    price: ArrayLike, liquidity: ArrayLike, lower: ArrayLike = 0.0, upper: ArrayLike = np.inf
) -> tuple[FloatArray, FloatArray]:
    """Return the base and quote amounts that a position holds.

    Differences of square roots are taken from differences of prices, so that narrow ranges lose no digits.

    Parameters
    ----------
    price : quote per base, > 0. liquidity : in human units, raw / 10**((dec_base + dec_quote) / 2), >= 0.
    lower, upper : ends of the range, quote per base, 0 <= lower < upper <= inf. All broadcast; NaN gives NaN.

    Returns
    -------
    (base, quote), each >= 0, continuous at the edges of the range.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> [round(float(x), 6) for x in amounts(2_200.0, 1_000.0, 2_000.0, 2_400.0)]
    [0.907657, 2182.798048]
    """
    p, liq, a, b = _position(price, liquidity, lower, upper)
    held = np.clip(p, a, b)
    return (liq * _base_per_liquidity(held, b))[()], (liq * _quote_per_liquidity(held, a))[()]


def value(price: ArrayLike, liquidity: ArrayLike, lower: ArrayLike = 0.0, upper: ArrayLike = np.inf) -> FloatArray:
    """Return what a position is worth, in quote, fees apart.

    Parameters
    ----------
    price : quote per base, > 0. liquidity : in human units, raw / 10**((dec_base + dec_quote) / 2), >= 0.
    lower, upper : ends of the range, quote per base, 0 <= lower < upper <= inf. All broadcast; NaN gives NaN.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> float(value(2_500.0, 1_000.0))
    100000.0
    """
    base, quote = amounts(price, liquidity, lower, upper)
    return base * numbers("price", price) + quote


def delta(price: ArrayLike, liquidity: ArrayLike, lower: ArrayLike = 0.0, upper: ArrayLike = np.inf) -> FloatArray:
    """Return the derivative of `value` by price: the base amount held.

    Parameters
    ----------
    price : quote per base, > 0. liquidity : in human units, raw / 10**((dec_base + dec_quote) / 2), >= 0.
    lower, upper : ends of the range, quote per base, 0 <= lower < upper <= inf. All broadcast; NaN gives NaN.

    >>> float(delta(2_500.0, 1_000.0))
    20.0
    """
    return amounts(price, liquidity, lower, upper)[0]


def gamma(price: ArrayLike, liquidity: ArrayLike, lower: ArrayLike = 0.0, upper: ArrayLike = np.inf) -> FloatArray:
    """Return the derivative of `delta` by price, -L / (2 price^1.5) in range and 0 outside.

    It jumps at the edges of the range, where it is one-sided.

    Parameters
    ----------
    price : quote per base, > 0. liquidity : in human units, raw / 10**((dec_base + dec_quote) / 2), >= 0.
    lower, upper : ends of the range, quote per base, 0 <= lower < upper <= inf. All broadcast; NaN gives NaN.

    >>> float(gamma(2_500.0, 1_000.0))
    -0.004
    """
    p, liq, a, b = _position(price, liquidity, lower, upper)
    return _in_range_only(-0.5 * liq / (p * np.sqrt(p)), p, a, b, outside=0.0)


def in_range(price: ArrayLike, lower: ArrayLike = 0.0, upper: ArrayLike = np.inf) -> BoolArray:
    """Tell where a position earns fees: lower <= price < upper. NaN is not in range.

    Parameters
    ----------
    price : quote per base, > 0. lower, upper : ends of the range, 0 <= lower < upper <= inf. All broadcast.

    >>> bool(in_range(2_000.0, 2_000.0, 2_400.0)), bool(in_range(2_400.0, 2_000.0, 2_400.0))
    (True, False)
    """
    p, _, a, b = _position(price, 1.0, lower, upper)
    return np.asarray((a <= p) & (p < b))


def impermanent_loss(
    price: ArrayLike,
    liquidity: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    held_base: ArrayLike,
    held_quote: ArrayLike,
) -> FloatArray:
    """Return the position's value less that of holding the given amounts instead, in quote.

    Parameters
    ----------
    held_base, held_quote : amounts of the alternative, finite; the amounts at entry make it the usual impermanent loss,
        which is never positive.
    price : quote per base, > 0. liquidity : in human units, raw / 10**((dec_base + dec_quote) / 2), >= 0.
    lower, upper : ends of the range, quote per base, 0 <= lower < upper <= inf. All broadcast; NaN gives NaN.

    >>> round(float(impermanent_loss(4.0, 1.0, 0.0, float("inf"), 1.0, 1.0)), 12)
    -1.0
    """
    holding = finite("held_base", held_base) * positive("price", price) + finite("held_quote", held_quote)
    return value(price, liquidity, lower, upper) - holding


def lvr_rate(price: ArrayLike, liquidity: ArrayLike, lower: ArrayLike, upper: ArrayLike, vol: ArrayLike) -> FloatArray:
    """Return the expected loss to arbitrageurs per year, L vol^2 sqrt(price) / 4, in quote; 0 out of range.

    Parameters
    ----------
    vol : annual volatility of the pool's price, decimal, >= 0.
    price : quote per base, > 0. liquidity : in human units, raw / 10**((dec_base + dec_quote) / 2), >= 0.
    lower, upper : ends of the range, quote per base, 0 <= lower < upper <= inf. All broadcast; NaN gives NaN.
    """
    p, liq, a, b = _position(price, liquidity, lower, upper)
    v = nonnegative("vol", vol)
    return _in_range_only(0.25 * liq * v * v * np.sqrt(p), p, a, b, outside=0.0)


def range_share(value: ArrayLike, lvr_rate: ArrayLike, vol: ArrayLike, years: float) -> FloatArray:
    """Return which share of its LVR a year a position that is left alone is expected to see in so many years.

    A position is a bundle of covered calls with strikes all over its range. What arbitrageurs are expected to take of
    one by a time is the time value of its call, at most that at the money: value (2 N(vol sqrt(years) / 2) - 1), the
    cost of crossing the whole range at one price. So a narrow range is left before its rate could take more, and its
    fees end there as well.

    Parameters
    ----------
    value : of the position, >= 0. lvr_rate : a year at the price of now, in the unit of value, >= 0.
    vol : annual volatility of the pool's price, decimal, >= 0. years : > 0.

    Returns
    -------
    In [0, 1]: 1 for a range that is wide for the time.

    >>> [round(float(range_share(1.0, lvr_rate(1.0, 1.0 / value(1.0, 1.0, a, b), a, b, 0.6), 0.6, 30 / 365)), 4)
    ...  for a, b in ((0.8, 1.25), (0.997, 1.003))]
    [1.0, 0.0278]
    """
    worth, rate, v = nonnegative("value", value), nonnegative("lvr_rate", lvr_rate), nonnegative("vol", vol)
    most = worth * (2.0 * ndtr(0.5 * v * np.sqrt(years)) - 1.0)
    spent = rate * years
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spent > most, most / spent, np.where(np.isnan(spent - most), np.nan, 1.0))[()]


def theta(
    price: ArrayLike, liquidity: ArrayLike, lower: ArrayLike, upper: ArrayLike, vol: ArrayLike, fee_apr: ArrayLike = 0.0
) -> FloatArray:
    """Return what a delta-hedged position is expected to earn per year, in quote: fees less loss-versus-rebalancing.

    A position's value does not depend on time; as for an option, time pays for gamma. Hedging costs vol^2 price^2
    |gamma| / 2 = `lvr_rate` a year, fees pay fee_apr times the value: theta is zero at `break_even_vol`.

    Parameters
    ----------
    vol : annual volatility of the pool's price, decimal, >= 0.
    fee_apr : fees per year over the position's value while in range, decimal, >= 0.
    price : quote per base, > 0. liquidity : in human units, raw / 10**((dec_base + dec_quote) / 2), >= 0.
    lower, upper : ends of the range, quote per base, 0 <= lower < upper <= inf. All broadcast; NaN gives NaN.

    Returns
    -------
    Quote per year; 0 out of range, where there is neither gamma nor fee.

    >>> round(float(theta(2_500.0, 1_000.0, 0.0, float("inf"), 0.8, 0.10)), 6)
    2000.0
    """
    fees = nonnegative("fee_apr", fee_apr) * value(price, liquidity, lower, upper)
    p, _, a, b, fees = np.broadcast_arrays(*_position(price, liquidity, lower, upper), fees)
    return _in_range_only(fees, p, a, b, outside=0.0) - lvr_rate(price, liquidity, lower, upper, vol)


def break_even_vol(price: ArrayLike, lower: ArrayLike, upper: ArrayLike, fee_apr: ArrayLike) -> FloatArray:
    """Return the volatility at which fees just pay for loss-versus-rebalancing.

    sqrt(4 theta fee_apr) with theta = 2 - sqrt(lower/price) - sqrt(price/upper), the position's value over
    L sqrt(price). A position pays only while volatility stays below it.

    Parameters
    ----------
    fee_apr : fees per year over the position's value, decimal, >= 0.
    price : quote per base, > 0. lower, upper : ends of the range, quote per base, 0 <= lower < upper <= inf.
    All broadcast; NaN gives NaN.

    Returns
    -------
    Annual volatility; NaN out of range, where no fees are earned.

    >>> round(float(break_even_vol(2_000.0, 0.0, float("inf"), 0.08)), 6)
    0.8
    """
    p, liq, a, b = _position(price, 1.0, lower, upper)
    apr = nonnegative("fee_apr", fee_apr)
    root = np.sqrt(p)
    theta = liq * (_base_per_liquidity(np.clip(p, a, b), b) * root + _quote_per_liquidity(np.clip(p, a, b), a) / root)
    return _in_range_only(2.0 * np.sqrt(theta * apr), p, a, b, outside=np.nan)


def two_asset_greeks(
    price_base: ArrayLike,
    price_quote: ArrayLike,
    liquidity: ArrayLike,
    lower: ArrayLike = 0.0,
    upper: ArrayLike = np.inf,
) -> TwoAssetGreeks:
    """Return value, deltas and gammas of a position by the USD prices of both its tokens.

    With r = price_base / price_quote and v the one-asset value, V = price_quote v(r); the gamma matrix is
    v''/price_quote [[1, -r], [-r, r^2]]. V is homogeneous: prices times deltas sum to V, the matrix times prices is 0.

    Parameters
    ----------
    price_base, price_quote : USD per token, > 0.
    liquidity : in human units, raw / 10**((dec_base + dec_quote) / 2), >= 0.
    lower, upper : ends of the range in quote per base, not in USD, 0 <= lower < upper <= inf. All broadcast.
    """
    numeraire = positive("price_quote", price_quote)
    ratio = positive("price_base", price_base) / numeraire
    base, quote = amounts(ratio, liquidity, lower, upper)
    curvature = gamma(ratio, liquidity, lower, upper) / numeraire
    total = numeraire * (base * ratio + quote)
    return TwoAssetGreeks(total, base, quote, curvature, -ratio * curvature, ratio * ratio * curvature)


def _position(
    price: ArrayLike, liquidity: ArrayLike, lower: ArrayLike, upper: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    p, liq, a = positive("price", price), nonnegative("liquidity", liquidity), nonnegative("lower", lower)
    b = numbers("upper", upper)
    if p.ndim or liq.ndim or a.ndim or b.ndim:
        p, liq, a, b = np.broadcast_arrays(p, liq, a, b)
    empty = b <= a
    if np.any(empty):
        raise BadInput("upper", float(b[empty][0]), f"must be above lower = {float(a[empty][0])}")
    return p, liq, a, b


def _base_per_liquidity(held: FloatArray, upper: FloatArray) -> FloatArray:
    """Return 1/sqrt(held) - 1/sqrt(upper) for held <= upper, from the difference of the prices.

    Of an upper price that is endless, or so far away that products of it would be, nothing is lost without it.
    """
    root, edge = np.sqrt(held), np.sqrt(upper)
    with np.errstate(invalid="ignore", over="ignore"):
        bounded = (upper - held) / ((edge + root) * edge * root)
    return np.where(upper > FAR, 1.0 / root - 1.0 / edge, bounded)


def _quote_per_liquidity(held: FloatArray, lower: FloatArray) -> FloatArray:
    """Return sqrt(held) - sqrt(lower) for held >= lower, from the difference of the prices."""
    return np.asarray((held - lower) / (np.sqrt(held) + np.sqrt(lower)))


def _in_range_only(
    inside: FloatArray, price: FloatArray, lower: FloatArray, upper: FloatArray, outside: float
) -> FloatArray:
    out = (price < lower) | (price >= upper)
    known = ~(np.isnan(inside) | np.isnan(price) | np.isnan(lower) | np.isnan(upper))
    return np.where(known, np.where(out, outside, inside), np.nan)[()]
