"""Luck and skill: the deflated Sharpe ratio of its paper, and a reality check that rejects as often as it says."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hedge.backtest.comparison import (
    deflated_sharpe,
    expected_best_sharpe,
    probabilistic_sharpe,
    reality_check,
    sharpe_ratio,
)
from hedge.backtest.intervals import Statistic, draw_weeks
from hedge.errors import BadInput

pytestmark = pytest.mark.unit

WEEKS = np.arange(60)


def variants(seed: int, means: list[float], weeks: int = 60) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return {f"v{number}": draw.normal(mean, 1.0, weeks) for number, mean in enumerate(means)}


@pytest.mark.parametrize(
    ("trials", "skewness", "tails", "probability"),
    [(100, -3.0, 10.0, 0.9004), (46, -3.0, 10.0, 0.9505), (88, 0.0, 3.0, 0.9505)],
)
def test_deflated_sharpe__example_of_its_paper__four_digits(
    trials: int, skewness: float, tails: float, probability: float
) -> None:
    """Bailey and Lopez de Prado, 2014: 2.5 a year in 1,250 days of 250 a year, variance of the trials 1/2 a year."""
    expected = expected_best_sharpe(trials, 0.5 / 250)
    found = probabilistic_sharpe(2.5 / math.sqrt(250), expected, 1250, skewness, tails)
    assert found == pytest.approx(probability, abs=5e-5)


def test_expected_best_sharpe__trials__is_near_the_exact_expected_maximum() -> None:
    """Exact: the density of the largest of N normals, integrated. The formula is 7.9 % off for 2, .4 % for 1,000."""
    for trials, within in ((2, 0.09), (10, 0.025), (100, 0.01), (1000, 0.006)):
        grid = np.linspace(-8.0, 8.0, 20_001)
        density = trials * stats.norm.pdf(grid) * stats.norm.cdf(grid) ** (trials - 1)
        exact = float(np.sum(grid * density) * (grid[1] - grid[0]))
        assert expected_best_sharpe(trials, 1.0) == pytest.approx(exact, rel=within)
    assert expected_best_sharpe(1, 1.0) == 0.0


def test_deflated_sharpe__several_variants__is_the_formula_on_the_best() -> None:
    table = variants(3, [0.0, 0.3, 0.1])
    found = deflated_sharpe(table, WEEKS)
    ratios = [paid.mean() / paid.std(ddof=1) for paid in table.values()]
    best = table[found.best]
    bound = expected_best_sharpe(3, np.var(ratios, ddof=1))
    skewness, tails = stats.skew(best), stats.kurtosis(best, fisher=False)
    error = math.sqrt((1 - skewness * max(ratios) + (tails - 1) / 4 * max(ratios) ** 2) / 59)
    assert found.sharpe == pytest.approx(max(ratios), rel=1e-12)
    assert found.probability == pytest.approx(stats.norm.cdf((max(ratios) - bound) / error), rel=1e-9)
    assert (found.trials, found.observations, found.reason) == (3, 60, "")


def test_deflated_sharpe__trials_thrown_away__lower_it() -> None:
    table = variants(3, [0.0, 0.3, 0.1])
    assert deflated_sharpe(table, WEEKS, trials=50).probability < deflated_sharpe(table, WEEKS).probability


def test_deflated_sharpe__overlapping_windows__count_by_calendar_week() -> None:
    table = {name: np.repeat(paid, 5) for name, paid in variants(3, [0.0, 0.3]).items()}
    assert deflated_sharpe(table, np.repeat(WEEKS, 5)).observations == 60


def test_deflated_sharpe__nothing_to_say__says_why() -> None:
    still = deflated_sharpe({"flat": np.zeros(60)}, WEEKS)
    assert still.reason == "no variant varies over two weeks"
    alone = deflated_sharpe(variants(1, [0.1]), WEEKS, trials=10)
    assert "one variant" in alone.reason
    assert json.loads(json.dumps(alone.to_dict()))["probability"] is None
    assert deflated_sharpe(variants(1, [0.1]), WEEKS).expected == 0.0


def test_sharpe_ratio__one_window_or_none__is_unknown() -> None:
    assert math.isnan(sharpe_ratio([1.0]))
    assert math.isnan(sharpe_ratio([]))
    assert sharpe_ratio([1.0, 3.0]) == pytest.approx(2.0 / math.sqrt(2.0))


def test_reality_check__sample_that_arch_tested__same_p_values() -> None:
    """arch 8.0.0, SPA(studentize=True, nested=True, block_size=1, reps=20000, seed=3) on losses = -profits.

    Errors of a p near .25: sqrt(.19 / 20,000) = .3 % theirs, .6 % ours; four of both together.
    """
    draw = np.random.default_rng(7)
    table = draw.normal(size=(60, 6)) + np.array([0.0, 0.3, 0.1, -0.2, -3.0, 0.05])
    benchmark = draw.normal(size=60)
    named = {str(number): column for number, column in enumerate(table.T)}
    found = reality_check(named, benchmark, WEEKS, resamples=5_000)
    assert found.best == "1"
    assert (found.p_lower, found.p, found.p_upper) == pytest.approx((0.1932, 0.2289, 0.2746), abs=4 * 0.007)


def test_reality_check__variants_no_better_than_the_benchmark__rejects_a_tenth_at_a_tenth() -> None:
    """200 samples: the error of the share is sqrt(0.1 x 0.9 / 200) = 2.1 %.

    A bootstrap of 40 weeks takes a normal for Student's t with 39 degrees: at 1.28 that has 10.4 %, of four about 11 %.
    """
    draws = draw_weeks(np.arange(40), 400)
    p = [
        reality_check(variants(seed, [0.0] * 4, 40), np.random.default_rng(900 + seed).normal(size=40), draws).p_upper
        for seed in range(200)
    ]
    assert np.mean(np.array(p) < 0.1) == pytest.approx(0.11, abs=3 * 0.021)


def test_reality_check__one_variant_much_better__is_found_among_many_bad() -> None:
    table = variants(2, [-1.0] * 9 + [0.8])
    found = reality_check(table, np.random.default_rng(77).normal(size=60), WEEKS)
    assert found.best == "v9"
    assert found.p_lower <= found.p <= found.p_upper < 0.02
    assert found.p > 0.0


def test_reality_check__less_tail__is_better() -> None:
    draw = np.random.default_rng(6)
    lp = draw.standard_t(3, 200) * 100.0
    found = reality_check({"half": 0.5 * lp, "twice": 2.0 * lp}, lp, np.arange(200), Statistic.CVAR95)
    assert found.best == "half"
    assert found.gain == pytest.approx(0.5 * Statistic.CVAR95(lp), rel=1e-12)
    assert found.p < 0.05


def test_reality_check__the_benchmark_itself__never_wins() -> None:
    lp = np.random.default_rng(6).normal(size=60)
    found = reality_check({"same": lp}, lp, WEEKS)
    assert (found.gain, found.score, found.p) == (0.0, 0.0, 1.0)


def test_reality_check__too_few_weeks__is_unknown_and_says_why() -> None:
    found = reality_check(variants(1, [0.0], 7), np.zeros(7), np.arange(7))
    assert math.isnan(found.p)
    assert "7 calendar weeks" in found.reason
    assert json.loads(json.dumps(found.to_dict()))["p"] is None


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1e4), st.floats(-1e4, 1e4))
@pytest.mark.prop
def test_comparison__unit_and_what_all_earn__change_no_p_value(seed: int, scale: float, shift: float) -> None:
    table, lp = variants(seed, [0.0, 0.1, -0.1], 20), np.random.default_rng(seed + 1).normal(size=20)
    draws = draw_weeks(np.arange(20), 200, seed)
    moved = {name: scale * (paid + shift) for name, paid in table.items()}
    plain, other = reality_check(table, lp, draws), reality_check(moved, scale * (lp + shift), draws)
    # A draw within rounding of the score may fall on either side: one of 200.
    assert (other.p_lower, other.p, other.p_upper) == pytest.approx(
        (plain.p_lower, plain.p, plain.p_upper), abs=1.01 / 201
    )
    scaled = deflated_sharpe({name: scale * paid for name, paid in table.items()}, np.arange(20))
    assert scaled.probability == pytest.approx(deflated_sharpe(table, np.arange(20)).probability, rel=1e-9)


def test_comparison__numbers_outside_their_range__are_refused() -> None:
    table = variants(1, [0.0, 0.1])
    for wrong in (
        lambda: expected_best_sharpe(0, 1.0),
        lambda: expected_best_sharpe(10, -1.0),
        lambda: probabilistic_sharpe(0.1, 0.0, 1),
        lambda: deflated_sharpe({}, WEEKS),
        lambda: deflated_sharpe(table, WEEKS, trials=1),
        lambda: deflated_sharpe({"a": np.full(60, np.nan)}, WEEKS),
        lambda: deflated_sharpe(table, WEEKS[:-1]),
        lambda: reality_check({}, np.zeros(60), WEEKS),
        lambda: reality_check(table, np.zeros(59), WEEKS),
    ):
        with pytest.raises(BadInput):
            wrong()
    assert math.isnan(probabilistic_sharpe(1.0, 0.0, 10, 5.0, 1.0))
