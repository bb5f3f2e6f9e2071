"""The state of the volatility index: rules, hysteresis, unknown parts, and three decades of VIX."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge.errors import BadInput
from hedge.signals import indicators
from hedge.signals.known import known_after, known_series
from hedge.signals.past import percentiles
from hedge.signals.signal import State
from hedge.signals.volatility import (
    VolatilityThresholds,
    index_rsi_gauge,
    slope_gauge,
    term_slope,
    volatility_gauge,
    volatility_state,
    volatility_states,
)
from hedge.units import DAY

pytestmark = pytest.mark.unit

EMPTY = known_series([], np.array([], dtype=np.int64))


@pytest.mark.parametrize(
    ("percentile", "slope", "rsi", "state"),
    [
        (0.10, 0.05, 50.0, State.COMPRESSED),
        (0.25, 0.00, 50.0, State.COMPRESSED),
        (0.26, 0.05, 50.0, State.NORMAL),
        (0.10, -0.01, 50.0, State.NORMAL),
        (0.10, 0.05, 80.0, State.STRESSED),
        (0.10, -0.05, 50.0, State.STRESSED),
        (0.75, 0.05, 50.0, State.STRESSED),
        (0.75, -0.05, 50.0, State.CRISIS),
        (0.95, 0.05, 50.0, State.CRISIS),
    ],
)
def test_volatility_state__each_rule__named(percentile: float, slope: float, rsi: float, state: State) -> None:
    assert volatility_state(percentile, slope, rsi) is state


@pytest.mark.parametrize(
    ("percentile", "slope", "rsi", "state"),
    [
        (math.nan, 0.05, 50.0, State.STRESSED),
        (math.nan, -0.10, 50.0, State.CRISIS),
        (0.10, math.nan, 50.0, State.NORMAL),
        (0.10, 0.05, math.nan, State.NORMAL),
        (0.96, math.nan, math.nan, State.CRISIS),
    ],
)
def test_volatility_state__unknown_part__never_calmer(
    percentile: float, slope: float, rsi: float, state: State
) -> None:
    assert volatility_state(percentile, slope, rsi) is state


@settings(max_examples=300)
@given(
    level=st.floats(0.0, 1.0), slope=st.floats(-0.3, 0.3), rsi=st.floats(0.0, 100.0),
    higher=st.floats(0.0, 1.0), steeper=st.floats(0.0, 0.3), hotter=st.floats(0.0, 50.0),
)  # fmt: skip
def test_volatility_state__every_number_worse__never_calmer(
    level: float, slope: float, rsi: float, higher: float, steeper: float, hotter: float
) -> None:
    worse = volatility_state(min(1.0, level + higher), slope - steeper, rsi + hotter)
    assert worse.rank >= volatility_state(level, slope, rsi).rank
    strict = volatility_state(level, slope, rsi, VolatilityThresholds().stricter())
    assert strict.rank >= volatility_state(level, slope, rsi).rank


@pytest.mark.parametrize(
    "wrong",
    [
        {"compressed": 0.8}, {"crisis": 1.1}, {"inverted": 0.0}, {"overbought": 40.0}, {"margin": 0.6},
        {"slope_margin": 0.06}, {"rsi_margin": 31.0}, {"patience": 0},
    ],
)  # fmt: skip
def test_volatility_thresholds__out_of_order__refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        VolatilityThresholds(**wrong)


def test_volatility_states__level_trembles_at_a_threshold__left_once_by_the_margin() -> None:
    levels = known_series([0.74, 0.76, 0.73, 0.76, 0.71, 0.69, 0.74], range(1, 8))
    states = volatility_states(levels, EMPTY, EMPTY, VolatilityThresholds(patience=1), max_age_seconds=DAY)
    assert [state.value for state in states] == ["normal"] + 4 * ["stressed"] + 2 * ["normal"]


def test_volatility_states__calm_readings__left_after_three_in_a_row_to_the_worst_of_them() -> None:
    levels = known_series([0.99, 0.5, 0.5, 0.99, 0.5, 0.8, 0.5, 0.5, 0.5], range(1, 10))
    states = volatility_states(levels, EMPTY, EMPTY, max_age_seconds=DAY)
    assert [state.value for state in states] == 6 * ["crisis"] + 2 * ["stressed"] + ["normal"]


def test_volatility_states__level_lost_in_a_crisis__stays_crisis() -> None:
    levels = known_series([0.5, np.nan, 0.99, np.nan, 0.5], range(1, 6))
    states = volatility_states(levels, EMPTY, EMPTY, VolatilityThresholds(patience=1), max_age_seconds=DAY)
    assert [state.value for state in states] == ["normal", "stressed", "crisis", "crisis", "normal"]


def test_volatility_states__slope_too_old__compressed_no_longer() -> None:
    levels = known_series([0.1, 0.1, 0.1], [0, DAY, 2 * DAY])
    slope, rsi = known_series([0.1], [0]), known_series([50.0], [0])
    states = volatility_states(levels, slope, rsi, max_age_seconds=DAY)
    assert [state.value for state in states] == ["compressed", "compressed", "normal"]


def test_term_slope__near_above_far__negative_and_scored() -> None:
    near, far = known_series([0.6, 0.88], [1, 2]), known_series([0.66, 0.80], [1, 2])
    slope = term_slope(near, far, DAY)
    np.testing.assert_allclose(slope, [math.log(1.1), -math.log(1.1)])
    gauge = slope_gauge(slope, max_age_seconds=DAY, source="x")
    assert gauge.at(1).score == 0.0
    assert gauge.at(2).score == pytest.approx(math.log(1.1) / 0.10)
    with pytest.raises(BadInput):
        term_slope(near, known_series([0.0], [1]), DAY)


def test_index_rsi_gauge__eighty__half() -> None:
    assert index_rsi_gauge(known_series([80.0], [1]), max_age_seconds=DAY, source="x").at(1).score == 0.5


def test_volatility_states__eth_dvol_2021_to_2026__margin_and_patience_halve_the_changes(recorded: Path) -> None:
    days = pd.read_csv(recorded / "iv" / "dvol_eth_daily.csv", index_col="date", parse_dates=True)
    index = known_after(days["close"], DAY)
    level, rsi = percentiles(index, 365, 180), indicators.rsi(index)
    trembling = VolatilityThresholds(margin=0.0, slope_margin=0.0, rsi_margin=0.0, patience=1)
    changes = []
    for thresholds in (trembling, VolatilityThresholds()):
        ranks = volatility_states(level, EMPTY, rsi, thresholds, max_age_seconds=DAY).map(lambda state: state.rank)
        changes.append(int((ranks[level.notna()].diff().abs() > 0).sum()))
    assert changes == [177, 99]


@pytest.fixture(scope="module")
def vix(recorded: Path) -> pd.Series:
    """Return the closes of the VIX by day."""
    days = pd.read_csv(recorded / "iv" / "vix_daily.csv.gz", index_col=0, parse_dates=True)
    return days["CLOSE"].dropna()


def test_volatility_states__vix_since_1990__crisis_in_2008_and_2020_calm_in_2017(vix: pd.Series) -> None:
    index = known_after(vix, DAY)
    levels = percentiles(index, 1_260, 252)
    states = volatility_states(levels, EMPTY, indicators.rsi(index), max_age_seconds=DAY)
    names = states.map(str).set_axis(vix.index)
    assert set(names["2008-10"]) == set(names["2020-03-09":"2020-04-15"]) == {"crisis"}
    # Without a term structure nothing is compressed: 2017 is normal at best.
    assert (names["2017"] == "normal").mean() > 0.9
    gauge = volatility_gauge(levels, states, max_age_seconds=4 * DAY, source="VIX")
    assert gauge.at(int(pd.Timestamp("2020-03-17").timestamp())).score is State.CRISIS
