"""The state of the volatility index: its place in its own history, its term structure, its RSI.

    crisis      level >= crisis percentile, or level >= stressed percentile with an inverted term structure
    stressed    level >= stressed percentile, or inverted term structure, or RSI >= overbought
    compressed  level <= compressed percentile, term structure upward and known, RSI known and not overbought
    normal      everything else

A state is entered at once. It is left only when the same rules, moved by a margin against leaving, agree several
readings in a row: an index that trembles around a threshold does not roll the book every day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from hedge.errors import BadInput
from hedge.signals.histories import Histories
from hedge.signals.known import FloatSeries, align, as_known, as_of
from hedge.signals.signal import STATES, Gauge, State, ramp_series
from hedge.units import DAY

_CRISIS: Final = State.CRISIS.rank


@dataclass(frozen=True)
class VolatilityThresholds:
    """Hold the governed levels between the states.

    Parameters
    ----------
    compressed, stressed, crisis : percentiles of the index in its own past, 0 <= compressed < stressed < crisis <= 1.
    upward, inverted : log slopes (far over near) at or above which the term structure is upward, and at or below which
        it is inverted; inverted < upward.
    overbought : RSI at or above which the index itself is stretched, 50..100.
    margin, slope_margin, rsi_margin : how far each must come back before a worse state is left, >= 0.
    patience : readings in a row that must agree before a worse state is left, >= 1.
    """

    compressed: float = 0.25
    stressed: float = 0.75
    crisis: float = 0.95
    upward: float = 0.0
    inverted: float = -0.05
    overbought: float = 80.0
    margin: float = 0.05
    slope_margin: float = 0.01
    rsi_margin: float = 5.0
    patience: int = 3

    def __post_init__(self) -> None:
        if not 0.0 <= self.compressed < self.stressed < self.crisis <= 1.0:
            raise BadInput("compressed", self.compressed, f"must be below {self.stressed} below {self.crisis}, in 0..1")
        if not -math.inf < self.inverted < self.upward < math.inf:
            raise BadInput("inverted", self.inverted, f"must be below upward = {self.upward}")
        if not 50.0 <= self.overbought <= 100.0:
            raise BadInput("overbought", self.overbought, "must be in 50..100")
        if not 0.0 <= self.margin < self.stressed - self.compressed:
            raise BadInput("margin", self.margin, f"must be >= 0 and below {self.stressed - self.compressed:g}")
        if not 0.0 <= self.slope_margin < self.upward - self.inverted:
            raise BadInput("slope_margin", self.slope_margin, f"must be >= 0, below {self.upward - self.inverted:g}")
        if not 0.0 <= self.rsi_margin <= self.overbought - 50.0:
            raise BadInput("rsi_margin", self.rsi_margin, f"must be in 0..{self.overbought - 50.0:g}")
        if self.patience < 1:
            raise BadInput("patience", self.patience, "must be >= 1")

    def stricter(self) -> VolatilityThresholds:
        """Return the thresholds that a worse state is left by: all moved by the margins towards the calm side."""
        return replace(
            self,
            compressed=max(0.0, self.compressed - self.margin),
            stressed=self.stressed - self.margin,
            crisis=self.crisis - self.margin,
            upward=self.upward + self.slope_margin,
            inverted=self.inverted + self.slope_margin,
            overbought=self.overbought - self.rsi_margin,
            margin=0.0,
            slope_margin=0.0,
            rsi_margin=0.0,
        )


def term_slope(near: FloatSeries, far: FloatSeries, max_age_seconds: int) -> FloatSeries:
    """Return log(far / near) of an index at two horizons: above 0 upward (calm), below 0 inverted.

    Parameters
    ----------
    near, far : volatilities > 0 in the same unit, indexed by known_at. max_age_seconds : older is NaN, > 0.

    Raises
    ------
    BadInput : a volatility not above 0.
    """
    close, distant = align(max_age_seconds, near, far)
    for name, series in (("near", close), ("far", distant)):
        wrong = series[series <= 0.0]
        if len(wrong):
            raise BadInput(name, float(wrong.iloc[0]), "must be > 0")
    return pd.Series(np.log(distant.to_numpy() / close.to_numpy()), index=close.index, name="term slope")


def volatility_state(
    percentile: float, slope: float, rsi: float, thresholds: VolatilityThresholds | None = None
) -> State:
    """Name the state by the rules at the top.

    Parameters
    ----------
    percentile : in [0, 1]; NaN is stressed at least. slope : log(far / near); NaN cannot be compressed, nor inverted.
    rsi : of the index, 0..100; NaN cannot be compressed, nor overbought. thresholds : the defaults if None.

    Examples
    --------
    >>> volatility_state(0.10, 0.08, 45.0), volatility_state(0.10, math.nan, 45.0)
    (<State.COMPRESSED: 'compressed'>, <State.NORMAL: 'normal'>)
    """
    level = thresholds or VolatilityThresholds()
    if not (math.isnan(percentile) or 0.0 <= percentile <= 1.0):
        raise BadInput("percentile", percentile, "must be in [0, 1]")
    inverted = slope <= level.inverted
    high = math.isnan(percentile) or percentile >= level.stressed
    if percentile >= level.crisis or (high and inverted):
        return State.CRISIS
    if high or inverted or rsi >= level.overbought:
        return State.STRESSED
    calm = percentile <= level.compressed and slope >= level.upward and rsi < level.overbought
    return State.COMPRESSED if calm else State.NORMAL


def volatility_states(
    percentile: FloatSeries,
    slope: FloatSeries,
    rsi: FloatSeries,
    thresholds: VolatilityThresholds | None = None,
    *,
    max_age_seconds: int,
) -> pd.Series:
    """Name the state at every time at which the percentile was known, with hysteresis.

    Parameters
    ----------
    percentile, slope, rsi : indexed by known_at; an empty series is an unknown one.
    max_age_seconds : a slope or RSI older than this is unknown, > 0. The rest as in `volatility_state`.

    Returns
    -------
    Series of `State` on the times of the percentile. Where it is NaN the state is stressed, or crisis if it was.
    """
    enter = thresholds or VolatilityThresholds()
    leave = enter.stricter()
    levels = as_known("percentile", percentile)
    times = levels.index.to_numpy()
    slopes, strengths = (as_of(as_known("other", given), times, max_age_seconds) for given in (slope, rsi))
    readings = list(zip(levels, slopes, strengths, strict=True))
    at_once = [volatility_state(*reading, enter).rank for reading in readings]
    at_ease = [_CRISIS if math.isnan(reading[0]) else volatility_state(*reading, leave).rank for reading in readings]
    ranks = _patient(at_once, at_ease, enter.patience)
    return pd.Series([STATES[rank] for rank in ranks], index=levels.index, name="volatility state", dtype=object)


def _patient(at_once: list[int], at_ease: list[int], patience: int) -> list[int]:
    """Rise to `at_once` at once; fall to the worst of the last `patience` ranks of `at_ease`."""
    ranks: list[int] = []
    for row, worse in enumerate(at_once):
        calmest = max(at_ease[max(0, row - patience + 1) : row + 1])
        ranks.append(max(worse, min(ranks[-1], calmest)) if ranks else worse)
    return ranks


def volatility_gauge(
    percentile: FloatSeries, states: pd.Series, *, max_age_seconds: int, source: str, name: str = "volatility"
) -> Gauge:
    """Hold the percentile of the index with its state, both on the same times."""
    return Gauge(name, as_known(name, percentile), states, max_age_seconds, source)


def book_slope(past: Histories, weights: Mapping[str, float]) -> FloatSeries:
    """Return the term slope of a book: of its assets' indices, weighted by their value."""
    near, far = (past.of_book("term", side, weights) for side in ("near", "far"))
    return term_slope(near, far, DAY)


def slope_gauge(
    slope: FloatSeries, *, start: float = 0.0, full: float = -0.10, max_age_seconds: int, source: str
) -> Gauge:
    """Score the inversion of the term structure: 0 while upward, 1 at `full` (near 10.5 % above far)."""
    return Gauge("term slope", slope, ramp_series(slope, start, full), max_age_seconds, source)


def index_rsi_gauge(
    rsi: FloatSeries, *, start: float = 70.0, full: float = 90.0, max_age_seconds: int, source: str
) -> Gauge:
    """Score an index that rose too fast: RSI 70 scores 0, 90 scores 1."""
    return Gauge("index RSI", rsi, ramp_series(rsi, start, full), max_age_seconds, source)
