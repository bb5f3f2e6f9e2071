"""The programme: its optimum against any other holding, its limits, whole lots and answers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hedge.decision.programme.answer import Verdict, answer, whole_lots
from hedge.decision.programme.solve import CASH, COST, least_cvar
from hedge.instruments.holdings import Holdings
from hedge.instruments.listing import Listing
from hedge.policy.parameters import KEYS, Parameters
from hedge.risk.measures import cvar
from tests.hedge.programme_world import (
    ALL,
    HUMPED,
    LISTING,
    OPTIONS,
    SOLVER,
    answered,
    book,
    covered,
    holding,
    posed,
    random_problem,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("seed", range(8))
def test_least_cvar__rows_as_needed__optimum_of_every_row(seed: int) -> None:
    problem = random_problem(seed)
    some, every = least_cvar(problem), least_cvar(problem, whole=True)
    scale = np.max(np.abs(problem.profit(problem.held)))
    assert some.cvar == pytest.approx(every.cvar, abs=SOLVER * scale)
    assert some.rows < every.rows == 300
    assert problem.allows(some.units, slack=SOLVER)


@pytest.mark.parametrize("seed", range(4))
def test_least_cvar__any_other_holding_within_limits__not_below(seed: int) -> None:
    problem, rng = random_problem(seed), np.random.default_rng(seed + 100)
    best = least_cvar(problem).cvar
    low, high = problem.bounds
    tried = [best_units for best_units in rng.uniform(low, high, (400, 12)) if problem.allows(best_units)]
    towards = [problem.held + share * (one - problem.held) for one in tried for share in (0.1, 0.5)]
    assert min(cvar(problem.profit(one)) for one in [problem.held, *tried, *towards]) >= best - SOLVER


@pytest.mark.parametrize(("name", "most", "other"), [(CASH, 2.0, COST), (COST, 0.2, CASH)])
def test_least_cvar__one_limit_a_little_wider__falls_by_its_price(name: str, most: float, other: str) -> None:
    tight = random_problem(3, held=np.zeros(12), **{name: most, other: math.inf})
    first = least_cvar(tight)
    assert first.prices[name] > 0.0
    step = 1e-4 * most  # within one basis of the programme CVaR is linear in its limit
    wider = least_cvar(tight.within({name: most + step}))
    # Cost itself is in the objective, a thousandth of it.
    assert (first.cvar - wider.cvar) / step == pytest.approx(first.prices[name], rel=1e-2)


@pytest.mark.parametrize("seed", range(4))
def test_least_cvar__target_within_reach__is_met_at_less_cost(seed: int) -> None:
    problem = random_problem(
        seed, held=np.zeros(12), low=np.zeros(12), high=np.full(12, 5.0), **{CASH: 60.0, COST: 9.0}
    )
    best, unhedged = least_cvar(problem), cvar(problem.exposure)
    target = 0.5 * (best.cvar + unhedged)
    found = least_cvar(problem.within({}, target))
    assert found.cvar == pytest.approx(target, rel=1e-5)
    assert problem.expected_cost(found.units) < problem.expected_cost(best.units)
    # The price of the target is what a little less of it costs.
    step = 1e-4 * target
    lower = least_cvar(problem.within({}, target - step))
    paid = (problem.expected_cost(lower.units) - problem.expected_cost(found.units)) / step
    assert found.target_price == pytest.approx(paid, rel=1e-2, abs=1e-3)


@pytest.mark.parametrize(
    "field",
    ["cash_budget_bps", "cost_budget_bps", "turnover_cap_bps", "overlay_notional_cap_bps", "volatility_premium_cap_bps",
     "tail_premium_cap_bps", "delta_share_bps", "condor_notional_cap_bps", "gamma_cap_bps"],
)  # fmt: skip
def test_least_cvar__more_of_one_limit__never_worse(field: str) -> None:
    key = next(key for key in KEYS if key.field == field)
    values = [round(key.least + share * (key.most - key.least)) for share in (0.0, 0.02, 0.1, 0.3, 1.0)]
    found = [least_cvar(posed(replace(ALL, **{field: value}), HUMPED).problem).cvar for value in values]
    assert (np.diff(found) <= SOLVER * found[0]).all()
    assert field in ("condor_notional_cap_bps", "gamma_cap_bps") or found[-1] < 0.999 * found[0]


def test_least_cvar__no_cash_and_no_delta__unhedged() -> None:
    found = least_cvar(posed(replace(OPTIONS, cash_budget_bps=0)).problem)
    assert found.cvar == pytest.approx(cvar(posed().problem.exposure), rel=SOLVER)
    assert not found.units.any()


@pytest.mark.parametrize(
    "wider",
    [{"volatility_most_delta_bps": 8000}, {"volatility_least_days": 3}, {"volatility_most_days": 180},
     {"tail_least_days": 3}, {"tail_most_days": 400}, {"tail_least_delta_bps": 100}, {"condor_tenor_days": 60}],
    ids=lambda wider: next(iter(wider)),
)  # fmt: skip
def test_least_cvar__more_candidates__never_worse(wider: dict[str, int]) -> None:
    narrow = replace(
        ALL, volatility_most_delta_bps=5000, volatility_most_days=30, tail_most_days=30, condor_tenor_days=12
    )
    first, more = (posed(parameters, HUMPED) for parameters in (narrow, replace(narrow, **wider)))
    assert {column.label for column in first.columns} < {column.label for column in more.columns}
    assert least_cvar(more.problem).cvar <= least_cvar(first.problem).cvar * (1.0 + SOLVER)


def test_answer__no_exposure__no_trades() -> None:
    away = book(lower=100.0, upper=200.0)  # all USD at any price above 200
    found = answered(posed(owned=away))
    assert found.verdict is Verdict.NO_EXPOSURE
    assert not found.trades.any()


def test_answer__nothing_listed_fits__says_so() -> None:
    none = replace(OPTIONS, tail_least_days=3, tail_most_days=7, volatility_least_days=3, volatility_most_days=7)
    found = answered(posed(none, LISTING.take(np.flatnonzero(LISTING.days > 20.0)), selling=False))
    assert found.verdict is Verdict.NOTHING_LISTED
    assert not found.trades.any()


def test_answer__trades_worth_less_than_the_governed_share__not_worth_a_trade() -> None:
    small = replace(OPTIONS, cash_budget_bps=1, cost_budget_bps=1)
    found = answered(posed(replace(small, rehedge_bps=500)))
    assert found.verdict is Verdict.NOT_WORTH_A_TRADE
    assert not found.trades.any()
    assert "would be worth them" in found.reason
    assert answered(posed(replace(small, rehedge_bps=0))).verdict is Verdict.TRADE


@pytest.mark.parametrize("share", [0, 10_000])
@pytest.mark.parametrize("listing", [LISTING, HUMPED], ids=["fair", "a condor pays"])
def test_answer__holdings_at_the_optimum__hold(share: int, listing: Listing) -> None:
    parameters = Parameters(delta_share_bps=share, target_cvar_bps=500)
    first = posed(parameters, listing)
    found = answered(first)
    assert found.verdict is Verdict.TRADE
    again = answered(posed(parameters, listing, held=holding(first, found.units)))
    assert again.verdict is Verdict.HOLD
    assert not again.trades.any()
    # Trades that are paid for leave nothing to gain but what lots had cost, and the trades' own cost.
    paid = first.problem.trading_cost(found.units)
    assert again.cvar_before == pytest.approx(found.cvar_after - paid, rel=SOLVER)


def test_answer__cash_that_is_used_up__holdings_stay() -> None:
    ample = replace(OPTIONS, cost_budget_bps=250, rehedge_bps=100)
    first = posed(ample)
    found = answered(first)
    assert 24e3 < found.cash <= 25e3
    again = posed(ample, held=holding(first, found.units))
    assert answered(again).verdict is Verdict.HOLD


def test_answer__holdings_beyond_the_limits__may_stay_and_not_grow() -> None:
    first = posed(OPTIONS)
    held = holding(first, answered(first).units)
    less = replace(OPTIONS, cash_budget_bps=10, cost_budget_bps=0)
    later = posed(less, held=held)
    found = answered(later)
    assert found.cash <= later.problem.tied_up(later.problem.held) + SOLVER
    assert found.cvar_after <= found.cvar_before


@pytest.mark.parametrize("seed", range(12))
def test_answer__held_outside_the_bands__lots_never_beat_the_programme(seed: int) -> None:
    # Decay of what may only be sold once counted with the wrong sign: the programme kept it where lots sold it.
    rng = np.random.default_rng(seed)
    problem = random_problem(seed)
    outside = (problem.low == 0.0) & (rng.random(12) < 0.5)
    problem = replace(problem, high=np.where(outside, 0.0, problem.high), held=np.where(outside, 2.0, problem.held))
    found = answer(problem, least_gain=0.0)
    scale = np.max(np.abs(problem.profit(problem.held)))
    assert problem.allows(found.units)
    assert found.lots_loss >= -SOLVER * scale


@pytest.mark.parametrize("target", [0, 300, 500])
@pytest.mark.parametrize("cap", [15_000, 5_000])
def test_answer__condor_that_pays__nothing_sold_is_uncovered(target: int, cap: int) -> None:
    parameters = Parameters(
        target_cvar_bps=target, condor_notional_cap_bps=10_000, gamma_cap_bps=cap, cash_budget_bps=800
    )
    first = posed(parameters, HUMPED)
    found = answered(first)
    held = holding(first, found.units)
    assert covered(held)
    assert target == 0 or any(units < 0.0 for units in held.options.values())
    # What is then held is a book of condors again, whatever is asked next.
    again = posed(replace(parameters, target_cvar_bps=1000), HUMPED, held=held)
    assert covered(holding(again, answered(again).units))


@pytest.mark.parametrize("seed", range(6))
def test_answer__any_holdings__whole_lots_within_limits_and_nothing_uncovered(seed: int) -> None:
    rng = np.random.default_rng(seed)
    some = rng.permutation(len(LISTING))[:60]
    names = LISTING.contracts()
    held = Holdings({names[row]: float(rng.integers(1, 90)) for row in some}, {"ETH": float(rng.integers(-200, 100))})
    found = posed(replace(ALL, cash_budget_bps=400, delta_share_bps=10_000), held=held)
    result = answered(found)
    then = holding(found, result.units)
    assert found.problem.allows(result.units)
    assert covered(then)
    assert all(units == round(units) for units in then.options.values())


def test_answer__same_inputs__same_bits() -> None:
    one, two = (answered(posed()) for _ in range(2))
    assert one.units.tobytes() == two.units.tobytes()
    assert (one.cvar_after, one.relaxed, one.reason) == (two.cvar_after, two.relaxed, two.reason)


@pytest.mark.parametrize("target", [0, 600])
def test_answer__book_doubled__trades_double_up_to_lots(target: int) -> None:
    parameters = replace(OPTIONS, target_cvar_bps=target)
    once, twice = (answered(posed(parameters, owned=book(x * 1e6), value=x * 1e6)) for x in (1.0, 2.0))
    assert twice.relaxed == pytest.approx(2.0 * once.relaxed, rel=SOLVER)
    assert once.optimum is not None
    assert twice.optimum is not None
    np.testing.assert_allclose(twice.optimum.units, 2.0 * once.optimum.units, atol=0.05)
    # Each side is within its rounding and the few lots that its repair moves.
    assert np.abs(twice.units - 2.0 * once.units).max() <= 6.0


@pytest.mark.parametrize("share", [0, 5000])
def test_whole_lots__limits_that_bind__kept_and_loss_is_small(share: int) -> None:
    problem = posed(replace(ALL, delta_share_bps=share)).problem
    best = least_cvar(problem)
    units = whole_lots(problem, best.units)
    assert problem.allows(units)
    lots = (units - problem.held) / problem.lot
    np.testing.assert_allclose(lots, np.round(lots), atol=1e-6)
    assert best.cvar * (1.0 - SOLVER) <= cvar(problem.profit(units)) <= 1.01 * best.cvar


def test_whole_lots__target_that_a_perpetual_can_meet__is_met() -> None:
    """Options come in coarse lots and a perpetual in fine ones: what lots of options miss, it makes up for."""
    for target in range(250, 700, 50):
        found = answered(posed(replace(OPTIONS, target_cvar_bps=target, delta_share_bps=8000)))
        assert found.optimum is not None
        if found.optimum.cvar <= target / 1e4 * 1e6 * (1.0 + SOLVER):
            assert found.cvar_after <= target / 1e4 * 1e6 * (1.0 + 1e-4), target
