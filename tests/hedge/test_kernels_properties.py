"""Properties of bulk prices and greeks: parity, bounds, monotonicity, convexity, and derivatives by differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge import options
from hedge.numerics import jit

pytestmark = pytest.mark.prop

EPS = np.finfo(float).eps

spots = st.floats(1.0, 1e5)
expiries = st.floats(1.0 / 365.0, 3.0)
vols = st.floats(0.05, 2.0)
rates = st.floats(-0.1, 0.2)
numbers = (spots, expiries, vols, rates, rates)


def strikes(spot: float) -> np.ndarray:
    """Return a bulk of strikes from 0.2 to 5 spots."""
    return np.asarray(spot * np.geomspace(0.2, 5.0, jit.BULK_OPTIONS))


@settings(max_examples=40)
@given(*numbers)
def test_price__bulk_put_call_parity__holds(spot: float, expiry: float, vol: float, rate: float, carry: float) -> None:
    strike = strikes(spot)
    call, put = (options.price(spot, strike, expiry, vol, rate, carry, side) for side in (True, False))
    parity = np.exp(-rate * expiry) * (spot * np.exp(carry * expiry) - strike)
    assert np.all(np.abs(call - put - parity) <= 16 * EPS * np.maximum(np.maximum(spot, strike), call + put))


@settings(max_examples=40)
@given(*numbers, st.booleans())
def test_price__bulk_of_strikes__bounded_monotone_and_convex(
    spot: float, expiry: float, vol: float, rate: float, carry: float, is_call: bool
) -> None:
    strike = strikes(spot)
    worth = options.price(spot, strike, expiry, vol, rate, carry, is_call)
    sign, discount, forward = 1.0 if is_call else -1.0, np.exp(-rate * expiry), spot * np.exp(carry * expiry)
    # A price is rounded relative to its larger leg: that is what order can lose.
    rounding = 16 * EPS * discount * np.maximum(forward, strike)
    assert np.all(worth >= discount * np.maximum(sign * (forward - strike), 0.0) - rounding)
    assert np.all(worth <= discount * (forward if is_call else strike) + rounding)
    assert np.all(sign * np.diff(worth) <= rounding[1:])
    low, middle, high = strike[:-2], strike[1:-1], strike[2:]
    chord = (worth[:-2] * (high - middle) + worth[2:] * (middle - low)) / (high - low)
    assert np.all(worth[1:-1] <= chord + 2 * rounding[1:-1])


@settings(max_examples=40)
@given(spots, expiries, rates, rates, st.booleans())
def test_price__bulk_of_vols__increasing_and_found_again(
    spot: float, expiry: float, rate: float, carry: float, is_call: bool
) -> None:
    vol, strike = np.geomspace(0.05, 3.0, jit.BULK_OPTIONS), spot * np.exp(carry * expiry)
    worth = options.price(spot, strike, expiry, vol, rate, carry, is_call)
    assert np.all(np.diff(worth) > 0.0)
    found = options.implied_vol(worth, spot, strike, expiry, rate, carry, is_call)
    # At the forward the strike's rounding is eps of it, and the price sees it as eps / s.
    s = vol * np.sqrt(expiry)
    bound = np.exp(-0.5 * s * s / 4.0)  # d price / d s falls by this: it magnifies the price's rounding at large s
    assert np.all(np.abs(found / vol - 1.0) <= 64 * EPS * (1.0 + 1.0 / s) / bound)


@settings(max_examples=40)
@given(*numbers, st.booleans())
def test_greeks__bulk_numeric_derivatives__agree(
    spot: float, expiry: float, vol: float, rate: float, carry: float, is_call: bool
) -> None:
    strike = strikes(spot)
    total_vol = vol * np.sqrt(expiry)
    h = 1e-3 * min(total_vol, 0.1)

    def both(ds: float = 0.0, dv: float = 0.0, dt: float = 0.0, dr: float = 0.0) -> options.Greeks:
        return options.greeks(
            spot * (1 + ds), strike, expiry * (1 + dt), vol * (1 + dv), rate + dr, carry + dr, is_call
        )

    def slope(**bump: float) -> np.ndarray:
        ((name, size),) = bump.items()
        return np.asarray((both(**{name: size}).price - both(**{name: -size}).price) / (2 * size))

    g = both()
    # Central differences: truncation h^2 / 6 of the third derivative, below 1e-5 of the scale; rounding eps / h.
    scale = np.maximum(spot, strike) * 1e-5
    assert np.all(np.abs(slope(ds=h) - g.delta * spot) <= scale)
    assert np.all(np.abs(slope(dv=h) - g.vega * vol) <= scale)
    assert np.all(np.abs(slope(dt=h) + g.theta * expiry) <= scale)
    assert np.all(np.abs(slope(dr=h) - g.rho) <= scale * max(expiry, 1.0) ** 3)
    bent = (both(ds=h).delta - both(ds=-h).delta) / (2 * h)
    assert np.all(np.abs(bent - g.gamma * spot) <= 1e-5 / total_vol)


@settings(max_examples=40)
@given(*numbers, st.booleans())
def test_greeks__bulk_pricing_equation__balances(
    spot: float, expiry: float, vol: float, rate: float, carry: float, is_call: bool
) -> None:
    strike = strikes(spot)
    g = options.greeks(spot, strike, expiry, vol, rate, carry, is_call)
    rest = g.theta + carry * spot * g.delta - rate * g.price + 0.5 * vol**2 * spot**2 * g.gamma
    scale = (spot + strike) * (abs(rate) + abs(carry) + vol / np.sqrt(expiry))
    assert np.all(np.abs(rest) <= 64 * EPS * scale)
