"""A volatility index by a dense integral over fitted smiles, beside Cboe's sum over listed strikes in `index`.

Cboe's variance of one expiry is the integral of 2/T e^(rT) Q(K) / K^2 by the strikes that are listed. Here the same
integral is taken over every strike, each option priced on the smile that is fitted to the quotes. What no quote tells
then adds nothing of its own: the gaps between strikes, and the wings, where a bid of one tick would count for whole
points. The smile is followed to `HELD_AT` standard deviations of the log return on either side, and its volatility is
held there beyond. docs/surface.md says what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import isnan, sqrt
from typing import Final

import numpy as np
import pandas as pd

from hedge.errors import BadInput, TooFewExpiries
from hedge.numerics.arrays import FloatArray, positive
from hedge.options import black76_price
from hedge.units import YEAR_DAYS
from hedge.volatility.index import interpolated_vol
from hedge.volatility.surface import ExpirySmile, Svi, fit_surface
from hedge.volatility.surface.quotes import read_quotes

HELD_AT: Final = 1.25
"""Standard deviations, at the money, beyond which volatility is held: of a grid from 1 to 2.5 the one nearest to DVOL
in the first half of the daily snapshots of January to April 2026, and near it in the second too."""
LEAST_QUOTES: Final = 5
"""Strikes that an expiry needs: a smile has five parameters."""
NODES: Final = 48
"""Gauss-Legendre nodes on each of the four pieces of the integral: twice as many change no index by 1e-8."""
_TAIL: Final = 8.0
"""Standard deviations at which the integral ends: less than 1e-13 of it lies beyond."""


@dataclass(frozen=True)
class DenseTerm:
    """Variance of one expiry: time in years, forward in quote currency, strikes fitted to, annual variance."""

    time: float
    forward: float
    quotes: int
    variance: float


@dataclass(frozen=True)
class DenseIndex:
    """A volatility index and the two expiries behind it. vol is an annual decimal."""

    vol: float
    target_days: float
    near: DenseTerm
    next: DenseTerm

    @property
    def points(self) -> float:
        """Return the index as it is published: 54.2 for a volatility of 0.542."""
        return 100.0 * self.vol


def smile_variance(smile: Svi, held_at: float = HELD_AT, nodes: int = NODES) -> float:
    """Integrate one smile: the total variance (annual times years) at which a variance swap costs nothing.

    2 integral of q(k) e^-k dk over k = ln(K / F), q the undiscounted out-of-the-money price per forward: the put below
    the forward, the call above.

    Parameters
    ----------
    smile : with positive variance everywhere. held_at : standard deviations at the money, > 0; infinity follows the
        smile as far as the integral goes. nodes : of each piece, >= 1.

    Raises
    ------
    BadInput : the smile's variance at the money is not above 0, or held_at is not above 0.

    >>> from hedge.volatility.surface.svi import flat
    >>> round(smile_variance(flat(0.0225)), 12)
    0.0225
    """
    if isnan(held_at) or held_at <= 0.0:
        raise BadInput("held_at", held_at, "must be > 0")
    middle = float(positive("total variance at the money", smile.at_money))
    if isnan(middle):
        raise BadInput("total variance at the money", middle, "must be known")
    ends = held_at * sqrt(middle) * np.array([-1.0, 1.0])
    nearest = np.clip(ends, -_reach(middle), _reach(middle))
    far = _reach(float(np.max(smile.total_variance(nearest))))
    edges = np.unique(np.concatenate([[-far, 0.0, far], np.clip(ends, -far, far)]))
    k, weight = _pieces(edges, nodes)
    vol = np.sqrt(smile.total_variance(np.clip(k, *ends)))
    price = black76_price(1.0, np.exp(k), 1.0, vol, is_call=k > 0.0)
    return float(2.0 * np.sum(weight * price * np.exp(-k)))


def index_from_smiles(near: ExpirySmile, next_: ExpirySmile, target_days: float = 30.0) -> DenseIndex:
    """Interpolate the total variance of two fitted expiries to the target, linearly in time, as Cboe's index does.

    Raises
    ------
    BadInput : target_days not above 0.
    TooFewExpiries : the two do not lie around the target.
    """
    terms = tuple(
        DenseTerm(each.expiry, each.forward, each.quotes, smile_variance(each.smile) / each.expiry)
        for each in (near, next_)
    )
    times, variances = (terms[0].time, terms[1].time), (terms[0].variance, terms[1].variance)
    return DenseIndex(interpolated_vol(times, variances, target_days), target_days, *terms)


def dense_index_from_chain(quotes: pd.DataFrame, rate: float | None = None, target_days: float = 30.0) -> DenseIndex:
    """Fit the expiries next to the target on either side, without arbitrage, and integrate them.

    An expiry with less than `LEAST_QUOTES` usable strikes, or with none on a side of the forward, gives way to the next
    one out. Odd rows are dropped as `hedge.volatility.surface` says, crossed quotes too.

    Parameters
    ----------
    quotes : frame with columns expiry (years), strike, is_call, bid, ask in quote currency, and forward if known.
    rate : continuously compounded, one for all; without it each row's own ``rate``, 0 where there is none.
    target_days : days, > 0.

    Raises
    ------
    BadInput : a column is missing, or a number lies outside its domain. Expired options are ignored.
    TooFewExpiries : no usable expiry at or below the target, or none above it. The method does not extrapolate.
    """
    target = float(positive("target_days", target_days)) / YEAR_DAYS
    if "expiry" not in quotes.columns:
        raise BadInput("quotes", list(quotes.columns), "must have the column expiry")
    times = np.unique(quotes["expiry"].to_numpy(dtype=np.float64))
    times = times[times > 0.0]
    sides = [_first_usable(quotes, rate, each) for each in (times[times <= target][::-1], times[times > target])]
    used = [rows for rows in sides if rows is not None]
    if len(used) < len(sides):
        shortest, longest = (times[0], times[-1]) if times.size else (np.nan, np.nan)
        raise TooFewExpiries(len(used), target_days, float(shortest) * YEAR_DAYS, float(longest) * YEAR_DAYS)
    near, next_ = fit_surface(pd.concat(used, ignore_index=True), rate).smiles
    return index_from_smiles(near, next_, target_days)


def _first_usable(quotes: pd.DataFrame, rate: float | None, times: FloatArray) -> pd.DataFrame | None:
    """Return the rows of the first expiry that a smile can be fitted to."""
    for time in times:
        rows: pd.DataFrame = quotes[quotes["expiry"] == time]
        read, _ = read_quotes(rows, rate)
        if read and read[0].k.size >= LEAST_QUOTES and np.any(read[0].k < 0.0) and np.any(read[0].k >= 0.0):
            return rows
    return None


def _reach(total_variance: float) -> float:
    """Return the log moneyness at which an option is `_TAIL` standard deviations out of the money."""
    return _TAIL * sqrt(total_variance) + 0.5 * total_variance


def _pieces(edges: FloatArray, nodes: int) -> tuple[FloatArray, FloatArray]:
    """Return places and weights of an integral over neighbouring pieces, each smooth inside."""
    place, weight = _legendre(nodes)
    half = 0.5 * np.diff(edges)[:, np.newaxis]
    middle = edges[:-1, np.newaxis] + half
    return np.ravel(middle + half * place), np.ravel(half * weight)


@cache
def _legendre(nodes: int) -> tuple[FloatArray, FloatArray]:
    place, weight = np.polynomial.legendre.leggauss(nodes)
    return place, weight
