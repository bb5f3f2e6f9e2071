"""Realised volatility, each squared return weighted by the time that really passed.

Every estimator is a sum of variances over the sum of the years they cover. So a gap is not one period: a return across
a weekend or an outage counts with its own length, and unequal sampling needs no resampling.

Shared by every function here
-----------------------------
Observations are one-dimensional arrays of one length; times are unix seconds, known and increasing; prices > 0. NaN
prices are unknown: a return runs from one known price to the next, a bar with a NaN is left out. The result is an
annual volatility (decimal, years of 365 days), numpy.float64; NaN where too little is known. No drift is taken off
unless a function says so: over days and less it is below the noise. Numbers out of domain raise `BadInput`.

Sources: M. Parkinson, "The extreme value method", 1980; M. Garman and M. Klass, "On the estimation of security price
volatilities", 1980; L. Rogers and S. Satchell, "Estimating variance from high, low and closing prices", 1991; D. Yang
and Q. Zhang, "Drift independent volatility estimation", 2000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.numerics.arrays import BoolArray, FloatArray, finite, numbers, positive
from hedge.units import YEAR_SECONDS

_LOG_TICK = np.log(1.0001)


@dataclass(frozen=True, eq=False)
class Bars:
    """Hold price bars: when each opened and closed (unix seconds), and its four prices.

    Bars may leave gaps but do not overlap; high and low enclose open and close.
    """

    opened_at: FloatArray
    closed_at: FloatArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray

    @classmethod
    def of(
        cls,
        opened_at: ArrayLike,
        closed_at: ArrayLike,
        open_: ArrayLike,
        high: ArrayLike,
        low: ArrayLike,
        close: ArrayLike,
    ) -> Bars:
        """Validate bars; see the module.

        Raises
        ------
        BadInput : lengths differ, a bar ends before it starts or overlaps the one before, a price beyond high or low.
        """
        opened, closed = _times("opened_at", opened_at), _times("closed_at", closed_at)
        prices = {"open": open_, "high": high, "low": low, "close": close}
        o, h, lo, c = (_same_length(name, positive(name, values), opened) for name, values in prices.items())
        _same_length("closed_at", closed, opened)
        if np.any(closed <= opened) or np.any(opened[1:] < closed[:-1]):
            raise BadInput("closed_at", closed.tolist(), "must follow opened_at, and come before the next bar opens")
        for name, values in (("open", o), ("low", lo), ("close", c)):
            _refuse(name, values, (values > h) | (values < lo), "must lie between low and high")
        return cls(opened, closed, o, h, lo, c)

    def known(self) -> Bars:
        """Return the bars without NaN."""
        keep = ~np.isnan(self.open + self.high + self.low + self.close)
        columns = (self.opened_at, self.closed_at, self.open, self.high, self.low, self.close)
        return Bars(*(column[keep] for column in columns))

    @property
    def years(self) -> FloatArray:
        """Return how long each bar lasted."""
        return (self.closed_at - self.opened_at) / YEAR_SECONDS


def close_to_close(prices: ArrayLike, times: ArrayLike) -> np.float64:
    """Measure volatility from prices at given times: sqrt(sum of squared log returns / years between first and last).

    Parameters
    ----------
    prices : shape (n,), > 0 or NaN (unknown). times : shape (n,), unix seconds, increasing.

    Returns
    -------
    Annual volatility, decimal, of years of 365 days; NaN with fewer than two known prices.

    >>> day = 86_400
    >>> round(float(close_to_close([100.0, 101.0, 100.0], [0, day, 2 * day])), 4)
    0.1901
    >>> round(float(close_to_close([100.0, np.nan, 100.0, 101.0], [0, day, 2 * day, 6 * day])), 4)
    0.0776
    """
    at = _times("times", times)
    price = _same_length("prices", positive("prices", prices), at)
    known = ~np.isnan(price)
    returns, years = np.diff(np.log(price[known])), np.diff(at[known]) / YEAR_SECONDS
    return _vol(np.sum(returns**2), np.sum(years))


def parkinson(bars: Bars) -> np.float64:
    """Measure volatility from highs and lows: sum of ln(high/low)^2 / (4 ln 2) over the time inside the bars.

    Five times as efficient as closes where prices are watched without a break; from few observations a bar its range,
    and so the volatility, is too small. Time between bars is neither measured nor counted.
    """
    seen = bars.known()
    return _vol(np.sum(np.log(seen.high / seen.low) ** 2) / (4.0 * np.log(2.0)), np.sum(seen.years))


def garman_klass(bars: Bars) -> np.float64:
    """Measure volatility from whole bars: sum of ln(high/low)^2 / 2 - (2 ln 2 - 1) ln(close/open)^2.

    As `parkinson`, with less noise still. A drift makes it too large: see `yang_zhang`.
    """
    seen = bars.known()
    body = (2.0 * np.log(2.0) - 1.0) * np.log(seen.close / seen.open) ** 2
    return _vol(np.sum(0.5 * np.log(seen.high / seen.low) ** 2 - body), np.sum(seen.years))


def rogers_satchell(bars: Bars) -> np.float64:
    """Measure volatility inside bars whatever the drift: ln(h/o) ln(h/c) + ln(l/o) ln(l/c), summed."""
    seen = bars.known()
    return _vol(np.sum(_rogers_satchell(seen)), np.sum(seen.years))


def yang_zhang(bars: Bars) -> np.float64:
    """Measure volatility inside bars and across the gaps between them, whatever the drift.

    The variance of the jumps from close to next open, k times that from open to close and 1 - k times Rogers and
    Satchell's, k = 0.34 / (1.34 + (n + 1) / (n - 1)) for n jumps; the drift that is taken off each is its mean per
    year times the bar's or the gap's own length. Over equal bars with equal gaps it is the published estimator.

    Parameters: bars; at least three without NaN, else NaN. The first one only gives the first jump its start.
    """
    seen = bars.known()
    count = seen.open.size - 1
    if count < 2:
        return np.float64(np.nan)
    gaps = (seen.opened_at[1:] - seen.closed_at[:-1]) / YEAR_SECONDS
    jumps, bodies = np.log(seen.open[1:] / seen.close[:-1]), np.log(seen.close / seen.open)[1:]
    years, weight = seen.years[1:], 0.34 / (1.34 + (count + 1.0) / (count - 1.0))
    unbiased = count / (count - 1.0)
    across, inside = (unbiased * _without_drift(*terms) for terms in ((jumps, gaps), (bodies, years)))
    ranges = float(np.sum(_rogers_satchell(seen)[1:]))
    return _vol(across + weight * inside + (1.0 - weight) * ranges, np.sum(gaps) + np.sum(years))


def from_ticks(tick_cumulatives: ArrayLike, times: ArrayLike) -> np.float64:
    """Measure volatility from a pool's oracle: the sums of tick * seconds that `observe` returns.

    Differences give time-weighted mean log prices, which no price of one block moves far. The mean moves less than the
    price: from one interval to the next its variance is vol^2 times a third of both their lengths, not half, so each
    squared return counts with that third. A longer interval, as after an outage, is one interval of its real length.

    Parameters
    ----------
    tick_cumulatives : integers (exact, any size that int64 holds) or floats; NaN is an observation not made.
    times : unix seconds of each. At least three known observations, else NaN.
    """
    at, sums = _times("times", times), np.asarray(tick_cumulatives)
    if sums.dtype.kind not in "iu":
        sums = finite("tick_cumulatives", tick_cumulatives)
    known = ~np.isnan(_same_length("tick_cumulatives", sums.astype(np.float64), at))
    seconds = np.diff(at[known])
    returns = np.diff(np.diff(sums[known]) / seconds) * _LOG_TICK
    return _vol(np.sum(returns**2), np.sum(seconds[1:] + seconds[:-1]) / (3.0 * YEAR_SECONDS))


def _vol(variance: float | np.float64, years: float | np.float64) -> np.float64:
    return np.float64(np.sqrt(max(variance, 0.0) / years)) if years > 0.0 else np.float64(np.nan)


def _rogers_satchell(bars: Bars) -> FloatArray:
    up, down = np.log(bars.high / bars.open), np.log(bars.low / bars.open)
    body = np.log(bars.close / bars.open)
    return np.asarray(up * (up - body) + down * (down - body))


def _without_drift(returns: FloatArray, years: FloatArray) -> float:
    """Return the sum of squares about the mean drift; none where no time passes."""
    total = float(np.sum(years))
    drift = returns.sum() * years / total if total > 0.0 else 0.0 * years
    return float(np.sum((returns - drift) ** 2))


def _times(name: str, values: ArrayLike) -> FloatArray:
    at = numbers(name, values)
    if at.ndim != 1:
        raise BadInput(name, at.shape, "must be one-dimensional")
    if not np.all(np.isfinite(at)) or np.any(np.diff(at) <= 0.0):
        raise BadInput(name, at.tolist(), "must be known and increasing")
    return at


def _same_length(name: str, values: FloatArray, like: FloatArray) -> FloatArray:
    if values.shape != like.shape:
        raise BadInput(name, values.shape, f"must have the shape {like.shape} of the times")
    return values


def _refuse(name: str, values: FloatArray, wrong: BoolArray, rule: str) -> None:
    if np.any(wrong):
        raise BadInput(name, float(values[wrong][0]), rule)
