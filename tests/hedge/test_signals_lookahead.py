"""No signal looks ahead: whatever happens after a time, what was known at that time stays as it was, bit by bit."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedge.signals
from hedge.signals import (
    breadth,
    calendar,
    capm,
    indicators,
    known,
    liquidity,
    past,
    shocks,
    signal,
    surprise,
    volatility,
)
from hedge.signals.histories import Histories
from hedge.signals.known import known_series
from hedge.signals.regime import combine
from hedge.units import DAY

pytestmark = pytest.mark.prop

ROWS = 80
AGE = 3 * DAY
Inputs = Sequence[pd.Series]

# One entry per function that answers with series: how many positive series it reads, and the call.
CASES: dict[str, tuple[int, Callable[..., object]]] = {
    "known.as_known": (1, lambda x: known.as_known("x", x)),
    "known.align": (2, lambda x, y: known.align(AGE, x, y)),
    "past.z_scores": (1, lambda x: past.z_scores(x, 20, 5)),
    "past.over_dispersion": (1, lambda x: past.over_dispersion(x, 20, 5)),
    "past.percentiles": (1, lambda x: past.percentiles(x, 20, 5)),
    "past.past_quantiles": (1, lambda x: past.past_quantiles(x, 0.7, 20, 5)),
    "past.range_positions": (1, lambda x: past.range_positions(x, 20, 5)),
    "signal.ramp_series": (1, lambda x: signal.ramp_series(x, 1.0, 3.0)),
    "indicators.rsi": (1, lambda x: indicators.rsi(x, 5)),
    "indicators.ema": (1, lambda x: indicators.ema(x, 5)),
    "indicators.macd": (1, lambda x: indicators.macd(x, 4, 9, 3)),
    "indicators.bollinger": (1, lambda x: indicators.bollinger(x, 8)),
    "indicators.atr": (3, lambda x, y, z: indicators.atr(*bars(x, y, z), 5)),
    "indicators.accumulation_distribution": (4, lambda *x: indicators.accumulation_distribution(*bars(*x))),
    "indicators.macd_turns": (1, lambda x: indicators.macd_turns(x, 0.1)),
    "breadth.net_advances": (3, lambda *x: breadth.net_advances(frame(x))),
    "breadth.advance_decline_line": (3, lambda *x: breadth.advance_decline_line(frame(x))),
    "breadth.divergence": (2, lambda x, y: breadth.divergence(x, y, 15, 5, AGE)),
    "volatility.term_slope": (2, lambda x, y: volatility.term_slope(x, y, AGE)),
    "volatility.book_slope": (2, lambda x, y: volatility.book_slope(*terms(x, y))),
    "volatility.volatility_states": (3, lambda x, y, z: states(x, y, z)),
    "calendar.event_scores": (0, lambda: None),  # a calendar has announcements instead of values: tested on its own
    "surprise.growth": (1, lambda x: surprise.growth(x, 2)),
    "surprise.surprise": (2, lambda x, y: surprise.surprise(x, y, AGE)),
    "surprise.naive_surprise": (1, lambda x: surprise.naive_surprise(x, 4)),
    "surprise.surprise_z": (1, lambda x: surprise.surprise_z(x, 20, 5)),
    "shocks.rate_differential": (2, lambda x, y: shocks.rate_differential(x, y, AGE)),
    "shocks.annual_funding": (1, lambda x: shocks.annual_funding(x)),
    "shocks.level_shock": (1, lambda x: shocks.level_shock(x, 20, 5)),
    "shocks.change_shock": (1, lambda x: shocks.change_shock(x, 2, 20, 5)),
    "liquidity.quick_ratios": (4, lambda *x: liquidity.quick_ratios(*x, AGE)),
    "capm.market_model": (2, lambda x, y: capm.market_model(x, on(y, x), 10)),
    "capm.capm_vol": (3, lambda x, y, z: capm.capm_vol(capm.market_model(x, on(y, x), 10), z, AGE)),
    "capm.over_norm": (1, lambda x: capm.over_norm(x, 0.75, 20, 5)),
}
# These only bring numbers onto their times; test_signals_known.py and test_signals_surprise.py hold them to it.
CONSTRUCTORS = {"known.known_series", "known.known_after", "surprise.month_released", "surprise.released"}
SERIES_ANSWERS = ("FloatSeries", "pd.Series", "Macd", "Bands", "MarketModel")


def on(series: pd.Series, other: pd.Series) -> pd.Series:
    """Read the series at the times of the other one."""
    return known_series(known.as_of(series, other.index.to_numpy(), AGE), other.index.to_numpy())


def bars(*series: pd.Series) -> list[pd.Series]:
    """Put series onto the times of the first, the first two ordered as high and low."""
    first = series[0]
    high, low, *rest = [first, *(on(other, first) for other in series[1:])]
    return [np.maximum(high, low), np.minimum(high, low), *rest]


def frame(series: Inputs) -> pd.DataFrame:
    """Join series as the members of a panel."""
    return pd.DataFrame({str(place): member for place, member in enumerate(series)})


def terms(x: pd.Series, y: pd.Series) -> tuple[Histories, dict[str, float]]:
    """Join two series as the term structure of the only asset of a book."""
    return Histories({"term_ETH": pd.DataFrame({"near": x, "far": on(y, x)})}), {"ETH": 1.0}


def states(x: pd.Series, y: pd.Series, z: pd.Series) -> pd.Series:
    """Name states from a percentile, a slope and an RSI made of three positive series."""
    return volatility.volatility_states(x / (1.0 + x), y - 1.0, 50.0 * z / (1.0 + z) + 30.0, max_age_seconds=AGE)


def histories(rng: np.random.Generator, count: int) -> list[pd.Series]:
    """Draw positive walks with gaps, on times of their own."""
    walks = np.exp(0.2 * np.cumsum(rng.standard_normal((count, ROWS)), axis=1))
    walks[rng.random(walks.shape) < 0.05] = np.nan
    times = 1_000_000 + np.cumsum(rng.integers(1, 2 * DAY, (count, ROWS)), axis=1)
    return [known_series(walk, time, f"x{place}") for place, (walk, time) in enumerate(zip(walks, times, strict=True))]


def changed_after(rng: np.random.Generator, series: pd.Series, at: int) -> pd.Series:
    """Draw another future: other values, fewer rows, other times."""
    keep = series[series.index <= at]
    future = series[series.index > at].iloc[:: int(rng.integers(1, 4))]
    times = np.unique(np.maximum(at + 1, future.index.to_numpy() + rng.integers(-DAY, DAY, len(future))))
    values = np.exp(3.0 * rng.standard_normal(times.size))
    values[rng.random(times.size) < 0.2] = np.nan
    return known_series(
        np.concatenate([keep.to_numpy(), values]), np.concatenate([keep.index.to_numpy(), times]), str(series.name)
    )


def known_part(answer: object, at: int) -> list[pd.Series]:
    """Return the rows of every series of an answer that were known at the time."""
    parts = list(answer) if isinstance(answer, tuple) else [answer]
    return [part[part.index <= at] for part in parts]


@pytest.mark.parametrize("name", sorted(name for name, (count, _) in CASES.items() if count))
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.2, 0.9))
def test_series__future_changed_arbitrarily__same_up_to_now(name: str, seed: int, share: float) -> None:
    count, compute = CASES[name]
    rng = np.random.default_rng(seed)
    before = histories(rng, count)
    at = int(before[0].index[int(share * ROWS)])
    after = [changed_after(rng, series, at) for series in before]
    for original, changed in zip(known_part(compute(*before), at), known_part(compute(*after), at), strict=True):
        pd.testing.assert_series_equal(original, changed, check_exact=True)


def test_check__function_that_peeks_one_row__is_caught() -> None:
    rng = np.random.default_rng(1)
    (before,) = histories(rng, 1)
    at = int(before.index[40])
    after = changed_after(rng, before, at)
    with pytest.raises(AssertionError):
        pd.testing.assert_series_equal(
            *(known_part(series.shift(-1), at)[0] for series in (before, after)), check_exact=True
        )


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.2, 0.9))
def test_regime__future_changed_arbitrarily__same_signals_and_regime(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    before = histories(rng, 4)
    at = int(before[0].index[int(share * ROWS)])
    after = [changed_after(rng, series, at) for series in before]
    original, changed = ([gauge.at(at) for gauge in gauges(series)] for series in (before, after))
    assert repr(original) == repr(changed)
    assert combine(original, at) == combine(changed, at)


def gauges(series: Inputs) -> list[signal.Gauge]:
    """Build a gauge of each kind."""
    level = past.percentiles(series[0], 20, 5)
    named = volatility.volatility_states(level, series[1] - 1.0, series[2] * 10.0, max_age_seconds=AGE)
    z = shocks.level_shock(series[3], 20, 5)
    return [
        volatility.volatility_gauge(level, named, max_age_seconds=AGE, source="x"),
        shocks.shock_gauge("funding", z, max_age_seconds=AGE, source="x"),
        surprise.surprise_gauge("CPI", surprise.surprise_z(series[2], 20, 5), source="x"),
        liquidity.quick_ratio_gauge(liquidity.quick_ratios(*series, AGE), source="x"),
        capm.capm_gauge(capm.over_norm(series[1], 0.5, 20, 5), source="x"),
        breadth.divergence_gauge(breadth.divergence(*series[:2], 15, 5, AGE), max_age_seconds=AGE, source="x"),
    ]


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1))
def test_events__releases_announced_later__same_signal_now(seed: int) -> None:
    rng = np.random.default_rng(seed)
    releases = [
        calendar.Release(int(time), "CPI", int(time - lead))
        for time, lead in zip(rng.integers(0, 100, 12) * DAY, rng.integers(0, 30, 12) * DAY, strict=True)
        if time >= lead
    ]
    at = int(rng.integers(0, 100)) * DAY
    told = tuple(release for release in releases if release.announced_at <= at)
    other = (*told, calendar.Release(at + DAY, "FOMC", at + 1))
    assert repr(calendar.event_signal(calendar.Calendar(tuple(releases)), at)) == repr(
        calendar.event_signal(calendar.Calendar(other), at)
    )


def test_cases__every_function_that_answers_with_series__is_held_to_it() -> None:
    found = set()
    for module in pkgutil.iter_modules(hedge.signals.__path__):
        loaded = importlib.import_module(f"hedge.signals.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            answer = str(function.__annotations__.get("return", ""))
            if function.__module__ == loaded.__name__ and not name.startswith("_") and answer_is_series(answer):
                found.add(f"{module.name}.{name}")
    assert found - CONSTRUCTORS == set(CASES)


def answer_is_series(answer: str) -> bool:
    """Tell whether an annotation names series."""
    return any(kind in answer for kind in SERIES_ANSWERS)
