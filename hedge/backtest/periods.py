"""Profits of windows of days, cut from the equity of a run.

Profit of a window (start, end] = equity(end) - equity(start) - flows in it. Equity at an edge is that of the last step
at or before it, no older than `STALE_DAYS`; flows are summed between the two steps that were used, so that the profits
of windows side by side add up. A window without such a step at either edge is missing: it is counted, never filled.

Calendar: UTC. A window belongs to the ISO week of its start, as the number year x 100 + week: 202601 holds 2025-12-29.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedge.backtest.schedule import Schedule
from hedge.errors import BadInput
from hedge.numerics.arrays import BoolArray, FloatArray, finite
from hedge.units import DAY, json_number

IntArray = NDArray[np.int64]

WEEK_DAYS: Final = 7.0
LATE_DAYS: Final = 1.0
STALE_DAYS: Final = 0.5
"""Oldest step that still speaks for an edge: with one step a day, a day without it is a gap and not yesterday."""


@dataclass(frozen=True, eq=False, init=False)
class EquityPath:
    """Hold the equity of one account, step by step; an asset's price is one without flows.

    Parameters
    ----------
    times : unix seconds, shape (n,), ascending, n >= 1.
    equity : USD at the end of each step, shape (n,); NaN where it is unknown.
    flows : external deposits (+) and withdrawals (-) of each step, already inside equity, USD, shape (n,); none is 0.

    Raises
    ------
    BadInput : lengths differ, times do not ascend, a flow is NaN, a number is infinite.
    """

    times: IntArray
    equity: FloatArray
    flows: FloatArray

    def __init__(self, times: ArrayLike, equity: ArrayLike, flows: ArrayLike | None = None) -> None:
        seconds, usd = unix_times("times", times), finite("equity", equity)
        moved = np.zeros(usd.shape) if flows is None else finite("flows", flows)
        if not seconds.size or (np.diff(seconds) <= 0).any():
            raise BadInput("times", seconds.size, "must be at least one, ascending, none twice")
        for name, array in (("equity", usd), ("flows", moved)):
            if array.shape != seconds.shape:
                raise BadInput(name, array.shape, f"must be as many as times: {seconds.shape}")
        if np.isnan(moved).any():
            raise BadInput("flows", np.nan, "must be known; a step without a flow has 0")
        object.__setattr__(self, "times", seconds)
        object.__setattr__(self, "equity", usd)
        object.__setattr__(self, "flows", moved)

    @property
    def gains(self) -> FloatArray:
        """Return equity without what was paid in and out since the first step, USD, shape (n,)."""
        return np.asarray(self.equity - np.cumsum(self.flows) + self.flows[0])

    @property
    def days(self) -> float:
        """Return days from the first step to the last."""
        return float(self.times[-1] - self.times[0]) / DAY

    def steps_at(self, edges: ArrayLike, stale_days: float = STALE_DAYS) -> IntArray:
        """Return the step that speaks for each time: the last at or before it, -1 where none is fresh and known."""
        at = unix_times("edges", edges)
        found = np.searchsorted(self.times, at, side="right") - 1
        fresh = (found >= 0) & (at - self.times[found] <= stale_days * DAY) & np.isfinite(self.equity[found])
        return np.where(fresh, found, -1).astype(np.int64)

    def profit(self, since: int, until: int, stale_days: float = STALE_DAYS) -> float:
        """Return the profit of (since, until], unix seconds; NaN where an edge has no fresh step."""
        first, last = self.steps_at([since, until], stale_days)
        return float(self.gains[last] - self.gains[first]) if 0 <= first < last else np.nan


@dataclass(frozen=True, eq=False)
class Periods:
    """Hold the profits of windows of one length.

    Parameters
    ----------
    starts : unix seconds, shape (k,), ascending. profits : USD, shape (k,), none NaN.
    opening : equity at each start, USD, shape (k,).
    missing_starts : windows that the path does not show, shape (m,), ascending.
    days : length of a window. step_days : from one start to the next; below `days`, windows overlap.
    """

    starts: IntArray
    profits: FloatArray
    opening: FloatArray
    missing_starts: IntArray
    days: float = WEEK_DAYS
    step_days: float = WEEK_DAYS

    @property
    def weeks(self) -> IntArray:
        """Return the calendar week of each window's start, shape (k,)."""
        return iso_weeks(self.starts)

    @property
    def returns(self) -> FloatArray:
        """Return profit over the equity at the start, shape (k,); NaN where that is not above 0."""
        above = self.opening > 0.0
        return np.where(above, self.profits / np.where(above, self.opening, 1.0), np.nan)

    @property
    def missing(self) -> int:
        """Return how many windows are missing."""
        return len(self.missing_starts)

    @property
    def overlap(self) -> int:
        """Return how many windows cover one moment: 1 where they lie side by side, 7 for a week from every day."""
        return max(1, int(np.ceil(self.days / self.step_days - 1e-9)))

    @property
    def block_weeks(self) -> float:
        """Return the shortest block, in calendar weeks, that holds a window: what a bootstrap has to resample."""
        return max(1.0, float(np.ceil(self.days / WEEK_DAYS - 1e-9)))

    def only(self, kept: BoolArray) -> Periods:
        """Return some of the windows; the others count as missing."""
        lost = np.union1d(self.missing_starts, self.starts[~kept])
        return replace(
            self, starts=self.starts[kept], profits=self.profits[kept], opening=self.opening[kept], missing_starts=lost
        )

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {
            "days": self.days,
            "step_days": self.step_days,
            "starts": self.starts.tolist(),
            "weeks": self.weeks.tolist(),
            "profits_usd": self.profits.tolist(),
            "opening_usd": [json_number(value) for value in self.opening.tolist()],
            "missing_starts": self.missing_starts.tolist(),
        }


