"""Bulk positions and book curves against exact integers, exact fractions and the one-position functions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge import amm
from hedge.amm import book_totals, ticks
from hedge.errors import BadInput
from hedge.numerics import jit

pytestmark = pytest.mark.unit

EPS = np.finfo(float).eps
MANY = 2 * jit.BULK_POSITIONS


def book(size: int = MANY, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw prices, liquidity and tick ranges of ten ticks or more around tick 0, below, inside and above."""
    draw = np.random.default_rng(seed)
    lower = draw.integers(-20_000, 20_000, size)
    upper = lower + 10 * draw.integers(1, 500, size)
    return np.exp(draw.uniform(-2.5, 2.5, size)), draw.uniform(0.0, 1e6, size), lower, upper


def plain(price: object, liquidity: object, lower: object, upper: object) -> list[np.ndarray]:
    return [function(price, liquidity, lower, upper) for function in (amm.value, amm.delta, amm.gamma)]


def assert_close(found: tuple[np.ndarray, ...], expected: list[np.ndarray], relative: float) -> None:
    for ours, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, other, rtol=relative, atol=0.0)


def test_position_greeks__bulk__equal_to_single_functions() -> None:
    price, liquidity, lower, upper = book()
    low, high = ticks.sqrt_prices(lower) ** 2, ticks.sqrt_prices(upper) ** 2
    # Each is a handful of products, quotients and roots of positive numbers.
    assert_close(amm.position_greeks(price, liquidity, low, high), plain(price, liquidity, low, high), 16 * EPS)


def test_position_greeks__bulk_of_v2_and_half_open_ranges__equal_to_single_functions() -> None:
    price, liquidity, *_ = book()
    for lower, upper in ((0.0, np.inf), (0.5, np.inf), (0.0, 2.0)):
        found = amm.position_greeks(price, liquidity, lower, upper)
        assert_close(found, plain(price, liquidity, lower, upper), 16 * EPS)


def test_position_greeks__edges_of_a_range__lower_inside_upper_outside() -> None:
    price = np.resize([4.0, 9.0], MANY)
    found = amm.position_greeks(price, 600.0, 4.0, 9.0)
    assert found.gamma[:2].tolist() == [-600.0 / 16.0, 0.0]
    assert found.delta[:2] == pytest.approx([100.0, 0.0], rel=4 * EPS)


def test_position_greeks__nan_in_bulk__only_there() -> None:
    price, liquidity, lower, upper = book()
    low, high = ticks.sqrt_prices(lower) ** 2, ticks.sqrt_prices(upper) ** 2
    price[3], liquidity[4], low[5], high[6] = (np.nan,) * 4
    for field in amm.position_greeks(price, liquidity, low, high):
        assert np.flatnonzero(np.isnan(field)).tolist() == [3, 4, 5, 6]


@pytest.mark.parametrize(
    ("name", "value"), [("price", 0.0), ("price", np.inf), ("liquidity", -1.0), ("lower", -1.0), ("upper", 0.5)]
)
@pytest.mark.parametrize("size", [1, MANY])
def test_position_greeks__outside_domain__bad_input(name: str, value: float, size: int) -> None:
    numbers = {"price": np.full(size, 2.0), "liquidity": 1.0, "lower": 1.0, "upper": 4.0, name: value}
    with pytest.raises(BadInput) as caught:
        amm.position_greeks(**numbers)
    assert (caught.value.name, caught.value.value) == (name, value)


def test_position_greeks__scalars_and_broadcast__shapes() -> None:
    assert isinstance(amm.position_greeks(1.0, 2.0).value, float)
    assert amm.position_greeks(np.ones((70, 1)), np.ones(80)).gamma.shape == (70, 80)
    assert amm.position_greeks([], 1.0).delta.shape == (0,)


