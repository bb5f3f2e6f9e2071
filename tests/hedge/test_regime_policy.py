"""What a regime asks of the programme: how much of the governed budgets, whether anything is sold, which tenors."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CALM, CHAINS, MARKET, NOW, position

from hedge.book.positions import Book
from hedge.decision.update.promoter import promote
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import KEYS, Parameters, broken_rules
from hedge.policy.regime_policy import PolicyName, RegimePolicy, choose_policy
from hedge.policy.tenor_shifts import Shift, shifted_bands
from hedge.signals.signal import Signal, State

pytestmark = pytest.mark.unit

DAY = 86_400
BOOK = Book((position("eth", 1e6),))
STEADY, SCALE_IN, SCALE_OUT = (Parameters(regime_policy=number) for number in range(3))


def signal(name: str, score: float | State, value: float = 0.5, known_at: int = NOW - 60) -> Signal:
    return Signal(name, value, score, known_at, 3600, "fixed for tests")


def policy(state: State, *more: Signal, parameters: Parameters = STEADY) -> RegimePolicy:
    return choose_policy((signal("volatility", state), *more), NOW, parameters)


def plan(state: State, *more: Signal, parameters: Parameters = STEADY) -> Plan:
    signals = (signal("volatility", state), *more)
    return build_plan(BOOK, MARKET, CHAINS, parameters, signals=signals, scenario_count=256)


def test_parameters__first_values__are_steady() -> None:
    assert list(PolicyName)[Parameters().regime_policy] is PolicyName.STEADY


@pytest.mark.parametrize(
    ("parameters", "scales"),
    [(STEADY, (1.0, 1.0, 1.0, 1.0)), (SCALE_IN, (0.5, 1.0, 1.5, 2.0)), (SCALE_OUT, (1.5, 1.0, 0.75, 0.5))],
    ids=["steady", "scale in", "scale out"],
)
def test_choose_policy__every_regime__scales_as_its_table_says(
    parameters: Parameters, scales: tuple[float, ...]
) -> None:
    assert tuple(policy(state, parameters=parameters).scale for state in State) == scales


@pytest.mark.parametrize("state", list(State))
def test_plan__scaled__moves_budgets_and_premium_caps_alone(state: State) -> None:
    scaled, steady = plan(state, parameters=SCALE_IN), plan(state)
    scale = scaled.regime_policy.scale
    share = {
        limit.key: (limit.most_usd, other.most_usd) for limit, other in zip(scaled.limits, steady.limits, strict=True)
    }
    for key in ("cashBudgetBps", "costBudgetBps", "volatilityPremiumCapBps", "tailPremiumCapBps"):
        assert share[key][0] == pytest.approx(scale * share[key][1])
    for key in ("turnoverCapBps", "overlayNotionalCapBps", "condorNotionalCapBps"):
        assert share[key][0] == share[key][1]
    assert scaled.risk.target == steady.risk.target


def test_choose_policy__no_signal__is_stressed_and_sells_nothing() -> None:
    nothing = choose_policy([], NOW, STEADY)
    assert (nothing.regime.name, nothing.selling) == (State.STRESSED, False)
    assert nothing.reasons[-1] == "no condor is sold: no signal is known"


def test_plan__no_signal__says_so_and_offers_no_condor() -> None:
    result = build_plan(BOOK, MARKET, CHAINS, STEADY, scenario_count=256)
    assert any("No signal is known" in note and "no condor is sold" in note for note in result.notes)
    (condor,) = (layer for layer in result.layers if layer.name == "condor")
    assert (condor.legs, condor.reason) == ((), "nothing may be sold now")


@pytest.mark.parametrize("state", list(State))
def test_choose_policy__every_signal_fresh__may_sell_in_any_regime(state: State) -> None:
    assert policy(state).selling


@pytest.mark.parametrize("name", ["funding", "dollar", "rate differential"])
def test_choose_policy__rate_or_exchange_shock__sells_nothing(name: str) -> None:
    refused = policy(State.COMPRESSED, signal(name, 0.9))
    assert not refused.selling
    assert refused.reasons[-1] == f"no condor is sold: shock of {name}"
    assert policy(State.COMPRESSED, signal(name, 0.4)).selling


def test_choose_policy__inside_an_event_window__sells_nothing() -> None:
    assert policy(State.NORMAL, signal("events", 1.0)).reasons[-1] == "no condor is sold: an event window is open"


@pytest.mark.parametrize(("days", "sold"), [(20.9, False), (21.1, True)])
def test_choose_policy__release_within_the_longest_condor__sells_nothing(days: float, sold: bool) -> None:
    assert policy(State.NORMAL, signal("events", 0.0, days * DAY)).selling is sold


@pytest.mark.parametrize("name", ["events", "funding", "dollar", "rate differential"])
def test_choose_policy__signal_that_could_forbid_it_is_silent__sells_nothing(name: str) -> None:
    stale = signal(name, 0.0, 30.0 * DAY, known_at=NOW - 7200)
    for silent in (stale, dataclasses.replace(stale, value=math.nan, score=math.nan)):
        assert policy(State.NORMAL, silent).reasons[-1] == f"no condor is sold: {name} is silent"


def test_plan__stale_or_missing_signal__degrades_to_the_safer_regime_and_is_named() -> None:
    stale = dataclasses.replace(CALM[0], known_at=NOW - DAY)
    old = build_plan(BOOK, MARKET, CHAINS, STEADY, signals=[stale], scenario_count=256)
    names = ("funding", "events")
    silent = build_plan(BOOK, MARKET, CHAINS, STEADY, signals=CALM, expected=names, scenario_count=256)
    for result, missing in ((old, {"volatility"}), (silent, set(names))):
        assert result.regime_policy.regime.name is State.STRESSED
        assert set(result.regime_policy.regime.missing) == missing
        assert all(any(name in note for note in result.notes) for name in missing)


def test_choose_policy__index_percentile__is_that_of_a_fresh_signal_only() -> None:
    fresh = signal("volatility", State.NORMAL, 0.3)
    assert choose_policy([fresh], NOW, STEADY).index_percentile == 0.3
    assert math.isnan(choose_policy([fresh], NOW + DAY, STEADY).index_percentile)
    assert choose_policy([], NOW, STEADY).to_dict()["index_percentile"] is None


def test_choose_policy__turn_of_the_index__shifts_tenors_only_where_the_policy_scales() -> None:
    turn = signal("MACD turn", 0.0, 1.0)
    assert policy(State.NORMAL, turn).shifts == ()
    assert [shift.layer for shift in policy(State.NORMAL, turn, parameters=SCALE_IN).shifts] == ["volatility", "tail"]


def test_shifted_bands__forward_and_back__move_both_ends_by_a_third() -> None:
    out = shifted_bands(Parameters(), [Shift("volatility", 1, ""), Shift("tail", 1, "")])
    assert (out.volatility_least_days, out.volatility_most_days) == (7, 60)
    assert (out.tail_least_days, out.tail_most_days) == (7, 133)
    back = shifted_bands(Parameters(), [Shift("volatility", -1, "")])
    assert (back.volatility_least_days, back.volatility_most_days) == (3, 30)
    assert back.tail_most_days == Parameters().tail_most_days


def test_shifted_bands__nearer_than_the_horizon__stays() -> None:
    short = Parameters(horizon_days=30, volatility_most_days=40)
    assert shifted_bands(short, [Shift("volatility", -1, "")]) == short


@settings(max_examples=100)
@given(
    st.integers(3, 30), st.integers(3, 90), st.integers(7, 180), st.integers(3, 90), st.integers(7, 400),
    st.lists(st.tuples(st.sampled_from(["volatility", "tail"]), st.sampled_from([-1, 1])), max_size=3),
)  # fmt: skip
def test_shifted_bands__any_lawful_bands__stay_lawful(
    horizon: int, vol_least: int, vol_most: int, tail_least: int, tail_most: int, ways: list[tuple[str, int]]
) -> None:
    before = Parameters().replaced({1: horizon, 16: vol_least, 17: vol_most, 20: tail_least, 21: tail_most})
    after = shifted_bands(before, [Shift(layer, way, "") for layer, way in ways])  # type: ignore[arg-type]
    assert not broken_rules(after) or broken_rules(before)
    assert all(key.least <= value <= key.most for key, value in zip(KEYS, after.to_values(), strict=True))


def test_promoter__its_parameters__obey_the_rules_buy_no_protection_and_are_not_proposable() -> None:
    chased = promote(Parameters())
    assert broken_rules(chased.parameters) == ()
    assert not chased.proposable
    result = plan(State.NORMAL, parameters=chased.parameters)
    assert result.update.proposable
    assert not [layer for layer in result.layers if layer.legs and layer.name != "condor"]
