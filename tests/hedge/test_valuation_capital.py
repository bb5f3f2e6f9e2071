"""Cost of capital, leverage, the overlay's return, and price over cash flow."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge.errors import BadInput, MarginMismatch, OpenMargin
from hedge.options import black76_price
from hedge.valuation import cash_flow
from hedge.valuation.capital import CapitalLayer, HedgeCapital, leverage_allowed, levered_return, wacc
from hedge.valuation.overlay_return import Kind, OverlayFlow, overlay_return

pytestmark = pytest.mark.unit

DAY = dt.date(2026, 1, 2)
USD = st.floats(0.0, 1e9)
COST = st.floats(-0.5, 2.0)


def layered(own: float, margin: float, borrowed: float) -> HedgeCapital:
    return HedgeCapital(CapitalLayer(own, 0.12), CapitalLayer(margin, 0.05), CapitalLayer(borrowed, 0.14))


def flow(day: int, kind: Kind, amount: float) -> OverlayFlow:
    return OverlayFlow(DAY + dt.timedelta(day), kind, amount)


def test_wacc__three_layers__weighted_by_amount() -> None:
    assert wacc(layered(10_000, 40_000, 20_000)) == pytest.approx(6_000 / 70_000, rel=1e-12)
    assert math.isnan(wacc(layered(0.0, 0.0, 0.0)))


@given(st.lists(st.tuples(st.floats(1.0, 1e9), COST), min_size=3, max_size=3))
@pytest.mark.prop
def test_wacc__any_capital__between_cheapest_and_dearest(layers: list[tuple[float, float]]) -> None:
    capital = HedgeCapital(*(CapitalLayer(*layer) for layer in layers))
    costs = [cost for _, cost in layers]
    assert min(costs) - 1e-12 <= wacc(capital) <= max(costs) + 1e-12


@given(st.floats(1.0, 1e6), st.floats(0.0, 1e6), COST, COST)
@pytest.mark.prop
def test_levered_return__any_layer__pays_the_lender_and_leaves_the_rest(
    own: float, debt: float, irr: float, cost: float
) -> None:
    capital = HedgeCapital(CapitalLayer(own, 0.1), borrowed=CapitalLayer(debt, cost))
    left = irr * (own + debt) - cost * debt
    assert own * levered_return(irr, capital) == pytest.approx(left, rel=1e-9, abs=1e-9 * (own + debt))


def test_leverage__nothing_of_the_owners__infinite_and_no_return() -> None:
    assert layered(0.0, 0.0, 5.0).leverage == math.inf
    assert math.isnan(layered(0.0, 0.0, 0.0).leverage)
    assert math.isnan(levered_return(0.1, layered(0.0, 0.0, 5.0)))


@pytest.mark.parametrize(
    ("irr", "cost", "debt", "allowed", "says"),
    [
        (0.05, 0.08, math.nan, False, "returns 5.00 % a year, its capital costs 8.00 %"),
        (0.08, 0.08, math.nan, True, "allowed"),
        (0.10, 0.08, 0.14, False, "the borrowed layer costs 14.00 %"),
        (0.15, 0.08, 0.14, True, "allowed"),
        (math.nan, 0.08, 0.14, False, "there is no IRR"),
        (0.10, math.nan, 0.14, False, "there is no WACC"),
    ],
)
def test_leverage_allowed__irr_against_costs__refused_below_either(
    irr: float, cost: float, debt: float, allowed: bool, says: str
) -> None:
    decision = leverage_allowed(irr, cost, debt)
    assert decision.allowed is allowed
    assert says in decision.reason
    assert decision.spread == pytest.approx(irr - cost, nan_ok=True)


@pytest.mark.parametrize(("amount", "cost"), [(-1.0, 0.1), (math.nan, 0.1), (1.0, -1.0), (1.0, math.inf)])
def test_capital_layer__out_of_domain__bad_input(amount: float, cost: float) -> None:
    with pytest.raises(BadInput):
        CapitalLayer(amount, cost)


def test_overlay_return__margin_for_a_year__gain_over_what_was_tied_up() -> None:
    flows = [
        flow(0, Kind.MARGIN_POSTED, 1_000.0),
        flow(0, Kind.CREDIT, 100.0),
        flow(0, Kind.PREMIUM, 50.0),
        flow(365, Kind.MARGIN_RETURNED, 1_000.0),
        flow(365, Kind.PAYOFF, -20.0),
        flow(365, Kind.COST, 30.0),
    ]
    result = overlay_return(flows, hurdle=0.1)
    assert result.rate == pytest.approx(0.0, abs=1e-9)
    assert result.rates == pytest.approx((0.0,), abs=1e-9)
    assert (result.net_usd, result.invested_usd, result.days, result.ambiguous) == (0.0, 950.0, 365, False)
    assert result.npv_usd == pytest.approx(950.0 / 1.1 - 950.0)
    assert result.totals[Kind.PAYOFF] == -20.0


def test_overlay_return__margin_left_out__would_be_a_multiple() -> None:
    premium = [flow(0, Kind.PREMIUM, 100.0), flow(30, Kind.PAYOFF, 150.0)]
    margin = [flow(0, Kind.MARGIN_POSTED, 900.0), flow(30, Kind.MARGIN_RETURNED, 900.0)]
    alone, carried = overlay_return(premium), overlay_return(premium + margin)
    assert alone.rate == pytest.approx(1.5 ** (365 / 30) - 1.0, rel=1e-8)
    assert carried.rate == pytest.approx(1.05 ** (365 / 30) - 1.0, rel=1e-8)


def test_overlay_return__no_flow_or_premium_lost__no_rate() -> None:
    nothing = overlay_return([])
    assert math.isnan(nothing.rate)
    assert (nothing.net_usd, nothing.npv_usd, nothing.days, nothing.ambiguous) == (0.0, 0.0, 0, True)
    lost = overlay_return([flow(0, Kind.PREMIUM, 100.0), flow(30, Kind.PAYOFF, 0.0)])
    assert math.isnan(lost.rate)
    assert lost.net_usd == -100.0


def test_overlay_return__margin_never_back__open_margin_with_the_amount() -> None:
    with pytest.raises(OpenMargin) as caught:
        overlay_return([flow(0, Kind.MARGIN_POSTED, 1_000.0), flow(9, Kind.MARGIN_RETURNED, 400.0)])
    assert caught.value.outstanding == 600.0


def test_overlay_return__margin_back_before_posted__margin_mismatch_with_the_day() -> None:
    flows = [flow(0, Kind.MARGIN_RETURNED, 10.0), flow(1, Kind.MARGIN_POSTED, 10.0)]
    with pytest.raises(MarginMismatch) as caught:
        overlay_return(flows)
    assert (caught.value.posted, caught.value.returned, caught.value.on) == (0.0, 10.0, "2026-01-02")


def test_overlay_return__margin_in_and_out_on_one_day__any_order() -> None:
    flows = [flow(0, Kind.MARGIN_RETURNED, 10.0), flow(0, Kind.MARGIN_POSTED, 10.0)]
    assert overlay_return(flows).net_usd == 0.0


@pytest.mark.parametrize(("kind", "amount"), [(Kind.PREMIUM, -1.0), (Kind.CREDIT, math.nan), (Kind.PAYOFF, math.inf)])
def test_overlay_flow__out_of_domain__bad_input(kind: Kind, amount: float) -> None:
    with pytest.raises(BadInput):
        OverlayFlow(DAY, kind, amount)


def test_price_to_cash_flow__month_of_fees__annualised() -> None:
    years = cash_flow.price_to_cash_flow([1e7, 1e7, 0.0, math.nan], [1e7 / 365, 0.0, 0.0, 1.0], 30.0)
    assert years == pytest.approx([30.0, math.inf, math.nan, math.nan], nan_ok=True)


@pytest.mark.parametrize(("tvl", "fees", "days"), [(-1.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, 0.0)])
def test_price_to_cash_flow__out_of_domain__bad_input(tvl: float, fees: float, days: float) -> None:
    with pytest.raises(BadInput):
        cash_flow.price_to_cash_flow(tvl, fees, days)


@given(st.floats(0.05, 2.0), st.floats(0.5, 2.0), st.floats(0.02, 1.0))
@pytest.mark.prop
def test_option_cost_to_payoff__forecast_is_implied__one(vol: float, moneyness: float, expiry: float) -> None:
    ask = black76_price(100.0, 100.0 * moneyness, expiry, vol, 0.03, True)
    if ask > 1e-6:
        ratio = cash_flow.option_cost_to_payoff(ask, 100.0, 100.0 * moneyness, expiry, vol, 0.03)
        assert ratio == pytest.approx(1.0, rel=1e-12)


def test_option_cost_to_payoff__calmer_forecast__dear_and_infinite_at_none() -> None:
    ratios = cash_flow.option_cost_to_payoff(90.0, 2_000.0, 2_000.0, 30 / 365, [0.5, 0.3, 0.0])
    assert np.all(np.diff(ratios[:2]) > 0.0)
    assert ratios[2] == math.inf


def test_variance_cost_to_payoff__levels__squared_ratio() -> None:
    ratios = cash_flow.variance_cost_to_payoff([0.6, 0.6, 0.0], [0.5, 0.0, 0.0])
    assert ratios == pytest.approx([1.44, math.inf, math.nan], nan_ok=True)
