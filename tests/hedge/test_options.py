"""Prices and greeks against published values, other libraries' tables, limits and identities."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge import options
from hedge.errors import BadInput

pytestmark = pytest.mark.unit

EPS = np.finfo(float).eps

spots = st.floats(1.0, 1e5)
moneyness = st.floats(0.3, 3.0)
expiries = st.floats(1.0 / 365.0, 3.0)
vols = st.floats(0.05, 2.0)
rates = st.floats(-0.1, 0.2)


def arguments(frame: pd.DataFrame, time: str) -> dict[str, np.ndarray]:
    """Translate a table with a yield q into spot, strike, expiry, vol, rate, carry, is_call."""
    lower = {name.lower(): frame[name].to_numpy() for name in frame.columns}
    spot, strike = lower.get("spot", lower.get("s")), lower.get("strike", lower.get("k"))
    return {
        "spot": spot,
        "strike": strike,
        "expiry": frame[time].to_numpy(),
        "vol": lower["vol"],
        "rate": lower["r"],
        "carry": lower["r"] - lower["q"],
        "is_call": lower["type"] == "call",
    }


def test_price__haug_book_values__within_published_tolerance(vectors: Path) -> None:
    table = pd.read_csv(vectors / "options" / "quantlib_haug_european_values.csv")
    assert np.all(np.abs(options.price(**arguments(table, "t")) - table["value"]) <= table["tol"])


def test_greeks__haug_book_values__to_the_last_printed_digit(vectors: Path) -> None:
    table = pd.read_csv(vectors / "options" / "quantlib_haug_european_greeks.csv")
    g, a = options.greeks(**arguments(table, "t")), arguments(table, "t")
    found = {name: getattr(g, name) for name in ("delta", "gamma", "vega", "theta", "rho")}
    found["elasticity"] = g.delta * a["spot"] / g.price
    found["theta per day"] = g.theta / 365.0
    # A yield moves the forward alone, so its rho is -expiry * spot * delta.
    found["dividendRho"] = -a["expiry"] * a["spot"] * g.delta
    for i, row in enumerate(table.itertuples()):
        assert round(float(found[row.greek][i]), 4) == row.expected, row


def test_greeks__quantlib_grid__equal_to_its_own_rounding(vectors: Path) -> None:
    table = pd.read_csv(vectors / "options" / "quantlib_generated_bsm_greeks.csv.gz")
    a = arguments(table, "T")
    g = options.greeks(**a)
    # QuantLib cancels intrinsic against time value and theta from its parts: its rounding scales with spot or strike,
    # by the expiry for rho, by the decay at the money for theta, and with d^2 in densities.
    money = np.maximum(a["spot"], a["strike"])
    decay = money * (a["vol"] / np.sqrt(a["expiry"]) + 1.0)
    for found, column, scale in (
        (g.price, "price", 16 * EPS * money),
        (g.delta, "delta", 128 * EPS),
        (g.gamma, "gamma", 16 * EPS / (a["spot"] * a["vol"] * np.sqrt(a["expiry"]))),
        (g.vega, "vega_per_1.00", 16 * EPS * money * np.sqrt(a["expiry"])),
        (g.theta, "theta_per_year", 64 * EPS * decay),
        (g.rho, "rho_per_1.00", 128 * EPS * money * a["expiry"]),
    ):
        assert np.all(np.abs(found - table[column]) <= scale + 4e-12 * np.abs(table[column])), column


def test_price__fifty_digit_prices__relative_1e_12_into_the_deepest_wings(vectors: Path) -> None:
    table = pd.read_csv(vectors / "options" / "implied_vol_black_lbr_vectors.csv")
    found = options.black76_price(
        table["F"], table["K"], table["T"], table["sigma"], is_call=table["q(+1call,-1put)"] > 0
    )
    assert np.abs(found / table["price_float64"] - 1.0).max() <= 1e-12


def test_price__variance_swap_strip_of_derman__replicates_its_variance(vectors: Path) -> None:
    book = pd.read_json(vectors / "options" / "quantlib_derman_variance_swap.json", typ="series")
    strip = pd.DataFrame(book["strip"], columns=["type", "strike", "vol"])
    expiry, rate, spot = book["t"], book["r"], book["spot"]
    forward = spot * np.exp(rate * expiry)

    def claim(strike: np.ndarray, centre: float) -> np.ndarray:
        return 2.0 / expiry * ((strike - centre) / centre - np.log(strike / centre))

    total = 0.0
    for kind, order in (("put", -1), ("call", 1)):
        side = strip[strip["type"] == kind].sort_values("strike", ascending=order > 0)
        strikes = side["strike"].to_numpy()
        knots = np.append(strikes, strikes[-1] + order * 5.0)
        slopes = np.abs(np.diff(claim(knots, spot)) / np.diff(knots))
        weights = np.diff(slopes, prepend=0.0)
        prices = options.price(spot, strikes, expiry, side["vol"], rate, rate, is_call=kind == "call")
        total += float(weights @ prices)
    growth = rate * expiry - (forward / spot - 1.0)
    variance = 2.0 / expiry * growth + np.exp(rate * expiry) * total
    assert variance == pytest.approx(book["replicated_variance"], abs=book["tol"])


@pytest.mark.parametrize(
    ("spot", "strike", "expiry", "vol", "rate", "carry", "is_call", "worth"),
    # Source: Haug, "The Complete Guide to Option Pricing Formulas", as in QuantLib's europeanoption.cpp.
    [
        (60.0, 65.0, 0.25, 0.30, 0.08, 0.08, True, 2.1334),
        (100.0, 95.0, 0.50, 0.20, 0.10, 0.05, False, 2.4648),
        (19.0, 19.0, 0.75, 0.28, 0.10, 0.00, True, 1.7011),
        (1.56, 1.60, 0.50, 0.12, 0.06, -0.02, True, 0.0291),
        (75.0, 70.0, 0.50, 0.35, 0.10, 0.05, False, 4.0870),
    ],
)
def test_price__haug_examples__four_decimals(
    spot: float, strike: float, expiry: float, vol: float, rate: float, carry: float, is_call: bool, worth: float
) -> None:
    assert round(float(options.price(spot, strike, expiry, vol, rate, carry, is_call)), 4) == worth


@pytest.mark.parametrize(("vol", "expiry"), [(0.0, 0.5), (0.4, 0.0), (0.0, 0.0), (1e-12, 0.5)])
@pytest.mark.parametrize("is_call", [True, False])
def test_greeks__no_volatility_left__discounted_intrinsic(vol: float, expiry: float, is_call: bool) -> None:
    g = options.greeks([80.0, 125.0], 100.0, expiry, vol, 0.1, 0.05, is_call)
    forward, discount = np.array([80.0, 125.0]) * np.exp(0.05 * expiry), np.exp(-0.1 * expiry)
    sign = 1.0 if is_call else -1.0
    alive = sign * (forward - 100.0) > 0.0
    np.testing.assert_allclose(g.price, discount * np.maximum(sign * (forward - 100.0), 0.0), rtol=1e-15)
    np.testing.assert_allclose(g.delta, np.where(alive, sign * np.exp(-0.05 * expiry), 0.0), rtol=1e-15)
    assert np.all(g.gamma == 0.0)
    assert np.all(g.vega == 0.0)
    np.testing.assert_allclose(g.rho, np.where(alive, sign * expiry * 100.0 * discount, 0.0), rtol=1e-15)


def test_greeks__at_the_kink__half_delta_and_infinite_gamma() -> None:
    g = options.greeks(100.0, 100.0, 0.0, 0.3)
    assert (g.price, g.delta, g.gamma, g.theta) == (0.0, 0.5, np.inf, -np.inf)


def test_greeks__spot_or_strike_zero__limits() -> None:
    g = options.greeks([0.0, 100.0], [100.0, 0.0], 1.0, 0.3, 0.1, 0.1, [[True], [False]])
    np.testing.assert_allclose(g.price, [[0.0, 100.0], [100.0 * np.exp(-0.1), 0.0]], rtol=1e-15)
    np.testing.assert_allclose(g.delta, [[0.0, 1.0], [-1.0, 0.0]], rtol=1e-15)
    assert np.all(g.gamma == 0.0)
    assert np.all(g.vega == 0.0)


def test_price__total_vol_from_tiny_to_huge__between_intrinsic_and_forward() -> None:
    vol = np.geomspace(1e-9, 1e4, 400)
    worth = options.price(100.0, 105.0, 1.0, vol)
    assert np.all(np.diff(worth) >= 0.0)
    assert (worth[0], worth[-1]) == (0.0, 100.0)


def test_price__scalars__float_and_arrays__broadcast_shape() -> None:
    assert isinstance(options.price(100, 100, 1, 0.2), float)
    assert isinstance(options.greeks(100, 100, 1, 0.2).gamma, float)
    assert isinstance(options.inverse_delta(100, 100, 1, 0.2), float)
    assert options.price(np.full((3, 1), 100.0), np.full(4, 90.0), 1, 0.2).shape == (3, 4)
    assert options.greeks(100.0, [90.0, 110.0], 1, 0.2).rho.shape == (2,)
    assert options.price([], 100.0, 1.0, 0.2).shape == (0,)


@pytest.mark.parametrize("place", range(6))
def test_greeks__nan_in__nan_in_every_greek_of_that_element_only(place: int) -> None:
    numbers = [np.array([100.0, 100.0]), 105.0, 0.5, 0.3, 0.05, 0.02]
    numbers[place] = np.array([np.nan, np.broadcast_to(numbers[place], 2)[1]])
    for greek in options.greeks(*numbers):
        assert np.isnan(greek).tolist() == [True, False]


@pytest.mark.parametrize("name", ["spot", "strike", "expiry", "vol"])
@pytest.mark.parametrize("value", [-1.0, np.inf, -np.inf])
def test_price__outside_domain__bad_input_with_the_number(name: str, value: float) -> None:
    numbers = {"spot": 1.0, "strike": 1.0, "expiry": 1.0, "vol": 1.0, name: [0.5, value]}
    for function in (options.price, options.greeks):
        with pytest.raises(BadInput) as caught:
            function(**numbers)
        assert (caught.value.name, caught.value.value) == (name, value)


@pytest.mark.parametrize("name", ["rate", "carry"])
def test_price__infinite_rate__bad_input(name: str) -> None:
    with pytest.raises(BadInput):
        options.price(1.0, 1.0, 1.0, 1.0, **{name: np.inf})


def test_price__text__bad_input() -> None:
    with pytest.raises(BadInput):
        options.price("spot", 1.0, 1.0, 1.0)


def test_inverse_price__deribit_convention__coin_pay_off_at_expiry() -> None:
    coins = options.inverse_price([1_600.0, 2_500.0], 2_000.0, 0.0, 0.8)
    assert coins.tolist() == [0.0, 500.0 / 2_500.0]


def test_inverse_delta__coin_price_numeric_derivative__spot_times_slope() -> None:
    spot, step = 2_000.0, 0.01
    up, down = (options.inverse_price(spot + h, 2_100.0, 0.1, 0.7) for h in (step, -step))
    # Central difference: truncation (step / spot)^2, rounding eps * price * spot / step.
    assert options.inverse_delta(spot, 2_100.0, 0.1, 0.7) == pytest.approx(spot * (up - down) / (2 * step), abs=1e-9)


def test_inverse_price__spot_zero__bad_input() -> None:
    with pytest.raises(BadInput):
        options.inverse_price(0.0, 1.0, 1.0, 1.0)


@pytest.mark.prop
@given(spots, moneyness, expiries, vols, rates, rates)
def test_price__put_call_parity__holds(
    spot: float, ratio: float, expiry: float, vol: float, rate: float, carry: float
) -> None:
    strike = spot * ratio
    call, put = options.price(spot, strike, expiry, vol, rate, carry, [True, False])
    parity = np.exp(-rate * expiry) * (spot * np.exp(carry * expiry) - strike)
    assert call - put == pytest.approx(parity, abs=16 * EPS * max(spot, strike, call, put))


@pytest.mark.prop
@given(spots, moneyness, expiries, vols, rates, rates, st.booleans())
def test_greeks__theta__balances_the_pricing_equation(
    spot: float, ratio: float, expiry: float, vol: float, rate: float, carry: float, is_call: bool
) -> None:
    g = options.greeks(spot, spot * ratio, expiry, vol, rate, carry, is_call)
    drift = carry * spot * g.delta - rate * g.price
    diffusion = 0.5 * vol**2 * spot**2 * g.gamma
    scale = spot * (1 + ratio) * (abs(rate) + abs(carry) + vol / np.sqrt(expiry))
    assert g.theta + drift + diffusion == pytest.approx(0.0, abs=64 * EPS * scale)


@pytest.mark.prop
@given(spots, moneyness, expiries, vols, rates, rates, st.booleans())
def test_greeks__numeric_derivatives__agree(
    spot: float, ratio: float, expiry: float, vol: float, rate: float, carry: float, is_call: bool
) -> None:
    strike = spot * ratio
    g = options.greeks(spot, strike, expiry, vol, rate, carry, is_call)
    total_vol = vol * np.sqrt(expiry)
    h = 1e-3 * min(total_vol, 0.1)

    def price(ds: float = 0.0, dv: float = 0.0, dt: float = 0.0, dr: float = 0.0) -> float:
        return float(
            options.price(spot * (1 + ds), strike, expiry * (1 + dt), vol * (1 + dv), rate + dr, carry + dr, is_call)
        )

    bumped = spot * np.array([1 + h, 1 - h])
    delta_up, delta_down = options.greeks(bumped, strike, expiry, vol, rate, carry, is_call).delta
    scale = max(spot, strike) * 1e-5
    assert (price(ds=h) - price(ds=-h)) / (2 * h) == pytest.approx(g.delta * spot, abs=scale)
    assert (delta_up - delta_down) / (2 * h) == pytest.approx(g.gamma * spot, abs=1e-5 / total_vol)
    assert (price(dv=h) - price(dv=-h)) / (2 * h) == pytest.approx(g.vega * vol, abs=scale)
    assert (price(dt=h) - price(dt=-h)) / (2 * h) == pytest.approx(-g.theta * expiry, abs=scale)
    assert (price(dr=h) - price(dr=-h)) / (2 * h) == pytest.approx(g.rho, abs=scale * max(expiry, 1.0) ** 3)


@pytest.mark.prop
@given(spots, st.lists(moneyness, min_size=3, max_size=3, unique=True), expiries, vols)
def test_price__strikes__convex_and_decreasing_for_calls(
    spot: float, ratios: list[float], expiry: float, vol: float
) -> None:
    low, middle, high = sorted(ratios)
    worth = options.price(spot, spot * np.array([low, middle, high]), expiry, vol)
    assert worth[0] >= worth[1] >= worth[2]
    chord = (worth[0] * (high - middle) + worth[2] * (middle - low)) / (high - low)
    assert worth[1] <= chord + 16 * EPS * spot
