"""Internal rate of return and net present value of dated cash flows.

Shared by every function here
-----------------------------
dates: shape (n,), anything `numpy.datetime64` reads to the day (`datetime.date`, ISO text, datetime64); bare integers
are refused, since unix seconds would pass for days. Any order; several on one day add up. amounts: shape (n,), one
currency, positive is received; NaN in any makes the answer NaN, infinite raises `BadInput`. Time is Act/365F from the
earliest date. Rates are annual and effective, decimal: 0.1 is 10 %.

Source: pyxirr 0.10 (Excel's XIRR and XNPV), imported when first called, so that `import hedge` stays light.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite
from hedge.units import YEAR_DAYS

LOWEST_RATE: Final = -1.0 + 1e-12
HIGHEST_RATE: Final = 1e12
"""Range of `internal_rates`: a loss of a third in a week is -0.99999999 a year, a gain of a third 2,000,000-fold."""
_CORE: Final = (-0.9999, 1_000.0)
_GRID: Final = 4_001
"""Points of the scan in log(1 + rate) within the core: 0.004 apart, so two roots closer than 0.4 % of 1 + rate can hide
each other. Outside, where only days or weeks are annualised, they are 0.02 apart."""
_COARSE: Final = 0.02
_NOTHING: Final = 1e-12
"""Share of the largest amount below which the sum of a day is rounding."""


def xnpv(rate: float, dates: ArrayLike, amounts: ArrayLike) -> float:
    """Return the value on the earliest date of dated amounts discounted at `rate`.

    Parameters
    ----------
    rate : annual effective, > -1; NaN gives NaN.
    dates : shape (n,), date, ISO text or datetime64, in any order. amounts : shape (n,), one currency, received > 0.
    NaN gives NaN; none at all is worth 0.

    Raises
    ------
    BadInput : rate <= -1 or infinite, lengths differ, a date is no date, an amount is infinite.

    >>> round(xnpv(0.1, ["2025-01-01", "2026-01-01"], [-100.0, 121.0]), 9)
    10.0
    """
    days, paid = _flows(dates, amounts)
    level = float(finite("rate", rate))
    if level <= -1.0:
        raise BadInput("rate", rate, "must be above -1")
    if np.isnan(level) or np.isnan(paid).any():
        return np.nan
    if not paid.size:
        return 0.0
    from pyxirr import xnpv as library

    value = library(level, _dates(days), paid.tolist())
    return np.nan if value is None else float(value)


def xirr(dates: ArrayLike, amounts: ArrayLike) -> float:
    """Return the annual rate at which dated amounts are worth nothing, as pyxirr finds it.

    Where several rates do, this is one of them, and where pyxirr's search fails although a rate exists it is NaN:
    `internal_rates` tells.

    Parameters
    ----------
    dates : shape (n,), date, ISO text or datetime64, in any order. amounts : shape (n,), one currency, received > 0.
    NaN gives NaN.

    Returns
    -------
    The rate; NaN if there are no amounts, if none is positive or none negative, or if no root is found.

    Raises
    ------
    BadInput : lengths differ, a date is no date, an amount is infinite.

    >>> round(xirr(["2025-01-01", "2026-01-01"], [-100.0, 110.0]), 9)
    0.1
    """
    days, paid = _flows(dates, amounts)
    if _one_sided(days, paid):
        return np.nan
    from pyxirr import xirr as library

    rate = library(_dates(days), paid.tolist(), silent=True)
    return np.nan if rate is None else float(rate)


def internal_rates(
    dates: ArrayLike, amounts: ArrayLike, lowest: float = LOWEST_RATE, highest: float = HIGHEST_RATE
) -> FloatArray:
    """Return every annual rate in [lowest, highest] where the net present value changes its sign, ascending.

    Amounts whose sign changes more than once (a margin that is topped up, a sold condor that is settled) can have
    several internal rates or none: then only a net present value at a stated rate decides.

    Parameters
    ----------
    dates : shape (n,), date, ISO text or datetime64, in any order. amounts : shape (n,), one currency, received > 0.
    NaN gives NaN.
    lowest, highest : annual rates, -1 < lowest < highest.

    Returns
    -------
    Shape (k,), k >= 0. Empty where amounts are empty, NaN or of one sign. A root without a change of sign is not found.

    Raises
    ------
    BadInput : as `xirr`, or the range is not one.

    >>> internal_rates(["2025-01-01", "2026-01-01", "2027-01-01"], [-100.0, 230.0, -132.0]).round(6).tolist()
    [0.1, 0.2]
    """
    if not -1.0 < lowest < highest < np.inf:
        raise BadInput("lowest", lowest, f"must be above -1 and below highest = {highest}")
    days, paid = _flows(dates, amounts)
    if _one_sided(days, paid):
        return np.empty(0)
    worth = _present_value((days - days.min()).astype(np.float64) / YEAR_DAYS, paid)
    grid = _grid(float(np.log1p(lowest)), float(np.log1p(highest)))
    signs = np.sign([worth(point) for point in grid])
    exact = grid[signs == 0.0]
    at = np.flatnonzero(signs[1:] * signs[:-1] < 0.0)
    between = [brentq(worth, grid[i], grid[i + 1], xtol=1e-14) for i in at]
    return np.sort(np.expm1(np.concatenate([exact, np.asarray(between, dtype=np.float64)])))


def _one_sided(days: np.ndarray[tuple[int], np.dtype[np.datetime64]], paid: FloatArray) -> bool:
    """Tell whether amounts, added up by day, are unknown, nothing, or of one sign: no rate follows from them."""
    _, day = np.unique(days, return_inverse=True)
    net = np.array([math.fsum(paid[day == number].tolist()) for number in range(int(day.max(initial=-1)) + 1)])
    net[np.abs(net) <= _NOTHING * np.abs(paid).max(initial=0.0)] = 0.0
    return bool(np.isnan(net).any()) or not (net > 0.0).any() or not (net < 0.0).any()


def _grid(low: float, high: float) -> FloatArray:
    """Return the points of the scan, in log(1 + rate): fine in the core, coarse outside."""
    start, end = np.clip(np.log1p(_CORE), low, high)
    parts = [np.linspace(start, end, _GRID)]
    if low < start:
        parts.insert(0, np.linspace(low, start, math.ceil((start - low) / _COARSE) + 1)[:-1])
    if high > end:
        parts.append(np.linspace(end, high, math.ceil((high - end) / _COARSE) + 1)[1:])
    return np.concatenate(parts)


def _present_value(years: FloatArray, paid: FloatArray) -> Callable[[float], float]:
    """Return the value of amounts by log(1 + rate): on their first date, on their last where the rate is negative.

    The date only scales it, and with this choice no exponent is positive.
    """

    def worth(log_growth: float) -> float:
        return float(paid @ np.exp(-log_growth * (years - (years.max() if log_growth < 0.0 else 0.0))))

    return worth


def days_of(name: str, dates: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Return dates as datetime64[D], shape (n,). Raises `BadInput` for what is no calendar date from year 1 to 9999."""
    raw = np.asarray(dates)
    if raw.ndim != 1 or (raw.size and (raw.dtype.kind in "iufb" or isinstance(raw.flat[0], int | float))):
        raise BadInput(name, dates, "must be a row of dates, not numbers")
    try:
        days = raw.astype("datetime64[D]")
    except (TypeError, ValueError) as error:
        raise BadInput(name, dates, "must be dates") from error
    outside = np.isnat(days) | (days < np.datetime64("0001-01-01")) | (days > np.datetime64("9999-12-31"))
    if outside.any():
        raise BadInput(name, str(days[outside][0]), "must be a date of the years 1 to 9999")
    return days


def _flows(dates: ArrayLike, amounts: ArrayLike) -> tuple[np.ndarray[tuple[int], np.dtype[np.datetime64]], FloatArray]:
    days, paid = days_of("dates", dates), finite("amounts", amounts)
    if paid.shape != days.shape:
        raise BadInput("amounts", paid.shape, f"must be as many as dates: {days.shape}")
    return days, paid


def _dates(days: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> list[dt.date]:
    found: list[dt.date] = days.astype(object).tolist()
    return found
