"""Markouts and loss-versus-rebalancing of a tape: hand cases, the theory, gaps, and a real tape."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.valuation_numbers import HORIZONS, read_tape
from hedge import amm
from hedge.errors import BadInput
from hedge.units import YEAR_SECONDS
from hedge.valuation.markouts import lvr_of_path, markouts, price_at, sample_path

pytestmark = pytest.mark.unit

TIMES, PRICES = [0.0, 60.0, 60.0, 4_000.0], [100.0, 101.0, 102.0, 90.0]


def test_price_at__between_before_after__last_known_or_nan() -> None:
    found = price_at(TIMES, PRICES, [[-1.0, 0.0, 59.0], [60.0, 4_000.0, 4_001.0]])
    assert found == pytest.approx(np.array([[math.nan, 100.0, 100.0], [102.0, 90.0, math.nan]]), nan_ok=True)


def test_price_at__too_old_unknown_or_empty__nan() -> None:
    assert price_at(TIMES, PRICES, [660.0, 661.0], 600.0) == pytest.approx([102.0, math.nan], nan_ok=True)
    assert np.isnan(price_at([0.0, 1.0], [1.0, math.nan], [1.0, math.nan])).all()
    assert np.isnan(price_at([], [], 5.0))


def test_markouts__hand_case__amounts_at_the_later_price() -> None:
    found = markouts(TIMES, [1.0, -2.0, 0.0, 1.0], [-99.0, 205.0, 1.0, -95.0], PRICES, [0.0, 60.0, 600.0], 600.0)
    expected = [[1.0, 3.0, 3.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [-5.0, math.nan, math.nan]]
    assert found == pytest.approx(np.array(expected), nan_ok=True)


def test_markouts__gap_longer_than_the_age__unknown_not_flat() -> None:
    known = markouts(TIMES, [1.0] * 4, [0.0] * 4, PRICES, [3_000.0])[:3, 0]
    aged = markouts(TIMES, [1.0] * 4, [0.0] * 4, PRICES, [3_000.0], max_age=600.0)[:3, 0]
    assert np.isfinite(known).all()
    assert np.isnan(aged).all()


def test_markouts__reference_market__valued_there() -> None:
    found = markouts([0.0], [1.0], [-100.0], [100.0], [30.0], reference=([0.0, 30.0], [99.0, 97.0]))
    assert found.tolist() == [[-3.0]]


def test_markouts__no_swaps__no_rows() -> None:
    assert markouts([], [], [], [], [0.0, 60.0]).shape == (0, 2)


@settings(max_examples=60)
@given(st.floats(10.0, 1e4), st.floats(0.8, 1.25), st.floats(0.1, 1e6))
@pytest.mark.prop
def test_lvr_of_path__one_swap_without_fee__minus_its_markout(price: float, ratio: float, liquidity: float) -> None:
    later = price * ratio
    base, quote = (
        np.subtract(*pair) for pair in zip(amm.amounts(later, liquidity), amm.amounts(price, liquidity), strict=True)
    )
    lost = lvr_of_path([0.0, 1.0], [price, later], liquidity).total
    mark = markouts([1.0], [base], [quote], [later], [0.0])[0, 0]
    # Both are differences of amounts of order L sqrt(P): the tolerance is a few hundred roundings of that.
    assert lost == pytest.approx(-mark, rel=1e-6, abs=1e-13 * liquidity * math.sqrt(price))
    assert lost >= 0.0


def test_lvr_of_path__fine_path__the_rate_of_the_theory() -> None:
    steps, vol = 50_000, 0.6
    draw = np.random.default_rng(7).normal(size=steps)
    draw *= math.sqrt(steps) / math.sqrt(float(draw @ draw))
    moves = vol * math.sqrt(0.02 / steps) * draw
    prices = 2_000.0 * np.exp(np.concatenate([[0.0], np.cumsum(moves)]))
    times = np.linspace(0.0, 0.02 * YEAR_SECONDS, steps + 1)
    tape = lvr_of_path(times, prices, 1_000.0)
    rate = float(np.mean(amm.lvr_rate(prices[:-1], 1_000.0, 0.0, np.inf, vol)))
    # Realised variance is vol^2 by construction; squared moves and the root of the price are independent: error 1 %.
    assert tape.per_year == pytest.approx(rate, rel=0.01)


def test_lvr_of_path__long_gap_or_unknown_price__neither_loss_nor_time() -> None:
    tape = lvr_of_path([0.0, 60.0, 120.0, 9_000.0, 9_060.0], [100.0, 121.0, np.nan, 100.0, 121.0], 10.0, 600.0)
    assert tape.losses == pytest.approx([1.0, math.nan, math.nan, 1.0], nan_ok=True)
    assert (tape.total, tape.covered_seconds, tape.gap_seconds) == pytest.approx((2.0, 120.0, 8_940.0))
    assert tape.per_year == pytest.approx(2.0 / 120.0 * YEAR_SECONDS)


@pytest.mark.parametrize("count", [0, 1])
def test_lvr_of_path__no_step__nothing_and_no_rate(count: int) -> None:
    tape = lvr_of_path([0.0][:count], [1.0][:count], 1.0)
    assert (tape.losses.size, tape.total) == (0, 0.0)
    assert math.isnan(tape.per_year)


def test_sample_path__step__last_known_from_the_first_time() -> None:
    times, values = sample_path(TIMES, PRICES, 2_000.0)
    assert (times.tolist(), values.tolist()) == ([0.0, 2_000.0, 4_000.0], [100.0, 102.0, 90.0])
    assert np.isnan(sample_path(TIMES, PRICES, 2_000.0, 600.0)[1]).tolist() == [False, True, False]
    assert sample_path([], [], 60.0)[0].size == 0


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(2, 39))
@pytest.mark.prop
def test_markouts__longer_tape__known_ones_do_not_change(seed: int, cut: int) -> None:
    draw = np.random.default_rng(seed)
    times = np.cumsum(draw.integers(0, 100, 40)).astype(float)
    base, quote, prices = draw.normal(size=40), draw.normal(size=40), draw.uniform(1.0, 2.0, 40)
    whole = markouts(times, base, quote, prices, [0.0, 50.0])
    part = markouts(times[:cut], base[:cut], quote[:cut], prices[:cut], [0.0, 50.0])
    # What the shorter tape knows strictly before its end is what the longer one says.
    settled = (times[:cut, None] + [0.0, 50.0]) < times[cut - 1]
    assert np.array_equal(part[settled], whole[:cut][settled])


@pytest.mark.parametrize(
    ("times", "prices"), [([1.0, 0.0], [1.0, 1.0]), ([0.0], [0.0]), ([0.0], [1.0, 1.0]), ([math.nan], [1.0])]
)
def test_tape__not_ascending_or_no_price__bad_input(times: list[float], prices: list[float]) -> None:
    with pytest.raises(BadInput):
        lvr_of_path(times, prices, 1.0)


def test_tape__wrong_arguments__bad_input() -> None:
    for call in (
        lambda: markouts(TIMES, [1.0], [1.0], PRICES, [0.0]),
        lambda: markouts(TIMES, PRICES, PRICES, PRICES, [-1.0]),
        lambda: price_at(TIMES, PRICES, 0.0, -1.0),
        lambda: lvr_of_path(TIMES, PRICES, 1.0, math.nan),
        lambda: sample_path(TIMES, PRICES, 0.0),
    ):
        with pytest.raises(BadInput):
            call()


def test_markouts__real_tape__agree_with_lvr_at_the_same_step(recorded: Path) -> None:
    tape = read_tape()
    lost, lvr = -tape.gross_markouts(), tape.lvr()
    assert len(tape.times) == 13_413
    assert np.all(np.diff(lost) > 0.0)
    # Two measures of one thing from different columns (amounts; price and liquidity), from a minute to a day.
    assert lost[1:] == pytest.approx(lvr[1:], rel=0.2)
    assert lost[HORIZONS.index(60.0)] < tape.fees_usd < lost[HORIZONS.index(3_600.0)]