def test_tick_position_greeks__bulk__exact_integers_to_1e_12() -> None:
    draw = np.random.default_rng(5)
    liquidity = 10**24
    lower = draw.integers(-200_000, 200_000, MANY)
    upper = lower + 10 * draw.integers(1, 2_000, MANY)
    now = lower + draw.integers(-100, 20_000, MANY)
    price = ticks.sqrt_prices(now) ** 2
    found = amm.tick_position_greeks(price, float(liquidity), lower, upper)
    for i in range(0, MANY, MANY // 100):
        base, quote = ticks.position_amounts(
            ticks.sqrt_price_at_tick(int(now[i])), int(lower[i]), int(upper[i]), liquidity
        )
        # The price is one rounding away from the root's square, which moves an amount by eps over its distance.
        distance = min(abs(int(now[i]) - edge) or 1 for edge in (int(lower[i]), int(upper[i]))) * 1e-4
        tolerance = max(1e-12, 4 * EPS / distance)
        assert found.delta[i] == pytest.approx(float(base), rel=tolerance, abs=liquidity * EPS + 1.0)
        worth = float(base) * float(price[i]) + float(quote)
        assert found.value[i] == pytest.approx(worth, rel=tolerance, abs=1.0)


def test_tick_position_greeks__small_and_bulk__same_numbers() -> None:
    price, liquidity, lower, upper = book()
    few = slice(0, 100)
    bulk = amm.tick_position_greeks(price, liquidity, lower, upper, 4.0)
    small = amm.tick_position_greeks(price[few], liquidity[few], lower[few], upper[few], 4.0)
    # Upper edge less price: both paths round it alike, then three products.
    assert_close(tuple(field[few] for field in bulk), list(small), 8 * EPS)
    single = amm.tick_position_greeks(float(price[0]), float(liquidity[0]), int(lower[0]), int(upper[0]), 4.0)
    assert single.value == small.value[0]


def test_tick_position_greeks__base_is_token1__negated_ticks() -> None:
    # One USDC (6 decimals, token0) per ETH (18, token1): 1 ETH = 1e12 / 1.0001^tick USDC.
    lower, upper = 195_000, 201_000
    edges = [1e12 / float(ticks.sqrt_prices(tick)) ** 2 for tick in (upper, lower)]
    found = amm.tick_position_greeks(2_500.0, 1.0, -upper, -lower, 10.0 ** (18 - 6))
    assert_close(found, plain(2_500.0, 1.0, *edges), 1e-13)


@pytest.mark.parametrize("size", [1, MANY])
@pytest.mark.parametrize(
    ("lower", "upper", "name", "value"),
    [
        (60, 60, "tick_upper", 60),
        (60, -60, "tick_upper", -60),
        (-887_273, 0, "tick_lower", -887_273),
        (0, 887_273, "tick_upper", 887_273),
        (2**40, 2**41, "tick_lower", 2**40),
    ],
)
def test_tick_position_greeks__no_range__bad_input(size: int, lower: int, upper: int, name: str, value: int) -> None:
    with pytest.raises(BadInput) as caught:
        amm.tick_position_greeks(np.ones(size), 1.0, lower, upper)
    assert (caught.value.name, caught.value.value) == (name, value)


def test_tick_position_greeks__ticks_that_are_no_integers__bad_input() -> None:
    with pytest.raises(BadInput):
        amm.tick_position_greeks(1.0, 1.0, -0.5, 0.5)


@pytest.mark.parametrize("most", [100, 300_000, ticks.MAX_TICK])
def test_sqrt_price_table__every_size__the_contracts_integers(most: int) -> None:
    table = ticks.sqrt_price_table(most)
    middle = table.size // 2
    assert middle >= most
    for tick in {0, 1, -1, most, -most, *np.random.default_rng(1).integers(-most, most, 200).tolist()}:
        assert table[middle + tick] == ticks.sqrt_price_at_tick(tick) / 2**96
    assert not table.flags.writeable


def test_sqrt_prices__shapes_and_few_or_many__same_numbers() -> None:
    many = np.arange(-3_000, 3_000)
    roots = ticks.sqrt_prices(many)
    assert np.all(np.diff(roots) > 0.0)
    np.testing.assert_array_equal(ticks.sqrt_prices(many[:10].reshape(2, 5)), roots[:10].reshape(2, 5))
    assert ticks.sqrt_prices(np.empty((0, 3), dtype=int)).shape == (0, 3)


def exact_curve(roots: list[Fraction], positions: list[tuple[int, Fraction, Fraction]]) -> list[list[Fraction]]:
    """Return value and delta at prices root^2 of positions (liquidity, lower root, upper root), without rounding."""
    totals: list[list[Fraction]] = [[], []]
    for root in roots:
        value = delta = Fraction(0)
        for liquidity, low, high in positions:
            held = min(max(root, low), high)
            base = liquidity * (1 / held - 1 / high)
            delta += base
            value += base * root * root + liquidity * (held - low)
        totals[0].append(value)
        totals[1].append(delta)
    return totals


@pytest.fixture
def by_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every book summed by its edges, as those of the size of the benchmark are."""
    monkeypatch.setattr(book_totals, "BULK_POSITIONS", 1)


@pytest.mark.parametrize("bulk", [1, jit.BULK_POSITIONS], ids=["by edges", "position by position"])
@pytest.mark.parametrize("width", [1, 40, 4_000])
def test_book_curve__exact_fractions__relative_1e_12_however_narrow(
    width: int, bulk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_totals, "BULK_POSITIONS", bulk)
    # Roots on a grid of 1/4096 have exact squares: no rounding but the curve's own. Width 1 is a range of 5 ticks.
    draw = np.random.default_rng(width)
    step = Fraction(1, 4096)
    low = [4096 + int(n) for n in draw.integers(0, 4_000, 300)]
    positions = [
        (int(liq), n * step, (n + width) * step) for n, liq in zip(low, draw.integers(1, 10**9, 300), strict=True)
    ]
    roots = [(4000 + 61 * i) * step for i in range(70)]
    exact = exact_curve(roots, positions)
    found = amm.book_curve(
        [float(root * root) for root in roots],
        [float(liquidity) for liquidity, *_ in positions],
        [float(a * a) for _, a, _ in positions],
        [float(b * b) for *_, b in positions],
    )
    for field, expected in zip(found, exact, strict=False):
        for ours, other in zip(field, expected, strict=True):
            assert ours == 0.0 if other == 0 else abs(Fraction(ours) / other - 1) <= Fraction(1, 10**12)


@pytest.mark.usefixtures("by_edges")
def test_book_curve__grid_of_positions__equal_to_the_sum_of_single_ones() -> None:
    price, liquidity, lower, upper = book(200)
    low, high = ticks.sqrt_prices(lower) ** 2, ticks.sqrt_prices(upper) ** 2
    low[:5], high[5:10] = 0.0, np.inf
    low[10], high[10] = 0.0, np.inf
    found = amm.book_curve(price[::-1].reshape(20, 10), liquidity, low, high)
    every = plain(price[::-1][:, np.newaxis], liquidity, low, high)
    assert found.gamma.shape == (20, 10)
    # All terms have one sign, so that a sum keeps the terms' own relative error: eps over the narrowest width, 1e-3.
    assert_close(tuple(field.reshape(-1) for field in found), [field.sum(axis=1) for field in every], 1e-12)


def test_book_curve__outside_every_range__no_gamma_at_all() -> None:
    liquidity = np.random.default_rng(2).uniform(1.0, 1e9, MANY)
    found = amm.book_curve([0.5, 3.0, 2.0], liquidity, 1.0, 2.0)
    assert found.gamma.tolist() == [0.0, 0.0, 0.0]
    assert found.delta[1:].tolist() == [0.0, 0.0]


def test_book_curve__nan__at_its_price_or_everywhere() -> None:
    liquidity = np.ones(MANY)
    assert np.isnan(amm.book_curve([1.0, np.nan], liquidity, 0.5, 2.0).value).tolist() == [False, True]
    liquidity[7] = np.nan
    assert all(np.isnan(field).all() for field in amm.book_curve([1.0, 2.0], liquidity, 0.5, 2.0))


@pytest.mark.parametrize("size", [1, MANY])
def test_book_curve__outside_domain__bad_input(size: int) -> None:
    for numbers in ((0.0, 1.0, 1.0, 2.0), (1.0, -1.0, 1.0, 2.0), (1.0, 1.0, -1.0, 2.0), (1.0, 1.0, 2.0, 2.0)):
        with pytest.raises(BadInput):
            amm.book_curve([numbers[0]], np.full(size, numbers[1]), *numbers[2:])
    with pytest.raises(BadInput):
        amm.book_curve([1.0], np.ones((2, size)), 1.0, 2.0)


def test_book_curve__no_positions_or_prices__zeros_or_empty() -> None:
    assert amm.book_curve([1.0, 2.0], [], [], []).value.tolist() == [0.0, 0.0]
    assert amm.book_curve([], np.ones(MANY)).value.shape == (0,)


@pytest.mark.prop
@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_book_curve__any_book__increasing_concave_and_its_own_derivatives(seed: int) -> None:
    _, liquidity, lower, upper = book(400, seed)
    low, high = ticks.sqrt_prices(lower) ** 2, ticks.sqrt_prices(upper) ** 2
    prices = np.geomspace(0.05, 20.0, 700)  # times 400 positions: by edges
    curve = amm.book_curve(prices, liquidity, low, high)
    assert np.all(np.diff(curve.value) >= 0.0)
    assert np.all(np.diff(curve.delta) <= 0.0)
    assert np.all(curve.gamma <= 0.0)
    # The mean value theorem: a chord's slope lies between the deltas at its ends.
    chord = np.diff(curve.value) / np.diff(prices)
    slack = 64 * EPS * curve.value[1:] / np.diff(prices)
    assert np.all(chord <= curve.delta[:-1] + slack)
    assert np.all(chord >= curve.delta[1:] - slack)
