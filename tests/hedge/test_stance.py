"""What single signals ask of the layers beyond the regime: surprises, releases ahead, silence, the index's own past."""

from __future__ import annotations

import dataclasses
import math

import pytest
from sample_books import CHAINS, MARKET, NOW, position

from hedge.book.positions import Book
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters
from hedge.policy.regime_policy import choose_policy
from hedge.signals.signal import Signal, State

pytestmark = pytest.mark.unit

DAY = 86_400
BOOK = Book((position("eth", 1e6),))


def signal(name: str, score: float | State, value: float = 0.5, known_at: int = NOW - 60) -> Signal:
    return Signal(name, value, score, known_at, 3600, "fixed for tests")


def plan(state: State, *more: Signal, percentile: float = 0.5, parameters: Parameters | None = None) -> Plan:
    signals = (signal("volatility", state, percentile), *more)
    return build_plan(BOOK, MARKET, CHAINS, parameters or Parameters(), signals=signals, scenario_count=512)


@pytest.mark.parametrize("name", ["CPI", "PPI", "FOMC", "output"])
def test_surprise__calm_regime__tightens_layers_2_and_3_as_under_stress(name: str) -> None:
    calm, surprised = plan(State.NORMAL), plan(State.NORMAL, signal(name, 0.9))
    assert surprised.regime_policy.regime.name is State.NORMAL
    assert surprised.regime_policy.protection is State.STRESSED
    assert surprised.regime_policy.ramp_floor == 0.5
    assert surprised.layers[1].units >= calm.layers[1].units
    assert any(name in reason and "tighten" in reason for reason in surprised.regime_policy.reasons)
    assert next(change.new for change in surprised.update.changes if change.key == 11) == 6000
    assert not [change for change in calm.update.changes if change.key == 11]


def test_surprise__below_the_alarm_or_in_a_crisis__changes_nothing() -> None:
    faint, crisis = plan(State.NORMAL, signal("CPI", 0.4)), plan(State.CRISIS, signal("CPI", 0.9))
    assert faint.regime_policy.protection is State.NORMAL
    assert crisis.regime_policy.protection is State.CRISIS


@pytest.mark.parametrize(("days", "sold"), [(6.9, False), (7.1, True)])
def test_condor__next_release_within_its_life__is_not_sold(days: float, sold: bool) -> None:
    result = plan(State.NORMAL, signal("events", 0.0, days * DAY))
    assert bool(result.layers[2].legs) is sold
    assert ("across a release" in result.layers[2].reason) is not sold


def test_condor__crisis_with_a_release_ahead__is_still_bought() -> None:
    assert plan(State.CRISIS, signal("events", 0.0, DAY)).layers[2].cost_usd > 0.0


@pytest.mark.parametrize("name", ["events", "funding", "dollar", "rate differential"])
def test_condor__signal_that_could_forbid_it_is_silent__is_not_sold(name: str) -> None:
    stale = signal(name, 0.0, 30.0 * DAY, known_at=NOW - 7200)
    missing = dataclasses.replace(stale, value=math.nan, score=math.nan)
    for silent in (stale, missing):
        result = plan(State.NORMAL, silent)
        assert result.regime_policy.regime.name is State.NORMAL
        assert result.layers[2].legs == ()
        assert f"{name} is silent" in result.layers[2].reason


def test_update__index_high_or_unknown_in_its_past__never_moves_the_ramp_up() -> None:
    low = Parameters(ramp_start_vol_bps=3000, ramp_full_vol_bps=6500)
    raised = {change.key: change.new for change in plan(State.NORMAL, percentile=0.4, parameters=low).update.changes}
    assert raised[5] == 5500  # 90 % of an index of 65 %, but never above the first value
    for result in (
        plan(State.STRESSED, percentile=0.8, parameters=low),
        build_plan(BOOK, MARKET, CHAINS, low, scenario_count=512),
    ):
        assert not {5, 6} & {change.key for change in result.update.changes}
        skipped = {skip.key: skip.reason for skip in result.update.skipped}
        assert "75% of its own past" in skipped[5]


def test_update__index_high_in_its_past__may_still_move_the_ramp_down() -> None:
    high = Parameters(ramp_start_vol_bps=9000, ramp_full_vol_bps=12_500)
    changed = {change.key: change for change in plan(State.STRESSED, percentile=0.9, parameters=high).update.changes}
    assert changed[5].new == 5500
    assert "at 90% of its own past" in changed[5].reason


def test_stance__index_percentile__is_that_of_a_fresh_signal_only() -> None:
    fresh = signal("volatility", State.NORMAL, 0.3)
    assert choose_policy([fresh], NOW).index_percentile == 0.3
    assert math.isnan(choose_policy([fresh], NOW + DAY).index_percentile)
    assert choose_policy([], NOW).to_dict()["index_percentile"] is None
