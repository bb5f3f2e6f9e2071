"""MACD, RSI, Bollinger bands, ATR and accumulation/distribution by TA-Lib's conventions.

TA-Lib computes them; this module guards what goes in. A NaN row is a bar without a quote: it comes out as NaN, and the
other bars are computed as if it were not listed (TA-Lib alone would return NaN for ever after). The first bars, which
an indicator needs to start, are NaN. TA-Lib is imported inside the functions, so that importing `hedge` loads no
shared library; its process-wide settings are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray
from hedge.signals.known import FloatSeries, as_known

_LONGEST = 100_000  # TA-Lib's own bound on a period


class Macd(NamedTuple):
    """Hold the difference of two exponential averages, its own average, and line minus signal."""

    line: FloatSeries
    signal: FloatSeries
    histogram: FloatSeries


class Bands(NamedTuple):
    """Hold the simple average and the bands `width` population standard deviations away."""

    upper: FloatSeries
    middle: FloatSeries
    lower: FloatSeries


def rsi(values: FloatSeries, period: int = 14) -> FloatSeries:
    """Return Wilder's relative strength index, 100 U / (U + D), in [0, 100].

    U and D are Wilder averages of gains and losses, seeded with the plain mean of the first `period` changes.

    Parameters
    ----------
    values : indexed by known_at. period : bars, 2..100,000.

    Returns
    -------
    Series of the same index; NaN for the first `period` bars; 0 where nothing has moved, as TA-Lib does.

    Raises
    ------
    BadInput : period out of range, or what `known_series` refuses.

    Examples
    --------
    >>> from hedge.signals.known import known_series
    >>> rsi(known_series([1.0, 2.0, 1.0, 2.0], [1, 2, 3, 4]), period=2).tolist()
    [nan, nan, 50.0, 75.0]
    """
    _check_period("period", period)
    (out,) = _computed(1, lambda talib, x: (talib.RSI(x, period),), values)
    return out


def ema(values: FloatSeries, period: int) -> FloatSeries:
    """Return the exponential average with factor 2 / (period + 1), seeded with the plain mean of the first bars.

    Parameters, returns and errors as in `rsi`.
    """
    _check_period("period", period)
    (out,) = _computed(1, lambda talib, x: (talib.EMA(x, period),), values)
    return out


def macd(values: FloatSeries, fast: int = 12, slow: int = 26, signal: int = 9) -> Macd:
    """Return MACD: EMA(fast) - EMA(slow), its EMA(signal), and the histogram, their difference.

    Parameters
    ----------
    values : indexed by known_at. fast, slow : bars, 2 <= fast < slow. signal : bars, >= 1.

    Raises
    ------
    BadInput : periods out of range. TA-Lib would silently swap fast and slow.
    """
    _check_period("fast", fast)
    _check_period("slow", slow)
    if fast >= slow:
        raise BadInput("fast", fast, f"must be below slow = {slow}")
    if not 1 <= signal <= _LONGEST:
        raise BadInput("signal", signal, f"must be in 1..{_LONGEST}")
    return Macd(*_computed(3, lambda talib, x: talib.MACD(x, fast, slow, signal), values))


def bollinger(values: FloatSeries, period: int = 20, width: float = 2.0) -> Bands:
    """Return Bollinger bands: the average of `period` bars and `width` standard deviations on each side.

    Parameters
    ----------
    values : indexed by known_at. period : bars, 2..100,000. width : > 0.
    """
    _check_period("period", period)
    if not 0.0 < width < np.inf:
        raise BadInput("width", width, "must be > 0")
    return Bands(*_computed(3, lambda talib, x: talib.BBANDS(x, period, width, width, 0), values))


def atr(high: FloatSeries, low: FloatSeries, close: FloatSeries, period: int = 14) -> FloatSeries:
    """Return the average true range, Wilder's average of max(high, last close) - min(low, last close).

    Parameters
    ----------
    high, low, close : of one index, high >= low. period : bars, 2..100,000.

    Raises
    ------
    BadInput : the indexes differ, or a high lies below its low.
    """
    _check_period("period", period)
    _check_bars(high, low)
    (out,) = _computed(1, lambda talib, h, low_, c: (talib.ATR(h, low_, c, period),), high, low, close)
    return out


def accumulation_distribution(
    high: FloatSeries, low: FloatSeries, close: FloatSeries, volume: FloatSeries
) -> FloatSeries:
    """Return the accumulation/distribution line: the sum of volume times ((C - L) - (H - C)) / (H - L).

    Parameters
    ----------
    high, low, close, volume : of one index. A bar without range adds nothing.

    Raises
    ------
    BadInput : the indexes differ, or a high lies below its low.
    """
    _check_bars(high, low)
    (out,) = _computed(1, lambda talib, *bars: (talib.AD(*bars),), high, low, close, volume)
    return out


def macd_turns(histogram: FloatSeries, least: float = 0.0) -> FloatSeries:
    """Mark where the MACD histogram turns: +1 at the bar that shows a trough behind it, -1 at one that shows a peak.

    The histogram is the speed at which MACD leaves its average; where it turns, MACD inflects. A turn is known only
    afterwards, at the bar on which the histogram stands more than `least` away from its extreme, and is marked there.

    Parameters
    ----------
    histogram : indexed by known_at; divide it by ATR to compare assets. least : retracement that counts, >= 0.

    Returns
    -------
    Series of -1, 0 and 1 on the same index; NaN where the histogram is NaN.
    """
    if not 0.0 <= least < np.inf:
        raise BadInput("least", least, "must be >= 0 and finite")
    known = as_known("histogram", histogram)
    return pd.Series(_turns(known.to_numpy(), least), index=known.index, name="turns")


def _turns(values: FloatArray, least: float) -> FloatArray:
    """Walk along the values with the extremes since the last turn; `rising` is 0 until a first direction shows."""
    out = np.where(np.isnan(values), np.nan, 0.0)
    low, high, rising = np.inf, -np.inf, 0
    for row, value in enumerate(values):
        if np.isnan(value):
            continue
        low, high = min(low, value), max(high, value)
        if rising >= 0 and value < high - least:
            out[row] = -1.0 if rising else 0.0
            rising, low = -1, value
        elif rising <= 0 and value > low + least:
            out[row] = 1.0 if rising else 0.0
            rising, high = 1, value
    return out


def _computed(outputs: int, compute: Callable[..., Any], *series: FloatSeries) -> tuple[FloatSeries, ...]:
    """Run TA-Lib on the bars that every series knows, and put its outputs back into place."""
    import talib

    known = [as_known(str(given.name or "values"), given) for given in series]
    for other in known[1:]:
        if not other.index.equals(known[0].index):
            raise BadInput(f"known_at of {other.name}", len(other), "must be the times of the other series")
    bars = np.column_stack([column.to_numpy() for column in known])
    use = ~np.isnan(bars).any(axis=1)
    full = np.full((outputs, use.size), np.nan)
    if use.any():
        full[:, use] = compute(talib, *np.ascontiguousarray(bars[use].T))
    return tuple(pd.Series(column, index=known[0].index) for column in full)


def _check_period(name: str, period: int) -> None:
    if not 2 <= period <= _LONGEST:
        raise BadInput(name, period, f"must be in 2..{_LONGEST}")


def _check_bars(high: FloatSeries, low: FloatSeries) -> None:
    wrong = np.flatnonzero(high.to_numpy() < low.to_numpy()) if len(high) == len(low) else np.empty(0, dtype=np.int64)
    if wrong.size:
        raise BadInput("high", float(high.iloc[wrong[0]]), f"must not be below low = {float(low.iloc[wrong[0]])}")
