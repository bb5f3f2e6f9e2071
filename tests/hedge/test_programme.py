"""The CVaR programme: optimal against its full form, never worse with more room, nothing naked, named answers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sample_books import position
from sample_histories import START, listed

from hedge.backtest.account import Venue
from hedge.backtest.strategies.programme import listing_of
from hedge.book.positions import Book
from hedge.decision.programme.answer import Verdict, answer, whole_lots
from hedge.decision.programme.candidates import Bands, Listing, candidates
from hedge.decision.programme.goal import Benchmark, Goal, Posed, pose
from hedge.decision.programme.solve import Problem, least_cvar
from hedge.errors import BadInput
from hedge.market import Market
from hedge.risk.measures import cvar

pytestmark = pytest.mark.unit

SPOT = 2_000.0
MARKET = Market(START, {"ETH": SPOT}, {"ETH": 0.6})
QUOTES = listed("ETH", START, SPOT)
LISTING = listing_of(QUOTES, {}, Venue())
SOLVER = 1e-6  # HiGHS meets rows within 1e-7 of the scale; CVaR adds up a tail of them


def book(value: float = 1e6, lower: float = 1_600.0, upper: float = 2_500.0) -> Book:
    return Book((position("eth", value, lower=lower, upper=upper, market=MARKET),))


def posed(goal: Goal | None = None, listing: Listing = LISTING, owned: Book | None = None, **held: float) -> Posed:
    return pose(goal or Goal(scenarios=512), owned or book(), MARKET, {"ETH": listing}, held, {}, {})


def holding(found: Posed, units: np.ndarray) -> Listing:
    """Return the listing with what an answer holds."""
    side = found.sides["ETH"]
    rows = zip(side.listing.expiry_at, side.listing.strike, side.listing.is_call, units[side.columns], strict=True)
    own = {(at, strike, kind): quantity for at, strike, kind, quantity in rows}
    keys = zip(LISTING.expiry_at, LISTING.strike, LISTING.is_call, strict=True)
    return replace(LISTING, held=np.array([own.get(key, 0.0) for key in keys]))


def random_problem(seed: int, **changes: Any) -> Problem:
    """Return a programme of normal gains, of which some is held and some may be short."""
    rng = np.random.default_rng(seed)
    gains = rng.standard_normal((300, 12))
    held, low = rng.integers(0, 3, 12).astype(float), np.where(rng.random(12) < 0.3, -4.0, 0.0)
    terms = {
        "exposure": gains @ rng.normal(0.0, 2.0, 12) + rng.standard_normal(300),
        "gains": gains, "buy_cost": rng.uniform(0.0, 0.1, 12), "sell_cost": rng.uniform(0.0, 0.1, 12),
        "cash": np.where(low < 0.0, 0.0, rng.uniform(0.5, 1.0, 12)), "decay": np.where(low < 0.0, 0.0, 0.05),
        "held": held, "low": low, "high": np.where(low < 0.0, 0.0, 5.0), "lot": np.ones(12),
        "cash_usd": 12.0, "cost_usd": 1.0,
    }  # fmt: skip
    return Problem(**(terms | changes))


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


@pytest.mark.parametrize("name", ["cash", "cost"])
def test_least_cvar__one_limit_a_little_wider__falls_by_its_price(name: str) -> None:
    other = {"cash": "cost_usd", "cost": "cash_usd"}[name]
    own = f"{name}_usd"
    tight = random_problem(3, held=np.zeros(12), **{own: 2.0 if name == "cash" else 0.2, other: math.inf})
    first = least_cvar(tight)
    price = getattr(first, f"{name}_price")
    assert price > 0.0
    step = 1e-4 * getattr(tight, own)  # within one basis of the programme CVaR is linear in its limit
    wider = least_cvar(replace(tight, **{own: getattr(tight, own) + step}))
    assert (first.cvar - wider.cvar) / step == pytest.approx(price, rel=1e-3)


def test_least_cvar__more_budget__never_worse() -> None:
    for name in ("cash_usd", "cost_usd"):
        found = [least_cvar(posed(Goal(scenarios=512, **{name: usd})).problem).cvar for usd in (0.0, 2e3, 1e4, 5e4)]
        assert (np.diff(found) <= SOLVER * found[0]).all()
        unhedged = cvar(posed().problem.exposure)
        assert found[0] <= unhedged * (1.0 + SOLVER)
        assert name == "cost_usd" or found[0] == pytest.approx(unhedged, rel=SOLVER)
        assert found[-1] < 0.8 * found[0]


def test_least_cvar__more_candidates__never_worse() -> None:
    narrow = Bands(5.0, 30.0, 0.2, 0.4)
    wide = (Bands(3.0, 30.0, 0.2, 0.4), Bands(5.0, 100.0, 0.2, 0.4), Bands(5.0, 30.0, 0.05, 0.6))
    goals = [Goal(scenarios=512, cash_usd=25e3, bands=bands) for bands in (narrow, *wide)]
    first, *others = (least_cvar(posed(goal).problem).cvar for goal in goals)
    assert all(other <= first * (1.0 + SOLVER) for other in others)
    perpetual = least_cvar(posed(replace(goals[0], perpetual_share=1.0)).problem).cvar
    assert perpetual < first


def test_answer__no_exposure__no_trades() -> None:
    away = book(lower=100.0, upper=200.0)  # all USD at any price above 200
    found = answer(posed(owned=away).problem)
    assert found.verdict is Verdict.NO_EXPOSURE
    assert not found.trades.any()


def test_answer__nothing_listed_fits__says_so() -> None:
    found = answer(posed(Goal(scenarios=512, bands=Bands(3.0, 3.1, 0.59, 0.6))).problem)
    assert (found.verdict, found.trades.any()) == (Verdict.NOTHING_LISTED, False)


def test_answer__budget_that_buys_next_to_nothing__not_worth_a_trade() -> None:
    found = answer(posed(Goal(scenarios=512, cash_usd=21.0)).problem)
    assert found.verdict is Verdict.NOT_WORTH_A_TRADE
    assert not found.trades.any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_answer__holdings_at_the_optimum__hold(share: float) -> None:
    goal = Goal(scenarios=512, perpetual_share=share)
    first = posed(goal)
    found = answer(first.problem)
    assert found.verdict is Verdict.TRADE
    units = {"ETH": float(found.units[-1])} if share else {}
    again = answer(posed(goal, holding(first, found.units), **units).problem)
    assert again.verdict is Verdict.HOLD
    assert not again.trades.any()
    # Trades that are paid for leave nothing to gain but what lots had cost.
    assert again.cvar_before - again.relaxed <= found.lots_loss + SOLVER * found.cvar_before


def test_answer__cash_that_is_used_up__holdings_stay() -> None:
    goal = Goal(scenarios=512, cash_usd=25e3)
    first = posed(goal)
    found = answer(first.problem)
    assert found.cash <= 25e3
    assert found.cash > 24e3
    assert answer(posed(goal, holding(first, found.units)).problem).verdict is Verdict.HOLD


def test_answer__holdings_beyond_the_limits__may_stay_and_not_grow() -> None:
    first = posed(Goal(scenarios=512, cash_usd=25e3))
    held = holding(first, answer(first.problem).units)
    later = posed(Goal(scenarios=512, cash_usd=1e3, cost_usd=0.0), held)
    found = answer(later.problem)
    assert found.cash <= later.problem.tied_up(later.problem.held) + SOLVER
    assert found.cvar_after <= found.cvar_before


def test_answer__holdings_beyond_the_limits_and_sold_down__come_to_them() -> None:
    first = posed(Goal(scenarios=512, cash_usd=25e3))
    held = holding(first, answer(first.problem).units)
    later = posed(Goal(scenarios=512, cash_usd=10e3, sell_down=True), held)
    found = answer(later.problem)
    assert found.verdict is Verdict.TRADE
    assert found.reason.startswith("what is held is beyond the limits")
    assert 9e3 < found.cash <= 10e3
    assert found.cvar_after > found.cvar_before


def test_answer__no_cost_allowed_and_much_held__still_an_answer() -> None:
    first = posed(Goal(scenarios=512, cash_usd=25e3))
    held = holding(first, answer(first.problem).units)
    found = answer(posed(Goal(scenarios=512, cash_usd=10e3, cost_usd=0.0, sell_down=True), held).problem)
    assert found.cash <= 10e3


@pytest.mark.parametrize("sell_down", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_answer__held_outside_the_bands__lots_never_beat_the_programme(seed: int, sell_down: bool) -> None:
    # Decay of what may only be sold once counted with the wrong sign: the programme kept it where lots sold it.
    rng = np.random.default_rng(seed)
    problem = random_problem(seed, sell_down=sell_down)
    outside = (problem.low == 0.0) & (rng.random(12) < 0.5)
    problem = replace(problem, high=np.where(outside, 0.0, problem.high), held=np.where(outside, 2.0, problem.held))
    found = answer(problem, least_gain=0.0)
    scale = np.max(np.abs(problem.profit(problem.held)))
    assert problem.allows(found.units)
    assert found.lots_loss >= -SOLVER * scale


def test_answer__any_holdings__nothing_sold_is_uncovered() -> None:
    rng = np.random.default_rng(7)
    held = replace(LISTING, held=np.where(rng.random(len(LISTING)) < 0.2, rng.integers(1, 90, len(LISTING)), 0.0))
    found = posed(Goal(scenarios=512, cash_usd=25e3, perpetual_share=1.0, sell_down=True), held)
    result = answer(found.problem)
    options = result.units[found.sides["ETH"].columns]
    assert result.verdict is Verdict.TRADE
    assert result.cash <= 25e3
    assert (result.trades < 0.0).any()
    assert (options >= 0.0).all()
    assert np.array_equal(options, np.round(options))  # whole ETH
    perpetual = result.units[found.perpetuals["ETH"]]
    delta = book().positions[0].deltas({"ETH": SPOT})["ETH"]
    assert -delta <= perpetual <= 0.0


def test_answer__same_inputs__same_bits() -> None:
    one, two = (answer(posed(Goal(scenarios=512, cash_usd=25e3, perpetual_share=0.5)).problem) for _ in range(2))
    assert one.units.tobytes() == two.units.tobytes()
    assert (one.cvar_after, one.relaxed, one.reason) == (two.cvar_after, two.relaxed, two.reason)


def test_answer__book_and_budgets_doubled__trades_double_up_to_lots() -> None:
    once, twice = (
        answer(posed(Goal(scenarios=512, cash_usd=x * 25e3, cost_usd=x * 6e3), owned=book(x * 1e6)).problem)
        for x in (1.0, 2.0)
    )
    assert twice.relaxed == pytest.approx(2.0 * once.relaxed, rel=SOLVER)
    assert once.optimum is not None
    assert twice.optimum is not None
    np.testing.assert_allclose(twice.optimum.units, 2.0 * once.optimum.units, atol=0.05)
    # Each side is within its rounding and the few lots that its repair moves.
    assert np.abs(twice.units - 2.0 * once.units).max() <= 6.0


def test_whole_lots__limits_that_bind__kept_and_loss_is_small() -> None:
    problem = posed(Goal(scenarios=512, cash_usd=25e3, cost_usd=5e3)).problem
    best = least_cvar(problem)
    units = whole_lots(problem, best.units)
    assert problem.allows(units)
    assert np.array_equal(units, np.round(units))
    assert best.cvar <= cvar(problem.profit(units)) <= 1.005 * best.cvar


def test_whole_lots__cost_of_selling_binds__few_lots_are_moved_and_not_all_sold() -> None:
    first = posed(Goal(scenarios=512, cash_usd=60e3))
    held = holding(first, answer(first.problem).units)
    spread = replace(held, bid=0.9 * held.mark)
    later = posed(Goal(scenarios=512, cash_usd=50e3, cost_usd=2e3, sell_down=True), spread)
    found = answer(later.problem)
    assert found.lots_loss <= 0.05 * found.relaxed
    assert later.problem.allows(found.units)


def test_pose__benchmark_of_holding__loses_only_what_the_pool_loses_against_it() -> None:
    usd, held, half = (posed(Goal(scenarios=512, benchmark=one)).problem.exposure for one in Benchmark)
    assert (held <= 1e-6).all()  # impermanent loss has one sign
    # A range about the price holds about half in each: the two benchmarks are near, and far from USD.
    assert np.abs(held - half).max() < 0.2 * np.abs(usd).max()


def test_pose__delta_against_holding__makes_it_worse_and_is_not_traded() -> None:
    goal = Goal(scenarios=512, benchmark=Benchmark.HOLDING, perpetual_share=1.0, cash_usd=0.0)
    found = posed(goal)
    units = answer(found.problem).units
    assert abs(units[found.perpetuals["ETH"]]) < 0.25 * 1e6 / SPOT / 2.0


def test_candidates__bands__only_those_and_what_is_held() -> None:
    held = np.zeros(len(LISTING))
    held[-1] = 3.0
    found, fits = candidates(replace(LISTING, held=held), Bands(5.0, 40.0, 0.1, 0.3))
    assert found.held[~fits].tolist() == [3.0]
    bought = found.take(np.flatnonzero(fits))
    assert ((bought.days >= 5.0) & (bought.days <= 40.0)).all()
    assert ((np.abs(bought.deltas) >= 0.1) & (np.abs(bought.deltas) <= 0.3)).all()


def test_listing__forward_above_the_index__premium_is_coin_times_index() -> None:
    dear = replace(QUOTES, forward=np.full(len(QUOTES.strike), 1.025 * SPOT))
    found = listing_of(dear, {}, Venue())
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
