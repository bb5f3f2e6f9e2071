"""The CVaR programme: optimal against its full form, never worse with more room, nothing naked, named answers."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sample_books import position
from sample_chains import Humped
from sample_histories import START, listed

from hedge.backtest.account import Venue
from hedge.backtest.strategies.plan import listing_of
from hedge.book.positions import Book
from hedge.decision.programme.answer import Answer, Verdict, answer, whole_lots
from hedge.decision.programme.goal import Benchmark, Goal, Posed, pose, rebudgeted, redrawn
from hedge.decision.programme.solve import CASH, COST, TURNOVER, Limit, Problem, least_cvar
from hedge.errors import BadInput
from hedge.instruments.contract import Contract
from hedge.instruments.holdings import Holdings
from hedge.instruments.listing import Listing
from hedge.market import Market
from hedge.numerics.arrays import FloatArray
from hedge.policy.parameters import KEYS, Parameters
from hedge.risk.measures import cvar

pytestmark = pytest.mark.unit

SPOT = 2_000.0
MARKET = Market(START, {"ETH": SPOT}, {"ETH": 0.6})
QUOTES = listed("ETH", START, SPOT)
LISTING = listing_of(QUOTES, Venue())
HUMPED = listing_of(listed("ETH", START, SPOT, 0.6, Humped()), Venue())
"""Options that a condor sells are dear, so that one pays."""
SOLVER = 1e-6  # HiGHS meets rows within 1e-7 of the scale; CVaR adds up a tail of them
ALL = Parameters(target_cvar_bps=0)
"""The first values without a target: all that the budgets give."""
OPTIONS = replace(ALL, delta_share_bps=0, rehedge_bps=0)
"""Without layer 0, so that cash and cost bind on options."""


def book(value: float = 1e6, lower: float = 1_600.0, upper: float = 2_500.0) -> Book:
    return Book((position("eth", value, lower=lower, upper=upper, market=MARKET),))


def posed(
    parameters: Parameters = ALL,
    listing: Listing = LISTING,
    owned: Book | None = None,
    held: Holdings | None = None,
    value: float = 1e6,
    **terms: Any,
) -> Posed:
    goal = Goal(parameters, value, **({"scenarios": 512} | terms))
    return pose(goal, owned or book(), MARKET, {"ETH": listing}, held)


def holding(found: Posed, units: FloatArray) -> Holdings:
    """Return what an answer holds, as a treasury would state it."""
    options: dict[Contract, float] = defaultdict(float)
    perpetuals: dict[str, float] = {}
    for column, quantity in zip(found.columns, units.tolist(), strict=True):
        for contract, sign in column.contracts if quantity else ():
            options[contract] += sign * quantity
        if column.is_perpetual and quantity:
            perpetuals[column.asset] = quantity
    return Holdings(dict(options), perpetuals)


def answered(found: Posed) -> Answer:
    return answer(found.problem, found.goal.parameters.rehedge_bps / 1e4)


def random_problem(seed: int, **changes: Any) -> Problem:
    """Return a programme of normal gains, of which some is held and some may be short."""
    rng = np.random.default_rng(seed)
    gains = rng.standard_normal((300, 12))
    held, low = rng.integers(0, 3, 12).astype(float), np.where(rng.random(12) < 0.3, -4.0, 0.0)
    terms: dict[str, Any] = {
        "exposure": gains @ rng.normal(0.0, 2.0, 12) + rng.standard_normal(300),
        "gains": gains, "buy_cost": rng.uniform(0.0, 0.1, 12), "sell_cost": rng.uniform(0.0, 0.1, 12),
        "cash": np.where(low < 0.0, 0.0, rng.uniform(0.5, 1.0, 12)), "decay": np.where(low < 0.0, 0.0, 0.05),
        "held": held, "low": low, "high": np.where(low < 0.0, 0.0, 5.0), "lot": np.ones(12),
    }  # fmt: skip
    terms |= {name: value for name, value in changes.items() if name not in (CASH, COST)}
    none, sign = np.zeros(12), np.where(low < 0.0, -1.0, 1.0)
    limits = (
        Limit(CASH, changes.get(CASH, 12.0), terms["cash"], none, none),
        Limit(COST, changes.get(COST, 1.0), sign * terms["decay"], terms["buy_cost"], terms["sell_cost"]),
    )
    return Problem(**({"limits": limits} | terms))


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


def covered(held: Holdings) -> bool:
    """Tell whether of every expiry and kind no more is sold than is bought beyond it."""
    sold = [(contract, -units) for contract, units in held.options.items() if units < 0.0]
    for contract, _ in sold:
        sign = 1.0 if contract.is_call else -1.0
        of_kind = {
            c: u for c, u in held.options.items() if (c.expiry_at, c.is_call) == (contract.expiry_at, contract.is_call)
        }
        from_here = [u for c, u in of_kind.items() if sign * (c.strike - contract.strike) >= 0.0]
        if sum(from_here) < -1e-9:
            return False
    return True


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


def test_pose__benchmark_of_holding__loses_only_what_the_pool_loses_against_it() -> None:
    usd, held, half = (posed(replace(ALL, benchmark=number)).problem.exposure for number in range(3))
    assert list(Benchmark) == [Benchmark.USD, Benchmark.HOLDING, Benchmark.HALF]
    assert (held <= 1e-6).all()  # impermanent loss has one sign
    # A range about the price holds about half in each: the two benchmarks are near, and far from USD.
    assert np.abs(held - half).max() < 0.2 * np.abs(usd).max()


def test_pose__delta_against_holding__makes_it_worse_and_is_hardly_traded() -> None:
    found = posed(replace(ALL, benchmark=1, delta_share_bps=10_000, cash_budget_bps=0))
    units = answered(found).units
    assert abs(units[-1]) < 0.25 * 1e6 / SPOT / 2.0


def test_pose__bands__only_those_and_what_is_held() -> None:
    outside = LISTING.contracts()[-1]
    found = posed(OPTIONS, held=Holdings({outside: 3.0}))
    side = found.sides["ETH"]
    assert side.listing.held[~side.fits & (side.listing.held > 0.0)].tolist() == [3.0]
    bought, p = side.listing.take(np.flatnonzero(side.fits)), OPTIONS
    layers = np.array(side.layers)[side.fits]
    delta = np.abs(bought.deltas) * 1e4
    tail = layers == "tail"
    assert set(layers) == {"tail", "volatility"}
    assert ((bought.days >= 5.0) & (bought.days <= np.where(tail, p.tail_most_days, p.volatility_most_days))).all()
    assert not bought.is_call[tail].any()
    assert ((delta[tail] >= p.tail_least_delta_bps) & (delta[tail] <= p.tail_most_delta_bps)).all()
    assert ((delta[~tail] > p.tail_most_delta_bps) & (delta[~tail] <= p.volatility_most_delta_bps)).all()


def test_pose__condors_offered__sell_within_the_governed_delta_wing_and_tenor() -> None:
    found = posed(replace(ALL, condor_short_delta_bps=1500, condor_wing_bps=600, condor_tenor_days=14), HUMPED)
    condors = [column for column in found.columns if column.is_condor]
    deltas = dict(zip(HUMPED.contracts(), HUMPED.deltas.tolist(), strict=True))
    assert condors
    for column in condors:
        (put, _), (call, _), (low, _), (high, _) = column.contracts
        assert [sign for _, sign in column.contracts] == [-1.0, -1.0, 1.0, 1.0]
        assert max(abs(deltas[put]), abs(deltas[call])) <= 0.15
        assert 0.0 < put.strike - low.strike <= 0.06 * SPOT
        assert 0.0 < high.strike - call.strike <= 0.06 * SPOT
        assert 3.0 <= (put.expiry_at - START) / 86_400 <= 14.0


def test_pose__selling_refused__offers_no_condor() -> None:
    assert not [column for column in posed(ALL, HUMPED, selling=False).columns if column.is_condor]


CONDOR = next(column for column in posed(ALL, HUMPED).columns if column.is_condor)
HELD_CONDOR = {contract: 5.0 * sign for contract, sign in CONDOR.contracts}


@pytest.mark.parametrize("selling", [True, False])
def test_held_condor__recognised_whole_and_may_be_closed_but_not_grow_where_selling_is_refused(selling: bool) -> None:
    found = posed(ALL, HUMPED, held=Holdings(HELD_CONDOR), selling=selling)
    number = next(n for n, column in enumerate(found.columns) if dict(column.contracts) == dict(CONDOR.contracts))
    problem = found.problem
    assert problem.held[number] == 5.0
    assert problem.held.sum() == 5.0
    low, high = problem.bounds
    assert low[number] == 0.0
    assert selling or high[number] == 5.0


def test_held_condor__with_more_of_its_wings__leaves_them_as_options() -> None:
    wing = CONDOR.contracts[2][0]
    found = posed(ALL, HUMPED, held=Holdings(HELD_CONDOR | {wing: 8.0}))
    own = {
        column.label: units for column, units in zip(found.columns, found.problem.held.tolist(), strict=True) if units
    }
    assert own == {CONDOR.label: 5.0, wing.label: 3.0}


@pytest.mark.parametrize("leg", range(2))
def test_held_condor__without_a_leg__is_refused_by_name(leg: int) -> None:
    """Without its put sold the call is naked, and the other way round; so it is without a wing."""
    wings = [contract for contract, sign in CONDOR.contracts if sign > 0.0]
    short = CONDOR.contracts[leg][0]
    with pytest.raises(BadInput, match="is sold without"):
        posed(ALL, HUMPED, held=Holdings({c: u for c, u in HELD_CONDOR.items() if c != wings[leg]}))
    with pytest.raises(BadInput, match=f"{short.label}: is sold without the other legs of a condor"):
        posed(ALL, HUMPED, held=Holdings({short: -5.0}))


def test_held_condor__wing_of_another_expiry__covers_nothing() -> None:
    (put, _), _, (low, _), _ = CONDOR.contracts
    later = next(c for c in HUMPED.contracts() if c.expiry_at > put.expiry_at and (c.strike, c.is_call) == low[2:])
    legs = {c: u for c, u in HELD_CONDOR.items() if c != low} | {later: 5.0}
    with pytest.raises(BadInput, match="is sold without"):
        posed(ALL, HUMPED, held=Holdings(legs))


def test_held_condor__sold_leg_without_an_ask__stays_as_nobody_sells_it_back() -> None:
    names, gone = HUMPED.contracts(), CONDOR.contracts[1][0]
    listing = replace(HUMPED, ask=np.where([contract == gone for contract in names], math.nan, HUMPED.ask))
    found = posed(Parameters(target_cvar_bps=5000, rehedge_bps=0), listing, held=Holdings(HELD_CONDOR))
    number = next(n for n, column in enumerate(found.columns) if dict(column.contracts) == dict(CONDOR.contracts))
    low, high = found.problem.bounds
    assert low[number] == high[number] == 5.0
    assert answered(found).units[number] == 5.0


@pytest.mark.parametrize("missing", range(4))
def test_held_condor__a_leg_is_not_quoted__is_never_torn_apart(missing: int) -> None:
    """What covers a sold leg that nobody quotes must not be sold as if it were free."""
    gone = CONDOR.contracts[missing][0]
    listing = HUMPED.take(np.array([row for row, contract in enumerate(HUMPED.contracts()) if contract != gone]))
    held = Holdings(HELD_CONDOR)
    found = posed(Parameters(target_cvar_bps=5000, rehedge_bps=0), listing, held=held)
    then = holding(found, answered(found).units).options
    assert covered(Holdings({**then, **{c: HELD_CONDOR[c] for c in found.unlisted}}))


@pytest.mark.parametrize("field", ["cash_budget_bps", "cost_budget_bps", "tail_premium_cap_bps", "delta_share_bps",
                                   "volatility_premium_cap_bps", "overlay_notional_cap_bps"])  # fmt: skip
def test_rebudgeted__other_budgets__same_optimum_as_posed_anew(field: str) -> None:
    first = posed(Parameters(), HUMPED)
    other = replace(Parameters(), **{field: 40 if field != "delta_share_bps" else 9000})
    quick, anew = least_cvar(rebudgeted(first, other)), least_cvar(posed(other, HUMPED).problem)
    # The end of a perpetual is not cut to its lot, a thousandth of an ETH.
    assert quick.cvar == pytest.approx(anew.cvar, abs=0.001 * SPOT + SOLVER * anew.cvar)


def test_redrawn__its_own_horizon__is_the_same_tail() -> None:
    first = posed(Parameters(), HUMPED)
    units = answered(first).units
    again = redrawn(first, 7.0)
    assert cvar(again.profit(units)) == pytest.approx(cvar(first.problem.profit(units)), rel=1e-12)
    assert cvar(redrawn(first, 30.0).exposure) > cvar(first.problem.exposure)


def test_limit__trades_and_holdings__uses_what_it_says() -> None:
    found = posed(Parameters(), held=Holdings({}, {"ETH": -20.0}))
    units = answered(found).units
    options = np.array([not column.is_perpetual for column in found.columns])
    by_name = {limit.name: limit.used(units, found.problem.held) for limit in found.problem.limits}
    assert by_name[CASH] == pytest.approx(found.problem.tied_up(units))
    assert by_name[COST] == pytest.approx(found.problem.expected_cost(units))
    assert by_name[TURNOVER] == pytest.approx(float((found.problem.cash * np.abs(units))[options].sum()))
    assert by_name["notional"] == pytest.approx(SPOT * float(np.abs(units).sum()))


@pytest.mark.parametrize("share", [0, 5000])
@pytest.mark.parametrize("units", [-150.0, 80.0])
def test_limit__perpetual_held_on_either_side__its_notional_is_never_negative(share: int, units: float) -> None:
    found = posed(replace(ALL, delta_share_bps=share), held=Holdings({}, {"ETH": units}))
    rows = [limit for limit in found.problem.limits if limit.key == "overlayNotionalCapBps"]
    for at in np.linspace(*found.problem.bounds, 5):
        used = max(row.used(at, found.problem.held) for row in rows)
        assert used == pytest.approx(SPOT * float(np.abs(at).sum()))


def test_listing__forward_above_the_index__premium_is_coin_times_index() -> None:
    dear = replace(QUOTES, forward=np.full(len(QUOTES.strike), 1.025 * SPOT))
    found = listing_of(dear, Venue())
    order = np.lexsort((QUOTES.is_call, QUOTES.strike, QUOTES.expiry_at))
    np.testing.assert_array_equal(found.ask, QUOTES.ask[order])
    np.testing.assert_allclose(found.to_buy, found.ask + np.minimum(0.0003 * SPOT, 0.125 * found.ask), rtol=1e-14)


def test_listing__deep_in_the_money_without_a_bid__closes_below_intrinsic() -> None:
    one = LISTING.take(np.array([0]))
    unbid = replace(one, strike=np.array([2_500.0]), is_call=np.array([False]), bid=np.array([math.nan]))
    assert unbid.to_sell.tolist() == [490.0 - 0.6]
    assert replace(unbid, is_call=np.array([True])).to_sell.tolist() == [0.0]


@pytest.mark.parametrize(
    "change",
    [
        {"spot": math.nan},
        {"held": np.full(len(LISTING), -1.0)},
        {"strike": np.zeros(len(LISTING))},
        {"bid": 2.0 * LISTING.ask},
    ],
)
def test_listing__numbers_that_cannot_be__refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        replace(LISTING, **change)


def test_problem__nan_gain__refused() -> None:
    gains = random_problem(1).gains.copy()
    gains[3, 4] = math.nan
    with pytest.raises(BadInput, match="gains"):
        random_problem(1, gains=gains)
