"""What a programme is posed with: bands, benchmarks, condors, holdings, other budgets, listings."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sample_histories import START

from hedge.backtest.account import Venue
from hedge.backtest.strategies.plan import listing_of
from hedge.decision.programme.goal import Benchmark
from hedge.decision.programme.pose import rebudgeted, redrawn
from hedge.decision.programme.solve import CASH, COST, TURNOVER, least_cvar
from hedge.errors import BadInput
from hedge.instruments.holdings import Holdings
from hedge.policy.parameters import Parameters
from hedge.risk.measures import cvar
from tests.hedge.programme_world import (
    ALL,
    HUMPED,
    LISTING,
    OPTIONS,
    QUOTES,
    SOLVER,
    SPOT,
    answered,
    covered,
    holding,
    posed,
    random_problem,
)

pytestmark = pytest.mark.unit


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
def test_held_condor__selling_allowed_or_refused__may_be_closed_and_grows_only_where_allowed(selling: bool) -> None:
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
    with pytest.raises(BadInput, match=f"{short.label}: is sold without a wing of its expiry and kind"):
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
    assert by_name[COST] == pytest.approx(found.problem.expected_cost(units) * 30.0 / 7.0)
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


@pytest.mark.parametrize("times", [51.0, 1e6])
def test_pose__option_held_of_many_times_the_book__is_a_size_in_dollars(times: float) -> None:
    option, units = LISTING.contracts()[-1], times * 1e6 / SPOT
    with pytest.raises(BadInput, match=f"{option.label} is .* times the book: state units of ETH"):
        posed(OPTIONS, held=Holdings({option: units}))
    assert posed(OPTIONS, held=Holdings({option: 49.0 / times * units})).held.options


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
