"""Proposed updates: targets, limits, cooldowns, and rules across keys."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import MARKET, NOW, mixed_book

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book
from hedge.layers.gate import CondorGate, GateReport, TailRisk
from hedge.policy.parameters import KEYS, LastChange, Limits, Parameters, broken_rules
from hedge.update.propose import ProposedUpdate, propose_update

EXPOSURE = book_exposure(mixed_book(), MARKET)
WIDE = {key.id: Limits(key.least, key.most, key.most, key.most, 0) for key in KEYS}


def gate(cvar_unhedged: float = 500_000.0, cap: float = 750_000.0, risk_units: float = 125.0) -> GateReport:
    """Return a gate report with one ETH condor; 125 units are 2,000 bps of the asset's value."""
    condor = CondorGate("ETH", 62.5, 62.5, 0.0, risk_units, (), (), "test")
    return GateReport((condor,), TailRisk(cvar_unhedged, 0.0, 0.0, cap))


def propose(**changes: Any) -> ProposedUpdate:
    """Return the update for the mixed book with some arguments changed."""
    arguments: dict[str, Any] = {
        "exposure": EXPOSURE,
        "market": MARKET,
        "parameters": Parameters(),
        "limits": WIDE,
        "last_changes": {},
        "gate": gate(),
        "at": NOW,
    }
    return propose_update(**(arguments | changes))


def new(update: ProposedUpdate) -> dict[str, int]:
    return {KEYS[change.key].name: change.new for change in update.changes}


@pytest.mark.unit
def test_ramp__calm_index__starts_just_below_it_with_the_stated_spread() -> None:
    calm = dataclasses.replace(MARKET, vols={"ETH": 0.4, "BTC": 0.4})
    changed = new(propose(market=calm))
    assert (changed["rampStartVolBps"], changed["rampFullVolBps"]) == (3600, 7100)


@pytest.mark.unit
def test_propose__no_change__says_why() -> None:
    now = propose().applied(Parameters())
    settled = propose(parameters=now)
    assert (settled.changes, settled.skipped) == ((), ())
    assert settled.reason == "every key is as near to what the rules ask for as a change is worth"
    assert propose().reason == ""


@pytest.mark.unit
def test_propose__every_change_refused__reason_names_each_key_and_its_rule() -> None:
    closed = propose(limits={})
    assert not closed.changes
    assert closed.skipped
    assert all(KEYS[skip.key].name in closed.reason and skip.reason in closed.reason for skip in closed.skipped)


@pytest.mark.unit
def test_ramp__index_in_a_storm__stays_at_the_first_values_so_that_layer_2_grows() -> None:
    storm = dataclasses.replace(MARKET, vols={"ETH": 1.2, "BTC": 1.2})
    assert not {"rampStartVolBps", "rampFullVolBps"} & new(propose(market=storm)).keys()


@pytest.mark.unit
def test_coverage__cvar_far_above_its_cap__covers_the_share_above() -> None:
    update = propose(gate=gate(cvar_unhedged=1_000_000.0, cap=300_000.0))
    assert new(update)["tailCoverageBps"] == 7000
    change = next(change for change in update.changes if change.key == 11)
    assert "70.0% above its cap" in change.reason
    assert "USD" in change.effect


@pytest.mark.unit
def test_condor_size__gate_allows_little__falls_to_it_rounded_down() -> None:
    assert new(propose(gate=gate(risk_units=32.0)))["condorSizeCapBps"] == 500


@pytest.mark.unit
def test_propose__step_limits__move_only_so_far_and_say_so() -> None:
    steps = WIDE | {3: Limits(0, 5000, 100, 300, 0)}
    update = propose(gate=gate(risk_units=0.0), limits=steps)
    change = next(change for change in update.changes if change.key == 3)
    assert (change.old, change.new) == (1000, 700)
    assert "wanted 0" in change.reason


