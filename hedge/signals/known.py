"""Index numbers by the second at which they were known.

    period 2024-05        release        read
    |---------------|.......|..............|--> time
    1 May           31 May  12 June        at
                            ^ the index of CPI for May; before it, CPI for April is the last known number

A daily bar is known when its day is over. A NaN row says that nothing was known from then on: it hides older rows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite
from hedge.units import DAY

KNOWN_AT: Final = "known_at"
"""Name of the index of every table and series: the unix second at which a row was known."""

IntArray = NDArray[np.int64]
FloatSeries = pd.Series  # of float64, indexed by int64 unix seconds


def known_series(values: ArrayLike, known_at: ArrayLike, name: str = "values") -> FloatSeries:
    """Index values by the unix second at which each was known.

    Parameters
    ----------
    values : shape (n,), finite or NaN. known_at : shape (n,), whole unix seconds, strictly increasing.
    name : what the numbers are; it names them in errors.

    Returns
    -------
    Series of float64, index int64 named ``known_at``.

    Raises
    ------
    BadInput : a value is infinite or no number, shapes differ, a time is no whole number or not after the one before.

    Examples
    --------
    >>> known_series([1.0, 2.0], [0, 86_400]).index.tolist()
    [0, 86400]
    """
    array = finite(name, values)
    index = _seconds(name, known_at)
    if array.shape != index.shape or array.ndim != 1:
        raise BadInput(name, array.shape, f"must have one value per time, shape {index.shape}")
    return pd.Series(array, index=pd.Index(index, name=KNOWN_AT), name=name)


def as_known(name: str, series: FloatSeries) -> FloatSeries:
    """Return the series as `known_series` makes it, or refuse it."""
    return known_series(series.to_numpy(), series.index.to_numpy(), name)


def known_after(values: pd.Series, seconds: int) -> FloatSeries:
    """Index values of periods by a stated delay after the period's start.

    Parameters
    ----------
    values : indexed by the start of each period (DatetimeIndex; without a zone it is UTC).
    seconds : from the start of the period to the moment the value is known, > 0: a day's close is known after 86,400.

    Raises
    ------
    BadInput : seconds not above 0, or what `known_series` refuses.
    """
    if seconds <= 0:
        raise BadInput("seconds", seconds, "must be > 0: no period is known at its start")
    starts = unix_seconds(cast("pd.DatetimeIndex", values.index))
    return known_series(values.to_numpy(), starts + seconds, str(values.name or "values"))


def unix_seconds(times: pd.DatetimeIndex) -> IntArray:
    """Return whole unix seconds, shape (n,); times without a zone are UTC, fractions are rounded up.

    Up, because a number stamped a millisecond after the second was not known at the second.

    Raises
    ------
    BadInput : a time is missing (NaT).
    """
    if times.hasnans:
        raise BadInput("times", "NaT", "must be known")
    utc = times if times.tz is None else times.tz_convert("UTC").tz_localize(None)
    microseconds = utc.to_numpy().astype("datetime64[us]").astype(np.int64)
    return np.asarray(-(-microseconds // 1_000_000), dtype=np.int64)


def written(second: int) -> str:
    """Write a unix second as people read it, in UTC.

    Examples
    --------
    >>> written(1_701_693_000)
    '2023-12-04 12:30Z'
    """
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%MZ")


def last_row(series: FloatSeries, at: int) -> int:
    """Return the position of the last row known at the time; -1 if nothing was known yet."""
    return int(np.searchsorted(series.index.to_numpy(), at, side="right")) - 1


def as_of(series: FloatSeries, times: IntArray, max_age_seconds: int, *, before: bool = False) -> FloatArray:
    """Return what was last known at each time, shape of times; NaN if it is older than the age or never was.

    Parameters
    ----------
    series : indexed by known_at. times : unix seconds. max_age_seconds : > 0.
    before : take only what was known strictly before each time.
    """
    if max_age_seconds <= 0:
        raise BadInput("max_age_seconds", max_age_seconds, "must be > 0")
    index, values = series.index.to_numpy(), series.to_numpy(dtype=np.float64)
    row = np.searchsorted(index, times, side="left" if before else "right") - 1
    found = row >= 0
    safe = np.where(found, row, 0)
    if index.size == 0:
        return np.full(np.shape(times), np.nan)
    fresh = found & (times - index[safe] <= max_age_seconds)
    return np.asarray(np.where(fresh, values[safe], np.nan), dtype=np.float64)


def align(max_age_seconds: int, *series: FloatSeries) -> tuple[FloatSeries, ...]:
    """Bring series onto every time at which any of them was known.

    Parameters
    ----------
    max_age_seconds : a number older than this is NaN, > 0. series : one or more, indexed by known_at.
    """
    known = [as_known(str(given.name or "values"), given) for given in series]
    times = np.unique(np.concatenate([column.index.to_numpy() for column in known]))
    return tuple(known_series(as_of(column, times, max_age_seconds), times, str(column.name)) for column in known)


def monthly(series: FloatSeries) -> bool:
    """Tell whether the rows of a series are usually more than twenty days apart."""
    return len(series) > 2 and float(np.median(np.diff(series.index.to_numpy()))) > 20 * DAY


def _seconds(name: str, known_at: ArrayLike) -> IntArray:
    times = np.asarray(known_at)
    if times.size and not np.issubdtype(times.dtype, np.integer):
        raise BadInput(f"known_at of {name}", times.dtype, "must be whole unix seconds")
    times = times.astype(np.int64)
    late = np.flatnonzero(np.diff(times) <= 0)
    if late.size:
        raise BadInput(f"known_at of {name}", int(times[late[0] + 1]), f"must be after {int(times[late[0]])}")
    return times
