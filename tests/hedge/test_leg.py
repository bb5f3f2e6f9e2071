"""Legs and layers: cash, pay-off, break-evens, and sums."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_books import CHAINS

from hedge.instruments.layer import break_evens, build_layer, max_loss, sum_greeks
from hedge.instruments.leg import LegGreeks, lots_down, lots_up, tenor_scale

ETH = CHAINS["ETH"]
FAR = ETH.first_expiry(120)
PUT = next(quote for quote in ETH.buyable(FAR, is_call=False) if quote.strike == 1600.0)
CALL = next(quote for quote in ETH.buyable(FAR, is_call=True) if quote.strike == 2400.0)


@pytest.mark.unit
def test_bought_and_sold__one_quote__trade_at_ask_and_bid_and_pay_the_fee() -> None:
    bought, sold = ETH.bought(PUT), ETH.sold(PUT)
    assert (bought.price, sold.price) == (PUT.ask, PUT.bid)
    assert bought.fees_usd == sold.fees_usd == pytest.approx(0.0003 * 2000.0)
    assert bought.cost_usd == pytest.approx(PUT.ask + 0.6)
    assert sold.cost_usd == pytest.approx(0.6 - PUT.bid)


@pytest.mark.unit
def test_exit__two_sided_and_one_sided_quote__is_half_the_spread_or_the_price_and_the_fee() -> None:
    assert ETH.bought(PUT).exit_usd == pytest.approx(0.5 * (PUT.ask - PUT.bid) + 0.6)
    assert ETH.bought(PUT._replace(bid=math.nan)).exit_usd == pytest.approx(PUT.ask + 0.6)
    layer = build_layer("tail", "ETH", (ETH.bought(PUT),), 3.0, 2000.0, "")
    assert (layer.fees_usd, layer.exit_usd) == pytest.approx((1.8, 1.5 * (PUT.ask - PUT.bid) + 1.8))
    assert layer.cost_usd == pytest.approx(3.0 * PUT.ask + 1.8)


@pytest.mark.unit
def test_label__listed_put__reads_as_the_exchange_writes_it() -> None:
    assert ETH.bought(PUT).label == "ETH-29MAR24-1600-P"


@pytest.mark.unit
def test_max_loss_and_break_even__bought_put__count_premium_and_fee() -> None:
    legs = (ETH.bought(PUT),)
    assert max_loss(legs) == pytest.approx(PUT.ask + 0.6)
    assert break_evens(legs) == (pytest.approx(1600.0 - PUT.ask - 0.6),)


@pytest.mark.unit
def test_max_loss_and_break_even__sold_call__are_unbounded_and_strike_plus_credit_less_fee() -> None:
    legs = (ETH.sold(CALL),)
    assert max_loss(legs) == math.inf
    assert break_evens(legs) == (pytest.approx(2400.0 + CALL.bid - 0.6),)


@pytest.mark.unit
def test_value__now_at_mid__lies_between_bid_and_ask() -> None:
    value = float(ETH.bought(PUT).value(ETH.spot))
    assert PUT.bid <= value <= PUT.ask


@pytest.mark.unit
def test_value__after_expiry__is_the_intrinsic_at_that_price() -> None:
    values = ETH.bought(PUT).value(np.array([1500.0, 1700.0]), elapsed=PUT.expiry)
    assert values.tolist() == [100.0, 0.0]


@pytest.mark.unit
def test_greeks__against_central_differences_of_value__agree() -> None:
    leg, step = ETH.bought(CALL), 0.5
    up, mid, down = (float(leg.value(2000.0 + shift)) for shift in (step, 0.0, -step))
    greeks = leg.greeks(2000.0)
    assert greeks.delta == pytest.approx((up - down) / (2 * step), rel=1e-6)
    assert greeks.gamma == pytest.approx((up - 2 * mid + down) / step**2, rel=1e-4)


@pytest.mark.unit
def test_tenor_scale__index_tenor_and_four_times_it__is_one_and_a_half() -> None:
    assert tenor_scale(30 / 365) == pytest.approx(1.0)
    assert tenor_scale(120 / 365) == pytest.approx(0.5)
    assert tenor_scale(7 / 365) == 1.0


@pytest.mark.unit
def test_build_layer__zero_units__holds_nothing_and_loses_nothing() -> None:
    layer = build_layer("tail", "ETH", (ETH.bought(PUT),), 0.0, 2000.0, "none")
    assert (layer.legs, layer.cost_usd, layer.max_loss_usd, layer.break_evens) == ((), 0.0, 0.0, ())
    assert math.copysign(1.0, layer.max_loss_usd) == 1.0


@pytest.mark.prop
@settings(max_examples=50)
@given(size=st.floats(0.0, 1e6), lot=st.sampled_from([0.01, 0.1, 1.0]))
def test_lots__any_size__bracket_it_within_one_lot(size: float, lot: float) -> None:
    low, high = lots_down(size, lot), lots_up(size, lot)
    assert low - 1e-8 * lot <= size <= high + 1e-8 * lot
    assert high - low <= lot * (1 + 1e-6)


@pytest.mark.prop
@settings(max_examples=30)
@given(units=st.integers(1, 1000))
def test_build_layer__any_units__has_the_sums_of_its_legs(units: int) -> None:
    structure = (ETH.bought(PUT), ETH.bought(CALL))
    layer = build_layer("volatility", "ETH", structure, units * 0.1, 2000.0, "")
    assert layer.cost_usd == pytest.approx(sum(leg.cost_usd for leg in layer.legs))
    assert layer.greeks == sum_greeks(layer.legs, {"ETH": 2000.0})
    assert layer.greeks == sum((leg.greeks(2000.0) for leg in layer.legs), LegGreeks())
    assert layer.notional_usd == units * 0.1 * 2000.0