@pytest.mark.unit
def test_propose__key_in_cooldown__is_skipped_with_the_time_left() -> None:
    cooling = WIDE | {3: Limits(0, 5000, 5000, 5000, 3600)}
    update = propose(limits=cooling, last_changes={3: LastChange(NOW - 600, 0, 5000, NOW)})
    skipped = next(skip for skip in update.skipped if skip.key == 3)
    assert "3000 s" in skipped.reason
    assert 3 not in {change.key for change in update.changes}
    rested = {3: LastChange(NOW - 3600, 0, 5000, NOW)}
    assert 3 in {change.key for change in propose(limits=cooling, last_changes=rested).changes}


@pytest.mark.unit
def test_propose__cooldown_without_a_known_update__is_skipped() -> None:
    cooling = WIDE | {3: Limits(0, 5000, 5000, 5000, 3600)}
    assert "unknown" in next(skip for skip in propose(limits=cooling).skipped if skip.key == 3).reason


@pytest.mark.unit
@pytest.mark.parametrize(("ends_in", "moved_to"), [(1, 850), (0, 0)], ids=["inside its window", "after it"])
def test_propose__key_that_drifted__stops_where_its_window_does(ends_in: int, moved_to: int) -> None:
    drifted = {3: LastChange(NOW - 3600, 850, 1150, NOW + ends_in)}
    change = next(
        change for change in propose(gate=gate(risk_units=0.0), last_changes=drifted).changes if change.key == 3
    )
    assert (change.old, change.new) == (1000, moved_to)


@pytest.mark.unit
def test_propose__key_at_the_end_of_its_window__is_skipped_with_what_is_left() -> None:
    used = {3: LastChange(NOW - 3600, 1000, 1600, NOW + 1)}
    skipped = propose(gate=gate(risk_units=0.0), last_changes=used).skipped
    assert "window leave 1000 to 1600, now 1000" in next(skip for skip in skipped if skip.key == 3).reason


@pytest.mark.unit
def test_propose__half_of_a_coupled_pair_is_stuck__keeps_the_rules_and_lists_the_other() -> None:
    high = Parameters(ramp_start_vol_bps=9000, ramp_full_vol_bps=12_500)
    stuck = WIDE | {5: Limits(1000, 20_000, 0, 0, 0)}
    update = propose(parameters=high, limits=stuck)
    assert not {5, 6} & {change.key for change in update.changes}
    assert "rampStart + 500 <= rampFull" in next(skip for skip in update.skipped if skip.key == 6).reason


@pytest.mark.unit
def test_propose__applied_twice__asks_for_nothing_more() -> None:
    update = propose()
    assert update.changes
    assert propose(parameters=update.applied(Parameters())).changes == ()


@pytest.mark.unit
def test_propose__empty_book__asks_for_nothing() -> None:
    assert propose(exposure=book_exposure(Book(()), MARKET)) == ProposedUpdate(reason="the book is worth nothing")


@pytest.mark.prop
@settings(max_examples=60)
@given(
    vol=st.floats(0.05, 3.0),
    cvar=st.floats(0.0, 2.5e6),
    units=st.floats(0.0, 400.0),
    step=st.integers(0, 3000),
    usd_step=st.integers(0, 3_000_000),
)
def test_propose__any_market__stays_inside_bounds_steps_and_rules(
    vol: float, cvar: float, units: float, step: int, usd_step: int
) -> None:
    steps = {key.id: usd_step if key.unit == "USD" else step for key in KEYS}
    limits = {key.id: Limits(key.least, key.most, steps[key.id], steps[key.id], 0) for key in KEYS}
    market = dataclasses.replace(MARKET, vols={"ETH": vol, "BTC": vol})
    update = propose(market=market, limits=limits, gate=gate(cvar_unhedged=cvar, risk_units=units))
    assert broken_rules(update.applied(Parameters())) == ()
    for change in update.changes:
        key = KEYS[change.key]
        assert key.least <= change.new <= key.most
        assert 0 < abs(change.new - change.old) <= steps[change.key]
