"""Realised volatility: real elapsed time, unknown prices, and estimates of a known volatility."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge.errors import BadInput
from hedge.volatility.realized import (
    Bars,
    close_to_close,
    from_ticks,
    garman_klass,
    parkinson,
    rogers_satchell,
    yang_zhang,
)

pytestmark = pytest.mark.unit

DAY, YEAR = 86_400, 365 * 86_400
VOL = 0.8
Estimator = Callable[[Bars], np.float64]
ESTIMATORS: list[Estimator] = [parkinson, garman_klass, rogers_satchell, yang_zhang]


def walk(times: np.ndarray, seed: int = 7, drift: float = 0.0) -> np.ndarray:
    """Return log prices of a Brownian motion of volatility VOL at given times."""
    rng, years = np.random.default_rng(seed), np.diff(times) / YEAR
    return np.append(0.0, np.cumsum(drift * years + VOL * np.sqrt(years) * rng.standard_normal(years.size)))


def watched_bars(days: int, gap: float, drift: float = 0.0, seconds: int = 20) -> Bars:
    """Return daily bars of a walk seen every 20 seconds, closed for a share `gap` of each day."""
    times = np.arange(0, days * DAY, seconds)
    price = np.exp(walk(times, drift=drift)).reshape(days, -1)[:, : round((1.0 - gap) * DAY / seconds)]
    opened = np.arange(days) * DAY
    closed = opened + price.shape[1] * seconds - (1 if gap == 0.0 else 0)
    return Bars.of(opened, closed, price[:, 0], price.max(axis=1), price.min(axis=1), price[:, -1])


def test_close_to_close__equal_steps__root_mean_square_annualised() -> None:
    price = np.array([100.0, 103.0, 99.0, 101.0])
    returns = np.diff(np.log(price))
    expected = np.sqrt(np.mean(returns**2) * 365.0)
    assert close_to_close(price, np.arange(4) * DAY) == pytest.approx(expected, rel=1e-12)


def test_close_to_close__gap__counts_with_its_own_length() -> None:
    # The same two moves: once in two days, once with ten days' outage in between.
    price = [100.0, 101.0, 100.0]
    short, long = close_to_close(price, [0, DAY, 2 * DAY]), close_to_close(price, [0, DAY, 12 * DAY])
    assert long / short == pytest.approx(np.sqrt(2.0 / 12.0), rel=1e-12)


def test_close_to_close__unequal_sampling__volatility_recovered() -> None:
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.exponential(3_600.0, 200_000))
    # Exponential lengths double the spread of the squared returns' weights: relative error sqrt(2 (1 + 1) / n) / 2.
    assert close_to_close(np.exp(walk(times)), times) == pytest.approx(VOL, rel=4 * np.sqrt(4.0 / times.size) / 2)


@settings(max_examples=50)
@given(st.lists(st.floats(-0.1, 0.1), min_size=3, max_size=30), st.data())
@pytest.mark.prop
def test_close_to_close__unknown_price__as_if_never_observed(moves: list[float], data: st.DataObject) -> None:
    price = np.exp(np.cumsum(moves))
    times = np.arange(price.size) * DAY
    hole = data.draw(st.integers(0, price.size - 1))
    holed = np.where(np.arange(price.size) == hole, np.nan, price)
    assert close_to_close(holed, times) == close_to_close(np.delete(price, hole), np.delete(times, hole))


@pytest.mark.parametrize("price", [[], [100.0], [np.nan, 100.0, np.nan]])
def test_close_to_close__less_than_two_prices__nan(price: list[float]) -> None:
    assert np.isnan(close_to_close(price, np.arange(len(price))))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_bar_estimators__walk_watched_closely__volatility_recovered(estimator: Estimator) -> None:
    # 20-second watching misses a little of each range (0.5826 steps on each side: 1 % of it); 400 days of noise on top.
    assert estimator(watched_bars(400, gap=0.0)) == pytest.approx(VOL, rel=0.04)


def test_bar_estimators__market_closed_half_the_day__each_per_year_of_what_it_saw() -> None:
    bars = watched_bars(400, gap=0.5)
    # 2,160 looks a bar miss 1.6 % of its range, and 400 bars have 1.6 % of noise.
    assert parkinson(bars) == pytest.approx(VOL, rel=0.05)
    assert yang_zhang(bars) == pytest.approx(VOL, rel=0.06)


def test_bar_estimators__strong_drift__rogers_satchell_and_yang_zhang_do_not_mind() -> None:
    bars = watched_bars(400, gap=0.0, drift=20.0)
    assert rogers_satchell(bars) == pytest.approx(VOL, rel=0.04)
    assert yang_zhang(bars) == pytest.approx(VOL, rel=0.04)
    assert parkinson(bars) > 1.2 * VOL


def test_bar_estimators__one_bar__published_formulas() -> None:
    o, h, low, c = 100.0, 104.0, 98.0, 101.0
    bar = Bars.of([0], [DAY], [o], [h], [low], [c])
    up, down, body = np.log(h / o), np.log(low / o), np.log(c / o)
    variance = {
        parkinson: np.log(h / low) ** 2 / (4.0 * np.log(2.0)),
        garman_klass: 0.5 * np.log(h / low) ** 2 - (2.0 * np.log(2.0) - 1.0) * body**2,
        rogers_satchell: up * (up - body) + down * (down - body),
    }
    for estimator, daily in variance.items():
        assert estimator(bar) == pytest.approx(np.sqrt(365.0 * daily), rel=1e-12)
    assert np.isnan(yang_zhang(bar))


def test_yang_zhang__equal_bars_and_gaps__published_formula() -> None:
    rng = np.random.default_rng(3)
    n = 40
    o = np.exp(rng.normal(0.0, 0.02, n + 1))
    c = o * np.exp(rng.normal(0.0, 0.02, n + 1))
    h, low = np.maximum(o, c) * 1.01, np.minimum(o, c) * 0.99
    opened = np.arange(n + 1) * DAY
    jumps, bodies = np.log(o[1:] / c[:-1]), np.log(c / o)[1:]
    ranges = (np.log(h / o) * np.log(h / c) + np.log(low / o) * np.log(low / c))[1:]
    weight = 0.34 / (1.34 + (n + 1) / (n - 1))
    daily = np.var(jumps, ddof=1) + weight * np.var(bodies, ddof=1) + (1.0 - weight) * np.mean(ranges)
    found = yang_zhang(Bars.of(opened, opened + DAY // 3, o, h, low, c))
    # Days from close to close: the first one's close starts the first jump, so n whole days pass.
    assert found == pytest.approx(np.sqrt(365.0 * daily), rel=1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_bar_estimators__bar_with_nan__as_if_never_observed(estimator: Estimator) -> None:
    bars = watched_bars(10, gap=0.5, seconds=600)
    columns = [bars.opened_at, bars.closed_at, bars.open, bars.high, bars.low, bars.close]
    holed = [np.where((np.arange(10) == 4) & (number >= 2), np.nan, column) for number, column in enumerate(columns)]
    without = Bars.of(*(np.delete(column, 4) for column in columns))
    assert estimator(Bars.of(*holed)) == estimator(without)
    assert np.isnan(estimator(Bars.of(*(column[:0] for column in columns))))


def test_from_ticks__oracle_of_a_walk__volatility_recovered() -> None:
    times = np.arange(0, 60 * DAY, 12)
    ticks = np.floor(walk(times) / np.log(1.0001)).astype(np.int64)
    sums = np.append(0, np.cumsum(ticks * 12))
    at = np.append(times, times[-1] + 12)
    for every in (25, 150, 300):  # observed every 5, 30 and 60 minutes
        found = from_ticks(sums[::every], at[::every])
        assert found == pytest.approx(VOL, rel=4.0 / np.sqrt(times.size / every))


def test_from_ticks__outage__one_interval_of_its_real_length() -> None:
    times = np.arange(0, 60 * DAY, 12)
    sums = np.append(0, np.cumsum(walk(times) / np.log(1.0001) * 12))
    at = np.append(times, times[-1] + 12)
    keep = np.arange(0, at.size, 150)
    keep = keep[(keep < 100_000) | (keep > 200_000)]
    assert from_ticks(sums[keep], at[keep]) == pytest.approx(VOL, rel=0.12)
    holed = np.where(np.isin(np.arange(at.size), keep), sums, np.nan)
    assert from_ticks(holed, at) == from_ticks(sums[keep], at[keep])


def test_from_ticks__sums_beyond_float_precision__exact() -> None:
    base, times = 2**60 + 1, np.arange(5) * 3_600
    steps = np.array([0, 1, 3, 2, 5]) * 3_600 * 100
    assert from_ticks(base + steps, times) == from_ticks(steps, times)


def test_from_ticks__less_than_three_observations__nan() -> None:
    assert np.isnan(from_ticks([0, 100], [0, 10]))


@pytest.mark.parametrize(
    "call",
    [
        lambda: close_to_close([1.0, 0.0], [0, 1]),
        lambda: close_to_close([1.0, 2.0], [1, 1]),
        lambda: close_to_close([1.0, 2.0], [0, np.nan]),
        lambda: close_to_close([1.0, 2.0, 3.0], [0, 1]),
        lambda: close_to_close([[1.0, 2.0]], [[0, 1]]),
        lambda: from_ticks([0.0, np.inf, 1.0], [0, 1, 2]),
        lambda: Bars.of([0], [0], [1.0], [1.0], [1.0], [1.0]),
        lambda: Bars.of([0, 5], [6, 9], [1.0] * 2, [1.0] * 2, [1.0] * 2, [1.0] * 2),
        lambda: Bars.of([0], [1], [3.0], [2.0], [1.0], [1.5]),
        lambda: Bars.of([0], [1], [1.5], [2.0], [1.0], [0.5]),
        lambda: Bars.of([0], [1], [1.5], [2.0], [1.0], [1.5, 1.5]),
    ],
)
def test_realized__impossible_input__bad_input(call: Callable[[], object]) -> None:
    with pytest.raises(BadInput):
        call()


def test_from_ticks__days_of_a_real_pool__near_closes_and_highest_on_the_crash(recorded: Path) -> None:
    minutes = pd.read_parquet(recorded / "pools" / "polygon_usdc_weth_500_minute.parquet")
    found = {}
    for day, rows in minutes.groupby(minutes["timestamp"].dt.date):
        at = rows["timestamp"].astype("int64").to_numpy() // 10**6
        tick = rows["closeTick"].to_numpy()
        sums = np.append(0.0, np.cumsum(tick * 60.0))
        found[str(day)] = from_ticks(sums[::15], np.append(at, at[-1] + 60)[::15])
        # 96 quarters of an hour each: a relative noise of 7 % in either, which share the path.
        assert found[str(day)] == pytest.approx(close_to_close(1.0001 ** -tick[::15], at[::15]), rel=0.25)
    assert max(found, key=found.__getitem__) == "2023-08-17"
