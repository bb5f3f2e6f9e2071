"""Closed forms on the whole path: 50-digit values, other libraries' tables, and identities between the claims."""

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge import options
from hedge.errors import BadInput

pytestmark = pytest.mark.unit

Market = tuple[float, float, float, float, float]

markets = st.tuples(
    st.floats(60.0, 160.0), st.floats(0.02, 2.0), st.floats(0.1, 1.5), st.floats(-0.05, 0.2), st.floats(-0.2, 0.2)
)
flags = st.booleans()


def worth(case: dict[str, Any], spot: float, market: tuple[float, float, float, float]) -> float:
    """Price one case of the closed forms; market is expiry, vol, rate, carry."""
    expiry, _, rate, carry = market
    strike, is_call = float(case.get("strike", "nan")), case.get("option_type") == "call"
    match case["instrument"]:
        case "european_option":
            return float(options.price(spot, strike, *market, is_call))
        case "binary_option":
            return float(case["cash_amount"]) * float(options.cash_or_nothing(spot, strike, *market, is_call))
        case "asian_option":
            assert (case["averaging_method"], case["strike_convention"]) == ("geometric", "fixed")
            return float(options.geometric_asian(spot, strike, *market, is_call, fixings=case["n_steps"]))
        case "forward":
            return float(options.forward_value(spot, float(case["delivery_price"]), expiry, rate, carry))
        case "variance_swap":
            return float(options.variance_swap_value(float(case["strike_variance"]), *market, fixings=case["n_steps"]))
    raise AssertionError(f"unknown instrument {case['instrument']}")


def test_closed_forms__fifty_digit_values__1e_14_of_spot_on_every_case(vectors: Path) -> None:
    table = json.loads((vectors / "options" / "gbm_closed_forms.json").read_text())
    given_ = {name: float(table["market"][name]) for name in ("spot", "rate", "dividend_yield", "volatility")}
    expiry, rate = float(table["market"]["maturity"]), given_["rate"]
    market = (expiry, given_["volatility"], rate, rate - given_["dividend_yield"])
    for case in table["cases"]:
        expected = float(case["value"])
        # An option's rounding is that of spot and strike; a probability's or a variance's is its own.
        scale = 1.0 if case["instrument"] in ("binary_option", "variance_swap") else given_["spot"]
        assert abs(worth(case, given_["spot"], market) - expected) <= 1e-15 * scale, case
    assert Counter(case["instrument"] for case in table["cases"]) == {
        "european_option": 6, "binary_option": 6, "asian_option": 6, "forward": 3, "variance_swap": 3,
    }  # fmt: skip


def half_last_digit(text: str) -> float:
    """Return half a unit in the last digit of a printed number."""
    exponent = Decimal(text).as_tuple().exponent
    assert isinstance(exponent, int)
    return 0.5 * 10.0**exponent


def test_greeks__py_vollib_table__to_the_last_printed_digit(vectors: Path) -> None:
    """Compare with a table of nine decimals or ten digits, whichever is coarser.

    Below 1e-11 it prints few digits but all of the exponent; zeros there are cut off at nine decimals again.
    """
    text = pd.read_csv(vectors / "options" / "py_vollib_reference_table.csv", dtype=str)
    table = text.astype(float)
    same = json.loads((vectors / "options" / "py_vollib_reference_table.json").read_text())
    assert same["columns"] == list(table.columns)
    assert np.array_equal(np.array(same["data"]), table.to_numpy())
    assert len(table) == 101
    market = (table["S"], table["K"], table["t"], table["v"], table["R"], table["R"])
    call, put = options.greeks(*market), options.greeks(*market, is_call=False)
    found = {
        "bs_call": call.price, "CD": call.delta, "CG": call.gamma, "CT": call.theta, "CV": call.vega, "CR": call.rho,
        "bs_put": put.price, "PD": put.delta, "PG": put.gamma, "PT": put.theta, "PV": put.vega, "PR": put.rho,
        "call_vals": call.price,
    }  # fmt: skip
    assert set(found) | set("SKRtv") == set(table.columns)
    for column, values in found.items():
        expected = table[column].to_numpy()
        size = np.abs(expected)
        tenth_digit = 10.0 ** (np.floor(np.log10(np.maximum(size, 1.0))) - 9.0)
        digits = np.where((size > 0.0) & (size < 1e-11), text[column].map(half_last_digit), 0.5 * tenth_digit)
        assert np.all(np.abs(values - expected) <= digits * (1.0 + 1e-5)), column


