"""Integers to floats and back: exact where it can be, rounded as the name says, and never from NaN."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import UntrustedNumber
from bridge.units import (
    amount_from_units,
    liquidity_from_units,
    price_from_sqrt_x96,
    sqrt_x96_from_price,
    units_from_amount,
    utc,
    volatility_from_e8,
    volatility_to_e8,
)
from hedge.amm.ticks import sqrt_price_at_tick

pytestmark = pytest.mark.unit
DECIMALS = st.sampled_from([(18, 6), (6, 18), (8, 6), (18, 18), (18, 8)])
NO_NUMBERS = (math.nan, math.inf, -math.inf, -1.0)


def test_units_from_amount__float_below_its_decimal__is_read_as_people_read_it() -> None:
    assert 0.29 * 100 < 29
    assert units_from_amount(0.29, 2) == 29


def test_units_from_amount__more_digits_than_the_token_has__is_rounded_down() -> None:
    assert units_from_amount(1.9999999, 6) == 1_999_999
    assert units_from_amount(5e-7, 6) == 0


def test_amount_from_units__more_digits_than_a_float_has__is_the_nearest_float() -> None:
    units = 123_456_789_012_345_678_901_234_567
    assert amount_from_units(units, 18) == float(Fraction(units, 10**18))


@given(st.integers(0, 10**15 - 1), st.integers(0, 18))
@pytest.mark.prop
def test_units_from_amount__any_amount_of_15_digits__comes_back_exactly(units: int, decimals: int) -> None:
    assert units_from_amount(amount_from_units(units, decimals), decimals) == units


@pytest.mark.parametrize("amount", NO_NUMBERS)
def test_units_from_amount__no_amount__is_refused(amount: float) -> None:
    with pytest.raises(UntrustedNumber, match=str(amount)):
        units_from_amount(amount, 18)


@given(st.floats(1e-9, 1e9), DECIMALS)
@pytest.mark.prop
def test_sqrt_x96_from_price__any_price__is_the_largest_root_not_above_it(
    price: float, decimals: tuple[int, int]
) -> None:
    exact = Fraction(price) * 10 ** decimals[1] * 2**192 / 10 ** decimals[0]
    root = sqrt_x96_from_price(price, *decimals)
    assert root**2 <= exact < (root + 1) ** 2


@given(st.floats(1e-9, 1e9), DECIMALS)
@pytest.mark.prop
def test_price_from_sqrt_x96__root_of_a_price__gives_it_back_to_the_rounding_of_the_root(
    price: float, decimals: tuple[int, int]
) -> None:
    root = sqrt_x96_from_price(price, *decimals)
    # The root loses less than 1, so its square less than 2 / root of itself; the division rounds once.
    assert math.isclose(price_from_sqrt_x96(root, *decimals), price, rel_tol=2 / root + 2**-52)


def test_price_from_sqrt_x96__tick_zero__is_the_quotient_of_the_decimals() -> None:
    assert price_from_sqrt_x96(sqrt_price_at_tick(0), 18, 6) == 1e12


@pytest.mark.parametrize("price", [*NO_NUMBERS, 0.0])
def test_sqrt_x96_from_price__no_price__is_refused(price: float) -> None:
    with pytest.raises(UntrustedNumber, match="no square-root price"):
        sqrt_x96_from_price(price, 18, 6)


def test_liquidity_from_units__odd_sum_of_decimals__is_scaled_by_a_half_power() -> None:
    assert liquidity_from_units(10**7, 8, 7) == pytest.approx(10**-0.5, rel=1e-15)


@given(st.integers(1, 10**10))
@pytest.mark.prop
def test_volatility_to_e8__any_answer_of_a_feed__comes_back_exactly(value: int) -> None:
    assert volatility_to_e8(volatility_from_e8(value)) == value


def test_volatility_to_e8__half_a_unit__goes_to_the_even_one() -> None:
    assert [volatility_to_e8(x) for x in (1.5e-8, 2.5e-8, 0.721234565)] == [2, 2, 72_123_456]


@pytest.mark.parametrize("volatility", [*NO_NUMBERS, 0.0])
def test_volatility_to_e8__no_volatility__is_refused(volatility: float) -> None:
    with pytest.raises(UntrustedNumber, match="cannot be reported"):
        volatility_to_e8(volatility)


def test_utc__unix_seconds__is_iso_8601_with_its_zone() -> None:
    assert utc(1_767_225_600) == "2026-01-01 00:00:00Z"
