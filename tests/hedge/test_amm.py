"""Positions against hand computation, exact integers, and the identities that every AMM position obeys."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hedge import amm
from hedge.amm import ticks
from hedge.errors import BadInput

pytestmark = pytest.mark.unit

INF = float("inf")

prices = st.floats(1.0, 1e5)
liquidities = st.floats(1e-3, 1e9)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[float, float]:
    """Draw a range of at least a basis point, v2 and half-open ranges included."""
    lower = draw(st.one_of(st.just(0.0), prices))
    upper = draw(st.one_of(st.just(INF), prices))
    assume(upper > lower * 1.0001)
    return lower, upper


def test_value__v2__two_l_root_p() -> None:
    assert amm.value(2_500.0, 1_000.0) == 100_000.0
    assert amm.delta(2_500.0, 1_000.0) == 20.0
    assert amm.gamma(2_500.0, 1_000.0) == -1_000.0 / (2 * 125_000.0)


@pytest.mark.parametrize(
    ("price", "base", "quote"),
    # L = 600 on [4, 9]: below, 600 (1/2 - 1/3) base; at 6.25, 600 (1/2.5 - 1/3) and 600 (2.5 - 2); above, 600 (3 - 2).
    [(1.0, 100.0, 0.0), (4.0, 100.0, 0.0), (6.25, 40.0, 300.0), (9.0, 0.0, 600.0), (16.0, 0.0, 600.0)],
)
def test_amounts__squares_of_integers__computed_by_hand(price: float, base: float, quote: float) -> None:
    found = amm.amounts(price, 600.0, 4.0, 9.0)
    assert found == pytest.approx((base, quote), rel=1e-15, abs=1e-13)
    assert amm.value(price, 600.0, 4.0, 9.0) == pytest.approx(base * price + quote, rel=1e-15)


@pytest.mark.parametrize("tick", [-887_220, -202_020, -60, 0, 60, 195_060, 887_160])
@pytest.mark.parametrize("width", [1, 60, 6_000])
def test_amounts__against_exact_integers__relative_1e_12(tick: int, width: int) -> None:
    lower, upper = tick, min(tick + width, ticks.MAX_TICK)
    sqrt_low, sqrt_high = ticks.sqrt_price_at_tick(lower), ticks.sqrt_price_at_tick(upper)
    sqrt_now, liquidity = (sqrt_low + sqrt_high) // 2, (1 << 128) - 1
    exact = ticks.position_amounts(sqrt_now, lower, upper, liquidity)
    price, low, high = (((root * root) / 2**192) for root in (sqrt_now, sqrt_low, sqrt_high))
    found = amm.amounts(price, float(liquidity), low, high)
    # A narrow range divides the rounding of the prices themselves by its relative width; integers round to one unit.
    tolerance = max(1e-12, 4 * np.finfo(float).eps / (high / low - 1.0))
    assert found == pytest.approx(tuple(float(amount) for amount in exact), rel=tolerance, abs=1.0)


def test_impermanent_loss__v2__textbook_ratio() -> None:
    # IL / holding = 2 sqrt(r) / (1 + r) - 1.
    ratios = np.array([0.01, 0.5, 1.0, 1.25, 4.0, 100.0])
    base, quote = amm.amounts(2_000.0, 1_000.0)
    loss = amm.impermanent_loss(2_000.0 * ratios, 1_000.0, 0.0, INF, base, quote)
    holding = base * 2_000.0 * ratios + quote
    np.testing.assert_allclose(loss / holding, 2 * np.sqrt(ratios) / (1 + ratios) - 1, atol=1e-15)


def test_lvr_rate__v2__an_eighth_of_variance_of_value() -> None:
    rate = amm.lvr_rate(2_000.0, 1_000.0, 0.0, INF, 0.8)
    assert rate / amm.value(2_000.0, 1_000.0) == pytest.approx(0.8**2 / 8, rel=1e-15)


def test_lvr_rate__out_of_range__zero() -> None:
    assert amm.lvr_rate([1_999.0, 2_000.0, 2_399.0, 2_400.0], 1.0, 2_000.0, 2_400.0, 0.8)[[0, 3]].tolist() == [0, 0]


def test_break_even_vol__v2__root_of_eight_fees() -> None:
    assert amm.break_even_vol(2_000.0, 0.0, INF, 0.08) == pytest.approx(0.8, rel=1e-15)


def test_break_even_vol__range__formula_with_theta() -> None:
    theta = 2 - np.sqrt(2_000 / 2_200) - np.sqrt(2_200 / 2_400)
    found = amm.break_even_vol(2_200.0, 2_000.0, 2_400.0, 0.3)
    assert found == pytest.approx(np.sqrt(4 * theta * 0.3), rel=1e-13)


def test_break_even_vol__out_of_range__nan() -> None:
    assert np.isnan(amm.break_even_vol([1_999.0, 2_000.0, 2_400.0], 2_000.0, 2_400.0, 0.3)).tolist() == [
        True,
        False,
        True,
    ]


def test_in_range__edges__lower_in_upper_out() -> None:
    assert amm.in_range([1.0, 2.0, 3.0, np.nan], 1.0, 3.0).tolist() == [True, True, False, False]


def test_functions__scalars_in__float_out() -> None:
    for found in (
        *amm.amounts(2.0, 1.0, 1.0, 3.0),
        amm.value(2.0, 1.0, 1.0, 3.0),
        amm.delta(2.0, 1.0, 1.0, 3.0),
        amm.gamma(2.0, 1.0, 1.0, 3.0),
        amm.impermanent_loss(2.0, 1.0, 1.0, 3.0, 1.0, 1.0),
        amm.lvr_rate(2.0, 1.0, 1.0, 3.0, 0.5),
        amm.break_even_vol(2.0, 1.0, 3.0, 0.1),
        *amm.two_asset_greeks(2.0, 1.0, 1.0, 1.0, 3.0),
    ):
        assert isinstance(found, float)


def test_functions__grid_of_positions_and_prices__broadcast() -> None:
    price = np.linspace(1_000.0, 3_000.0, 5)[:, np.newaxis]
    liquidity, lower, upper = np.array([1.0, 2.0]), np.array([0.0, 1_500.0]), np.array([INF, 2_500.0])
    found = amm.value(price, liquidity, lower, upper)
    assert found.shape == (5, 2)
    assert found[3, 1] == amm.value(2_500.0, 2.0, 1_500.0, 2_500.0)
    assert amm.two_asset_greeks(price, 1.0, liquidity, lower, upper).gamma_cross.shape == (5, 2)


@pytest.mark.parametrize("place", range(4))
def test_functions__nan_in__nan_out(place: int) -> None:
    numbers = [2.0, 1.0, 1.0, 3.0]
    numbers[place] = np.nan
    for found in (
        amm.value(*numbers),
        amm.gamma(*numbers),
        amm.lvr_rate(*numbers, 0.5),
        amm.impermanent_loss(*numbers, 1.0, 1.0),
        *amm.two_asset_greeks(numbers[0], 1.0, *numbers[1:])[::3],
    ):
        assert np.isnan(found)


@pytest.mark.parametrize(
    ("numbers", "name", "value"),
    [
        ((0.0, 1.0, 1.0, 2.0), "price", 0.0),
        ((-3.0, 1.0, 1.0, 2.0), "price", -3.0),
        ((INF, 1.0, 1.0, 2.0), "price", INF),
        ((1.0, -1.0, 1.0, 2.0), "liquidity", -1.0),
        ((1.0, 1.0, -1.0, 2.0), "lower", -1.0),
        ((1.0, 1.0, 2.0, 2.0), "upper", 2.0),
        ((1.0, 1.0, 2.0, 1.0), "upper", 1.0),
    ],
)
def test_value__outside_domain__bad_input_names_the_number(
    numbers: tuple[float, float, float, float], name: str, value: float
) -> None:
    with pytest.raises(BadInput) as caught:
        amm.value(*numbers)
    assert (caught.value.name, caught.value.value) == (name, value)


def test_value__text__bad_input() -> None:
    with pytest.raises(BadInput):
        amm.value("much", 1.0)


@pytest.mark.prop
@given(prices, liquidities, ranges())
def test_delta__numeric_derivative__is_gamma(price: float, liquidity: float, edges: tuple[float, float]) -> None:
    step = 1e-4 * price
    assume(all(abs(price - edge) > 2 * step for edge in edges))
    up, down = (amm.delta(price + h, liquidity, *edges) for h in (step, -step))
    # Central difference: truncation step^2 / 6 * delta''' is 15/24 * 1e-8 of gamma; rounding eps * delta / step.
    rounding = 4 * np.finfo(float).eps * max(up, down, liquidity / np.sqrt(price)) / step
    assert (up - down) / (2 * step) == pytest.approx(amm.gamma(price, liquidity, *edges), rel=1e-7, abs=rounding)


@pytest.mark.prop
@given(prices, liquidities, ranges())
def test_value__numeric_derivative__is_delta(price: float, liquidity: float, edges: tuple[float, float]) -> None:
    step = 1e-4 * price
    up, down = (amm.value(price + h, liquidity, *edges) for h in (step, -step))
    scale = liquidity / np.sqrt(price)
    # Within a step of an edge the derivative is one-sided: gamma * step is 5e-5 of L / sqrt(P).
    assert (up - down) / (2 * step) == pytest.approx(amm.delta(price, liquidity, *edges), rel=1e-7, abs=6e-5 * scale)


@pytest.mark.prop
@given(prices, prices, liquidities, ranges())
def test_impermanent_loss__entry_amounts_held__never_positive(
    entry: float, price: float, liquidity: float, edges: tuple[float, float]
) -> None:
    held = amm.amounts(entry, liquidity, *edges)
    loss = amm.impermanent_loss(price, liquidity, *edges, *held)
    rounding = 8 * np.finfo(float).eps * (held[0] * price + held[1])
    assert loss <= rounding
    assert abs(amm.impermanent_loss(entry, liquidity, *edges, *held)) <= 8 * np.finfo(float).eps * (
        held[0] * entry + held[1]
    )


@pytest.mark.prop
@given(prices, prices, liquidities)
def test_amounts__across_range_edges__continuous(edge: float, other: float, liquidity: float) -> None:
    assume(abs(edge - other) > 1e-3 * edge)
    lower, upper = sorted((edge, other))
    below, at, above = (amm.amounts(p, liquidity, lower, upper) for p in np.nextafter(edge, [0.0, edge, INF]))
    # One unit in the last place of price moves an amount by half of it, relative to L / sqrt(P) and L sqrt(P); a root,
    # a quotient and a product, each rounded by half a unit, add one and a half to each of the two amounts compared.
    for i, scale in ((0, liquidity / np.sqrt(edge)), (1, liquidity * np.sqrt(edge))):
        assert abs(below[i] - at[i]) <= 3.5 * np.finfo(float).eps * scale
        assert abs(above[i] - at[i]) <= 3.5 * np.finfo(float).eps * scale


@pytest.mark.prop
@given(prices, st.floats(0.01, 100.0), liquidities, ranges())
def test_two_asset_greeks__homogeneous__prices_times_deltas_are_value_and_times_gammas_zero(
    price_base: float, price_quote: float, liquidity: float, edges: tuple[float, float]
) -> None:
    g = amm.two_asset_greeks(price_base, price_quote, liquidity, *edges)
    assert price_base * g.delta_base + price_quote * g.delta_quote == pytest.approx(g.value, rel=1e-14)
    for own, other in ((g.gamma_base, g.gamma_cross), (g.gamma_cross, g.gamma_quote)):
        assert price_base * own + price_quote * other == pytest.approx(0.0, abs=1e-14 * abs(price_base * own))


@pytest.mark.prop
@given(prices, st.floats(0.01, 100.0), liquidities, ranges())
def test_two_asset_greeks__numeric_derivatives__are_deltas_and_gammas(
    price_base: float, price_quote: float, liquidity: float, edges: tuple[float, float]
) -> None:
    ratio, h = price_base / price_quote, 1e-4
    assume(all(abs(ratio - edge) > 3 * h * ratio for edge in edges))

    def at(base: float, quote: float) -> amm.TwoAssetGreeks:
        return amm.two_asset_greeks(price_base * base, price_quote * quote, liquidity, *edges)

    g = at(1.0, 1.0)
    base_up, base_down, quote_up, quote_down = at(1 + h, 1.0), at(1 - h, 1.0), at(1.0, 1 + h), at(1.0, 1 - h)
    scale = liquidity * np.sqrt(ratio) * price_quote
    for slope, expected, unit in (
        ((base_up.value - base_down.value) / (2 * h), g.delta_base, price_base),
        ((quote_up.value - quote_down.value) / (2 * h), g.delta_quote, price_quote),
        ((base_up.delta_base - base_down.delta_base) * price_base / (2 * h), g.gamma_base, price_base**2),
        ((quote_up.delta_base - quote_down.delta_base) * price_base / (2 * h), g.gamma_cross, price_base * price_quote),
        ((quote_up.delta_quote - quote_down.delta_quote) * price_quote / (2 * h), g.gamma_quote, price_quote**2),
    ):
        # Truncation is of order h^2 and rounding of order eps / h, relative to L sqrt(P).
        assert slope == pytest.approx(expected * unit, abs=1e-7 * max(scale, g.value))


def test_two_asset_greeks__quote_is_numeraire__one_asset_greeks() -> None:
    g = amm.two_asset_greeks(2_200.0, 1.0, 1_000.0, 2_000.0, 2_400.0)
    arguments = (2_200.0, 1_000.0, 2_000.0, 2_400.0)
    assert (g.value, g.delta_base, g.gamma_base) == (
        amm.value(*arguments),
        amm.delta(*arguments),
        amm.gamma(*arguments),
    )


@given(st.floats(0.002, 1.5), st.floats(-0.9, 0.9), st.floats(0.1, 1.5), st.sampled_from([7 / 365, 30 / 365, 1.0]))
def test_range_share__any_range__leaves_no_less_than_a_position_left_alone_is_expected_to_lose(
    width: float, place: float, vol: float, years: float
) -> None:
    """What a rebalanced position keeps and the pool's does not is V(p) - E[V(p at the time)]: Milionis et al., 2022."""
    lower, upper = np.exp(-width * (1.0 + place)), np.exp(width * (1.0 - place))
    nodes, weights = np.polynomial.hermite_e.hermegauss(160)
    later = np.exp(vol * np.sqrt(years) * nodes - 0.5 * vol * vol * years)
    worth = float(amm.value(1.0, 1.0, lower, upper))
    lost = worth - float(np.dot(weights, amm.value(later, 1.0, lower, upper))) / np.sqrt(2.0 * np.pi)
    rate = float(amm.lvr_rate(1.0, 1.0, lower, upper, vol))
    share = float(amm.range_share(worth, rate, vol, years))
    assert 0.0 < share <= 1.0
    assert lost <= rate * years * share * (1.0 + 1e-3) + 1e-9 * worth
    assert rate * years * share <= worth


def test_range_share__odd_numbers__are_whole_unknown_or_refused() -> None:
    for worth, rate, vol in ((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (1.0, 0.0, 1.0)):
        assert float(amm.range_share(worth, rate, vol, 0.1)) == 1.0
    assert np.isnan(amm.range_share(np.nan, 1.0, 1.0, 0.1))
    with pytest.raises(BadInput, match="lvr_rate"):
        amm.range_share(1.0, -1.0, 0.5, 0.1)
