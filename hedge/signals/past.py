"""Compare each number with the numbers known before it.

The present is never part of what measures it: a shock would widen the dispersion that it is measured by. NaN rows are
left out; a row whose past has fewer than `least` known numbers is NaN. Windows count rows, not days.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray
from hedge.signals.known import FloatSeries, as_known

_BLOCK_NUMBERS: Final = 4_000_000
"""Numbers of windows held at once: 32 MB, whatever the length of the history."""
_FLAT: Final = 1e-12
"""A dispersion below this share of the largest number is rounding of a constant series."""


def z_scores(values: FloatSeries, window: int, least: int) -> FloatSeries:
    """Measure each number in standard deviations of its past: (x - mean) / std, std with one degree of freedom taken.

    Parameters
    ----------
    values : indexed by known_at. window : rows before each number, >= 2. least : known numbers needed, 2..window.

    Returns
    -------
    Series of the same index; NaN where the number is NaN, the past is short, or a constant past is left; 0 where it is
    repeated.

    Raises
    ------
    BadInput : window or least out of range.
    """
    return _past(values, window, least, lambda past, now: _in_std(now - _mean(past), past))


def over_dispersion(values: FloatSeries, window: int, least: int) -> FloatSeries:
    """Divide each number by the standard deviation of its past, without taking the past's mean away.

    Parameters and returns as in `z_scores`. For numbers that are already deviations, such as surprises.
    """
    return _past(values, window, least, lambda past, now: _in_std(now, past))


def percentiles(values: FloatSeries, window: int, least: int) -> FloatSeries:
    """Rank each number in its past: the share below it plus half the share equal to it, in [0, 1].

    Parameters and returns as in `z_scores`; a constant past gives 0.5 to the same number.
    """
    return _past(values, window, least, _rank)


def past_quantiles(values: FloatSeries, quantile: float, window: int, least: int) -> FloatSeries:
    """Return the quantile of each number's past, linearly between order statistics.

    Parameters
    ----------
    quantile : in [0, 1]. The rest, and returns, as in `z_scores`.
    """
    if not 0.0 <= quantile <= 1.0:
        raise BadInput("quantile", quantile, "must be in [0, 1]")
    return _past(values, window, least, lambda past, now: _quantile(past, quantile) + 0.0 * now)


def range_positions(values: FloatSeries, window: int, least: int) -> FloatSeries:
    """Place each number between the lowest (0) and highest (1) of the last `window` rows, itself included.

    Parameters and returns as in `z_scores`; NaN while the range is empty.
    """

    def place(past: FloatArray, now: FloatArray) -> FloatArray:
        with_now = np.column_stack([past, now])
        low, high = np.nanmin(with_now, axis=1), np.nanmax(with_now, axis=1)
        return np.asarray((now - low) / np.where(high > low, high - low, np.nan), dtype=np.float64)

    return _past(values, window - 1, least - 1, place)


def past_windows(values: FloatArray, window: int) -> FloatArray:
    """Return the `window` numbers before each of the last `len(values) - window`, shape (n - window, window)."""
    view = np.lib.stride_tricks.sliding_window_view(values, window)[:-1]
    return np.ascontiguousarray(view)


def _past(
    values: FloatSeries, window: int, least: int, measure: Callable[[FloatArray, FloatArray], FloatArray]
) -> FloatSeries:
    """Apply a measure of (past, now) to every row that is known and has enough past; NaN elsewhere."""
    if not 2 <= least <= window:
        raise BadInput("least", least, f"must be in 2..{window}, the window, which must be >= 2")
    known = as_known(str(values.name or "values"), values)
    now = known.to_numpy()
    padded = np.concatenate([np.full(window, np.nan), now])
    out = np.full(now.size, np.nan)
    step = max(1, _BLOCK_NUMBERS // window)
    for start in range(0, now.size, step):
        stop = min(start + step, now.size)
        past = past_windows(padded[start : stop + window], window)
        use = np.flatnonzero(~np.isnan(now[start:stop]) & (np.count_nonzero(~np.isnan(past), axis=1) >= least))
        if use.size:
            out[start + use] = measure(past[use], now[start + use])
    return pd.Series(out, index=known.index, name=known.name)


def _mean(past: FloatArray) -> FloatArray:
    return np.asarray(np.nanmean(past, axis=1), dtype=np.float64)


def _in_std(distance: FloatArray, past: FloatArray) -> FloatArray:
    """Divide by the standard deviation; of a constant past, whose deviation is rounding noise: 0 if there, else NaN."""
    std, noise = np.nanstd(past, axis=1, ddof=1), _FLAT * np.nanmax(np.abs(past), axis=1)
    flat = std <= noise
    away = np.where(np.abs(distance) <= noise, 0.0, np.nan)
    return np.asarray(np.where(flat, away, distance / np.where(flat, 1.0, std)), dtype=np.float64)


def _rank(past: FloatArray, now: FloatArray) -> FloatArray:
    known = np.count_nonzero(~np.isnan(past), axis=1)
    below = np.count_nonzero(past < now[:, None], axis=1)
    equal = np.count_nonzero(past == now[:, None], axis=1)
    return np.asarray((below + 0.5 * equal) / known, dtype=np.float64)


def _quantile(past: FloatArray, quantile: float) -> FloatArray:
    """Return the quantile of each row; sorting puts NaN last, so the known numbers come first."""
    order = np.sort(past, axis=1)
    place = quantile * (np.count_nonzero(~np.isnan(past), axis=1) - 1)
    low = np.floor(place).astype(np.int64)
    high = np.ceil(place).astype(np.int64)
    rows = np.arange(order.shape[0])
    value = order[rows, low] + (place - low) * (order[rows, high] - order[rows, low])
    return np.asarray(value, dtype=np.float64)
