"""Proposed updates: what binds and its price, what the change does, limits, cooldowns, and rules across keys."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CHAINS, MARKET, NOW, position

from hedge.book.positions import Book
from hedge.decision.programme.answer import Answer, answer
from hedge.decision.programme.goal import Goal
from hedge.decision.programme.pose import Posed, pose, rebudgeted
from hedge.decision.programme.solve import least_cvar
from hedge.decision.update.propose import MOST_CHANGES, ProposedUpdate, propose_update
from hedge.instruments.listing import Listing
from hedge.policy.parameters import KEY_IDS, KEYS, LastChange, Limits, Parameters, broken_rules

pytestmark = pytest.mark.unit

BOOK = Book((position("eth", 1e6),))
LISTING = Listing.of_chain(CHAINS["ETH"], {})
WIDE = {key.id: Limits(key.least, key.most, key.most, key.most, 0) for key in KEYS}
SHORT = Parameters(target_cvar_bps=100)
"""A target that the first budgets do not reach: cash, premium caps and the share of the delta bind."""
CASH, COST, VOLATILITY, TAIL = (
    KEY_IDS[name] for name in ("cashBudgetBps", "costBudgetBps", "volatilityPremiumCapBps", "tailPremiumCapBps")
)


@cache
def asked(parameters: Parameters) -> tuple[Posed, Answer]:
    """Return the programme of a v3 position of 1 M USD and its answer."""
    posed = pose(Goal(parameters, 1e6, scenarios=256), BOOK, MARKET, {"ETH": LISTING})
    return posed, answer(posed.problem, parameters.rehedge_bps / 1e4)


def propose(
    parameters: Parameters = SHORT, limits: dict[int, Limits] | None = WIDE, last: dict[int, LastChange] | None = None
) -> ProposedUpdate:
    return propose_update(*asked(parameters), parameters, limits, last or {}, NOW)


def new(update: ProposedUpdate) -> dict[int, int]:
    return {change.key: change.new for change in update.changes}


def why(update: ProposedUpdate, key: int) -> str:
    return next(skip.reason for skip in update.skipped if skip.key == key)


def test_propose__target_reached__asks_for_nothing() -> None:
    update = propose(Parameters(target_cvar_bps=500))
    assert (update.changes, update.skipped) == ((), ())
    assert update.reason == "the target is reached within the budgets: no key is short"


def test_propose__nothing_binds__asks_for_nothing() -> None:
    free = Parameters(
        target_cvar_bps=0, cash_budget_bps=2000, cost_budget_bps=1000, turnover_cap_bps=10_000, delta_share_bps=10_000,
        overlay_notional_cap_bps=60_000, volatility_premium_cap_bps=2000, tail_premium_cap_bps=2000,
    )  # fmt: skip
    update = propose(free)
    assert update.changes == ()
    assert update.reason.startswith("no limit of a key binds")


def test_propose__empty_book__asks_for_nothing() -> None:
    assert propose_update(None, None, SHORT, WIDE, {}, NOW).reason.startswith("no programme was solved")


def test_propose__binding_keys__are_raised_with_their_price_and_lower_cvar() -> None:
    posed, found = asked(SHORT)
    update = propose()
    assert update.changes
    assert len(update.changes) <= MOST_CHANGES
    by_key = {limit.key: found.prices[limit.name] for limit in posed.problem.limits}
    for change in update.changes:
        key = KEYS[change.key]
        assert change.new == min(2 * change.old, key.most)
        if key.name != "deltaShareBps":
            assert by_key[key.name] > 0.01
            assert f"100 USD more would take {100.0 * by_key[key.name]:,.0f} USD off CVaR95" in change.reason
        assert "CVaR95 over 7 days would be" in change.effect


def test_propose__its_effect__is_that_of_the_programme_posed_anew() -> None:
    update = propose()
    assert update.before is not None
    assert update.after is not None
    changed = update.applied(SHORT)
    anew = least_cvar(asked(changed)[0].problem)
    assert update.before.cvar_usd == least_cvar(asked(SHORT)[0].problem).cvar
    # The end of a perpetual is not cut to its lot, a ten-thousandth of an ETH.
    assert update.after.cvar_usd == pytest.approx(anew.cvar, abs=1.0)
    assert update.after.cvar_usd < update.before.cvar_usd
    assert asked(changed)[1].cvar_after < asked(SHORT)[1].cvar_after


def test_propose__every_change__takes_alone_enough_off_the_tail() -> None:
    least = SHORT.rehedge_bps / 1e4
    posed, _ = asked(SHORT)
    kept: dict[int, int] = {}
    for key, value in sorted(new(propose()).items()):
        others = {k: v for k, v in new(propose()).items() if k != key}
        without = least_cvar(rebudgeted(posed, SHORT.replaced(others))).cvar
        with_it = least_cvar(rebudgeted(posed, SHORT.replaced(others | {key: value}))).cvar
        assert with_it <= without
        kept[key] = value
    unhedged = least_cvar(posed.problem).cvar
    assert least_cvar(rebudgeted(posed, SHORT.replaced(kept))).cvar <= (1.0 - least) * unhedged


def test_propose__worth_less_than_the_governed_share__is_skipped_and_says_so() -> None:
    picky = replace(SHORT, rehedge_bps=5000)
    update = propose(picky)
    assert update.changes == ()
    assert update.skipped
    assert any("is worth a vote" in skip.reason for skip in update.skipped)
    assert all(KEYS[skip.key].name in update.reason and skip.reason in update.reason for skip in update.skipped)


def test_propose__no_limits_known_for_a_key__is_skipped() -> None:
    closed = propose(limits={})
    assert not closed.changes
    assert closed.skipped
    assert all(skip.reason == "the key's limits are unknown" for skip in closed.skipped)


def test_propose__absolute_bounds_alone__are_those_of_the_keys() -> None:
    assert new(propose(limits=None)) == new(propose())


def test_propose__step_limits__move_only_so_far_and_say_so() -> None:
    steps = {key: replace(limit, step_up=17) for key, limit in WIDE.items()}
    for change in propose(limits=steps).changes:
        assert change.new == change.old + 17
        assert f"wanted {2 * change.old}, limits give {change.new}" in change.reason


def first_key() -> int:
    """Return a key that is proposed and has no rule with another."""
    return next(key for key in new(propose()) if key in (CASH, KEY_IDS["deltaShareBps"]))


def test_propose__key_in_cooldown__is_skipped_with_the_time_left() -> None:
    key = first_key()
    cooling = WIDE | {key: replace(WIDE[key], cooldown_seconds=3600)}
    most = KEYS[key].most
    update = propose(limits=cooling, last={key: LastChange(NOW - 600, 0, most, NOW)})
    assert "3000 s" in why(update, key)
    assert key not in new(update)
    assert key in new(propose(limits=cooling, last={key: LastChange(NOW - 3600, 0, most, NOW)}))


def test_propose__cooldown_without_a_known_update__is_skipped() -> None:
    key = first_key()
    cooling = WIDE | {key: replace(WIDE[key], cooldown_seconds=3600)}
    assert "unknown" in why(propose(limits=cooling), key)


@pytest.mark.parametrize(("ends_in", "inside"), [(1, True), (0, False)], ids=["inside its window", "after it"])
def test_propose__key_that_drifted__stops_where_its_window_does(ends_in: int, inside: bool) -> None:
    key = first_key()
    old = SHORT.to_values()[key]
    drifted = {key: LastChange(NOW - 3600, old - 40, old + 40, NOW + ends_in)}
    assert new(propose(last=drifted))[key] == (old + 40 if inside else 2 * old)


def test_propose__key_at_the_end_of_its_window__is_skipped_with_what_is_left() -> None:
    key = first_key()
    old = SHORT.to_values()[key]
    used = {key: LastChange(NOW - 3600, old - 50, old, NOW + 1)}
    assert f"window leave {old - 50} to {old}, now {old}" in why(propose(last=used), key)


def test_propose__keys_bound_by_a_cash_budget_that_is_stuck__keeps_the_rules_and_lists_it() -> None:
    tight = replace(SHORT, volatility_premium_cap_bps=100, tail_premium_cap_bps=100, cash_budget_bps=100)
    stuck = WIDE | {CASH: replace(WIDE[CASH], step_up=0)}
    update = propose(tight, stuck)
    assert broken_rules(update.applied(tight)) == ()
    assert {skip.key for skip in update.skipped} >= {CASH}
    assert any("<= cashBudget" in skip.reason for skip in update.skipped)


def test_propose__applied_again_and_again__ends_where_the_target_is_reached_or_nothing_pays() -> None:
    parameters, cvars = SHORT, []
    for _ in range(8):
        update = propose(parameters)
        cvars.append(least_cvar(asked(parameters)[0].problem).cvar)
        if not update.changes:
            break
        parameters = update.applied(parameters)
    assert not update.changes
    assert update.reason
    assert cvars == sorted(cvars, reverse=True)
    assert cvars[-1] < 0.9 * cvars[0]


@settings(max_examples=12)
@given(
    target=st.integers(0, 1500), cash=st.integers(70, 400), share=st.integers(0, 10_000), step=st.integers(0, 300),
)  # fmt: skip
def test_propose__any_parameters__stays_inside_bounds_steps_and_rules(
    target: int, cash: int, share: int, step: int
) -> None:
    parameters = Parameters(
        target_cvar_bps=target, cash_budget_bps=cash, delta_share_bps=share, tail_premium_cap_bps=min(cash, 200),
        volatility_premium_cap_bps=min(cash, 200),
    )  # fmt: skip
    limits = {key.id: Limits(key.least, key.most, step, step, 0) for key in KEYS}
    update = propose(parameters, limits)
    assert broken_rules(update.applied(parameters)) == ()
    assert bool(update.reason) is not bool(update.changes)
    for change in update.changes:
        key = KEYS[change.key]
        assert key.least <= change.new <= key.most
        assert 0 < change.new - change.old <= step
    if update.before and update.after:
        assert update.after.cvar_usd < update.before.cvar_usd
