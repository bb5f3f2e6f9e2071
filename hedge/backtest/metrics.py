"""What a strategy was worth: its weeks, its tail, its costs, and what of it was beta.

Everything in USD, a cost and a CVaR positive for a loss. Figures beside another strategy (alpha, tracking error, risk
removed) are taken in the weeks that both show. Two prices of the risk that a hedge removed, per USD of CVaR95:

cost      slippage, fees and other costs of trading a window: what was certainly paid.
given up  the unhedged mean minus the strategy's: premium that did not come back, and beta, in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hedge.backtest.alpha import AlphaBeta, alpha_beta, newey_west_lags
from hedge.backtest.intervals import Statistic
from hedge.backtest.path_metrics import (
    NO_CASH,
    CashSeries,
    Crash,
    CrashCapture,
    Drawdown,
    OverlayRate,
    crash_captures,
    max_drawdown,
    overlay_rate,
)
from hedge.backtest.periods import STALE_DAYS, EquityPath, Periods, align
from hedge.units import json_number

FIELDS: Final = (
    "profit_usd", "slippage_usd", "fees_usd", "other_usd", "turnover_usd", "cvar_removed_usd", "cost_per_risk",
    "given_up_per_risk",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Track:
    """Hold what a run of a strategy leaves behind for its metrics.

    Parameters
    ----------
    strategy : its name. path : of its equity. periods : the path's windows.
    slippage, fees, other : costs, USD, positive. turnover : traded, USD. overlay : cash paid (-) and received (+).
    """

    strategy: str
    path: EquityPath
    periods: Periods
    slippage: CashSeries = NO_CASH
    fees: CashSeries = NO_CASH
    other: CashSeries = NO_CASH
    turnover: CashSeries = NO_CASH
    overlay: CashSeries = NO_CASH

    @property
    def cost_usd(self) -> float:
        """Return all costs of trading over the path, USD."""
        return self.slippage.total + self.fees.total + self.other.total

    @property
    def cost_a_window(self) -> float:
        """Return the cost of trading over the length of one window, USD; NaN for a path of one step."""
        return self.cost_usd * self.periods.days / self.path.days if self.path.days > 0.0 else math.nan


@dataclass(frozen=True)
class WindowFigures:
    """Hold figures of weekly profits, USD.

    Parameters
    ----------
    windows : how many. weeks : calendar weeks they start in. missing : windows that the path does not show.
    mean, std, worst, cvar95, cvar99 : NaN without a window; std is the sample's.
    worst_at : start of the worst, unix seconds, -1 if there is none.
    """

    windows: int
    weeks: int
    missing: int
    mean: float
    std: float
    worst: float
    worst_at: int
    cvar95: float
    cvar99: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(getattr(self, name)) for name in self.__dataclass_fields__}


def window_figures(periods: Periods) -> WindowFigures:
    """Return the figures of a strategy's weekly profits."""
    profits = periods.profits
    counts = len(profits), len(np.unique(periods.weeks)), periods.missing
    if not len(profits):
        return WindowFigures(*counts, math.nan, math.nan, math.nan, -1, math.nan, math.nan)
    mean, std, worst, cvar95, cvar99 = (statistic(profits) for statistic in Statistic)
    return WindowFigures(*counts, mean, std, worst, int(periods.starts[np.argmin(profits)]), cvar95, cvar99)


