"""Signals to the sizing of layers by rules: what each regime buys and sells, single signals, shifts and rolls."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CHAINS, MARKET, NOW, position

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.instruments.layer import Layer
from hedge.layers.build import Overlay, build_overlay
from hedge.policy.layer_rules import LayerRules
from hedge.policy.sizing_policy import SizingPolicy, sizing_policy
from hedge.policy.tenor_shifts import Shift, read_shifts, shifted
from hedge.risk.measures import book_pnl
from hedge.risk.scenarios import draw_scenarios
from hedge.signals.signal import Signal, State

pytestmark = pytest.mark.unit

DAY = 86_400
ONE = Book((position("eth", 1e6),))
SCENARIOS = draw_scenarios(("ETH",), MARKET, 512)


def signal(name: str, score: float | State, value: float = 0.5, known_at: int = NOW - 60) -> Signal:
    return Signal(name, value, score, known_at, 3600, "fixed for tests")


def sizing(state: State, *more: Signal) -> SizingPolicy:
    return sizing_policy((signal("volatility", state), *more), NOW, condor_days=LayerRules().condor_tenor_days)


def overlay(state: State, *more: Signal, rules: LayerRules | None = None) -> Overlay:
    exposure, pnl = book_exposure(ONE, MARKET), book_pnl(ONE, MARKET, SCENARIOS)
    chains = {"ETH": CHAINS["ETH"]}
    return build_overlay(exposure, MARKET, chains, rules or LayerRules(), pnl, SCENARIOS, sizing(state, *more))


def condor(state: State, *more: Signal) -> Layer:
    return overlay(state, *more).layers[2]


def test_condor__crisis__is_bought_and_long_gamma_within_the_budget() -> None:
    layers = overlay(State.CRISIS).layers
    bought = layers[2]
    assert bought.cost_usd > 0.0
    assert not bought.financing
    assert bought.greeks.gamma > 0.0
    assert [leg.quantity > 0.0 for leg in bought.legs] == [False, True, True, False]
    assert sum(layer.max_loss_usd for layer in layers) <= LayerRules().budget_bps / 1e4 * 1e6


def test_condor__crisis_with_a_release_ahead__is_still_bought() -> None:
    assert condor(State.CRISIS, signal("events", 0.0, DAY)).cost_usd > 0.0


def test_condor__stressed__is_not_sold_and_the_gate_still_says_what_risk_allows() -> None:
    result = overlay(State.STRESSED)
    assert result.layers[2].legs == ()
    assert "under stress" in result.layers[2].reason
    assert result.gate.condors[0].risk_units > 0.0


def test_condor__normal__collects_no_more_than_layers_2_and_3_decay_in_its_life() -> None:
    tail, volatility, sold = overlay(State.NORMAL).layers
    life = sold.legs[0].expiry
    decay = sum(leg.time_value_usd * min(life / leg.expiry, 1.0) for leg in (*tail.legs, *volatility.legs))
    assert 0.0 < -sold.cost_usd <= decay


def test_press__compressed__harvests_within_the_budget_while_layers_2_and_3_stay() -> None:
    press, normal = overlay(State.COMPRESSED), overlay(State.NORMAL)
    assert press.layers[:2] == normal.layers[:2]
    sold = press.layers[2]
    per_month = -sold.cost_usd * 30 / 365 / sold.legs[0].expiry
    assert 0.0 < per_month <= LayerRules().budget_bps / 1e4 * 1e6
    assert -sold.cost_usd >= -normal.layers[2].cost_usd


@pytest.mark.parametrize("name", ["funding", "dollar", "rate differential"])
def test_press__rate_or_exchange_shock__ends_at_once(name: str) -> None:
    layer = condor(State.COMPRESSED, signal(name, 0.9))
    assert layer.legs == ()
    assert name in layer.reason


def test_condor__inside_an_event_window__is_not_sold() -> None:
    assert "event window" in condor(State.NORMAL, signal("events", 1.0)).reason


@pytest.mark.parametrize(("days", "sold"), [(6.9, False), (7.1, True)])
def test_condor__next_release_within_its_life__is_not_sold(days: float, sold: bool) -> None:
    layer = condor(State.NORMAL, signal("events", 0.0, days * DAY))
    assert bool(layer.legs) is sold
    assert ("across a release" in layer.reason) is not sold


@pytest.mark.parametrize("name", ["events", "funding", "dollar", "rate differential"])
def test_condor__signal_that_could_forbid_it_is_silent__is_not_sold(name: str) -> None:
    stale = signal(name, 0.0, 30.0 * DAY, known_at=NOW - 7200)
    for silent in (stale, dataclasses.replace(stale, value=math.nan, score=math.nan)):
        assert sizing(State.NORMAL, silent).regime.name is State.NORMAL
        layer = condor(State.NORMAL, silent)
        assert layer.legs == ()
        assert f"{name} is silent" in layer.reason


def test_volatility_layer__worse_regime__never_buys_less() -> None:
    rules = LayerRules(ramp_start_vol_bps=6400)
    sizes = [overlay(state, rules=rules).layers[1].units for state in State]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]


@pytest.mark.parametrize("name", ["CPI", "PPI", "FOMC", "output"])
def test_surprise__calm_regime__sizes_the_protection_as_under_stress(name: str) -> None:
    surprised = sizing(State.NORMAL, signal(name, 0.9))
    assert surprised.regime.name is State.NORMAL
    assert (surprised.protection, surprised.ramp_floor) == (State.STRESSED, 0.5)
    assert any(name in reason and "tighten" in reason for reason in surprised.reasons)
    calm, tight = overlay(State.NORMAL).layers[1], overlay(State.NORMAL, signal(name, 0.9)).layers[1]
    assert tight.units >= calm.units


def test_surprise__below_the_alarm_or_in_a_crisis__changes_nothing() -> None:
    assert sizing(State.NORMAL, signal("CPI", 0.4)).protection is State.NORMAL
    assert sizing(State.CRISIS, signal("CPI", 0.9)).protection is State.CRISIS


def test_sizing_policy__no_signal__sells_nothing_and_knows_no_percentile() -> None:
    nothing = sizing_policy([], NOW)
    assert nothing.condor == "none"
    assert nothing.to_dict()["index_percentile"] is None


def test_shifts__trough_peak_and_divergence__move_the_layers_they_name() -> None:
    up, down, few = signal("MACD turn", 0.0, 1.0), signal("MACD turn", 0.0, -1.0), signal("divergence", 0.8)
    out = [("volatility", 1), ("tail", 1)]
    for signals, wanted in (([up], out), ([down], [("volatility", -1)]), ([few, down], out)):
        assert [(shift.layer, shift.direction) for shift in read_shifts(signals, NOW)] == wanted


def test_shifts__stale_missing_or_future_turn__move_nothing() -> None:
    turn = signal("MACD turn", 0.0, 1.0)
    for known_at, value in ((NOW - DAY, 1.0), (NOW + 1, 1.0), (NOW, math.nan)):
        assert read_shifts([dataclasses.replace(turn, known_at=known_at, value=value)], NOW) == ()


def test_overlay__macd_peak__takes_a_nearer_expiry_for_layer_2_and_keeps_the_tail() -> None:
    rules = LayerRules(volatility_tenor_days=75, ramp_start_vol_bps=4000)
    still, back = (overlay(State.NORMAL, *more, rules=rules) for more in ((), (signal("MACD turn", 0.0, -1.0),)))
    assert back.layers[1].legs[0].expiry < still.layers[1].legs[0].expiry
    assert back.layers[0] == still.layers[0]


@settings(max_examples=50)
@given(
    st.integers(3, 21), st.integers(22, 90), st.integers(90, 400), st.sampled_from([-1, 1]), st.sampled_from([-1, 1])
)
def test_shifted__any_lawful_tenors__keep_their_order(
    condor: int, vol: int, tail: int, vol_way: int, tail_way: int
) -> None:
    before = LayerRules(condor_tenor_days=condor, volatility_tenor_days=vol, tail_tenor_days=tail)
    after = shifted(before, [Shift("volatility", vol_way, ""), Shift("tail", tail_way, "")])
    assert condor == after.condor_tenor_days < after.volatility_tenor_days <= after.tail_tenor_days