@pytest.mark.parametrize(
    ("strike", "barrier", "is_call", "is_up", "paid"),
    # Source: Haug, 2nd ed., table 4-13, vol 25 %: knock-outs with a rebate of 3 at the touch, as in QuantLib.
    [
        (90.0, 95.0, True, False, 9.0246),
        (100.0, 95.0, True, False, 6.7924),
        (110.0, 95.0, True, False, 4.8759),
        (90.0, 105.0, True, True, 2.6789),
        (100.0, 105.0, True, True, 2.3580),
        (110.0, 105.0, True, True, 2.3453),
        (90.0, 95.0, False, False, 2.2798),
        (100.0, 95.0, False, False, 2.2947),
        (110.0, 95.0, False, False, 2.6252),
        (90.0, 105.0, False, True, 3.7760),
        (100.0, 105.0, False, True, 5.4932),
        (110.0, 105.0, False, True, 7.5187),
    ],
)
def test_knock_out__haug_table_with_rebate__four_decimals(
    strike: float, barrier: float, is_call: bool, is_up: bool, paid: float
) -> None:
    market = (0.5, 0.25, 0.08, 0.04)
    rebate = 3.0 * options.one_touch(100.0, barrier, *market, is_up)
    assert round(float(options.knock_out(100.0, strike, barrier, *market, is_call, is_up) + rebate), 4) == paid


@pytest.mark.parametrize(
    ("market", "is_call", "is_up", "worth_out"),
    # The reflection formula with 1,500 digits; the carry is hundreds of times the variance, so weights are huge.
    [
        ((100.0, 67.58573311286051, 124.9289995562577, 1.3675999492890594, 0.026080021424007505,
          0.0952240595467236, 0.18332020149117162), True, True, 7.9917654570866266),
        ((100.0, 136.15236988414551, 78.04877382735178, 1.757897984087786, 0.013303759888595222,
          -0.014969293759195826, -0.14168852820234312), False, False, 26.593132994269269),
        ((100.0, 115.74924276240293, 120.45168580157232, 1.9746101427869984, 0.11332815006315884,
          0.02399242447335713, -0.06522139625825751), True, True, 0.0057898768120116),
    ],
)  # fmt: skip
def test_knock_out__little_volatility_and_much_carry__absolute_1e_12(
    market: tuple[float, ...], is_call: bool, is_up: bool, worth_out: float
) -> None:
    assert options.knock_out(*market, is_call, is_up) == pytest.approx(worth_out, abs=1e-12)


@pytest.mark.prop
@given(markets, st.floats(50.0, 200.0), flags, flags)
def test_knock_out__any_market__between_zero_and_the_european(
    market: Market, barrier: float, is_call: bool, is_up: bool
) -> None:
    strike, *rest = market
    whole = options.price(100.0, *market, is_call)
    out = options.knock_out(100.0, strike, barrier, *rest, is_call, is_up)
    knocked_in = options.knock_in(100.0, strike, barrier, *rest, is_call, is_up)
    assert 0.0 <= out <= whole + 1e-12
    assert out + knocked_in == pytest.approx(whole, abs=1e-12)


@pytest.mark.prop
@given(markets, st.floats(1.01, 2.0), flags)
def test_knock_out__call_less_put__a_forward_that_was_never_touched(market: Market, ratio: float, is_up: bool) -> None:
    strike, *rest = market
    barrier = 100.0 * ratio if is_up else 100.0 / ratio
    call, put = (options.knock_out(100.0, strike, barrier, *rest, is_call, is_up) for is_call in (True, False))
    asset = options.asset_no_touch(100.0, barrier, *rest, is_up)
    cash = options.no_touch(100.0, barrier, *rest, is_up)
    assert call - put == pytest.approx(asset - strike * cash, abs=1e-11)


