"""The figures of a study, from its results: one JSON document, which the tables, the page and `--json` are views of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from bridge.study.markets.spec import MARKETS, LoadedMarket
from bridge.study.play import Play, study_tasks, window
from bridge.study.results import Results
from bridge.study.runner import TasksRun
from bridge.study.settings import StudySettings
from bridge.study.strategies import strategy_spec
from hedge.backtest.account import TRADING_COSTS, EntryKind
from hedge.backtest.calibration import calibration_report, fell_between
from hedge.backtest.comparison import deflated_sharpe, reality_check
from hedge.backtest.engine import NO_DECISION
from hedge.backtest.intervals import Statistic, difference, draw_weeks, interval
from hedge.backtest.metrics import Track, measure_strategy
from hedge.backtest.path_metrics import CashSeries, costs_of
from hedge.backtest.periods import EquityPath, Periods, align, scheduled_profits, side_by_side
from hedge.backtest.results import Calibration
from hedge.backtest.tables import Span, pool_dependence, span_table
from hedge.market import USD
from hedge.risk.measures import cvar
from hedge.units import DAY, json_number

UNHEDGED: Final = "unhedged"
HOLDING: Final = "hold_50_50"
RULES: Final = "rules"
WITH_INTERVAL: Final = (Statistic.MEAN, Statistic.STD, Statistic.CVAR95)
SLIPPAGE: Final = (EntryKind.SLIPPAGE, EntryKind.PERPETUAL_COST)
FEES: Final = (EntryKind.FEE, EntryKind.DELIVERY_FEE)
POOL_COSTS: Final = (EntryKind.GAS, EntryKind.SWAP, EntryKind.LIQUIDATION)
STALE_CRASH: Final = 4.5
"""Days that a step may be older than a crash's edge: a long weekend."""
MOST_POINTS: Final = 2_000
"""Points of a path that the document holds; a longer one is thinned, its first and last kept."""


@dataclass(frozen=True, eq=False)
class Played:
    """Hold one strategy of a study: its runs' windows together, and the path of its first run.

    Parameters
    ----------
    track
        The first run's path and costs; the windows of all runs.
    entries
        Of all runs. days: that they cover together.
    calibration
        Forecasts of all runs.
    counts
        What was missing or forced, over all runs.
    """

    track: Track
    entries: pd.DataFrame
    days: float
    calibration: tuple[Calibration, ...]
    counts: Mapping[str, int]
    margin: float


def summarise(done: TasksRun, settings: StudySettings, market: LoadedMarket) -> dict[str, Any]:
    """Return every figure of a study as JSON types.

    Strategies of which every run failed are named under ``failed``; figures are of those that have results.
    """
    order: dict[str, list[str]] = {}
    for task in study_tasks(settings):
        play: Play = task.arguments
        if task.key in done.results.records:
            order.setdefault(play.strategy, []).append(task.key)
    played = {
        name: _played(name, done.results, keys, settings.capital_usd, market.gap_days - 1.0)
        for name, keys in order.items()
    }
    head = _head(done, settings, market) | {"warnings": _warnings(played)}
    if UNHEDGED not in played:
        return head | {"strategies": []}
    spans = [track.track for track in played.values()]
    return head | {
        "strategies": [_figures(one, played, market) for one in played.values()],
        "years": span_table(spans, Span.YEAR),
        "quarters": span_table(spans, Span.QUARTER),
        "comparison": _comparison(played),
        "paths": {name: _path(one.track.path, settings.capital_usd) for name, one in played.items()},
        "weeks": {
            name: {"starts": one.track.periods.starts.tolist(), "profits": one.track.periods.profits.tolist()}
            for name, one in played.items()
        },
        "pools": _pools(market, played[UNHEDGED].track.periods),
    }


def _warnings(played: Mapping[str, Played]) -> list[str]:
    """Return what a reader must know before the figures: decisions that were not made, positions closed by force."""
    found = []
    for name, one in played.items():
        for kind, count in one.counts.items():
            if kind.startswith((NO_DECISION, "forced closes", "orders refused")):
                found.append(f"{name}: {count} times {kind.replace(NO_DECISION, 'no decision, ')}")
        if strategy_spec(name).trades and not one.track.turnover.total:
            found.append(f"{name}: nothing was ever traded; is the capital below one lot?")
    return found


