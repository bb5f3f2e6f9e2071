"""All-or-nothing claims: published values, 30-digit values, identities, limits and refusals."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge import options
from hedge.errors import BadInput

pytestmark = pytest.mark.unit

EUROPEAN = (options.cash_or_nothing, options.asset_or_nothing)
TOUCHES = (options.one_touch, options.no_touch, options.asset_one_touch, options.asset_no_touch)
Market = tuple[float, float, float, float, float, float]

markets = st.tuples(
    st.floats(50.0, 200.0), st.floats(50.0, 200.0), st.floats(0.01, 3.0), st.floats(0.05, 2.0),
    st.floats(-0.2, 0.3), st.floats(-0.3, 0.3),
)  # fmt: skip


def number(text: str) -> float:
    """Read a number as the table has it: some are products with an exponential."""
    factor, _, exponent = text.partition("*std::exp(")
    return float(factor) * (np.exp(float(exponent.rstrip(")"))) if exponent else 1.0)


def worth(row: dict[str, str]) -> float:
    """Price a row of QuantLib's digital options; cash amounts and the gap's strike are in its test's code."""
    spot, strike, r, q, t, vol = (float(row[name]) for name in ("spot", "strike", "r", "q", "t", "vol"))
    market, knock_in = (t, vol, r, r - q, row["type"] == "call"), row["knockin"] == "true"
    match row["test"]:
        case "testCashOrNothingEuropeanValues":
            return 10.0 * float(options.cash_or_nothing(spot, strike, *market))
        case "testAssetOrNothingEuropeanValues":
            return float(options.asset_or_nothing(spot, strike, *market))
        case "testGapEuropeanValues":
            return float(options.gap(spot, 57.0, strike, *market))
        case "testCashAtHitOrNothingAmericanValues" | "testMCCashAtHit":
            return 15.0 * float(options.one_touch(spot, strike, *market))
        case "testAssetAtHitOrNothingAmericanValues":
            return float(options.asset_one_touch(spot, strike, *market))
        case "testCashAtExpiryOrNothingAmericanValues" if knock_in:
            return 15.0 * float(options.one_touch(spot, strike, *market, at_expiry=True))
        case "testCashAtExpiryOrNothingAmericanValues":
            return 15.0 * float(options.no_touch(spot, strike, *market))
        case "testAssetAtExpiryOrNothingAmericanValues" if knock_in:
            return float(options.asset_one_touch(spot, strike, *market, at_expiry=True))
        case "testAssetAtExpiryOrNothingAmericanValues":
            return float(options.asset_no_touch(spot, strike, *market))
    raise AssertionError(f"unknown test {row['test']}")


def test_digitals__quantlib_and_haug_values__each_within_its_own_tolerance(vectors: Path) -> None:
    table = pd.read_csv(vectors / "options" / "quantlib_digital_options.csv", dtype=str)
    priced = table[table["value"].notna()]
    # The row of the greeks' test names it and holds no number: that test compares with finite differences.
    assert table.loc[table["value"].isna(), "test"].tolist() == ["testCashAtHitOrNothingAmericanGreeks"]
    assert len(priced) == 38
    for row in priced.to_dict("records"):
        assert abs(worth(row) - number(row["value"])) <= float(row["tol"]), row


@pytest.mark.parametrize(
    ("market", "is_up", "paid"),
    # The density of the first passage times exp(-rate time), integrated with 30 digits; rates of both signs.
    [
        ((100.0, 110.0, 1.0, 0.20, 0.05, 0.02), True, 0.624028145190509393),
        ((100.0, 110.0, 1.0, 0.20, -0.60, 0.00), True, 0.734080753783021490),
        ((100.0, 80.0, 2.0, 0.10, -0.30, -0.10), False, 0.854756429885395943),
        ((100.0, 150.0, 0.25, 0.30, 0.00, 0.00), True, 0.00559598627991288189),
        ((100.0, 101.0, 1.0, 0.02, 0.05, 0.05), True, 0.984079024073417953),
        ((100.0, 110.0, 1.0, 0.05, -0.02, -0.10), True, 0.000288951657287938680),
        ((100.0, 99.0, 3.0, 1.50, -0.50, 0.40), False, 1.00456747334846645),
    ],
)
def test_one_touch__first_passage_integrated__relative_1e_14(market: Market, is_up: bool, paid: float) -> None:
    assert options.one_touch(*market, is_up=is_up) == pytest.approx(paid, rel=1e-14)


@pytest.mark.prop
@given(markets)
def test_digitals__call_and_put__add_up_to_the_payment_and_make_the_option(market: Market) -> None:
    spot, strike, expiry, vol, rate, carry = market
    present = (np.exp(-rate * expiry), spot * np.exp((carry - rate) * expiry))
    for function, whole in zip(EUROPEAN, present, strict=True):
        assert function(*market) + function(*market, is_call=False) == pytest.approx(whole, rel=1e-14)
    for is_call in (True, False):
        made = options.gap(spot, strike, strike, expiry, vol, rate, carry, is_call)
        assert made == pytest.approx(options.price(*market, is_call), abs=1e-14 * max(spot, strike, *present))


