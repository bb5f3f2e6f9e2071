"""Futures and options on a volatility index: their legs, and layer 2 when they are listed."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CALM, CHAINS, MARKET, NOW, mixed_book, position
from sample_indices import SNAPSHOT, VIX_LEVEL, dvol, real_chain

from hedge.book.exposure import AssetExposure, book_exposure
from hedge.book.positions import Book
from hedge.errors import BadInput, NotListed
from hedge.instruments.fees import Fees
from hedge.instruments.index_listing import IndexFuture, IndexLeg, IndexListing, forward_share, read_leg
from hedge.instruments.layer import Layer, build_layer
from hedge.instruments.leg import tenor_scale
from hedge.instruments.perpetual import PerpetualLeg
from hedge.layers.budget import Budget
from hedge.layers.vega import candidates
from hedge.layers.volatility import volatility_layer
from hedge.market import Market
from hedge.plan.build import build_plan
from hedge.plan.explain import resolve
from hedge.policy.layer_rules import LayerRules
from hedge.policy.parameters import Parameters
from hedge.risk.measures import legs_pnl
from hedge.risk.scenarios import draw_scenarios
from hedge.units import YEAR_DAYS

pytestmark = pytest.mark.unit

ETH, ONE = CHAINS["ETH"], Book((position("eth", 1e6),))
EXPOSURE = book_exposure(ONE, MARKET).assets["ETH"]
AMPLE = Budget(1e9, 1e12)
FULL = LayerRules(ramp_start_vol_bps=1000, ramp_full_vol_bps=6500)
LISTING = dvol()
FUTURE = LISTING.future("ETH", 45, 14, 180)
CALL = next(leg for _, leg in LISTING.calls("ETH", 45, 14, 180) if leg.strike == 80.0)


def layer(
    listing: IndexListing | None,
    parameters: LayerRules = FULL,
    budget: Budget = AMPLE,
    exposure: AssetExposure = EXPOSURE,
) -> Layer:
    return volatility_layer(MARKET, exposure, ETH, parameters, budget, listing=listing)


def names(listing: IndexListing | None) -> dict[str, float]:
    """Return the cost of vega of every candidate by name."""
    found, _ = candidates("ETH", 2000.0, 0.65, ETH, 45, listing)
    return {candidate.name: candidate.cost for candidate in found}


@pytest.mark.parametrize("days", [0.0, 7.0, 30.0, 45.0, 120.0])
def test_forward_share__against_the_move_of_two_tenors__is_the_move_of_the_variance_between(days: float) -> None:
    vol, move, month = 0.6, 1e-6, 30 / YEAR_DAYS
    near = days / YEAR_DAYS

    def total(tenor: float) -> float:
        return (vol + move * tenor_scale(tenor)) ** 2 * tenor if tenor > 0.0 else 0.0

    forward = math.sqrt((total(near + month) - total(near)) / month)
    assert forward_share(near) == pytest.approx((forward - vol) / move, rel=1e-4)


def test_future__bought__is_fully_funded_and_pays_the_index() -> None:
    assert (FUTURE.label, FUTURE.price, FUTURE.strike) == ("DVOL-29DEC23", 65.5, 0.0)
    assert FUTURE.cost_usd == pytest.approx(65.5 * 1.0005)
    assert FUTURE.exit_usd == pytest.approx(0.5 + 65.5 * 0.0005)
    assert FUTURE.payoff(80.0) == 80.0
    held = build_layer("volatility", "ETH", (FUTURE,), 10.0, 2000.0, "")
    assert held.max_loss_usd == held.cost_usd == pytest.approx(655.3275)
    assert held.break_evens == (pytest.approx(65.5 * 1.0005),)
    assert held.notional_usd == 650.0


def test_future__index_moved__gains_the_forwards_share_of_it_whatever_the_spot() -> None:
    gain = FUTURE.value(np.array([1000.0, 3000.0]), 15 / 365, 0.1) - FUTURE.value(2000.0, 15 / 365)
    assert gain == pytest.approx([10.0 * forward_share(30 / 365)] * 2)
    assert FUTURE.greeks(2000.0).vega == pytest.approx(100.0)
    assert FUTURE.greeks(2000.0).delta == FUTURE.greeks(2000.0).gamma == 0.0
    assert FUTURE.index_vega(2000.0) == pytest.approx(100.0 * forward_share(45 / 365))
    half = dataclasses.replace(FUTURE, beta=0.5)
    assert half.value(2000.0, 0.0, 0.1) - 65.0 == pytest.approx(0.5 * 10.0 * forward_share(45 / 365))


def test_future__contango_and_an_index_that_does_not_move__rolls_down_in_a_line() -> None:
    steep = dvol(slope=2.0).future("ETH", 45, 14, 180)
    assert steep.forward == pytest.approx(68.0)
    assert float(steep.value(2000.0, 15 / 365)) == pytest.approx(67.0)
    assert float(steep.value(2000.0, 1.0)) == pytest.approx(65.0)
    assert steep.time_value_usd == pytest.approx(3.5)
    assert steep.greeks(2000.0).theta == pytest.approx(-3.0 * 365 / 45)
    assert steep.fair(2000.0, 30 / 365, 0.65) == pytest.approx(66.0)


def test_call__greeks__are_differences_of_its_value() -> None:
    bump = 1e-4
    up, down = (float(CALL.value(2000.0, 0.0, sign * bump)) for sign in (1.0, -1.0))
    assert (up - down) / (2 * bump) == pytest.approx(CALL.index_vega(2000.0), rel=1e-6)
    later = float(CALL.value(2000.0, 1e-5)) - float(CALL.value(2000.0))
    assert later / 1e-5 == pytest.approx(CALL.greeks(2000.0).theta, rel=1e-3)
    assert CALL.label.endswith("-80-C")
    assert CALL.time_value_usd == CALL.price


def test_legs_pnl__index_leg_that_expires_on_the_way__settles_at_the_index_of_its_day() -> None:
    scenarios, near = draw_scenarios(("ETH",), MARKET, 512), LISTING.future("ETH", 17, 14, 180)
    moved = scenarios.vol_moves_at(near.expiry)["ETH"]
    assert legs_pnl([near], scenarios) == pytest.approx(65.0 + 100.0 * moved - near.cost_usd)
    assert legs_pnl([near], scenarios.still()) == pytest.approx(65.0 - near.cost_usd)


def test_read_leg__through_json__is_the_same_leg() -> None:
    for leg in (FUTURE, CALL, ETH.bought(ETH.buyable(ETH.expiries()[3], is_call=False)[5])):
        assert read_leg(json.loads(json.dumps(leg.to_dict()))) == leg


def test_candidates__index_listed__are_all_six_and_their_costs_order_by_spread_and_roll() -> None:
    assert list(names(None)) == ["straddle", "strangle", "variance strip"]
    flat, steep, wide = names(dvol()), names(dvol(slope=4.0)), names(dvol(half=2.0))
    assert set(flat) == {*names(None), "DVOL call", "DVOL call spread", "DVOL future"}
    # Half a point of spread, 0.0328 of fee, over the vega per point: what a flat curve costs.
    assert flat["DVOL future"] == pytest.approx(0.01 * (0.5 + 65.5 * 0.0005) / forward_share(45 / 365))
    assert steep["DVOL future"] > flat["DVOL future"] < wide["DVOL future"]


def test_candidates__beta_of_zero__leave_the_index_out_and_say_so() -> None:
    found, absent = candidates("ETH", 2000.0, 0.65, ETH, 45, dvol(beta=0.0))
    assert [candidate.name for candidate in found] == ["straddle", "strangle", "variance strip"]
    assert sum("beta 0" in text for text in absent) == 3
    assert IndexListing("DVOL", NOW, 65.0).beta == 0.0


def test_volatility__cheap_future__is_taken_in_the_size_of_the_lost_vega_and_the_reason_names_all() -> None:
    cheap = layer(dvol(half=0.05))
    (leg,) = cheap.legs
    assert isinstance(leg, IndexLeg)
    lost = -EXPOSURE.gamma * 2000.0**2 * 0.65 * leg.expiry * tenor_scale(leg.expiry)
    assert leg.index_vega(2000.0) == pytest.approx(lost, rel=1.0 / cheap.units)
    for name in ("straddle", "strangle", "variance strip", "DVOL call", "DVOL call spread", "DVOL future"):
        assert name in cheap.reason


def test_volatility__dear_future__stays_with_the_asset() -> None:
    costly = dataclasses.replace(dvol(half=5.0, slope=10.0), options=None)
    assert layer(costly).legs == layer(None).legs
    assert "DVOL option" in layer(costly).reason


def test_volatility__contract_larger_than_the_caps__takes_the_next_candidate() -> None:
    coarse = dvol(half=0.05, multiplier=1e6)
    tight = layer(coarse, budget=Budget(10_000.0, 1e12))
    assert not isinstance(tight.legs[0], IndexLeg)
    assert tight.max_loss_usd <= 10_000.0


def test_volatility__premium_cap__binds_for_calls_and_futures() -> None:
    for listing in (dvol(half=0.05), dataclasses.replace(dvol(), futures=())):
        tight = layer(listing, budget=Budget(5_000.0, 1e12))
        assert tight.max_loss_usd <= 5_000.0
        assert "cap allows" in tight.reason


def test_listing__numbers_that_cannot_be__are_refused() -> None:
    future = IndexFuture(NOW + 30 * 86_400, 30 / 365, 60.0, 61.0, 1.0)
    for wrong in (
        {"level": 0.0}, {"beta": -1.0}, {"beta": math.nan}, {"options": ETH}, {"futures": (future._replace(bid=62.0),)},
        {"futures": (future._replace(multiplier=0.0),)}, {"futures": (future._replace(expiry=0.5),)},
    ):  # fmt: skip
        with pytest.raises(BadInput):
            IndexListing(**{"name": "DVOL", "observed_at": NOW, "level": 65.0} | wrong)
    for missing in (
        lambda: dvol().future("ETH", 45, 80, 180),
        lambda: IndexListing("A", NOW, 1.0).calls("ETH", 1, 1, 1),
    ):
        with pytest.raises(NotListed):
            missing()


def test_plan__index_listed_and_options_dear__sums_reasons_and_inputs_hold_it() -> None:
    far = dataclasses.replace(ETH, rows=tuple(row._replace(ask=2.0 * row.ask) for row in ETH.rows))
    listed = {"ETH": dvol(half=0.05)}
    no_target = Parameters(target_cvar_bps=0, rehedge_bps=0, delta_share_bps=10_000)
    plans = [
        build_plan(
            mixed_book(), MARKET, {"BTC": CHAINS["BTC"], "ETH": far}, no_target, signals=CALM, scenario_count=512,
            indices=listed,
        )
        for _ in range(2)
    ]  # fmt: skip
    content = plans[0].to_dict()
    assert content == plans[1].to_dict()
    json.dumps(content, allow_nan=False)
    volatility = next(
        planned for planned in plans[0].layers if (planned.underlying, planned.name) == ("ETH", "volatility")
    )
    assert any(isinstance(leg, IndexLeg) for leg in volatility.legs)
    assert any(trade.instrument.startswith("DVOL-") for trade in plans[0].trades)
    net, bare = (plans[0].greeks[stage]["ETH"].vega_usd for stage in ("hedged", "unhedged"))
    every = [leg for planned in plans[0].layers if planned.underlying == "ETH" for leg in planned.legs]
    assert net - bare == pytest.approx(sum(leg.greeks(2000.0).vega for leg in every))
    assert content["inputs"]["indices"]["ETH"]["beta"] == 1.0
    assert any("DVOL is taken to move 1 points" in note for note in plans[0].notes)
    pointers = [node for node in _nodes(content["reasons"]) if node["at"].startswith("/inputs/indices")]
    assert pointers
    assert all(resolve(content, node["at"]) == node["value"] for node in pointers)


def _nodes(tree: dict[str, object]) -> list[dict[str, str]]:
    below = tree["from"]
    assert isinstance(below, list)
    return [tree, *(node for child in below for node in _nodes(child))]  # type: ignore[list-item]


@pytest.mark.prop
@settings(max_examples=20)
@given(value=st.floats(1e5, 1e7), more=st.floats(0.0, 1e7), half=st.floats(0.05, 2.0), cap=st.floats(1e3, 1e6))
def test_volatility__index_listed_and_more_liquidity__never_less_vega(
    value: float, more: float, half: float, cap: float
) -> None:
    exposures = [
        book_exposure(Book(tuple(position(str(n), usd) for n, usd in enumerate(values))), MARKET).assets["ETH"]
        for values in ((value,), (value, more + 1.0))
    ]
    less, greater = (layer(dvol(half=half), FULL, Budget(cap, 1e12), exposure) for exposure in exposures)
    assert greater.greeks.vega >= less.greeks.vega - 1e-9


def test_vix_of_july_2022__lp_in_spy__buys_listed_options_at_executable_prices(recorded: Path) -> None:
    path = recorded / "iv" / "stochvolmodels_sample_chains.csv.gz"
    vix = real_chain(path, "vix", VIX_LEVEL, 100.0, Fees(0.0, 0.0, per_unit=0.0066))
    spy = real_chain(path, "spy", 382.8, 100.0, Fees(0.0, 0.0, per_unit=0.0066))
    market = Market(SNAPSHOT, {"SPY": 382.8}, {"SPY": VIX_LEVEL / 100}, {}, "VIX")
    book = Book((position("spy", 5e7, base="SPY", lower=340.0, upper=430.0, market=market),))
    listing = IndexListing("VIX", SNAPSHOT, VIX_LEVEL, 1.0, (), vix, source="sample chains of July 2022")
    exposure = book_exposure(book, market).assets["SPY"]
    bought = volatility_layer(market, exposure, spy, LayerRules(), Budget(5e5, 1e12), 1.0, listing)
    rows = {(row.expiry_at, row.strike, row.is_call): row for row in (*vix.rows, *spy.rows)}
    assert bought.legs
    for leg in bought.legs:
        row = rows[leg.expiry_at, leg.strike, leg.is_call]
        assert leg.price == (row.ask if leg.quantity > 0.0 else row.bid)
        assert leg.quantity % 100.0 == 0.0
    assert bought.max_loss_usd <= 5e5
    for name in ("VIX call at", "VIX call spread at", "strangle"):
        assert name in bought.reason


def test_read_leg__perpetual__is_a_perpetual_again() -> None:
    leg = PerpetualLeg.of("ETH", -3.0, 2_000.0, 1_700_000_000, 0.001, 1.0)
    again = read_leg(leg.to_dict())
    assert again == leg
    assert float(again.value(1_900.0)) == 300.0
