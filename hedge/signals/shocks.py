"""Shocks of interest and exchange rates, in standard deviations of their own past.

The interest differential of a crypto pair is what perpetual futures pay: funding. The proxy of the real exchange rate
is the trade-weighted dollar.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from hedge.errors import BadInput
from hedge.numerics.arrays import positive
from hedge.signals.known import FloatSeries, align, as_known
from hedge.signals.past import z_scores
from hedge.signals.signal import Gauge, ramp_series
from hedge.units import DAY

Side = Literal["both", "up", "down"]


def rate_differential(home: FloatSeries, foreign: FloatSeries, max_age_seconds: int) -> FloatSeries:
    """Return home minus foreign rate wherever either becomes known; NaN if the other is unknown or too old.

    Parameters
    ----------
    home, foreign : in the same unit, indexed by known_at. max_age_seconds : > 0.
    """
    ours, theirs = align(max_age_seconds, home, foreign)
    return (ours - theirs).rename("rate differential")


def annual_funding(rates: FloatSeries, periods_per_day: float = 3.0) -> FloatSeries:
    """Return funding per year without compounding: rate x periods x 365, in the unit of the rate.

    Parameters
    ----------
    rates : per funding period (eight hours: 3 periods per day), indexed by known_at. periods_per_day : > 0.

    Examples
    --------
    >>> from hedge.signals.known import known_series
    >>> annual_funding(known_series([0.0001], [28_800])).round(6).tolist()
    [0.1095]
    """
    positive("periods_per_day", periods_per_day)
    return (as_known("funding", rates) * (periods_per_day * 365.0)).rename("annual funding")


def level_shock(values: FloatSeries, window: int, least: int) -> FloatSeries:
    """Return the z-score of a level in its past. See `past.z_scores`."""
    return z_scores(values, window, least).rename("shock")


def change_shock(values: FloatSeries, periods: int, window: int, least: int) -> FloatSeries:
    """Return the z-score of the log change over `periods` rows among the changes before it.

    Parameters
    ----------
    values : > 0, indexed by known_at. periods : >= 1. window, least : as in `past.z_scores`.
    """
    if periods < 1:
        raise BadInput("periods", periods, "must be >= 1")
    known = as_known("values", values)
    logs = pd.Series(np.log(positive("values", known.to_numpy())), index=known.index)
    return z_scores(logs.diff(periods), window, least).rename("shock")


def shock_gauge(
    name: str,
    z: FloatSeries,
    *,
    side: Side = "both",
    start: float = 1.5,
    full: float = 3.0,
    half_life_seconds: int = 5 * DAY,
    max_age_seconds: int,
    source: str,
) -> Gauge:
    """Score a shock on the stated side: 0 up to `start` standard deviations, 1 from `full`, fading by half-lives."""
    sizes = {"both": z.abs(), "up": z, "down": -z}
    if side not in sizes:
        raise BadInput("side", side, "must be both, up or down")
    return Gauge(name, z, ramp_series(sizes[side], start, full), max_age_seconds, source, half_life_seconds)