def period_profits(
    path: EquityPath,
    days: float = WEEK_DAYS,
    start: int | None = None,
    step_days: float | None = None,
    stale_days: float = STALE_DAYS,
) -> Periods:
    """Cut a path into windows and return the profit of each.

    Parameters
    ----------
    path : of the run. days : length of a window, > 0.
    start : of the first window, unix seconds; by default the first step. The last ends at or before the last step.
    step_days : from one start to the next, > 0; by default `days`, so that windows lie side by side.
    stale_days : oldest step that speaks for an edge, >= 0.

    Raises
    ------
    BadInput : a number outside its range.

    >>> week = period_profits(EquityPath([0, 604_800], [100.0, 160.0], [0.0, 50.0]))
    >>> week.profits.tolist(), week.weeks.tolist(), week.missing
    ([10.0], [197001], 0)
    """
    step_days = days if step_days is None else step_days
    for name, value in (("days", days), ("step_days", step_days)):
        if not DAY * value >= 1.0:
            raise BadInput(name, value, "must be a second at least")
    if not stale_days >= 0.0:
        raise BadInput("stale_days", stale_days, "must be >= 0")
    length, first = round(days * DAY), int(path.times[0]) if start is None else start
    starts = np.arange(first, path.times[-1] - length + 1, round(step_days * DAY), dtype=np.int64)
    opens, closes = path.steps_at(starts, stale_days), path.steps_at(starts + length, stale_days)
    shown = (opens >= 0) & (closes > opens)
    profits = path.gains[closes] - path.gains[opens]
    return Periods(
        starts[shown], profits[shown], path.equity[opens[shown]], starts[~shown], float(days), float(step_days)
    )


def scheduled_profits(path: EquityPath, days: float = WEEK_DAYS, late_days: float = LATE_DAYS) -> Periods:
    """Cut a path at the steps at which what is due every `days` happened, and return the profit of each window.

    Windows begin and end where a backtest decides (`hedge.backtest.schedule`), so that each is one decision's own.
    Steps are not punctual: a window may be some hours shorter or longer. One that is longer by more than `late_days`,
    for want of steps, is missing.

    Raises
    ------
    BadInput : `days` is not > 0.
    """
    schedule = Schedule.starting(int(path.times[0]), days, at_once=True)
    steps = np.array([number for number, at in enumerate(path.times.tolist()) if schedule.due(at)], dtype=np.int64)
    opens, closes = steps[:-1], steps[1:]
    shown = path.times[closes] - path.times[opens] <= (days + late_days) * DAY
    starts, profits = path.times[opens], path.gains[closes] - path.gains[opens]
    return Periods(starts[shown], profits[shown], path.equity[opens][shown], starts[~shown], float(days), float(days))


def side_by_side(phases: Sequence[Periods]) -> Periods:
    """Return the windows of runs that began on different days as one, in order of time.

    Where a day has no step, two runs decide at the same one after it: such a window counts once.

    Raises
    ------
    BadInput : none, or windows of different lengths.
    """
    if len({found.days for found in phases}) != 1:
        raise BadInput("phases", len(phases), "must be one or more, of one length of window")
    starts, first = np.unique(np.concatenate([found.starts for found in phases]), return_index=True)
    profits, opening = (
        np.concatenate([getattr(found, name) for found in phases])[first] for name in ("profits", "opening")
    )
    missing = np.unique(np.concatenate([found.missing_starts for found in phases]))
    days = phases[0].days
    return Periods(starts, profits, opening, missing, days, days / len(phases))


def align(periods: Mapping[str, Periods]) -> dict[str, Periods]:
    """Return each in the windows that all of them show, so that strategies are compared in the same weeks.

    Raises
    ------
    BadInput : windows of different lengths.
    """
    lengths = {found.days for found in periods.values()}
    if len(lengths) > 1:
        raise BadInput("days", sorted(lengths), "must be one length of window")
    if not periods:
        return {}
    common = reduce(np.intersect1d, [found.starts for found in periods.values()])
    return {name: found.only(np.isin(found.starts, common)) for name, found in periods.items()}


def iso_weeks(times: ArrayLike) -> IntArray:
    """Return the ISO week of each time as year x 100 + week, shape as given.

    Parameters
    ----------
    times : unix seconds.

    Source: ISO 8601: a week starts on Monday and belongs to the year of its Thursday.
    """
    day = unix_times("times", times) // DAY
    thursday = day - (day + 3) % 7 + 3
    year = thursday.astype("datetime64[D]").astype("datetime64[Y]")
    first = year.astype("datetime64[D]").astype(np.int64)
    return np.asarray((year.astype(np.int64) + 1970) * 100 + (thursday - first) // 7 + 1, dtype=np.int64)


def unix_times(name: str, times: ArrayLike) -> IntArray:
    """Return whole unix seconds, shape (n,); fractions, NaN and dates are refused."""
    array = np.asarray(times)
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iuf" or not (np.isfinite(array) & (array % 1 == 0)).all():
        raise BadInput(name, array.dtype, "must be a row of whole unix seconds")
    return array.astype(np.int64)
