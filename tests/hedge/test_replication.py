"""The strip pays back impermanent loss: the design's measured checks, and what must hold for every range and ladder."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from hedge import amm, options, replication
from hedge.errors import BadInput

pytestmark = pytest.mark.unit

PRICE0, LOWER, UPPER, NOTIONAL = 2_200.0, 2_000.0, 2_400.0, 1_000_000.0
LIQUIDITY = NOTIONAL / float(amm.value(PRICE0, 1.0, LOWER, UPPER))
HELD = amm.amounts(PRICE0, LIQUIDITY, LOWER, UPPER)
TEN_DAYS = 10.0 / 365.0
BP = NOTIONAL / 10_000


def ladder(step: float) -> np.ndarray:
    return np.arange(LOWER, UPPER + step, step)


def net(strip: replication.Strip, price: np.ndarray) -> np.ndarray:
    """Return strip and impermanent loss together: what the hedge overpays."""
    return replication.strip_payoff(strip, price) + amm.impermanent_loss(price, LIQUIDITY, LOWER, UPPER, *HELD)


@pytest.mark.parametrize(("step", "worst_bp"), [(25.0, 1.04), (50.0, 4.10), (100.0, 16.1), (200.0, 62.2)])
def test_strip_weights__listed_strikes__largest_error_of_the_design(step: float, worst_bp: float) -> None:
    strip = replication.strip_weights(ladder(step), PRICE0, LIQUIDITY, LOWER, UPPER)
    grid = np.linspace(500.0, 6_000.0, 220_001)
    assert net(strip, grid).max() / BP == pytest.approx(worst_bp, rel=0.01)
    assert net(strip, grid).min() >= -1e-8  # a super-replication: rounding of a million only
    assert strip.bound == pytest.approx(net(strip, grid).max(), rel=1e-6)


@pytest.mark.parametrize(("step", "cut"), [(25.0, 99.9997), (50.0, 99.995), (100.0, 99.91), (200.0, 98.6)])
def test_strip_weights__ten_days_at_48_6_percent__variance_cut_of_the_design(step: float, cut: float) -> None:
    # Integrated over the lognormal density instead of sampled; the published digits are the tolerance.
    z = np.linspace(-9.0, 9.0, 200_001)
    chance = np.exp(-0.5 * z * z) / np.exp(-0.5 * z * z).sum()
    total_vol = 0.486 * np.sqrt(TEN_DAYS)
    price = PRICE0 * np.exp(total_vol * z - 0.5 * total_vol**2)

    def variance(values: np.ndarray) -> float:
        return float(chance @ (values - chance @ values) ** 2)

    strip = replication.strip_weights(ladder(step), PRICE0, LIQUIDITY, LOWER, UPPER)
    loss = amm.impermanent_loss(price, LIQUIDITY, LOWER, UPPER, *HELD)
    digits = len(str(cut).split(".")[1])
    assert round(100.0 * (1.0 - variance(net(strip, price)) / variance(loss)), digits) == cut


@pytest.mark.parametrize(
    ("vol", "worth"),
    # The design's -16,121.10 "at .486" belongs to the unrounded 0.4861787; at 0.486 exactly it is -16,111.20.
    [(0.4861787, -16_121.10), (0.486, -16_111.20), (0.5, -16_890.85), (0.8, -34_841.50)],
)
def test_claim_value__ten_days__design_values(vol: float, worth: float) -> None:
    found = replication.claim_value(PRICE0, LIQUIDITY, LOWER, UPPER, PRICE0, TEN_DAYS, vol)
    assert found == pytest.approx(worth, abs=0.01)


@pytest.mark.parametrize(("lower", "upper"), [(2_000.0, 2_400.0), (0.0, np.inf), (0.0, 2_100.0), (2_300.0, np.inf)])
@pytest.mark.parametrize(("spot", "carry"), [(2_200.0, 0.0), (1_900.0, 0.1), (3_000.0, -0.2)])
def test_claim_value__any_range__equals_integral_over_density(
    lower: float, upper: float, spot: float, carry: float
) -> None:
    vol, expiry, rate = 0.7, 0.25, 0.05
    s, held = vol * np.sqrt(expiry), amm.amounts(PRICE0, 1_000.0, lower, upper)
    mean = np.log(spot) + carry * expiry - 0.5 * s * s

    def integrand(z: float) -> float:
        loss = amm.impermanent_loss(np.exp(mean + s * z), 1_000.0, lower, upper, *held)
        return float(loss) * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)

    edges = [(np.log(edge) - mean) / s for edge in (lower, upper) if 0.0 < edge < np.inf]
    points = sorted([-12.0, 0.0, 12.0, *edges])
    parts = [quad(integrand, a, b, epsabs=1e-9, epsrel=1e-12)[0] for a, b in pairwise(points)]
    found = replication.claim_value(PRICE0, 1_000.0, lower, upper, spot, expiry, vol, rate, carry)
    assert found == pytest.approx(np.exp(-rate * expiry) * sum(parts), abs=1e-6)


def test_claim_value__continuous_strip__costs_the_same() -> None:
    def cost_per_strike(strike: float, is_call: bool) -> float:
        density = replication.strip_density(strike, LIQUIDITY, LOWER, UPPER)
        return float(density * options.price(PRICE0, strike, TEN_DAYS, 0.5, is_call=is_call))

    puts = quad(cost_per_strike, LOWER, PRICE0, args=(False,), epsrel=1e-12)[0]
    calls = quad(cost_per_strike, PRICE0, UPPER, args=(True,), epsrel=1e-12)[0]
    claim = replication.claim_value(PRICE0, LIQUIDITY, LOWER, UPPER, PRICE0, TEN_DAYS, 0.5)
    assert puts + calls == pytest.approx(-float(claim), rel=1e-10)


def test_claim_value__no_time_or_no_vol__impermanent_loss_itself() -> None:
    spots = np.array([1_500.0, 2_000.0, 2_200.0, 2_300.0, 2_400.0, 3_000.0])
    loss = amm.impermanent_loss(spots, LIQUIDITY, LOWER, UPPER, *HELD)
    for expiry, vol in ((0.0, 0.5), (0.3, 0.0)):
        claim = replication.claim_value(PRICE0, LIQUIDITY, LOWER, UPPER, spots, expiry, vol)
        np.testing.assert_allclose(claim, loss, atol=1e-8)


def test_claim_value__nan__stays_in_its_element() -> None:
    claim = replication.claim_value(PRICE0, LIQUIDITY, LOWER, UPPER, [PRICE0, np.nan], TEN_DAYS, 0.5)
    assert np.isnan(claim).tolist() == [False, True]


def test_strip_value__fine_ladder__claim_value_from_above() -> None:
    strip = replication.strip_weights(ladder(1.0), PRICE0, LIQUIDITY, LOWER, UPPER)
    cost = replication.strip_value(strip, PRICE0, TEN_DAYS, 0.5)
    claim = float(replication.claim_value(PRICE0, LIQUIDITY, LOWER, UPPER, PRICE0, TEN_DAYS, 0.5))
    assert 0.0 <= cost + claim <= strip.bound


def test_strip_value__one_vol_per_row__a_smile() -> None:
    strip = replication.strip_weights(ladder(100.0), PRICE0, LIQUIDITY, LOWER, UPPER)
    flat = replication.strip_value(strip, PRICE0, TEN_DAYS, np.full(strip.strikes.shape, 0.5))
    assert flat == pytest.approx(replication.strip_value(strip, PRICE0, TEN_DAYS, 0.5), rel=1e-15)


def test_strip_weights__entry_is_a_strike__put_and_call_there_and_no_linear_part() -> None:
    strip = replication.strip_weights(ladder(100.0), PRICE0, LIQUIDITY, LOWER, UPPER)
    assert strip.strikes.tolist() == [2_000, 2_100, 2_200, 2_200, 2_300, 2_400]
    assert strip.is_call.tolist() == [False, False, False, True, True, True]
    assert (strip.cash, strip.units) == (0.0, 0.0)
    assert np.all(strip.weights > 0.0)


def test_strip_weights__entry_between_strikes__rest_is_cash_and_forward() -> None:
    strip = replication.strip_weights([2_000.0, 2_150.0, 2_300.0, 2_400.0], PRICE0, LIQUIDITY, LOWER, UPPER)
    assert strip.is_call.tolist() == [False, False, True, True]
    assert strip.cash > 0.0
    knots = np.array([2_000.0, 2_150.0, 2_300.0, 2_400.0])
    np.testing.assert_allclose(net(strip, knots), 0.0, atol=1e-8)


def test_strip_weights__strikes_beyond_range__idle() -> None:
    strip = replication.strip_weights(np.arange(1_000.0, 4_001.0, 200.0), PRICE0, LIQUIDITY, LOWER, UPPER)
    outside = (strip.strikes < LOWER) | (strip.strikes > UPPER)
    assert np.abs(strip.weights[outside]).max() <= 1e-9 * strip.weights.max()


def test_strip_weights__v2__unbounded_above_only() -> None:
    strikes = np.arange(500.0, 8_001.0, 100.0)
    strip = replication.strip_weights(strikes, PRICE0, 1_000.0)
    assert strip.bound == np.inf
    grid = np.linspace(1.0, 20_000.0, 50_001)
    loss = amm.impermanent_loss(grid, 1_000.0, 0.0, np.inf, *amm.amounts(PRICE0, 1_000.0))
    assert (replication.strip_payoff(strip, grid) + loss).min() >= -1e-7


def test_strip_density__continuous__integral_between_strikes_is_the_delta_given_up() -> None:
    density = quad(lambda k: replication.strip_density(k, LIQUIDITY, LOWER, UPPER), 2_050.0, 2_300.0)[0]
    delta = amm.delta(np.array([2_050.0, 2_300.0]), LIQUIDITY, LOWER, UPPER)
    assert density == pytest.approx(delta[0] - delta[1], rel=1e-10)


@pytest.mark.parametrize(
    "strikes", [[], [2_200.0, 2_100.0], [2_100.0, 2_100.0], [np.nan, 2_100.0], [[2_100.0]], [-1.0]]
)
def test_strip_weights__impossible_ladder__bad_input(strikes: list) -> None:
    with pytest.raises(BadInput):
        replication.strip_weights(strikes, PRICE0, LIQUIDITY, LOWER, UPPER)


@pytest.mark.parametrize("numbers", [(np.nan, 1.0, 1.0, 2.0), (1.5, 0.0, 1.0, 2.0), (1.5, 1.0, 2.0, 1.0)])
def test_strip_weights__impossible_position__bad_input(numbers: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadInput):
        replication.strip_weights([1.0, 2.0], *numbers)


prices = st.floats(100.0, 10_000.0)


@pytest.mark.prop
@settings(max_examples=200)
@given(prices, prices, prices, st.lists(prices, min_size=1, max_size=12, unique=True))
def test_strip_weights__any_position_and_ladder__never_pays_less_than_the_loss_nor_more_than_the_bound(
    entry: float, lower: float, upper: float, strikes: list[float]
) -> None:
    assume(upper > 1.001 * lower)
    knots = np.sort(strikes)
    assume(np.all(np.diff(knots) > 1e-3))
    strip = replication.strip_weights(knots, entry, 1_000.0, lower, upper)
    grid = np.concatenate([np.geomspace(1.0, 20_000.0, 500), knots, [entry, lower, upper]])
    loss = amm.impermanent_loss(grid, 1_000.0, lower, upper, *amm.amounts(entry, 1_000.0, lower, upper))
    overpaid = replication.strip_payoff(strip, grid) + loss
    # Heights of 1e5 rounded at 1e-16, divided by gaps above 1e-3 and multiplied by distances up to 2e4.
    assert overpaid.min() >= -1e-3
    assert overpaid.max() <= strip.bound + 1e-3
    assert np.all(strip.weights >= 0.0)