def test_knock_out__no_volatility_left__the_forward_decides() -> None:
    # The forward falls from 100 to 90.5 within the year: barriers at 95 are touched, at 90 are not.
    for vol in (0.0, 1e-9):
        out = options.knock_out(100.0, 80.0, [95.0, 90.0], 1.0, vol, 0.05, -0.1, True, False)
        np.testing.assert_allclose(out, [0.0, np.exp(-0.05) * (100.0 * np.exp(-0.1) - 80.0)], rtol=1e-14)
    assert options.knock_out([100.0, 95.0], 80.0, 95.0, 0.0, 0.3, is_up=False).tolist() == [20.0, 0.0]


def test_geometric_asian__one_fixing__european_and_many__continuous() -> None:
    market = (100.0, [90.0, 110.0], 0.7, 0.5, 0.06, 0.02)
    np.testing.assert_allclose(options.geometric_asian(*market, fixings=1), options.price(*market), rtol=1e-14)
    continuous = options.geometric_asian(*market)
    np.testing.assert_allclose(options.geometric_asian(*market, fixings=1e9), continuous, rtol=1e-8)
    # Kemna and Vorst: volatility vol / sqrt(3), carry (carry - vol^2 / 6) / 2.
    kemna_vorst = options.price(*market[:3], 0.5 / np.sqrt(3.0), 0.06, 0.5 * (0.02 - 0.25 / 6.0))
    np.testing.assert_allclose(continuous, kemna_vorst, rtol=1e-14)


def test_variance_swap_value__continuous_fixings__discounted_variance_less_strike() -> None:
    assert options.variance_swap_value(0.04, 2.0, 0.3, 0.05, 0.1) == pytest.approx(0.05 * np.exp(-0.1), rel=1e-14)


@pytest.mark.prop
@given(markets)
def test_forward_value__any_market__call_less_put(market: Market) -> None:
    strike, expiry, _, rate, carry = market
    difference = options.price(100.0, *market) - options.price(100.0, *market, is_call=False)
    assert options.forward_value(100.0, strike, expiry, rate, carry) == pytest.approx(difference, abs=1e-12)


@pytest.mark.parametrize("fixings", [0, 0.5, 2.5, -1, -np.inf, [4, 0]])
def test_fixings__not_a_whole_number_of_them__bad_input(fixings: float | list[float]) -> None:
    for claim in (
        lambda: options.geometric_asian(100.0, 100.0, 1.0, 0.2, fixings=fixings),
        lambda: options.variance_swap_value(0.0, 1.0, 0.2, fixings=fixings),
    ):
        with pytest.raises(BadInput, match="fixings"):
            claim()


@pytest.mark.parametrize(
    ("claim", "names"),
    [
        (options.forward_value, ("spot", "strike", "expiry")),
        (options.variance_swap_value, ("strike", "expiry", "vol")),
        (options.geometric_asian, ("spot", "strike", "expiry", "vol")),
        (options.knock_out, ("spot", "strike", "barrier", "expiry", "vol")),
        (options.knock_in, ("spot", "strike", "barrier", "expiry", "vol")),
    ],
)
def test_closed_forms__outside_domain_or_unknown__bad_input_or_nan(
    claim: Callable[..., np.ndarray], names: tuple[str, ...]
) -> None:
    for name in names:
        numbers: dict[str, Any] = dict.fromkeys(names, 1.0)
        with pytest.raises(BadInput) as caught:
            claim(**{**numbers, name: [0.5, -1.0]})
        assert (caught.value.name, caught.value.value) == (name, -1.0)
        assert np.isnan(claim(**{**numbers, name: [np.nan, 0.5]})).tolist() == [True, False]
