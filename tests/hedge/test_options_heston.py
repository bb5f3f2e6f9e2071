"""Heston prices: 48-digit values, a library's table, parity, and the limits where the model is Black's."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge.errors import BadInput, NoConvergence
from hedge.options import Heston, black76_price, heston_price, price

pytestmark = pytest.mark.unit

LEWIS = Heston(v0=0.04, kappa=4.0, theta=0.25, vol_of_vol=1.0, rho=-0.5)

models = st.builds(
    Heston,
    v0=st.floats(1e-4, 1.0),
    kappa=st.floats(0.0, 10.0),
    theta=st.floats(0.0, 1.0),
    vol_of_vol=st.floats(1e-3, 3.0),
    rho=st.floats(-0.99, 0.99),
)


@pytest.mark.parametrize(
    ("strike", "put", "call"),
    # Source: A. Lewis, reference prices with 48 digits, as in QuantLib's hestonmodel.cpp.
    [
        (80.0, 7.958878113256768285213263, 26.774758743998854221382195),
        (90.0, 12.017966707346304987709573, 20.933349000596710388139445),
        (100.0, 17.055270961270109413522653, 16.070154917028834278213466),
        (110.0, 23.017825898442800538908781, 12.132211516709844867860534),
        (120.0, 29.811026202682471843340682, 9.024913483457835636553375),
    ],
)
def test_heston_price__lewis_reference_values__1e_14_of_spot(strike: float, put: float, call: float) -> None:
    market = (100.0, strike, 1.0, LEWIS, 0.01, -0.01)
    assert heston_price(*market) == pytest.approx(call, abs=1e-12)
    assert heston_price(*market, is_call=False) == pytest.approx(put, abs=1e-12)


def test_heston_price__library_table__within_what_the_table_knows_of_itself(vectors: Path) -> None:
    """Compare with prices that a library made by two formulations.

    Its own error shows twice. Puts follow from calls by parity, so puts worth nothing come out as noise of either sign,
    down to -1.5e-10: the largest such is the rounding of every price. And the formulations disagree, by up to 4e-7:
    twice their distance bounds the worse of them. Ours are never negative, and within 2e-9 of the better one always.
    """
    table = json.loads((vectors / "options" / "heston_prices.json").read_text())
    strikes = np.array(table["strikes"])
    made = {
        (case["parameters"], case["maturity"], case["is_call"], case["formulation"]): np.array(
            [float.fromhex(worth) for worth in case["prices_hex"]]
        )
        for case in table["cases"]
    }
    assert len(made) == len(table["cases"]) == 84
    noise = -min(prices.min() for prices in made.values())
    assert 0.0 < noise < 2e-10
    for (name, maturity, is_call, formulation), lewis in made.items():
        if formulation == "lewis":
            gatheral = made[name, maturity, is_call, "gatheral"]
            rate = -np.log(table["discount"]) / maturity
            model = Heston(**table["parameter_sets"][name])
            found = heston_price(table["forward"], strikes, maturity, model, rate, is_call=is_call)
            errors = np.abs(found - [lewis, gatheral])
            assert np.all(errors <= noise + 2.0 * np.abs(lewis - gatheral)), (name, maturity, is_call)
            assert np.all(errors.min(axis=0) <= 2e-9), (name, maturity, is_call)
            assert np.all(found >= 0.0)


@pytest.mark.parametrize(
    ("maturity", "call"),
    # The plain Lewis integral with 25 digits, strike 100; the table's formulations differ most here.
    [(0.02, 1.67745728256394), (0.25, 5.28711899923060), (1.0, 7.93344453396713), (30.0, 34.37877483797957)],
)
def test_heston_price__strong_skew__independent_integral(maturity: float, call: float) -> None:
    heavy = Heston(v0=0.09, kappa=0.5, theta=0.06, vol_of_vol=0.9, rho=-0.9)
    assert heston_price(100.0, 100.0, maturity, heavy) == pytest.approx(call, abs=2e-14 * 100.0)


@pytest.mark.prop
@settings(max_examples=60)
@given(models, st.floats(0.2, 5.0), st.floats(1e-3, 10.0), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_heston_price__any_model__parity_and_no_arbitrage(
    model: Heston, ratio: float, expiry: float, rate: float, carry: float
) -> None:
    strikes = 100.0 * ratio * np.array([0.9, 1.0, 1.1])
    call = heston_price(100.0, strikes, expiry, model, rate, carry)
    put = heston_price(100.0, strikes, expiry, model, rate, carry, is_call=False)
    present, cash = 100.0 * np.exp((carry - rate) * expiry), strikes * np.exp(-rate * expiry)
    rounding = 4e-14 * (present + cash)
    assert np.all(np.abs(call - put - present + cash) <= rounding)
    assert np.all((call >= np.maximum(present - cash, 0.0) - rounding) & (call <= present + rounding))
    assert call[0] - 2.0 * call[1] + call[2] >= -4.0 * rounding.max()


@pytest.mark.prop
@settings(max_examples=40)
@given(st.floats(1e-3, 1.0), st.floats(0.0, 5.0), st.floats(0.0, 1.0), st.floats(0.01, 5.0), st.floats(0.5, 2.0))
def test_heston_price__no_vol_of_vol__black_at_the_mean_variance(
    v0: float, kappa: float, theta: float, expiry: float, ratio: float
) -> None:
    calm = Heston(v0, kappa, theta, vol_of_vol=1e-16, rho=0.5)
    black = black76_price(100.0, 100.0 * ratio, expiry, np.sqrt(calm.mean_variance(expiry) / expiry))
    assert heston_price(100.0, 100.0 * ratio, expiry, calm) == pytest.approx(black, abs=2e-12)


def test_heston_price__little_vol_of_vol__differs_from_black_in_proportion_to_it() -> None:
    # Four orders of magnitude on one line: nothing cancels in the exponent.
    vol_of_vol = np.array([1e-6, 1e-7, 1e-8, 1e-9, 1e-10])
    found = [float(heston_price(100.0, 106.0, 3.0, Heston(0.001, 0.0, 0.0, v, 0.5))) for v in vol_of_vol]
    slope = (np.array(found) - float(black76_price(100.0, 106.0, 3.0, np.sqrt(0.001)))) / vol_of_vol
    np.testing.assert_allclose(slope, slope[2], rtol=1e-4)


def test_heston_price__deep_wings_and_short_expiries__never_below_intrinsic() -> None:
    strikes = 100.0 * np.exp(np.linspace(-3.0, 3.0, 61))
    for expiry in (1e-6, 1e-3, 0.02, 100.0):
        for is_call in (True, False):
            intrinsic = np.maximum((100.0 - strikes) if is_call else (strikes - 100.0), 0.0)
            assert np.all(heston_price(100.0, strikes, expiry, LEWIS, is_call=is_call) >= intrinsic)


def test_heston_price__nothing_random__discounted_intrinsic() -> None:
    still = Heston(v0=0.0, kappa=1.0, theta=0.0, vol_of_vol=0.3, rho=0.0)
    strikes = np.array([0.0, 90.0, 110.0])
    for model, expiry in ((still, 2.0), (LEWIS, 0.0)):
        found = heston_price(100.0, strikes, expiry, model, 0.05, 0.01)
        np.testing.assert_allclose(found, price(100.0, strikes, expiry, 0.0, 0.05, 0.01), rtol=1e-15)
    assert heston_price(0.0, 90.0, 1.0, LEWIS) == 0.0


def test_heston_price__scalars_arrays_and_nan__as_the_other_options() -> None:
    assert isinstance(heston_price(100, 100, 1, LEWIS), float)
    assert heston_price([], 100.0, 1.0, LEWIS).shape == (0,)
    grid = heston_price(100.0, np.linspace(50.0, 200.0, 150), [[0.1], [0.5]], LEWIS)
    assert grid.shape == (2, 150)
    assert grid[1, 7] == pytest.approx(heston_price(100.0, np.linspace(50.0, 200.0, 150)[7], 0.5, LEWIS), abs=1e-13)
    assert np.isnan(heston_price([np.nan, 100.0], 100.0, 1.0, LEWIS)).tolist() == [True, False]
    assert np.isnan(heston_price(100.0, 100.0, 1.0, LEWIS, [np.nan, 0.0])).tolist() == [True, False]


def test_mean_variance__reversion__integral_of_the_expected_path() -> None:
    days = np.linspace(0.0, 2.0, 20_001)
    path = LEWIS.theta + (LEWIS.v0 - LEWIS.theta) * np.exp(-LEWIS.kappa * days)
    assert LEWIS.mean_variance(2.0) == pytest.approx(np.trapezoid(path, days), rel=1e-7)
    assert Heston(0.04, 0.0, 0.9, 0.3, 0.0).mean_variance(2.0) == 0.08


@pytest.mark.parametrize(
    ("name", "value"),
    [("v0", -0.1), ("kappa", np.nan), ("theta", np.inf), ("vol_of_vol", 0.0), ("rho", 1.0), ("rho", np.nan)],
)
def test_heston__parameter_outside_domain__bad_input_names_it(name: str, value: float) -> None:
    with pytest.raises(BadInput) as caught:
        Heston(**{"v0": 0.04, "kappa": 1.0, "theta": 0.04, "vol_of_vol": 0.3, "rho": 0.0, name: value})
    assert caught.value.name == name


@pytest.mark.parametrize("name", ["spot", "strike", "expiry"])
def test_heston_price__outside_domain__bad_input_names_it(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        heston_price(**{"spot": 1.0, "strike": 1.0, "expiry": 1.0, "model": LEWIS, name: -1.0})
    assert caught.value.name == name


def test_heston_price__integral_that_does_not_settle__says_how_far() -> None:
    model = Heston(v0=0.0177, kappa=0.0, theta=0.0, vol_of_vol=1e-5, rho=0.9999)
    with pytest.raises(NoConvergence) as caught:
        heston_price(1.0, np.exp(-2.5), 2e-4, model)
    assert caught.value.change > caught.value.tolerance
