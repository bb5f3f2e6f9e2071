"""Every strategy in every year and quarter, those that lost included; and what several pools have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedge.backtest.intervals import Statistic
from hedge.backtest.metrics import Track
from hedge.backtest.periods import EquityPath, IntArray
from hedge.errors import BadInput
from hedge.market import TAIL_SHARE
from hedge.numerics.arrays import FloatArray, finite
from hedge.units import json_number
from hedge.valuation.diversification import effective_bets, joint_tail, variance_bets


class Span(StrEnum):
    """How long the rows of a table are."""

    YEAR = "year"
    QUARTER = "quarter"

    def of(self, times: IntArray) -> IntArray:
        """Return the number of each time's span, ascending: year x 4 + quarter, its first quarter for a year."""
        months = times.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        quarters = 1970 * 4 + months // 3
        return np.asarray(quarters // 4 * 4 if self is Span.YEAR else quarters, dtype=np.int64)

    def label(self, number: int) -> str:
        """Return the name of a span: 2026, or 2026 Q1."""
        return f"{number // 4}" if self is Span.YEAR else f"{number // 4} Q{number % 4 + 1}"


def span_table(tracks: Sequence[Track], span: Span = Span.YEAR) -> list[dict[str, Any]]:
    """Return profit, worst week, CVaR and cost of every strategy in every span, in order of time, then as given.

    Parameters
    ----------
    tracks : of the strategies. span : year or quarter, UTC.

    Returns
    -------
    Rows of pure JSON types. profit_usd : of the steps that end in the span; all spans add up to the path's;
    None where the path has no step. days : of the span that the path covers. windows, weeks, worst_usd, cvar95_usd :
    of the windows that start in it; CVaR95 of up to 20 windows is the worst. cost_usd : slippage, fees and other.
    """
    rows = {track.strategy: _rows(track, span) for track in tracks}
    if len(rows) < len(tracks):
        raise BadInput("tracks", len(tracks), "must have one name each")
    numbers = sorted(set().union(*rows.values())) if rows else []
    return [
        {"span": span.label(number), "strategy": name, **found.get(number, _row(math.nan, 0.0, np.empty(0), 0, 0.0))}
        for number in numbers
        for name, found in rows.items()
    ]


def _rows(track: Track, span: Span) -> dict[int, dict[str, Any]]:
    gained, covered = _gained(track.path, span)
    starts, weeks = span.of(track.periods.starts), track.periods.weeks
    costs: dict[int, float] = {}
    for paid in (track.slippage, track.fees, track.other):
        for number, usd in zip(_ending(paid.times, span).tolist(), paid.usd.tolist(), strict=True):
            costs[number] = costs.get(number, 0.0) + usd
    found = {}
    for number in gained.keys() | set(starts.tolist()) | costs.keys():
        inside = starts == number
        found[number] = _row(
            gained.get(number, math.nan),
            covered.get(number, 0.0),
            track.periods.profits[inside],
            len(np.unique(weeks[inside])),
            costs.get(number, 0.0),
        )
    return found


def _row(profit: float, days: float, windows: FloatArray, weeks: int, cost: float) -> dict[str, Any]:
    worst, cvar95 = (Statistic.WORST(windows), Statistic.CVAR95(windows)) if len(windows) else (math.nan, math.nan)
    return {
        "profit_usd": json_number(profit),
        "days": days,
        "windows": len(windows),
        "weeks": weeks,
        "worst_usd": json_number(worst),
        "cvar95_usd": json_number(cvar95),
        "cost_usd": json_number(cost),
    }


def _gained(path: EquityPath, span: Span) -> tuple[dict[int, float], dict[int, float]]:
    """Return profit and days by span; a step without an equity is bridged by the next that has one."""
    known = np.isfinite(path.equity)
    times = path.times[known]
    numbers = _ending(times[1:], span)
    profits, days = np.diff(path.gains[known]), np.diff(times) / 86_400.0
    return (
        {number: math.fsum(profits[numbers == number]) for number in np.unique(numbers).tolist()},
        {number: math.fsum(days[numbers == number]) for number in np.unique(numbers).tolist()},
    )


def _ending(times: IntArray, span: Span) -> IntArray:
    """Return the span of what ended at each time: midnight of New Year still ends the old year."""
    return span.of(times - 1)


@dataclass(frozen=True)
class PoolDependence:
    """Hold what several pools have in common; NaN where there are too few weeks.

    Parameters
    ----------
    pools : how many. weeks : rows in which all are known. left_out : rows with a NaN.
    bets : effective number of independent bets. variance_bets : squared diversification ratio.
    kept : share of the parts' CVaR95 that their sum keeps. kept_if_independent : what it would keep if they were.
    reason : why the tail is NaN; empty where it is not.
    """

    pools: int
    weeks: int
    left_out: int
    bets: float
    variance_bets: float
    kept: float
    kept_if_independent: float
    reason: str = field(default="")

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(getattr(self, name)) for name in self.__dataclass_fields__}


def pool_dependence(returns: Mapping[str, ArrayLike], weights: Mapping[str, float] | None = None) -> PoolDependence:
    """Return how many bets several pools make, and what is left of them in the tail.

    Parameters
    ----------
    returns : weekly return of each pool in the same weeks, decimal, shape (n,); NaN leaves the week out.
    weights : of each pool, >= 0, not all 0; none means equal.

    Raises
    ------
    BadInput : lengths differ, no pool, or a weight is missing or outside its range.
    """
    columns = [finite(name, values) for name, values in returns.items()]
    if not columns or len({column.shape for column in columns}) > 1 or columns[0].ndim != 1:
        raise BadInput("returns", [column.shape for column in columns], "must be one row of weeks for each pool")
    if weights is not None and set(weights) != set(returns):
        raise BadInput("weights", sorted(weights), f"must be of the pools {sorted(returns)}")
    shares = None if weights is None else [weights[name] for name in returns]
    rows = np.column_stack(columns)
    whole = rows[~np.isnan(rows).any(axis=1)]
    counts = (len(columns), len(whole), len(rows) - len(whole))
    if len(whole) < math.ceil(1.0 / TAIL_SHARE):
        reason = f"{len(whole)} whole weeks: at least {math.ceil(1.0 / TAIL_SHARE)} are needed"
        return PoolDependence(*counts, math.nan, math.nan, math.nan, math.nan, reason)
    covariance = np.atleast_2d(np.cov(whole, rowvar=False))
    tail = joint_tail(whole, shares)
    return PoolDependence(
        *counts,
        bets=effective_bets(covariance, shares),
        variance_bets=variance_bets(covariance, shares),
        kept=tail.kept,
        kept_if_independent=tail.kept_if_independent,
    )
