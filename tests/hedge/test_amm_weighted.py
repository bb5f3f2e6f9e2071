"""Weighted pools and the carry of positions: hand computation, v2 as a special case, identities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge import amm
from hedge.errors import BadInput

pytestmark = pytest.mark.unit

prices = st.lists(st.floats(1e-2, 1e4), min_size=2, max_size=5)


def test_weighted_greeks__two_halves__v2() -> None:
    found = amm.weighted_greeks([2_500.0, 1.0], [0.5, 0.5], 1_000.0)
    assert found.value == pytest.approx(amm.value(2_500.0, 1_000.0), rel=1e-14)
    assert found.delta == pytest.approx([20.0, 50_000.0], rel=1e-14)
    assert found.gamma[0, 0] == pytest.approx(amm.gamma(2_500.0, 1_000.0), rel=1e-14)


def test_weighted_greeks__eighty_twenty__value_shares_are_weights() -> None:
    found = amm.weighted_greeks([1_600.0, 1.0], [0.8, 0.2], 10.0)
    assert found.delta * [1_600.0, 1.0] / found.value == pytest.approx([0.8, 0.2], rel=1e-15)
    assert amm.weighted_invariant(found.delta, [0.8, 0.2]) == pytest.approx(10.0, rel=1e-14)


def test_weighted_impermanent_loss__price_doubles__textbook_ratio() -> None:
    # 2^0.8 / (0.8 * 2 + 0.2) - 1 of the holding: Balancer's published formula.
    weights = [0.8, 0.2]
    held = amm.weighted_greeks([1.0, 1.0], weights, 1.0).delta
    loss = amm.weighted_impermanent_loss([2.0, 1.0], weights, 1.0, held)
    assert loss / (held @ [2.0, 1.0]) == pytest.approx(2.0**0.8 / 1.8 - 1.0, rel=1e-13)


def test_weighted_lvr_rate__against_a_numeraire__w_one_minus_w_half_variance() -> None:
    found = amm.weighted_lvr_rate([1_600.0, 1.0], [0.8, 0.2], 10.0, [[0.36, 0.0], [0.0, 0.0]])
    worth = amm.weighted_greeks([1_600.0, 1.0], [0.8, 0.2], 10.0).value
    assert found == pytest.approx(worth * 0.8 * 0.2 * 0.36 / 2, rel=1e-14)


def test_weighted_lvr_rate__v2__the_positions_own() -> None:
    found = amm.weighted_lvr_rate([2_500.0, 1.0], [0.5, 0.5], 1_000.0, [[0.64, 0.0], [0.0, 0.0]])
    assert found == pytest.approx(amm.lvr_rate(2_500.0, 1_000.0, 0.0, np.inf, 0.8), rel=1e-14)


def test_weighted_greeks__many_markets__broadcast() -> None:
    found = amm.weighted_greeks(np.ones((4, 3)), [0.2, 0.3, 0.5], np.ones(4))
    assert (found.value.shape, found.delta.shape, found.gamma.shape) == ((4,), (4, 3), (4, 3, 3))
    assert np.isnan(amm.weighted_greeks([np.nan, 1.0], [0.5, 0.5], 1.0).value)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (amm.weighted_greeks, ([1.0, 0.0], [0.5, 0.5], 1.0)),
        (amm.weighted_greeks, ([1.0, 1.0], [0.5, 0.4], 1.0)),
        (amm.weighted_greeks, ([1.0, 1.0], [1.5, -0.5], 1.0)),
        (amm.weighted_greeks, ([1.0, 1.0], 1.0, 1.0)),
        (amm.weighted_greeks, ([1.0, 1.0], [0.5, 0.5], -1.0)),
        (amm.weighted_invariant, ([-1.0, 1.0], [0.5, 0.5])),
        (amm.weighted_lvr_rate, ([1.0, 1.0], [0.5, 0.5], 1.0, [[-1.0, 0.0], [0.0, 0.0]])),
    ],
)
def test_weighted__outside_domain__bad_input(function: object, arguments: tuple[object, ...]) -> None:
    with pytest.raises(BadInput):
        function(*arguments)  # type: ignore[operator]


@pytest.mark.prop
@given(prices, st.data())
def test_weighted_greeks__any_pool__homogeneous_and_its_own_derivatives(at: list[float], data: st.DataObject) -> None:
    p = np.array(at)
    raw = np.array(data.draw(st.lists(st.floats(0.05, 1.0), min_size=p.size, max_size=p.size)))
    weights = raw / raw.sum()
    g = amm.weighted_greeks(p, weights, 3.0)
    assert g.delta @ p == pytest.approx(g.value, rel=1e-13)
    assert g.gamma @ p == pytest.approx(np.zeros(p.size), abs=1e-13 * float(np.max(g.delta)))
    np.testing.assert_allclose(g.gamma, g.gamma.T, rtol=1e-13)
    h = 1e-4  # central differences: truncation h^2 / 6 of the third derivative, at most 2 in these units
    for i in range(p.size):
        up, down = (
            amm.weighted_greeks(p * (1 + sign * h * (np.arange(p.size) == i)), weights, 3.0) for sign in (1, -1)
        )
        assert (up.value - down.value) / (2 * h) == pytest.approx(g.delta[i] * p[i], rel=1e-7)
        np.testing.assert_allclose((up.delta - down.delta) / (2 * h), g.gamma[i] * p[i], rtol=1e-6)


@pytest.mark.prop
@given(st.floats(0.2, 5.0), st.floats(0.05, 0.95))
def test_weighted_impermanent_loss__any_price__never_a_gain(ratio: float, weight: float) -> None:
    weights = [weight, 1.0 - weight]
    held = amm.weighted_greeks([1.0, 1.0], weights, 1.0).delta
    assert amm.weighted_impermanent_loss([ratio, 1.0], weights, 1.0, held) <= 1e-14 * float(held.sum()) * (1.0 + ratio)


def test_theta__at_the_break_even_volatility__zero() -> None:
    span = (2_200.0, 2_000.0, 2_400.0)
    vol = amm.break_even_vol(*span, 0.25)
    fees = 0.25 * amm.value(2_200.0, 1_000.0, 2_000.0, 2_400.0)
    assert amm.theta(2_200.0, 1_000.0, 2_000.0, 2_400.0, vol, 0.25) == pytest.approx(0.0, abs=1e-12 * float(fees))


def test_theta__half_variance_gamma__what_hedging_costs() -> None:
    cost = 0.5 * 0.6**2 * 2_200.0**2 * amm.gamma(2_200.0, 1_000.0, 2_000.0, 2_400.0)
    assert amm.theta(2_200.0, 1_000.0, 2_000.0, 2_400.0, 0.6) == pytest.approx(float(cost), rel=1e-14)


def test_theta__out_of_range_or_unknown__zero_or_nan() -> None:
    found = amm.theta([1_900.0, 2_400.0, np.nan], 1_000.0, 2_000.0, 2_400.0, 0.6, 0.25)
    assert found[:2].tolist() == [0.0, 0.0]
    assert np.isnan(found[2])
    with pytest.raises(BadInput):
        amm.theta(2_200.0, 1_000.0, 2_000.0, 2_400.0, 0.6, -0.1)