def _head(done: TasksRun, settings: StudySettings, market: LoadedMarket) -> dict[str, Any]:
    span = window(settings, market)
    unhedged = [key for key in done.results.keys if key.startswith(f"{UNHEDGED}-")]
    return {
        "market": settings.market,
        "title": f"{MARKETS[settings.market].title}: {_assets(market)}",
        "assets": _assets(market),
        "settings": settings.document(),
        "start": span.start,
        "end": span.end,
        "steps": len(span.steps),
        "runs": len(done.results.keys),
        "phases": len(unhedged),
        "capital_usd": settings.capital_usd,
        "assumptions": list(market.assumptions),
        "problems": market.problems.counts(),
        "problem_rows": [row.__dict__ for row in market.problems.rows()],
        "failed": [str(failure) for failure in done.failed],
    }


def _assets(market: LoadedMarket) -> str:
    return ", ".join(sorted({asset for pool in market.pools for asset in (pool.base, pool.quote)} - {USD}))


def _played(name: str, results: Results, keys: Sequence[str], capital: float, late: float) -> Played:
    steps = [results.frame(key, "steps") for key in keys]
    entries = [results.frame(key, "entries") for key in keys]
    forecasts = pd.concat([results.frame(key, "calibration") for key in keys])
    paths = [_equity(frame, capital) for frame in steps]
    counts: dict[str, int] = {}
    for key in keys:
        for kind, count in results.facts(key)["counts"].items():
            counts[kind] = counts.get(kind, 0) + count
    track = Track(
        name,
        paths[0],
        side_by_side([scheduled_profits(path, late_days=late) for path in paths]),
        costs_of(entries[0], SLIPPAGE),
        costs_of(entries[0], FEES),
        costs_of(entries[0], POOL_COSTS),
        CashSeries(steps[0]["at"].to_numpy(), steps[0]["turnover"].to_numpy()),
        _overlay_cash(steps[0]),
    )
    return Played(
        track,
        pd.concat(entries),
        sum(path.days for path in paths),
        tuple(Calibration(*row) for row in forecasts.itertuples(index=False)),
        counts,
        max(float(frame["margin"].max()) for frame in steps),
    )


def _equity(steps: pd.DataFrame, capital: float) -> EquityPath:
    """Return the equity of a run; at its first step before the first trades, so that their costs count."""
    equity = steps["equity"].to_numpy(float).copy()
    equity[0] = capital
    return EquityPath(steps["at"].to_numpy(), equity, steps["flows"].to_numpy(float))


def _overlay_cash(steps: pd.DataFrame) -> CashSeries:
    """Return what the hedge paid (-) and received (+): changes of its cash, and at the end what it is worth."""
    cash = steps["cash"].to_numpy(float)
    moved = np.diff(cash, prepend=0.0)
    moved[-1] += float(steps["equity"].iloc[-1] - steps["lp"].iloc[-1]) - cash[-1]
    paid = moved != 0.0
    return CashSeries(steps["at"].to_numpy(np.int64)[paid], moved[paid])


def _figures(one: Played, played: Mapping[str, Played], market: LoadedMarket) -> dict[str, Any]:
    track, alone = one.track, played[UNHEDGED].track
    both = align({"own": track.periods, UNHEDGED: alone.periods})
    draws = draw_weeks(track.periods.weeks, mean_weeks=2.0)
    benchmarks = {name: played[name].track.periods for name in (UNHEDGED, HOLDING) if name in played}
    metrics = measure_strategy(track, alone, _factors(market, track.periods), benchmarks, market.crashes, STALE_CRASH)
    spec = strategy_spec(track.strategy)
    weeks = one.days / 7.0
    cost, removed = -_total(one.entries, TRADING_COSTS) / weeks, metrics.cvar_removed_usd
    shared = draw_weeks(both["own"].weeks, mean_weeks=2.0) if len(both["own"].profits) else None
    return {
        **metrics.to_dict(),
        "title": spec.title,
        "variant_of": spec.variant_of,
        "cost_a_week": cost,
        "cost_per_risk": cost / removed if removed > 0.0 else None,
        "intervals": {str(s): interval(track.periods.profits, draws, s).to_dict() for s in WITH_INTERVAL},
        "against_unhedged": {
            str(s): difference(both["own"].profits, both[UNHEDGED].profits, shared, s).to_dict() for s in WITH_INTERVAL
        }
        if shared is not None and track.strategy != UNHEDGED
        else {},
        "cvar95_against_holding": _against_holding(track, played),
        "cvar95_less_rules": _less(track, played, RULES),
        "attribution": _attribution(one.entries, weeks),
        "calibration": _calibration(one, market),
        "counts": dict(sorted(one.counts.items())),
        "largest_margin_usd": one.margin,
    }