@pytest.mark.prop
@given(markets, st.floats(0.5, 2.0))
def test_gap__trigger_beside_the_strike__linear_in_the_strike(market: Market, ratio: float) -> None:
    spot, trigger, *rest = market
    slope = options.gap(spot, trigger, trigger, *rest) - options.gap(spot, ratio * trigger, trigger, *rest)
    cash = (ratio - 1.0) * trigger * options.cash_or_nothing(*market)
    assert slope == pytest.approx(cash, abs=4e-14 * max(spot, trigger))


@pytest.mark.prop
@given(markets, st.booleans())
def test_touches__touched_or_not__add_up_and_exceed_the_european(market: Market, is_up: bool) -> None:
    spot, _, expiry, _, rate, carry = market
    cash, asset = np.exp(-rate * expiry), spot * np.exp((carry - rate) * expiry)
    for touched, never, european, whole in (
        (options.one_touch, options.no_touch, options.cash_or_nothing, cash),
        (options.asset_one_touch, options.asset_no_touch, options.asset_or_nothing, asset),
    ):
        paid = touched(*market, is_up, at_expiry=True)
        assert paid + never(*market, is_up) == pytest.approx(whole, rel=1e-14)
        assert paid >= european(*market, is_up) - 1e-14 * whole


@pytest.mark.prop
@settings(max_examples=50)
@given(st.floats(50.0, 200.0), st.floats(0.1, 3.0), st.floats(0.1, 2.0), st.floats(-0.2, 0.3))
def test_one_touch__no_drift_in_the_log__twice_the_chance_to_end_beyond(
    barrier: float, expiry: float, vol: float, rate: float
) -> None:
    # The reflection principle.
    market, is_up = (100.0, barrier, expiry, vol, rate, 0.5 * vol * vol), barrier > 100.0
    if barrier == 100.0:
        return
    reflected = 2.0 * options.cash_or_nothing(*market, is_up)
    assert options.one_touch(*market, is_up, at_expiry=True) == pytest.approx(reflected, rel=1e-12)


def test_one_touch__vol_up_to_huge__tends_to_certain_touch_and_never_leaves_its_bounds() -> None:
    vol = np.geomspace(1e-9, 1e5, 300)
    for carry in (-0.1, 0.0, 0.1):
        paid = options.one_touch(100.0, 105.0, 1.0, vol, 0.03, carry)
        assert np.all((paid >= 0.0) & (paid <= 1.0))
        never = options.no_touch(100.0, 105.0, 1.0, vol, 0.03, carry)
        assert np.all((never >= 0.0) & (never <= np.exp(-0.03)))


def test_touches__no_volatility_left__the_forward_decides() -> None:
    # At 10 % a year, spot reaches 105 after ln(1.05) / 0.1 = 0.488 years.
    on_time, late = options.one_touch(100.0, 105.0, [1.0, 0.4], 0.0, 0.06, 0.1)
    assert on_time == pytest.approx(1.05**-0.6, rel=1e-14)
    assert late == 0.0
    assert options.no_touch(100.0, 105.0, 0.4, 0.0, 0.06, 0.1) == np.exp(-0.06 * 0.4)
    assert options.one_touch([104.0, 105.0, 106.0], 105.0, 0.0, 0.5).tolist() == [0.0, 1.0, 1.0]
    small = options.one_touch(100.0, 105.0, 1.0, 1e-7, 0.06, 0.1)
    assert small == pytest.approx(on_time, rel=1e-12)


def test_digitals__at_the_kink__half_the_jump() -> None:
    assert options.cash_or_nothing(100.0, [99.0, 100.0, 101.0], 0.0, 0.5).tolist() == [1.0, 0.5, 0.0]
    assert options.asset_or_nothing(100.0, [99.0, 100.0, 101.0], 1.0, 0.0, is_call=False).tolist() == [0.0, 50.0, 100.0]


@pytest.mark.parametrize("function", [*EUROPEAN, *TOUCHES])
def test_digitals__arrays_scalars_and_nan__broadcast_and_stay_unknown(function: Callable[..., np.ndarray]) -> None:
    assert isinstance(function(100, 110, 1, 0.2), float)
    assert function(np.full((3, 1), 100.0), np.full(4, 110.0), 1, 0.2).shape == (3, 4)
    numbers = [np.array([100.0, 100.0]), 105.0, 0.5, 0.3, 0.05, 0.02]
    for place in range(6):
        some = list(numbers)
        some[place] = np.array([np.nan, np.broadcast_to(numbers[place], 2)[1]])
        assert np.isnan(function(*some)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("function", "second"), [*((f, "strike") for f in EUROPEAN), *((f, "barrier") for f in TOUCHES)]
)
@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_digitals__outside_domain__bad_input_with_the_number(
    function: Callable[..., np.ndarray], second: str, value: float
) -> None:
    for name in ("spot", second, "expiry", "vol"):
        with pytest.raises(BadInput) as caught:
            function(**{"spot": 1.0, second: 1.0, "expiry": 1.0, "vol": 1.0, name: [0.5, value]})
        assert (caught.value.name, caught.value.value) == (name, value)


def test_gap__negative_trigger__bad_input_names_the_trigger() -> None:
    with pytest.raises(BadInput, match="trigger"):
        options.gap(1.0, 1.0, -1.0, 1.0, 1.0)
