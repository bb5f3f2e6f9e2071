"""Every signal of docs/signals.md on the simulated market of `signals_path`, and the regime that they give each day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from examples.signals_path import DAYS, START, MarketPath, daily, end_of_day
from hedge.signals import Gauge, Regime, capm, combine, indicators, liquidity, shocks, surprise
from hedge.signals import breadth as br
from hedge.signals import volatility as vo
from hedge.signals.calendar import Calendar, event_signal
from hedge.signals.known import FloatSeries, known_series
from hedge.signals.past import percentiles
from hedge.units import DAY

SOURCE: Final = "simulated"
RELEASE_DAYS: Final = tuple(range(12, DAYS + 90, 30))
"""Days on which the simulated CPI comes out, at 12:30 UTC; the last ones are only scheduled."""
FIRST_DAY: Final = 380
"""The first day on which every signal has enough past."""


def calendar() -> Calendar:
    """Return the release dates of the simulated CPI, each announced a year ahead."""
    return Calendar.scheduled("CPI", [START + day * DAY + 45_000 for day in RELEASE_DAYS], lead_seconds=365 * DAY)


def inflation(seed: int = 12) -> FloatSeries:
    """Return monthly inflation in per cent, known at its release: 0.3 and noise of 0.1, and 0.9 on day 702."""
    rng = np.random.default_rng(seed)
    days = np.array([day for day in RELEASE_DAYS if day < DAYS])
    figures = 0.3 + 0.1 * rng.standard_normal(days.size) + 0.6 * (days == 702)
    return known_series(figures, START + days * DAY + 45_000, "CPI")


def quick_ratios(path: MarketPath) -> FloatSeries:
    """Return the quick ratio: simulated depth, 1 M USD reserves, 2 M outflow, margin that grows with volatility."""
    flat = np.ones(DAYS)
    margin = daily(0.5e6 * (path.near.to_numpy() / 0.55) ** 2, "margin")
    return liquidity.quick_ratios(path.depth, daily(1e6 * flat, "reserves"), daily(2e6 * flat, "outflow"), margin, DAY)


def capm_ratio(path: MarketPath) -> tuple[FloatSeries, FloatSeries]:
    """Return CAPM volatility with the market's implied at 85 % of the coin's index, and its ratio to its norm."""
    vol = capm.capm_vol(capm.market_model(path.close, path.market, 90), 0.85 * path.near, DAY)
    return vol, capm.over_norm(vol)


def volatility_gauges(path: MarketPath) -> list[Gauge]:
    """Return the state of the index, its term slope and its RSI."""
    level, rsi = percentiles(path.near, 365, 180), indicators.rsi(path.near)
    slope = vo.term_slope(path.near, path.far, DAY)
    states = vo.volatility_states(level, slope, rsi, max_age_seconds=DAY)
    return [
        vo.volatility_gauge(level, states, max_age_seconds=2 * DAY, source=SOURCE),
        vo.slope_gauge(slope, max_age_seconds=2 * DAY, source=SOURCE),
        vo.index_rsi_gauge(rsi, max_age_seconds=2 * DAY, source=SOURCE),
    ]


def gauges(path: MarketPath) -> list[Gauge]:
    """Return every gauge of the simulated market."""
    line = br.advance_decline_line(path.members)
    apart = br.divergence(path.market, line, 63, 40, DAY)
    funding = shocks.level_shock(shocks.annual_funding(path.funding), 90, 45)
    dollar = shocks.change_shock(path.dollar, 5, 180, 90)
    z = surprise.surprise_z(surprise.naive_surprise(inflation(), 6), 24, 6)
    return [
        *volatility_gauges(path),
        br.divergence_gauge(apart, max_age_seconds=2 * DAY, source=SOURCE),
        shocks.shock_gauge("funding", funding, max_age_seconds=2 * DAY, source=SOURCE),
        shocks.shock_gauge("dollar", dollar, max_age_seconds=2 * DAY, source=SOURCE),
        surprise.surprise_gauge("CPI", z, source=SOURCE),
        liquidity.quick_ratio_gauge(quick_ratios(path), max_age_seconds=2 * DAY, source=SOURCE),
        capm.capm_gauge(capm_ratio(path)[1], source=SOURCE),
    ]


def regimes(path: MarketPath, days: Iterable[int]) -> list[Regime]:
    """Return the regime at the end of each day."""
    board, schedule = gauges(path), calendar()
    ends = [end_of_day(day) for day in days]
    return [combine([*(gauge.at(at) for gauge in board), event_signal(schedule, at)], at) for at in ends]
