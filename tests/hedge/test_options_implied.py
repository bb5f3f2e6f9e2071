"""Implied volatility: exact vectors, round trips over the whole plane, and what has no volatility."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hedge import options
from hedge.errors import BadInput, NoImpliedVol

pytestmark = pytest.mark.unit

EPS = np.finfo(float).eps


def test_implied_vol__fifty_digit_prices__relative_1e_12_on_every_row(vectors: Path) -> None:
    table = pd.read_csv(vectors / "options" / "implied_vol_black_lbr_vectors.csv")
    found = options.implied_vol(
        table["price_float64"], table["F"], table["K"], table["T"], is_call=table["q(+1call,-1put)"] > 0
    )
    assert len(table) == 2_383
    assert np.abs(found / table["sigma"] - 1.0).max() <= 1e-12


def test_implied_vol__market_prices_of_spot_options__price_back(vectors: Path) -> None:
    table = pd.read_csv(vectors / "options" / "py_vollib_vectorized_iv_inputs.csv")
    rate, calls = table["Interest Free Rate"], table["Flag"] == "c"
    market = (table["Px"], table["Strike"], table["Annualized Time To Expiration"])
    vol = options.implied_vol(table["MidPx"], *market, rate, rate, calls)
    known = ~np.isnan(vol)
    assert known.sum() >= 0.9 * len(table)
    back = options.price(*market, np.where(known, vol, 0.0), rate, rate, calls)
    np.testing.assert_allclose(back[known], table["MidPx"][known], rtol=1e-13)


@pytest.mark.parametrize(
    ("strike", "is_call", "vol", "worth"),
    # At the money the price is 100 (2 N(vol / 2) - 1).
    [(100.0, True, 0.2, 7.965567455405796), (100.0, False, 1.0, 38.29249225480261)],
)
def test_implied_vol__at_the_money__known_price(strike: float, is_call: bool, vol: float, worth: float) -> None:
    assert options.implied_vol(worth, 100.0, strike, 1.0, is_call=is_call) == pytest.approx(vol, rel=1e-14)


def test_implied_vol__whole_plane__relative_1e_12_where_the_price_determines_it() -> None:
    # Total volatilities from 1e-5 to 6, wings to 37 standard deviations: the option's own price, then back.
    s, x = np.meshgrid(np.geomspace(1e-5, 6.0, 120), np.linspace(0.0, 37.0, 75))
    strike = 100.0 * np.exp(x * s)
    worth = options.price(100.0, strike, 1.0, s)
    normal = worth > 1e-290  # denormal prices have lost their digits
    found = options.implied_vol(worth[normal], 100.0, strike[normal], 1.0)
    # Where vega is small against price / vol, one rounding of the price moves the volatility by more than itself.
    vega = options.greeks(100.0, strike[normal], 1.0, s[normal]).vega
    condition = np.maximum(worth[normal] / (vega * s[normal]), 1.0)
    # A strike near the forward carries its own rounding: eps / s in standard deviations, x in the price.
    strike_rounding = EPS * (1.0 + x[normal]) / s[normal]
    assert np.all(np.abs(found / s[normal] - 1.0) <= (1e-12 + strike_rounding) * condition)


def test_implied_vol__in_the_money__volatility_of_the_time_value() -> None:
    worth = options.price(100.0, [80.0, 125.0], 0.5, 0.6, is_call=[True, False])
    found = options.implied_vol(worth, 100.0, [80.0, 125.0], 0.5, is_call=[True, False])
    np.testing.assert_allclose(found, 0.6, rtol=1e-13)


def test_implied_vol__carry_and_rate__inverts_price() -> None:
    worth = options.price(100.0, [90.0, 120.0], 0.5, 0.6, 0.08, 0.03)
    np.testing.assert_allclose(options.implied_vol(worth, 100.0, [90.0, 120.0], 0.5, 0.08, 0.03), 0.6, rtol=1e-13)


@pytest.mark.parametrize("price", [-1.0, 100.0, 101.0])
def test_implied_vol__outside_band__nan_or_error_with_the_band(price: float) -> None:
    assert np.isnan(options.implied_vol(price, 100.0, 100.0, 1.0))
    with pytest.raises(NoImpliedVol) as caught:
        options.implied_vol([5.0, price], 100.0, 100.0, 1.0, strict=True)
    assert (caught.value.price, caught.value.lower, caught.value.upper) == (price, 0.0, 100.0)


def test_implied_vol__below_intrinsic__nan() -> None:
    assert np.isnan(options.implied_vol(19.9, 120.0, 100.0, 1.0))


def test_implied_vol__intrinsic__zero() -> None:
    found = options.implied_vol([0.0, 20.0, 0.0], [90.0, 120.0, 100.0], 100.0, 1.0, strict=True)
    assert found.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("spot", "strike", "expiry"), [(0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)])
def test_implied_vol__nothing_to_invert__nan(spot: float, strike: float, expiry: float) -> None:
    assert np.isnan(options.implied_vol(0.0, spot, strike, expiry))


def test_implied_vol__nan_in__nan_out_even_if_strict() -> None:
    found = options.implied_vol([5.0, np.nan], 100.0, 100.0, 1.0, strict=True)
    assert np.isnan(found).tolist() == [False, True]


@pytest.mark.parametrize("name", ["spot", "strike", "expiry"])
def test_implied_vol__negative_argument__bad_input(name: str) -> None:
    numbers = {"price": 1.0, "spot": 10.0, "strike": 10.0, "expiry": 1.0, name: -2.0}
    with pytest.raises(BadInput) as caught:
        options.implied_vol(**numbers)
    assert (caught.value.name, caught.value.value) == (name, -2.0)


def test_implied_vol__scalars__float_and_arrays__broadcast_shape() -> None:
    assert isinstance(options.implied_vol(8.0, 100.0, 100.0, 1.0), float)
    assert options.implied_vol(np.full((3, 1), 8.0), 100.0, [90.0, 100.0], 1.0).shape == (3, 2)
    assert options.implied_vol([], 100.0, 100.0, 1.0).shape == (0,)


@pytest.mark.prop
@given(
    st.floats(1e-2, 1e5),
    st.floats(0.05, 20.0),
    st.floats(1.0 / 365.0, 5.0),
    st.floats(0.01, 3.0),
    st.floats(-0.1, 0.2),
    st.booleans(),
)
def test_implied_vol__price_at_the_found_volatility__is_the_price(
    spot: float, ratio: float, expiry: float, vol: float, rate: float, is_call: bool
) -> None:
    worth = options.price(spot, spot * ratio, expiry, vol, rate, rate, is_call)
    assume(worth > 1e-290)
    found = options.implied_vol(worth, spot, spot * ratio, expiry, rate, rate, is_call)
    back = options.price(spot, spot * ratio, expiry, found, rate, rate, is_call)
    # Forward and discount factor round twice on the way; a wing magnifies that by its d^2, at most 40^2.
    assert back == pytest.approx(float(worth), rel=2_000 * 8 * EPS)