@dataclass(frozen=True)
class StrategyMetrics:
    """Hold every figure of one strategy; each field says what its own type or the module says.

    Parameters
    ----------
    strategy : its name. profit_usd : of the whole path. figures, drawdown : see their types.
    slippage_usd, fees_usd, other_usd, turnover_usd : over the path.
    cvar_removed_usd : CVaR95 of the unhedged minus its own, in the weeks of both.
    cost_per_risk, given_up_per_risk : mean cost, and gain given up, per USD of CVaR95 removed; NaN where none
        was.
    alpha : net of beta. tracking : deviation of the weekly difference to each benchmark, USD; NaN below two weeks.
    captures : of each crash. overlay : return on its cash.
    """

    strategy: str
    profit_usd: float
    figures: WindowFigures
    drawdown: Drawdown
    slippage_usd: float
    fees_usd: float
    other_usd: float
    turnover_usd: float
    cvar_removed_usd: float
    cost_per_risk: float
    given_up_per_risk: float
    alpha: AlphaBeta
    tracking: Mapping[str, float]
    captures: tuple[CrashCapture, ...]
    overlay: OverlayRate

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {
            "strategy": self.strategy,
            **self.figures.to_dict(),
            **{name: json_number(getattr(self, name)) for name in FIELDS},
            "drawdown": self.drawdown.to_dict(),
            "alpha": self.alpha.to_dict(),
            "tracking": {name: json_number(value) for name, value in self.tracking.items()},
            "captures": [capture.to_dict() for capture in self.captures],
            "overlay": self.overlay.to_dict(),
        }


def measure_strategy(
    track: Track,
    unhedged: Track,
    factors: Mapping[str, Periods],
    benchmarks: Mapping[str, Periods],
    crashes: Sequence[Crash] = (),
    crash_stale_days: float = STALE_DAYS,
) -> StrategyMetrics:
    """Return every figure of one strategy.

    Parameters
    ----------
    track : of the strategy. unhedged : of the LP alone.
    factors : windows of each asset (`period_profits` of an `EquityPath` of prices); the market.
    benchmarks : windows of what is tracked, by name. crashes : (name, from, to).
    crash_stale_days : oldest step that speaks for a crash's edge.

    Raises
    ------
    BadInput : windows of different lengths, or an asset without a price above 0.
    """
    removed, given_up = _against(track.periods, unhedged.periods)
    gains = track.path.gains[np.isfinite(track.path.gains)]
    return StrategyMetrics(
        strategy=track.strategy,
        profit_usd=float(gains[-1] - gains[0]) if gains.size else math.nan,
        figures=window_figures(track.periods),
        drawdown=max_drawdown(track.path),
        slippage_usd=track.slippage.total,
        fees_usd=track.fees.total,
        other_usd=track.other.total,
        turnover_usd=track.turnover.total,
        cvar_removed_usd=removed,
        cost_per_risk=track.cost_a_window / removed if removed > 0.0 else math.nan,
        given_up_per_risk=given_up / removed if removed > 0.0 else math.nan,
        alpha=_alpha(track.periods, factors),
        tracking={name: tracking_error(track.periods, other) for name, other in benchmarks.items()},
        captures=crash_captures(track.path, unhedged.path, crashes, crash_stale_days),
        overlay=overlay_rate(track.overlay.times, track.overlay.usd),
    )


def tracking_error(periods: Periods, benchmark: Periods) -> float:
    """Return the deviation of the weekly difference to a benchmark in the weeks of both, USD; NaN below two weeks."""
    both = align({"strategy": periods, "benchmark": benchmark})
    return Statistic.STD(both["strategy"].profits - both["benchmark"].profits)


def _against(periods: Periods, unhedged: Periods) -> tuple[float, float]:
    """Return the CVaR95 removed and the mean given up, in the weeks of both."""
    both = align({"strategy": periods, "unhedged": unhedged})
    ours, alone = both["strategy"].profits, both["unhedged"].profits
    if not len(ours):
        return math.nan, math.nan
    return Statistic.CVAR95(alone) - Statistic.CVAR95(ours), float(np.mean(alone) - np.mean(ours))


def _alpha(periods: Periods, factors: Mapping[str, Periods]) -> AlphaBeta:
    both = align({"": periods, **factors})
    ours = both.pop("")
    lags = max(newey_west_lags(len(ours.profits)), ours.overlap - 1)
    return alpha_beta(ours.profits, {name: found.returns for name, found in both.items()}, lags)
