"""Hold or move: the bands solve the problem they claim to, and never look ahead."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.valuation_numbers import motion_costs
from hedge.errors import BadInput
from hedge.valuation.motion import Frictions, follow, hold_or_move, path_cost

pytestmark = pytest.mark.unit

WEEKLY = Frictions(vol=0.6, years=7 / 365, risk_aversion=1e-6, proportional=0.0005, fixed=20.0)
FRICTIONS = st.builds(
    Frictions,
    vol=st.floats(0.1, 2.0),
    years=st.floats(1 / 365, 1.0),
    risk_aversion=st.floats(1e-8, 1e-4),
    proportional=st.floats(0.0, 0.02),
    fixed=st.floats(0.0, 500.0),
)


def total_cost(drift: float, kept: np.ndarray, frictions: Frictions) -> np.ndarray:
    traded = np.abs(drift - kept)
    return frictions.drift_cost(kept) + frictions.proportional * traded + frictions.fixed * (traded > 0.0)


@settings(max_examples=200)
@given(FRICTIONS, st.floats(-3.0, 3.0))
@pytest.mark.prop
def test_hold_or_move__against_every_other_trade__none_is_cheaper(frictions: Frictions, scale: float) -> None:
    drift = scale * max(frictions.outer_usd, 1.0)
    answer = hold_or_move(drift, frictions)
    others = np.append(np.linspace(-abs(drift), abs(drift), 2_001), drift)
    best = float(total_cost(drift, others, frictions).min())
    chosen = answer.hold_cost if answer.answer == "hold" else answer.move_cost
    assert chosen <= best * (1.0 + 1e-9) + 1e-9


@given(FRICTIONS, st.floats(1.0, 5.0))
@pytest.mark.prop
def test_hold_or_move__after_a_move__holds(frictions: Frictions, beyond: float) -> None:
    drift = -(frictions.outer_usd * beyond + 1.0)
    answer = hold_or_move(drift, frictions)
    assert answer.answer == "move"
    assert answer.trade_usd > 0.0
    assert hold_or_move(drift + answer.trade_usd, frictions).answer == "hold"


def test_outer_band__on_it_and_just_beyond__hold_then_move_back_to_the_inner() -> None:
    assert hold_or_move(WEEKLY.outer_usd, WEEKLY).answer == "hold"
    beyond = hold_or_move(WEEKLY.outer_usd * (1.0 + 1e-9), WEEKLY)
    assert beyond.answer == "move"
    assert beyond.trade_usd == pytest.approx(WEEKLY.inner_usd - WEEKLY.outer_usd, rel=1e-6)
    assert beyond.hold_cost == pytest.approx(beyond.move_cost, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "inner", "outer"),
    [
        ({"proportional": 0.0, "fixed": 0.0}, 0.0, 0.0),
        ({"vol": 0.0}, math.inf, math.inf),
        ({"vol": 0.0, "proportional": 0.0}, 0.0, math.inf),
        ({"fixed": 0.0}, WEEKLY.inner_usd, WEEKLY.inner_usd),
        ({"least_band_usd": 1e6}, WEEKLY.inner_usd, 1e6),
    ],
)
def test_bands__free_riskless_and_governed__limits(change: dict[str, float], inner: float, outer: float) -> None:
    frictions = Frictions(**{**vars(WEEKLY), **change})
    assert (frictions.inner_usd, frictions.outer_usd) == (inner, outer)


def test_hold_or_move__no_drift_or_unknown__holds_with_its_reason() -> None:
    assert hold_or_move(0.0, Frictions(0.5, 0.1, 1e-6, 0.0)).answer == "hold"
    unknown = hold_or_move(math.nan, WEEKLY)
    assert (unknown.answer, unknown.trade_usd, unknown.reason) == ("hold", 0.0, "hold: the drift is unknown")
    with pytest.raises(BadInput):
        hold_or_move(math.inf, WEEKLY)


@pytest.mark.parametrize("field", ["vol", "years", "risk_aversion", "proportional", "fixed", "least_band_usd"])
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_frictions__out_of_domain__bad_input(field: str, value: float) -> None:
    with pytest.raises(BadInput):
        Frictions(**{**vars(WEEKLY), field: value})


def test_follow__drift_around_the_band__one_trade_not_many() -> None:
    outer = WEEKLY.outer_usd
    wiggle = outer * np.array([1.01, 0.2, -0.2, 0.2, -0.2])
    left, trades = follow(wiggle, WEEKLY)
    assert np.count_nonzero(trades) == 1
    assert np.all(np.abs(left) <= outer)


@settings(max_examples=50)
@given(FRICTIONS, st.integers(0, 2**32 - 1), st.integers(1, 29))
@pytest.mark.prop
def test_follow__longer_path__same_beginning_and_every_dollar_kept(frictions: Frictions, seed: int, cut: int) -> None:
    changes = np.random.default_rng(seed).normal(0.0, 5e4, 30)
    left, trades = follow(changes, frictions)
    early_left, early_trades = follow(changes[:cut], frictions)
    assert np.array_equal(left[:cut], early_left)
    assert np.array_equal(trades[:cut], early_trades)
    assert left[-1] == pytest.approx(changes.sum() + trades.sum(), abs=1e-6)
    assert np.all(np.abs(left) <= frictions.outer_usd + 1e-9)


def test_follow__nothing_and_gaps__nothing_and_no_change() -> None:
    left, trades = follow([], WEEKLY)
    assert (left.size, trades.size, path_cost(left, trades, WEEKLY)) == (0, 0, 0.0)
    assert follow([10.0, math.nan, 5.0], WEEKLY)[0].tolist() == [10.0, 10.0, 15.0]
    with pytest.raises(BadInput):
        follow([[1.0]], WEEKLY)


def test_follow__five_simulated_years__cheaper_than_loyalty_and_than_motion() -> None:
    costs = motion_costs()
    assert costs["bands"] < 0.7 * costs["always"]
    assert costs["bands"] < 0.1 * costs["never"]
