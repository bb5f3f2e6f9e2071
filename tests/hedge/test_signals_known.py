"""When a number is known, how long it counts, and how it is compared with its past."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from hedge.errors import BadInput
from hedge.signals.known import align, as_of, known_after, known_series, unix_seconds
from hedge.signals.past import over_dispersion, past_quantiles, percentiles, range_positions, z_scores
from hedge.signals.signal import NEVER, Gauge, Signal, State, ramp
from hedge.units import DAY

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(5)


def series(*values: float, step: int = 1) -> pd.Series:
    """Index values by 1, 2, 3 ..."""
    return known_series(list(values), [step * (place + 1) for place in range(len(values))])


@pytest.mark.parametrize(
    ("values", "times"),
    [([1.0, 2.0], [2, 2]), ([1.0, 2.0], [2, 1]), ([1.0], [1, 2]), ([np.inf], [1]), ([1.0], [1.5]), (["a"], [1])],
)
def test_known_series__times_or_values_wrong__refused(values: list[float], times: list[float]) -> None:
    with pytest.raises(BadInput):
        known_series(values, times)


def test_known_series__empty__empty() -> None:
    assert known_series([], np.array([], dtype=np.int64)).empty


def test_unix_seconds__zones_and_fractions__utc_rounded_up() -> None:
    assert unix_seconds(pd.DatetimeIndex(["1970-01-01 02:00:00.001"])).tolist() == [7201]
    assert unix_seconds(pd.DatetimeIndex(["1970-01-01 02:00"], tz="Europe/Zurich")).tolist() == [3600]
    with pytest.raises(BadInput):
        unix_seconds(pd.DatetimeIndex([None, "2020-01-01"]))


def test_known_after__daily_close__known_when_the_day_is_over() -> None:
    closes = pd.Series([1.0, 2.0], index=pd.DatetimeIndex(["1970-01-01", "1970-01-02"]))
    assert known_after(closes, DAY).index.tolist() == [DAY, 2 * DAY]
    with pytest.raises(BadInput):
        known_after(closes, 0)


def test_as_of__between_rows__last_known_that_is_young_enough() -> None:
    known = known_series([1.0, 2.0], [10, 20])
    times = np.array([9, 10, 19, 20, 30, 31])
    np.testing.assert_array_equal(as_of(known, times, 10), [np.nan, 1.0, 1.0, 2.0, 2.0, np.nan])
    np.testing.assert_array_equal(as_of(known, times, 11, before=True), [np.nan, np.nan, 1.0, 1.0, 2.0, 2.0])


def test_align__nan_row__hides_the_older_number() -> None:
    first, second = align(100, known_series([1.0, np.nan], [1, 3]), known_series([5.0], [4]))
    assert first.index.tolist() == [1, 3, 4]
    np.testing.assert_array_equal(first, [1.0, np.nan, np.nan])
    np.testing.assert_array_equal(second, [np.nan, np.nan, 5.0])


def test_z_scores__long_walk__equals_pandas_on_the_shifted_past() -> None:
    values = series(*np.cumsum(RNG.standard_normal(300)))
    past = values.shift(1).rolling(50, min_periods=10)
    expected = (values - past.mean()) / past.std()
    np.testing.assert_allclose(z_scores(values, 50, 10), expected, rtol=1e-9)
    np.testing.assert_allclose(over_dispersion(values, 50, 10), values / past.std(), rtol=1e-9)


def test_past_quantiles__gaps__equals_nanquantile_of_the_past() -> None:
    array = RNG.standard_normal(120)
    array[::7] = np.nan
    found = past_quantiles(series(*array), 0.7, 30, 10).to_numpy()
    for row in range(40, 120):
        expected = np.nan if np.isnan(array[row]) else np.nanquantile(array[row - 30 : row], 0.7)
        assert found[row] == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_percentiles__new_high_tie_and_low__one_half_zero() -> None:
    found = percentiles(series(2.0, 2.0, 3.0, 2.0, 1.0), 3, 2)
    np.testing.assert_allclose(found, [np.nan, np.nan, 1.0, (0 + 0.5 * 2) / 3, 0.0])


def test_range_positions__window_of_three__own_place_included() -> None:
    found = range_positions(series(1.0, 3.0, 2.0, 2.0, 2.0), 3, 3)
    np.testing.assert_array_equal(found, [np.nan, np.nan, 0.5, 0.0, np.nan])


def test_z_scores__constant_past__zero_if_repeated_unknown_if_left() -> None:
    found = z_scores(series(0.1, 0.1, 0.1, 0.1, 0.2), 4, 3)
    np.testing.assert_array_equal(found, [np.nan, np.nan, np.nan, 0.0, np.nan])


def test_past__windows_across_blocks__same_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    values = series(*RNG.standard_normal(100))
    whole = z_scores(values, 20, 5)
    monkeypatch.setattr("hedge.signals.past._BLOCK_NUMBERS", 140)
    pd.testing.assert_series_equal(z_scores(values, 20, 5), whole, check_exact=True)


@pytest.mark.parametrize(("window", "least"), [(1, 1), (5, 6), (5, 1), (0, 0)])
def test_z_scores__window_out_of_range__refused(window: int, least: int) -> None:
    with pytest.raises(BadInput):
        z_scores(series(1.0, 2.0), window, least)


def test_past__caller_series__left_as_it_was() -> None:
    values = series(1.0, 5.0, 2.0, 4.0)
    before = values.copy()
    z_scores(values, 2, 2)
    pd.testing.assert_series_equal(values, before)


def test_signal__age_at_its_limit__stale_one_second_later() -> None:
    vol = Signal("vol", 0.5, 0.5, known_at=100, max_age_seconds=10, source="x")
    assert [vol.stale(at) for at in (100, 110, 111)] == [False, False, True]


@pytest.mark.parametrize(("score", "known_at"), [(1.1, 0), (-0.1, 0), (math.nan, 0), (1.0, -1)])
def test_signal__score_or_time_out_of_range__refused(score: float, known_at: int) -> None:
    with pytest.raises(BadInput):
        Signal("vol", 1.0, score, known_at, 10, "x")


def test_state__order__ranks_and_severities() -> None:
    assert [state.rank for state in State] == [0, 1, 2, 3]
    assert Signal("vol", 0.5, State.STRESSED, 1, 1, "x").severity == pytest.approx(2 / 3)


def test_gauge__shock_with_half_life__halves_and_is_missing_before() -> None:
    gauge = Gauge("funding", known_series([3.0], [100]), known_series([1.0], [100]), 1_000, "x", half_life_seconds=50)
    assert gauge.at(99).missing
    assert gauge.at(99).known_at == NEVER
    assert [gauge.at(at).score for at in (100, 150, 200)] == [1.0, 0.5, 0.25]
    assert gauge.at(200).known_at == 100


def test_gauge__scores_of_other_times__refused() -> None:
    with pytest.raises(BadInput):
        Gauge("x", known_series([1.0], [1]), known_series([1.0], [2]), 10, "x")


def test_ramp__falling_and_nan__clipped_and_kept() -> None:
    np.testing.assert_array_equal(ramp([3.0, 1.5, 0.5, np.inf, np.nan], 2.0, 1.0), [0.0, 0.5, 1.0, 0.0, np.nan])
    with pytest.raises(BadInput):
        ramp([1.0], 2.0, 2.0)
