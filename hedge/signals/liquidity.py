"""The quick ratio of a pool and its owner: what can be paid at once over what is due soon.

    quick ratio = (quote that the pool pays for a fall of `band` + liquid quote reserves) / (outflow + margin due)

Only quote counts, as only cash and receivables do in the accountant's acid test: the base token is inventory.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, nonnegative, positive
from hedge.signals.known import FloatSeries, align
from hedge.signals.signal import Gauge, ramp_series
from hedge.units import DAY


def depth(price: float, band: float, lower: ArrayLike, upper: ArrayLike, liquidity: ArrayLike) -> float:
    """Return the quote that a pool pays out while its price falls by the band.

    The sum over ranges of L (s(P) - s(P (1 - band))), s(x) = sqrt(x) clipped to the range.

    Parameters
    ----------
    price : quote per base, > 0. band : share of the price, in (0, 1).
    lower, upper : prices of each range, shape (n,), 0 <= lower < upper; inf allowed above.
    liquidity : human units, shape (n,), >= 0 (see `hedge.amm`).

    Returns
    -------
    Quote units; NaN if a number is.

    Examples
    --------
    >>> depth(100.0, 0.19, [0.0], [np.inf], [10.0])
    10.0
    """
    positive("price", price)
    if not 0.0 < band < 1.0:
        raise BadInput("band", band, "must be in (0, 1)")
    low, high = nonnegative("lower", lower), np.asarray(upper, dtype=np.float64)
    if np.any(low >= high):
        raise BadInput("lower", float(low[low >= high][0]), f"must be below upper = {float(high[low >= high][0])}")
    reach = np.sqrt(np.clip(price, low, high)) - np.sqrt(np.clip(price * (1.0 - band), low, high))
    return float(np.sum(nonnegative("liquidity", liquidity) * reach))


def quick_ratio(depth: ArrayLike, reserves: ArrayLike, outflow: ArrayLike, margin_due: ArrayLike) -> FloatArray:
    """Return (depth + reserves) / (outflow + margin due), broadcasting; all in one unit, >= 0.

    Returns
    -------
    Ratio, NaN where a number is NaN; inf where nothing is due.

    Raises
    ------
    BadInput : a negative or infinite number.

    Examples
    --------
    >>> float(quick_ratio(100.0, 50.0, 60.0, 40.0))
    1.5
    """
    cash = nonnegative("depth", depth) + nonnegative("reserves", reserves)
    due = nonnegative("outflow", outflow) + nonnegative("margin_due", margin_due)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(due > 0.0, cash / due, np.where(np.isnan(cash + due), np.nan, np.inf))


def quick_ratios(
    depths: FloatSeries, reserves: FloatSeries, outflow: FloatSeries, margin_due: FloatSeries, max_age_seconds: int
) -> FloatSeries:
    """Return the quick ratio wherever one of its four numbers becomes known, capped at 1,000 where nothing is due.

    Parameters
    ----------
    depths, reserves, outflow, margin_due : >= 0, in one unit, indexed by known_at. max_age_seconds : > 0.
    """
    parts = align(max_age_seconds, depths, reserves, outflow, margin_due)
    ratio = np.minimum(quick_ratio(*(part.to_numpy() for part in parts)), 1_000.0)
    return pd.Series(ratio, index=parts[0].index, name="quick ratio")


def quick_ratio_gauge(
    ratios: FloatSeries, *, start: float = 2.0, full: float = 1.0, max_age_seconds: int = DAY, source: str
) -> Gauge:
    """Score thin liquidity: 0 from a ratio of `start`, 1 at `full`, where what is due eats all that can be paid."""
    return Gauge("quick ratio", ratios, ramp_series(ratios, start, full), max_age_seconds, source)
