"""Dividend discount, and the caps by asset, sector and correlated group."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge.errors import BadInput, GrowthAboveDiscount, UnknownAsset
from hedge.valuation.ddm import Stage, gordon_value, implied_discount, multi_stage_value
from hedge.valuation.screens import CapRules, Listing, asset_cap, cap_exposure, correlated_groups, price_to_earnings

pytestmark = pytest.mark.unit

RULES = CapRules()


def test_gordon_value__against_the_sum_of_its_dividends__equal() -> None:
    years = np.arange(1, 4_000)
    exact = np.sum(2.0 * (1.05 / 1.10) ** years)
    assert gordon_value(2.0, 0.10, 0.05) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("growth", [0.10, 0.11])
def test_gordon_value__growth_not_below_discount__named_error_with_both(growth: float) -> None:
    with pytest.raises(GrowthAboveDiscount) as caught:
        gordon_value([1.0, 1.0], 0.10, [0.0, growth])
    assert (caught.value.growth, caught.value.discount) == (growth, 0.10)


def test_gordon_value__nan_and_zero__nan_and_zero() -> None:
    assert gordon_value([math.nan, 0.0], 0.1, 0.0) == pytest.approx([math.nan, 0.0], nan_ok=True)
    assert math.isnan(gordon_value(1.0, 0.1, math.nan))
    assert gordon_value([], 0.1, 0.0).shape == (0,)


@pytest.mark.parametrize(("dividend", "growth"), [(-1.0, 0.0), (1.0, -1.0), (math.inf, 0.0)])
def test_gordon_value__out_of_domain__bad_input(dividend: float, growth: float) -> None:
    with pytest.raises(BadInput):
        gordon_value(dividend, 0.1, growth)


@given(st.floats(0.01, 1e3), st.floats(-0.5, 0.3), st.floats(1e-3, 0.5))
@pytest.mark.prop
def test_implied_discount__of_gordon_value__the_discount(dividend: float, growth: float, spread: float) -> None:
    discount = growth + spread
    value = gordon_value(dividend, discount, growth)
    assert implied_discount(value, dividend, growth) == pytest.approx(discount, rel=1e-9, abs=1e-9)


@given(st.integers(1, 30), st.floats(-0.2, 0.09), st.floats(0.1, 0.5))
@pytest.mark.prop
def test_multi_stage_value__all_stages_of_one_growth__gordon(years: int, growth: float, discount: float) -> None:
    value, share = multi_stage_value(2.0, discount, [Stage(years, growth)], growth)
    assert value == pytest.approx(float(gordon_value(2.0, discount, growth)), rel=1e-9)
    assert share == pytest.approx(((1.0 + growth) / (1.0 + discount)) ** years, rel=1e-9)


def test_multi_stage_value__growth_above_discount_for_a_while__finite() -> None:
    value, share = multi_stage_value(1.0, 0.10, [Stage(2, 0.20)], 0.0)
    assert value == pytest.approx(1.2 / 1.1 + 1.44 / 1.21 + 14.4 / 1.21, rel=1e-12)
    assert share == pytest.approx(14.4 / 1.21 / value, rel=1e-12)


def test_multi_stage_value__nothing_paid_or_unknown__zero_or_nan() -> None:
    assert multi_stage_value(0.0, 0.1, [], 0.0) == pytest.approx((0.0, math.nan), nan_ok=True)
    assert multi_stage_value(math.nan, 0.1, [], 0.0) == pytest.approx((math.nan, math.nan), nan_ok=True)
    with pytest.raises(GrowthAboveDiscount):
        multi_stage_value(1.0, 0.05, [], 0.05)


@pytest.mark.parametrize(("years", "growth"), [(0, 0.1), (1.5, 0.1), (1, -1.0), (1, math.nan)])
def test_stage__out_of_domain__bad_input(years: int, growth: float) -> None:
    with pytest.raises(BadInput):
        Stage(years, growth)


def test_price_to_earnings__gain_loss_none_unknown__defined() -> None:
    multiples = price_to_earnings(40.0, [2.0, 0.0, -1.0, math.nan])
    assert multiples == pytest.approx([20.0, math.inf, math.inf, math.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("facts", "share"),
    [
        ({}, 0.25),
        ({"fair_value": 10.0 / 1.2}, 0.25),
        ({"fair_value": 4.0}, 0.25 * 1.2 / 2.5),
        ({"fair_value": 0.0}, 0.0),
        ({"earnings": 0.125}, 0.125),
        ({"earnings": -1.0}, 0.0),
        ({"market_cap_usd": 2.5e7}, 0.0625),
        ({"market_cap_usd": 0.0}, 0.0),
        ({"fair_value": 4.0, "earnings": 0.125, "market_cap_usd": 2.5e7}, 0.25 * 0.48 * 0.5 * 0.25),
    ],
)
def test_asset_cap__each_screen__shrinks_in_proportion(facts: dict[str, float], share: float) -> None:
    cap, reasons = asset_cap(Listing("X", "any", 10.0, **facts), RULES)
    assert cap == pytest.approx(share, rel=1e-12)
    assert bool(reasons) == (cap < 0.25)


def test_correlated_groups__chain_of_links__one_group_nan_links_nothing() -> None:
    matrix = np.array([[1, 0.8, 0.1, 0], [0.8, 1, 0.9, 0], [0.1, 0.9, 1, np.nan], [0, 0, np.nan, 1]])
    assert correlated_groups(matrix, 0.7) == ((0, 1, 2), (3,))
    assert correlated_groups(matrix, 0.9) == ((0,), (1, 2), (3,))
    assert correlated_groups(np.empty((0, 0)), 0.7) == ()
    with pytest.raises(BadInput):
        correlated_groups(np.ones((2, 3)), 0.7)


REITS = [Listing("A", "REIT tokens", 10.0), Listing("B", "REIT tokens", 10.0), Listing("C", "lending", 10.0)]


def test_cap_exposure__crowded_sector__scaled_the_rest_is_cash() -> None:
    result = cap_exposure({"A": 0.25, "B": 0.25, "C": 0.1}, REITS, np.eye(3))
    assert result.allowed == pytest.approx({"A": 0.2, "B": 0.2, "C": 0.1})
    assert result.cash == pytest.approx(0.5)
    assert result.reasons == dict.fromkeys("AB", ("sector REIT tokens at 50.0%, cap 40%",))


def test_cap_exposure__sectors_that_move_together__capped_as_one() -> None:
    listings = [Listing(symbol, symbol, 10.0) for symbol in "ABC"]
    result = cap_exposure(dict.fromkeys("ABC", 0.25), listings, np.full((3, 3), 0.9))
    assert sum(result.allowed.values()) == pytest.approx(0.5)
    assert result.reasons["A"] == ("moves together: A, B, C, at 75.0%, cap 50%",)


def test_cap_exposure__nothing_wanted__all_cash() -> None:
    assert cap_exposure({}, [], np.empty((0, 0))).cash == 1.0


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(st.floats(0.0, 1.0), st.sampled_from("XYZ"), st.floats(0.1, 100.0), st.floats(0.0, 1e9)),
        min_size=1,
        max_size=7,
    ),
    st.integers(0, 2**32 - 1),
)
@pytest.mark.prop
def test_cap_exposure__any_book__caps_hold_nothing_grows_again_is_the_same(
    rows: list[tuple[float, str, float, float]], seed: int
) -> None:
    total = max(sum(row[0] for row in rows), 1.0)
    listings = [Listing(f"a{i}", row[1], 10.0, row[2], market_cap_usd=row[3]) for i, row in enumerate(rows)]
    wanted = {f"a{i}": row[0] / total for i, row in enumerate(rows)}
    correlations = np.corrcoef(np.random.default_rng(seed).normal(size=(len(rows), 5)))
    correlations = np.atleast_2d(correlations)
    result = cap_exposure(wanted, listings, correlations)
    slack = 1e-12
    for i, listing in enumerate(listings):
        cap = min(wanted[f"a{i}"], asset_cap(listing, RULES)[0])
        assert result.allowed[f"a{i}"] <= cap + slack
        if result.allowed[f"a{i}"] < wanted[f"a{i}"] - slack:
            assert result.reasons[f"a{i}"]
    for sector in "XYZ":
        held = sum(result.allowed[listing.symbol] for listing in listings if listing.sector == sector)
        assert held <= RULES.sector_cap + slack
    for group in correlated_groups(correlations, RULES.correlation):
        assert sum(result.allowed[f"a{i}"] for i in group) <= RULES.group_cap + slack
    assert result.cash + sum(result.allowed.values()) == pytest.approx(1.0)
    assert cap_exposure(result.allowed, listings, correlations).allowed == pytest.approx(result.allowed)


@pytest.mark.parametrize("wanted", [{"A": -0.1}, {"A": math.nan}, {"A": 0.6, "B": 0.6}])
def test_cap_exposure__no_book__bad_input(wanted: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        cap_exposure(wanted, REITS, np.eye(3))


def test_cap_exposure__unlisted_or_wrong_matrix__named_errors() -> None:
    with pytest.raises(UnknownAsset):
        cap_exposure({"Q": 0.1}, REITS, np.eye(3))
    with pytest.raises(BadInput):
        cap_exposure({"A": 0.1}, REITS, np.eye(2))


@pytest.mark.parametrize("rule", [{"sector_cap": 0.0}, {"group_cap": 1.1}, {"dear": math.nan}, {"correlation": 2.0}])
def test_cap_rules__out_of_domain__bad_input(rule: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        CapRules(**rule)


@pytest.mark.parametrize("facts", [{"price": 0.0}, {"price": 1.0, "fair_value": -1.0}])
def test_listing__out_of_domain__bad_input(facts: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        Listing("X", "any", **facts)
