"""Build, pay off and price the strip on listed strikes."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf

import numpy as np
from numpy.typing import ArrayLike

from hedge import amm
from hedge.errors import BadInput
from hedge.numerics.arrays import BoolArray, FloatArray, positive
from hedge.options import price as option_price


@dataclass(frozen=True)
class Strip:
    """Long options, cash and forwards that pay at least a position's impermanent loss at expiry.

    strikes, is_call, weights (units of options, >= 0): one row per option, in order of strike; a strike at the entry
    price has a put and a call. cash (quote, at expiry) and units (of base, bought forward at price0) are 0 when the
    entry price is a strike. bound: the largest overpayment at any price, quote; inf for a range without upper end.
    """

    price0: float
    strikes: FloatArray
    is_call: BoolArray
    weights: FloatArray
    cash: float
    units: float
    bound: float


@dataclass(frozen=True)
class _Claim:
    """Minus the impermanent loss of one position: convex, 0 at entry, held_quote at price 0, slope held_base at inf."""

    price0: float
    liquidity: float
    lower: float
    upper: float
    held_base: float
    held_quote: float

    def height(self, price: FloatArray) -> FloatArray:
        return -amm.impermanent_loss(price, self.liquidity, self.lower, self.upper, self.held_base, self.held_quote)


def strip_density(
    strike: ArrayLike, liquidity: ArrayLike, lower: ArrayLike = 0.0, upper: ArrayLike = inf
) -> FloatArray:
    """Return options per unit of strike in the exact, continuous strip: minus the position's gamma at that price.

    Parameters and errors as in `hedge.amm`, with the strike in place of the price.
    """
    return -amm.gamma(strike, liquidity, lower, upper)


def strip_weights(strikes: ArrayLike, price0: float, liquidity: float, lower: float = 0.0, upper: float = inf) -> Strip:
    """Build the strip of listed options that super-replicates minus the impermanent loss since entry.

    Between strikes the strip pays the chord of minus IL; below the first strike the chord to price 0; above the last
    one the slope of the base once held, which is exact if the last strike is at or above the range.

    Parameters
    ----------
    strikes : one-dimensional, at least one, > 0, increasing; quote per base.
    price0 : price at entry, > 0. liquidity : > 0, human units. lower, upper : the range.

    Raises
    ------
    BadInput : a number outside its domain, or NaN.

    >>> strip = strip_weights([2000.0, 2100.0, 2200.0, 2300.0, 2400.0], 2200.0, 1000.0, 2000.0, 2400.0)
    >>> [(float(k), "call" if call else "put") for k, call in zip(strip.strikes, strip.is_call)][2:4]
    [(2200.0, 'put'), (2200.0, 'call')]
    """
    knots, claim = _knots(strikes), _claim(price0, liquidity, lower, upper)
    heights = claim.height(knots)
    chords = np.diff(heights, prepend=claim.held_quote) / np.diff(knots, prepend=0.0)
    slopes = np.append(chords, claim.held_base)
    bound = _largest_gap(claim, np.append(0.0, knots), np.append(claim.held_quote, heights), slopes)
    return _split_at_entry(claim.price0, knots, heights, slopes, bound)


def strip_payoff(strip: Strip, price: ArrayLike) -> FloatArray:
    """Return what a strip pays at expiry, in quote.

    Parameters
    ----------
    price : any shape, > 0, quote per base; NaN gives NaN. Returns the same shape.
    """
    p = positive("price", price)
    distance = p[..., np.newaxis] - strip.strikes
    options = np.maximum(np.where(strip.is_call, distance, -distance), 0.0) @ strip.weights
    return np.asarray(options + strip.cash + strip.units * (p - strip.price0))[()]


def strip_value(
    strip: Strip, spot: float, expiry: float, vol: ArrayLike, rate: float = 0.0, carry: float = 0.0
) -> float:
    """Return what a strip is worth under Black-Scholes-Merton, in quote.

    Parameters
    ----------
    vol : annual decimal, one for all or one per row of the strip (a smile).
    The others : scalars, as in `hedge.options.european`.

    Raises
    ------
    BadInput : a number outside its domain.
    """
    options = option_price(spot, strip.strikes, expiry, vol, rate, carry, strip.is_call)
    linear = strip.cash + strip.units * (spot * exp(carry * expiry) - strip.price0)
    return float(options @ strip.weights + exp(-rate * expiry) * linear)


def _knots(strikes: ArrayLike) -> FloatArray:
    knots = positive("strikes", strikes)
    if knots.ndim != 1 or knots.size == 0:
        raise BadInput("strikes", knots.shape, "must be one-dimensional, with at least one strike")
    if not np.all(np.diff(knots) > 0.0) or np.isnan(knots[0]):
        raise BadInput("strikes", knots.tolist(), "must be known and increasing")
    return knots


def _claim(price0: float, liquidity: float, lower: float, upper: float) -> _Claim:
    for name, value in {"price0": price0, "liquidity": liquidity, "lower": lower, "upper": upper}.items():
        if np.isnan(value):
            raise BadInput(name, value, "must be known")
    base, quote = amm.amounts(price0, positive("liquidity", liquidity), lower, upper)
    return _Claim(float(price0), float(liquidity), float(lower), float(upper), float(base), float(quote))


def _split_at_entry(price0: float, knots: FloatArray, heights: FloatArray, slopes: FloatArray, bound: float) -> Strip:
    """Hold puts below entry and calls above; what the chord over entry leaves is cash and a forward."""
    weights = np.maximum(np.diff(slopes), 0.0)  # convex: a negative change is rounding, where minus IL is a line
    here = int(np.searchsorted(knots, price0))
    if here < knots.size and knots[here] == price0:
        strikes, is_call = np.insert(knots, here, price0), np.arange(knots.size + 1) > here
        split = np.concatenate([weights[:here], [-slopes[here], slopes[here + 1]], weights[here + 1 :]])
        return Strip(price0, strikes, is_call, np.maximum(split, 0.0), 0.0, 0.0, bound)
    nearest = max(here - 1, 0)
    cash = float(heights[nearest] + slopes[here] * (price0 - knots[nearest]))
    return Strip(price0, knots, knots > price0, weights, cash, float(slopes[here]), bound)


def _largest_gap(claim: _Claim, starts: FloatArray, heights: FloatArray, slopes: FloatArray) -> float:
    """Return the most that any chord exceeds the claim: where the claim's own slope equals the chord's."""
    base = np.clip(claim.held_base - slopes, 0.0, None)  # base held at the tangent price, from slope = held_base - base
    with np.errstate(divide="ignore"):
        tangent = (base / claim.liquidity + 1.0 / np.sqrt(claim.upper)) ** -2.0
    if np.any(np.isinf(tangent)):
        return inf
    gaps = heights + slopes * (tangent - starts) - claim.height(tangent)
    return float(max(np.max(gaps), 0.0))
