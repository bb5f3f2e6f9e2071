"""One task of a study: one strategy, beginning on one day."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import pandas as pd

from bridge.errors import BadConfig
from bridge.study.markets.spec import MARKETS, LoadedMarket, resets
from bridge.study.settings import StudySettings, seconds
from bridge.study.strategies import strategy_spec, strategy_specs
from bridge.study.tasks import Part, Task
from hedge.backtest.account import Venue
from hedge.backtest.engine import BacktestTerms, backtest, step_times
from hedge.backtest.results import BacktestRun, Calibration
from hedge.market import USD
from hedge.units import DAY

WEEK: Final = 7.0


class Play(NamedTuple):
    """What a task plays: a strategy, and by how many days it begins later than the first."""

    strategy: str
    phase: int


def load_market(settings: StudySettings) -> LoadedMarket:
    """Read the market of a study; a process does it once."""
    return MARKETS[settings.market].load(settings)


def chosen_strategies(settings: StudySettings) -> tuple[str, ...]:
    """Return the names of the strategies that are played; "unhedged" is always among them.

    Raises
    ------
    BadConfig
        There is no strategy of a name.
    """
    names = settings.strategies or MARKETS[settings.market].strategies
    known = {spec.name for spec in strategy_specs()}
    if unknown := [name for name in names if name not in known]:
        raise BadConfig(f"no strategy {unknown[0]!r}: one of {', '.join(sorted(known))}")
    return tuple(dict.fromkeys(("unhedged", *names)))


def study_tasks(settings: StudySettings) -> list[Task]:
    """Return a task for each strategy and phase."""
    return [
        Task(f"{name}-{phase}", Play(name, phase))
        for name in chosen_strategies(settings)
        for phase in range(settings.phases)
    ]


class Window(NamedTuple):
    """First and last moment that is played, unix seconds, and the steps between."""

    start: int
    end: int
    steps: list[int]


def window(settings: StudySettings, market: LoadedMarket, phase: int = 0) -> Window:
    """Return what is played: all that the market has, within the settings' days, a day later for each phase.

    Raises
    ------
    BadConfig
        Too few steps are left.
    """
    assets = tuple(sorted({asset for pool in market.pools for asset in (pool.base, pool.quote)} - {USD}))
    first = seconds(settings.start) if settings.start else 0
    last = seconds(settings.end) - 1 if settings.end else 2**40
    steps = step_times(market.history, assets, first, last)
    started = [at for at in steps if all(len(market.history.prices[asset].cut(at)) for asset in assets)]
    if started:
        first_day = started[0] - started[0] % DAY + phase * DAY
        started = [at for at in started if at >= first_day]
    if len(started) < 2:
        raise BadConfig(f"the market {settings.market} has {len(started)} steps in the study's days: widen them")
    return Window(started[0], started[-1], started)


def check_window(settings: StudySettings, market: LoadedMarket) -> None:
    """Check, before anything runs, that every phase has a week to play.

    Raises
    ------
    BadConfig
        It has not.
    """
    for phase in {0, settings.phases - 1}:
        found = window(settings, market, phase)
        days = (found.end - found.start) / DAY
        if days < WEEK:
            raise BadConfig(
                f"run {phase + 1} of {settings.phases} has {days:.1f} days, a week is the least: widen start and end"
            )


def play(task: Task, market: LoadedMarket, settings: StudySettings) -> Part:
    """Play a task and return its frames ``steps``, ``entries`` and ``calibration``, and what was counted."""
    strategy, phase = task.arguments
    played, venue = window(settings, market, phase), settings.venue
    terms = BacktestTerms(
        start=played.start,
        end=played.end,
        pools=market.pools,
        capital_usd=settings.capital_usd,
        venue=Venue(
            perpetual_cost=venue.perpetual_cost,
            funding=venue.funding,
            collateral_usd=math.inf if venue.collateral_usd is None else venue.collateral_usd,
            liquidation_cost=venue.liquidation_cost,
        ),
        indices=market.indices,
        gap_days=market.gap_days,
        reset_days=(settings.pool.recentre_days or None) if resets(settings) else None,
    )
    return part_of(backtest(market.history, strategy_spec(strategy), terms))


def part_of(run: BacktestRun) -> Part:
    """Return a run as frames."""
    steps = pd.DataFrame(
        {
            "at": run.times,
            "equity": run.equity,
            "flows": run.flows,
            "lp": run.lp,
            "margin": run.margin,
            "turnover": run.turnover,
            "cash": run.cash,
        }
    )
    forecasts = pd.DataFrame(list(run.calibration), columns=list(Calibration._fields))
    numbers = {"made_at": "int64", "known_at": "int64", "predicted": "float64", "realised": "float64"}
    return Part(
        {"steps": steps, "entries": run.entries, "calibration": forecasts.astype(numbers)},
        {"counts": dict(run.counts), "strategy": run.strategy},
    )
