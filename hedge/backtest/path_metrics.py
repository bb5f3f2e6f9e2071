"""Figures of the whole path of a run, not of its weeks: drawdown, crashes, costs, the return on the overlay's cash."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedge.backtest.periods import STALE_DAYS, EquityPath, IntArray, unix_times
from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite
from hedge.units import json_number
from hedge.valuation.irr import internal_rates, xirr


@dataclass(frozen=True)
class Drawdown:
    """Hold the deepest falls of a path, deposits and withdrawals taken out.

    Parameters
    ----------
    usd : largest fall of the profit since the start, >= 0. peak_at, trough_at : its steps, unix seconds.
    share : largest fall of one USD that stayed invested (time-weighted), >= 0, above 1 where more than all was lost,
        and its own steps; NaN and -1 where the equity before a step is not above 0, for then a share means nothing.
    unknown : steps without an equity, left out.
    """

    usd: float
    peak_at: int
    trough_at: int
    share: float
    share_peak_at: int
    share_trough_at: int
    unknown: int

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(getattr(self, name)) for name in self.__dataclass_fields__}


def max_drawdown(path: EquityPath) -> Drawdown:
    """Return the deepest fall of a path in USD, and as a share of what stayed invested.

    >>> fall = max_drawdown(EquityPath([0, 1, 2, 3], [100.0, 120.0, 90.0, 130.0]))
    >>> fall.usd, fall.share, fall.peak_at, fall.trough_at
    (30.0, 0.25, 1, 2)
    """
    known = np.isfinite(path.equity)
    times, equity, gains = path.times[known], path.equity[known], path.gains[known]
    unknown = int(np.count_nonzero(~known))
    if not times.size:
        return Drawdown(math.nan, -1, -1, math.nan, -1, -1, unknown)
    peak, trough = _deepest(gains, np.maximum.accumulate(gains) - gains)
    share, share_at = math.nan, (-1, -1)
    if (equity[:-1] > 0.0).all():
        # A flow comes at the end of its step: what was invested before it made the step's profit.
        grown = np.concatenate([[1.0], np.cumprod(1.0 + np.diff(gains) / equity[:-1])])
        high, low = _deepest(grown, 1.0 - grown / np.maximum.accumulate(grown))
        share, share_at = float(1.0 - grown[low] / grown[high]), (int(times[high]), int(times[low]))
    usd = float(gains[peak] - gains[trough])
    return Drawdown(usd, int(times[peak]), int(times[trough]), share, *share_at, unknown)


def _deepest(values: FloatArray, falls: FloatArray) -> tuple[int, int]:
    """Return the steps of the peak before the deepest fall and of its trough."""
    trough = int(np.argmax(falls))
    return int(np.argmax(values[: trough + 1])), trough


class Crash(NamedTuple):
    """Name a window of unix seconds (since, until] in which the market broke."""

    name: str
    since: int
    until: int


@dataclass(frozen=True)
class CrashCapture:
    """Hold what a strategy kept of a crash.

    Parameters
    ----------
    name : of the crash. profit, unhedged : USD over it; NaN where the path does not show both of its ends.
    capture : profit over the unhedged loss, both with their sign: 1 keeps the whole loss, 0 none, below 0 earns on it.
        NaN where the unhedged did not lose.
    """

    name: str
    profit: float
    unhedged: float
    capture: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(getattr(self, name)) for name in self.__dataclass_fields__}


def crash_captures(
    path: EquityPath, unhedged: EquityPath, crashes: Iterable[Crash], stale_days: float = STALE_DAYS
) -> tuple[CrashCapture, ...]:
    """Return what a strategy kept of each crash.

    Parameters
    ----------
    path, unhedged : of the strategy and of the LP alone. crashes : (name, from, to). stale_days : as `period_profits`.

    Raises
    ------
    BadInput : a crash that ends before it begins.
    """
    found = []
    for name, since, until in crashes:
        if not since < until:
            raise BadInput(name, until, f"must end after it begins at {since}")
        profit, alone = path.profit(since, until, stale_days), unhedged.profit(since, until, stale_days)
        found.append(CrashCapture(name, profit, alone, profit / alone if alone < 0.0 else math.nan))
    return tuple(found)


@dataclass(frozen=True)
class OverlayRate:
    """Hold the money-weighted return on an overlay's cash.

    Parameters
    ----------
    rate : annual internal rate, decimal, as pyxirr finds it; NaN if there is none.
    rates : how many there are: with more than one, `rate` is no measure by itself. net_usd : in minus out.
    """

    rate: float
    rates: int
    net_usd: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(getattr(self, name)) for name in self.__dataclass_fields__}


def overlay_rate(times: ArrayLike, amounts: ArrayLike) -> OverlayRate:
    """Return the internal rate of what an overlay paid (-) and received (+).

    Parameters
    ----------
    times : unix seconds, shape (n,), any order.
    amounts : USD, shape (n,); legs still open count at what closing brings, margin still posted as returned, both on
        the last day.

    Raises
    ------
    BadInput : lengths differ, or a number is NaN or infinite.

    >>> overlay_rate([0, 31_536_000], [-100.0, 110.0]).rate.__round__(6)
    0.1
    """
    seconds, usd = unix_times("times", times), finite("amounts", amounts)
    if usd.shape != seconds.shape or np.isnan(usd).any():
        raise BadInput("amounts", usd.shape, f"must be {len(seconds)} known numbers")
    days, of_day = np.unique(seconds.astype("datetime64[s]").astype("datetime64[D]"), return_inverse=True)
    daily = np.bincount(of_day, weights=usd, minlength=len(days))
    return OverlayRate(xirr(days, daily), len(internal_rates(days, daily)), math.fsum(usd))


@dataclass(frozen=True, eq=False)
class CashSeries:
    """Hold dated USD, any order: times in unix seconds and amounts, both of shape (n,)."""

    times: IntArray
    usd: FloatArray

    @property
    def total(self) -> float:
        """Return the sum, USD."""
        return math.fsum(self.usd)


NO_CASH = CashSeries(np.empty(0, dtype=np.int64), np.empty(0))


def costs_of(entries: pd.DataFrame, kinds: Collection[str]) -> CashSeries:
    """Return what entries of some kinds took out of equity: a loss is a positive cost.

    Parameters
    ----------
    entries : of a run, with the columns at (unix seconds), kind and usd (change of equity). kinds : that are costs.

    Raises
    ------
    BadInput : a column is missing or an amount is unknown.
    """
    missing = {"at", "kind", "usd"} - set(entries.columns)
    if missing:
        raise BadInput("entries", sorted(missing), "must have the columns at, kind and usd")
    rows = entries[entries["kind"].isin(list(kinds))]
    usd = finite("usd", rows["usd"].to_numpy())
    if np.isnan(usd).any():
        raise BadInput("usd", math.nan, "must be known for every entry")
    return CashSeries(unix_times("at", rows["at"].to_numpy()), -usd)
