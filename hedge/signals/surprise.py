"""Macro surprises: what came minus what was expected, in units of its own past.

    levels by month -> growth by month -> released: by the second of release -> surprise -> z score

A month whose figure was never released is NaN from the day it was overdue (CPI of October 2025), and so is every growth
rate that needs it. Figures of today's vintage are revised figures: the shape is right, the first decimal may not be.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from hedge.errors import BadInput
from hedge.numerics.arrays import positive
from hedge.signals.known import FloatSeries, as_known, as_of, known_series, unix_seconds
from hedge.signals.past import over_dispersion
from hedge.signals.signal import Gauge, ramp_series
from hedge.units import DAY


def growth(levels: pd.Series, periods: int = 1) -> pd.Series:
    """Return growth in per cent, 100 log(level / level `periods` rows before), by period.

    Parameters
    ----------
    levels : > 0, indexed by period without gaps in the index; NaN where nothing was released. periods : >= 1.

    Returns
    -------
    Series of the same index; NaN where either end is NaN.
    """
    if periods < 1:
        raise BadInput("periods", periods, "must be >= 1")
    logs = np.log(positive(str(levels.name or "levels"), levels.to_numpy()))
    out = np.full(logs.size, np.nan)
    out[periods:] = 100.0 * (logs[periods:] - logs[:-periods])
    return pd.Series(out, index=levels.index, name=levels.name)


def month_released(releases: pd.DatetimeIndex) -> pd.Series:
    """Map each month to the unix second of its release: a figure describes the month before its release.

    Parameters
    ----------
    releases : times of release, UTC. Two in one month are refused: the later would overwrite the earlier.

    Returns
    -------
    Series of int64 unix seconds, indexed by the first day of the described month.

    Examples
    --------
    >>> month_released(pd.DatetimeIndex(["2024-06-12 12:30"])).index[0]
    Timestamp('2024-05-01 00:00:00')
    """
    utc = releases if releases.tz is None else releases.tz_convert("UTC").tz_localize(None)
    months = (utc.to_period("M") - 1).to_timestamp()
    if months.has_duplicates:
        raise BadInput("releases", str(months[months.duplicated()][0]), "must be one per month")
    return pd.Series(unix_seconds(utc), index=months, name="release_at")


def released(figures: pd.Series, release_at: pd.Series, overdue_days: int = 20) -> FloatSeries:
    """Index figures of months by the second of their release.

    Parameters
    ----------
    figures : indexed by the first day of each month; NaN where none exists.
    release_at : unix seconds per month, as `month_released` gives them. A month between the first and the last of them
        without a release is NaN from `overdue_days` after its end; months outside are left out.

    Raises
    ------
    BadInput : two figures would become known out of order.
    """
    months = cast("pd.DatetimeIndex", figures.index)
    covered = figures[(months >= release_at.index.min()) & (months <= release_at.index.max())]
    starts = cast("pd.DatetimeIndex", covered.index)
    overdue = pd.Series(unix_seconds(starts + pd.offsets.MonthBegin(1)) + overdue_days * DAY, index=starts)
    times = release_at.reindex(starts)
    values = covered.where(times.notna())
    known_at = times.fillna(overdue).astype(np.int64)
    return known_series(values.to_numpy(), known_at.to_numpy(), str(figures.name or "figures"))


def surprise(actual: FloatSeries, expected: FloatSeries, max_age_seconds: int) -> FloatSeries:
    """Return actual minus what was expected just before: the last forecast known strictly before each release.

    Parameters
    ----------
    actual, expected : in the same unit, indexed by known_at. max_age_seconds : an older forecast is none, > 0.

    Returns
    -------
    Series on the times of `actual`; NaN without a figure or a forecast.
    """
    came = as_known("actual", actual)
    forecast = as_of(as_known("expected", expected), came.index.to_numpy(), max_age_seconds, before=True)
    return pd.Series(came.to_numpy() - forecast, index=came.index, name="surprise")


def naive_surprise(actual: FloatSeries, window: int = 1) -> FloatSeries:
    """Return actual minus a stated naive forecast: the mean of the last `window` figures that were released.

    window 1 is "no change", fit for a policy rate; 12 is "as last year", fit for monthly inflation. Figures never
    released are left out of the mean.

    Parameters
    ----------
    actual : indexed by known_at. window : >= 1.

    Returns
    -------
    Series of the same index; NaN until `window` figures have come, and where none came.

    Examples
    --------
    >>> naive_surprise(known_series([0.2, 0.4, 0.4], [1, 2, 3]), window=2).round(9).tolist()
    [nan, nan, 0.1]
    """
    if window < 1:
        raise BadInput("window", window, "must be >= 1")
    came = as_known("actual", actual)
    out = np.full(len(came), np.nan)
    figures = came.dropna()
    rows = np.flatnonzero(came.notna().to_numpy())
    past = np.lib.stride_tricks.sliding_window_view(figures.to_numpy(), window) if len(figures) > window else None
    if past is not None:
        out[rows[window:]] = figures.to_numpy()[window:] - past[:-1].mean(axis=1)
    return pd.Series(out, index=came.index, name="surprise")


def surprise_z(surprises: FloatSeries, window: int = 36, least: int = 12) -> FloatSeries:
    """Divide each surprise by the standard deviation of the surprises before it. See `past.over_dispersion`."""
    return over_dispersion(surprises, window, least).rename("surprise z")


def surprise_gauge(
    name: str,
    z: FloatSeries,
    *,
    start: float = 1.0,
    full: float = 3.0,
    half_life_seconds: int = 5 * DAY,
    max_age_seconds: int = 50 * DAY,
    source: str,
) -> Gauge:
    """Score a surprise of either sign: 0 up to `start`, 1 from `full`, halving every half-life after the release.

    The age allows a month and a late release; past it, or after a release that never happened, the signal is missing.
    """
    return Gauge(name, z, ramp_series(z.abs(), start, full), max_age_seconds, source, half_life_seconds)