def _against_holding(track: Track, played: Mapping[str, Played]) -> float | None:
    """Return CVaR95 of the weeks less those of holding half and half; None where that was not played."""
    if HOLDING not in played:
        return None
    both = align({"own": track.periods, HOLDING: played[HOLDING].track.periods})
    return cvar(both["own"].profits - both[HOLDING].profits) if len(both["own"].profits) else None


def _less(track: Track, played: Mapping[str, Played], other: str) -> dict[str, Any] | None:
    """Return CVaR95 less that of another strategy, with its interval; None where that was not played."""
    if other not in played or track.strategy == other:
        return None
    both = align({"own": track.periods, other: played[other].track.periods})
    if not len(both["own"].profits):
        return None
    draws = draw_weeks(both["own"].weeks, mean_weeks=2.0)
    return difference(both["own"].profits, both[other].profits, draws, Statistic.CVAR95).to_dict()


def _total(entries: pd.DataFrame, kinds: Sequence[EntryKind]) -> float:
    """Return the sum of entries of some kinds, USD."""
    return float(entries.loc[entries["kind"].isin([str(kind) for kind in kinds]), "usd"].sum())


def _factors(market: LoadedMarket, periods: Periods) -> dict[str, Periods]:
    """Return the windows of each asset's price, at the same starts as the strategy's."""
    assets = sorted({asset for pool in market.pools for asset in (pool.base, pool.quote)} - {USD})
    found = {}
    for asset in assets:
        series = market.history.prices[asset]
        ends = periods.starts + round(periods.days * DAY)
        first = np.searchsorted(series.times, periods.starts, side="right") - 1
        last = np.maximum(np.searchsorted(series.times, ends + DAY // 2, side="right") - 1, 0)
        opening = series.values[first]
        found[asset] = Periods(
            periods.starts,
            series.values[last] - opening,
            opening,
            periods.missing_starts,
            periods.days,
            periods.step_days,
        )
    return found


def _attribution(entries: pd.DataFrame, weeks: float) -> list[dict[str, Any]]:
    """Return USD a week by label and kind: what each layer earned and cost."""
    if entries.empty or not weeks:
        return []
    sums = entries.groupby(["label", "kind"], sort=True)["usd"].sum().reset_index()
    rows = zip(sums["label"], sums["kind"], sums["usd"] / weeks, strict=True)
    return [{"label": str(label), "kind": str(kind), "usd": float(usd)} for label, kind, usd in rows]


def _calibration(one: Played, market: LoadedMarket) -> dict[str, Any] | None:
    if not one.calibration:
        return None
    asset = market.pools[0].base
    series = market.history.prices[asset]
    return calibration_report(one.calibration, fell_between(series.times, series.values)).to_dict()


def _comparison(played: Mapping[str, Played]) -> dict[str, Any]:
    """Return the deflated Sharpe ratio and the reality check over every strategy, in the weeks that all show."""
    periods = align({name: one.track.periods for name, one in played.items()})
    weeks = periods[UNHEDGED].weeks
    variants = {name: found.profits for name, found in periods.items() if name != UNHEDGED}
    if len(variants) < 2 or len(weeks) < 2:
        return {}
    found = reality_check(variants, periods[UNHEDGED].profits, weeks, Statistic.CVAR95, mean_weeks=2.0)
    return {"deflated_sharpe": deflated_sharpe(variants, weeks).to_dict(), "reality_check": found.to_dict()}


def _path(path: EquityPath, capital: float) -> dict[str, Any]:
    """Return times and profit since the start, thinned."""
    keep = np.unique(np.linspace(0, len(path.times) - 1, min(len(path.times), MOST_POINTS)).astype(int))
    profits = (path.gains[keep] - capital).tolist()
    return {"at": path.times[keep].tolist(), "profit": [json_number(value) for value in profits]}


def _pools(market: LoadedMarket, periods: Periods) -> dict[str, Any] | None:
    """Return what several pools have in common: the weekly returns of their prices in USD."""
    if len(market.pools) < 2:
        return None
    factors = _factors(market, periods)
    returns = {pool.name: _pool_returns(pool.base, pool.quote, factors) for pool in market.pools}
    return pool_dependence(returns).to_dict()


def _pool_returns(base: str, quote: str, factors: Mapping[str, Periods]) -> np.ndarray:
    own = factors[base].returns
    return own if quote == USD else 0.5 * (own + factors[quote].returns)
