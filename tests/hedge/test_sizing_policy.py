"""Signals to regime policy to layers: what each regime buys and sells, degraded signals, rolls, holds and reasons."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CALM, CHAINS, MARKET, NOW, mixed_book, position

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.decision.rebalance import ExposureRecord, forward_cost, hold_motions
from hedge.layers.roll import roll_dates
from hedge.plan.build import Plan, build_plan
from hedge.plan.explain import resolve
from hedge.policy.parameters import Parameters, broken_rules
from hedge.policy.regime_policy import choose_policy
from hedge.policy.tenor_shifts import Shift, read_shifts, shifted
from hedge.signals.signal import Signal, State
from hedge.update.promoter import promote

pytestmark = pytest.mark.unit

DAY = 86_400
ONE = Book((position("eth", 1e6),))


def signal(name: str, score: float | State, value: float = 0.5, known_at: int = NOW - 60) -> Signal:
    return Signal(name, value, score, known_at, 3600, "fixed for tests")


def plan(state: State, *more: Signal, book: Book = ONE, parameters: Parameters | None = None) -> Plan:
    signals = (signal("volatility", state), *more)
    return build_plan(book, MARKET, CHAINS, parameters or Parameters(), signals=signals, scenario_count=512)


def condor(state: State, *more: Signal) -> Any:
    return plan(state, *more).layers[2]


def test_condor__crisis__is_bought_and_long_gamma_within_the_budget() -> None:
    result = plan(State.CRISIS)
    layer = result.layers[2]
    assert layer.cost_usd > 0.0
    assert not layer.financing
    assert layer.greeks.gamma > 0.0
    assert [leg.quantity > 0.0 for leg in layer.legs] == [False, True, True, False]
    assert result.costs["credit_usd"] == 0.0
    assert result.costs["premium_usd"] <= result.costs["budget_usd"]


def test_condor__stressed__is_not_sold_and_the_gate_still_says_what_risk_allows() -> None:
    result = plan(State.STRESSED)
    assert result.layers[2].legs == ()
    assert "under stress" in result.layers[2].reason
    assert result.gate.condors[0].risk_units > 0.0


def test_condor__normal__collects_no_more_than_layers_2_and_3_decay_in_its_life() -> None:
    result = plan(State.NORMAL)
    tail, volatility, sold = result.layers
    life = sold.legs[0].expiry
    decay = sum(leg.time_value_usd * min(life / leg.expiry, 1.0) for leg in (*tail.legs, *volatility.legs))
    assert 0.0 < -sold.cost_usd <= decay


def test_press__compressed__harvests_within_the_budget_while_layers_2_and_3_stay() -> None:
    press, normal = plan(State.COMPRESSED), plan(State.NORMAL)
    assert press.layers[:2] == normal.layers[:2]
    sold = press.layers[2]
    per_month = -sold.cost_usd * 30 / 365 / sold.legs[0].expiry
    assert 0.0 < per_month <= press.costs["budget_usd"]
    assert -sold.cost_usd >= -normal.layers[2].cost_usd


@pytest.mark.parametrize("name", ["funding", "dollar", "rate differential"])
def test_press__rate_or_exchange_shock__ends_at_once(name: str) -> None:
    layer = condor(State.COMPRESSED, signal(name, 0.9))
    assert layer.legs == ()
    assert name in layer.reason


def test_condor__inside_an_event_window__is_not_sold() -> None:
    assert "event window" in condor(State.NORMAL, signal("events", 1.0)).reason


def test_volatility_layer__worse_regime__never_buys_less() -> None:
    sizes = [plan(state, parameters=Parameters(ramp_start_vol_bps=6400)).layers[1].units for state in State]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]


def test_plan__no_signal__is_stressed_and_says_so() -> None:
    result = build_plan(ONE, MARKET, CHAINS, Parameters(), scenario_count=512)
    assert result.regime_policy.regime.name is State.STRESSED
    assert result.layers[2].legs == ()
    assert any("No signal is known" in note for note in result.notes)


def test_plan__stale_or_missing_signal__degrades_to_the_safer_regime_and_is_named() -> None:
    stale = dataclasses.replace(CALM[0], known_at=NOW - DAY)
    old = build_plan(ONE, MARKET, CHAINS, Parameters(), signals=[stale], scenario_count=512)
    assert old.regime_policy.regime.name is State.STRESSED
    silent = build_plan(
        ONE, MARKET, CHAINS, Parameters(), signals=CALM, expected=("funding", "events"), scenario_count=512
    )
    assert silent.regime_policy.regime.name is State.STRESSED
    for result, names in ((old, ("volatility",)), (silent, ("funding", "events"))):
        assert all(any(name in note for note in result.notes) for name in names)
        assert set(result.regime_policy.regime.missing) == set(names)


def test_update__stressed_and_crisis__ask_for_more_cover_of_the_tail() -> None:
    wanted = {}
    for state in State:
        changes = plan(state).update.changes
        wanted[state] = next((change.new for change in changes if change.key == 11), 5000)
    assert wanted[State.NORMAL] <= wanted[State.STRESSED] <= wanted[State.CRISIS]
    assert wanted[State.CRISIS] == 7500


def test_choose_policy__no_signal__sells_nothing() -> None:
    assert choose_policy([], NOW).condor == "none"


def test_promoter__its_parameters__obey_the_rules_and_are_not_proposable() -> None:
    policy = promote(Parameters())
    assert broken_rules(policy.parameters) == ()
    assert not policy.proposable
    assert plan(State.NORMAL).update.proposable
    assert all(layer.legs == () for layer in plan(State.NORMAL, parameters=policy.parameters).layers[:2])


def test_shifts__trough_peak_and_divergence__move_the_layers_they_name() -> None:
    up, down = signal("MACD turn", 0.0, 1.0), signal("MACD turn", 0.0, -1.0)
    assert [(shift.layer, shift.direction) for shift in read_shifts([up], NOW)] == [("volatility", 1), ("tail", 1)]
    assert [(shift.layer, shift.direction) for shift in read_shifts([down], NOW)] == [("volatility", -1)]
    few = signal("divergence", 0.8)
    assert [(shift.layer, shift.direction) for shift in read_shifts([few, down], NOW)] == [
        ("volatility", 1),
        ("tail", 1),
    ]


def test_shifts__stale_missing_or_future_turn__move_nothing() -> None:
    turn = signal("MACD turn", 0.0, 1.0)
    for known_at, value in ((NOW - DAY, 1.0), (NOW + 1, 1.0), (NOW, math.nan)):
        assert read_shifts([dataclasses.replace(turn, known_at=known_at, value=value)], NOW) == ()


def test_plan__macd_peak__takes_a_nearer_expiry_for_layer_2_and_keeps_the_tail() -> None:
    rich = Parameters(volatility_tenor_days=75, ramp_start_vol_bps=4000)
    still, back = (plan(State.NORMAL, *more, parameters=rich) for more in ((), (signal("MACD turn", 0.0, -1.0),)))
    assert back.layers[1].legs[0].expiry < still.layers[1].legs[0].expiry
    assert back.layers[0] == still.layers[0]


@settings(max_examples=50)
@given(
    st.integers(3, 21), st.integers(22, 90), st.integers(90, 400), st.sampled_from([-1, 1]), st.sampled_from([-1, 1])
)
def test_shifted__any_lawful_tenors__break_no_rule(
    condor: int, vol: int, tail: int, vol_way: int, tail_way: int
) -> None:
    before = Parameters(condor_tenor_days=condor, volatility_tenor_days=vol, tail_tenor_days=tail)
    after = shifted(before, [Shift("volatility", vol_way, ""), Shift("tail", tail_way, "")])
    assert broken_rules(before) == broken_rules(after) == ()


def test_roll_dates__weekly_chain__are_listed_ascending_and_a_week_apart() -> None:
    dates = roll_dates(CHAINS["ETH"], Parameters())
    assert len(dates) >= 3
    assert set(dates) <= set(CHAINS["ETH"].expiries())
    assert all(later - earlier == 7 * DAY for earlier, later in pairwise(dates))


def test_hold__small_drift__costs_less_than_the_trade_and_holds() -> None:
    exposure = book_exposure(ONE, MARKET)
    record = ExposureRecord(exposure.value_usd, {"ETH": exposure.assets["ETH"].delta - 1.0}, {"ETH": 0.0})
    motion = hold_motions(exposure, record, MARKET, CHAINS, Parameters(drift_band_bps=0))["ETH"]
    assert motion.answer == "hold"
    assert motion.hold_cost < motion.move_cost + 20.0
    assert 0.0 < forward_cost(CHAINS["ETH"]) < 0.02
    assert forward_cost(None) == 0.005


def nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for below in tree["from"]:
        yield from nodes(below)


def test_reasons__every_node__points_to_its_own_value_and_ends_in_inputs() -> None:
    content = plan(State.NORMAL, book=mixed_book()).to_dict()
    found = list(nodes(content["reasons"]))
    assert len(found) > 100
    for node in found:
        assert resolve(content, node["at"]) == node["value"]
        assert node["why"] or node["at"].startswith("/inputs")
        if not node["from"]:
            assert node["at"].startswith("/inputs") or not content["inputs"]["signals"]


def test_reasons__every_leg_layer_number_and_change__has_its_node() -> None:
    content = plan(State.NORMAL, book=mixed_book()).to_dict()
    pointers = {node["at"] for node in nodes(content["reasons"])}
    wanted = {f"/decision/numbers/{name}" for name in content["decision"]["numbers"]}
    for i, layer in enumerate(content["layers"]):
        wanted |= {f"/layers/{i}/units", *(f"/layers/{i}/legs/{j}/price" for j in range(len(layer["legs"])))}
    wanted |= {f"/update/changes/{i}/new" for i in range(len(content["update"]["changes"]))}
    assert wanted <= pointers
