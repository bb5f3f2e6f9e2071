"""Block bootstrap by calendar week: the same as a loop, honest coverage, blocks that stay whole."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hedge.backtest.intervals import Statistic, difference, draw_weeks, interval, resampled
from hedge.errors import BadInput
from hedge.risk.measures import cvar

pytestmark = pytest.mark.unit

WEEKS = np.repeat(np.arange(202_601, 202_621), 5)
PROFITS = np.random.default_rng(11).standard_t(3, len(WEEKS)) * 1e4 - 500.0
ALL = list(Statistic)


@pytest.mark.parametrize("statistic", ALL)
@pytest.mark.parametrize("mean_weeks", [1.0, 2.0])
def test_resampled__all_at_once__is_a_loop_over_the_same_weeks(statistic: Statistic, mean_weeks: float) -> None:
    sizes = np.random.default_rng(3).permutation(len(WEEKS))[:83]
    weeks, profits = WEEKS[np.sort(sizes)], PROFITS[np.sort(sizes)]
    draws = draw_weeks(weeks, 200, 7, mean_weeks)
    looped = [statistic(np.concatenate([profits[draws.rows[week]] for week in chosen])) for chosen in draws.chosen]
    # Deviations come from sums of squares around the mean: their relative error is about n machine epsilons.
    assert resampled(profits, draws, statistic) == pytest.approx(looped, rel=100 * 2.3e-16, abs=1e-9)
    assert resampled(profits, draws, lambda rows: statistic(rows)) == pytest.approx(looped, rel=1e-15)


def test_statistics__of_one_sample__are_numpys_and_the_projects() -> None:
    mean, std, worst, cvar95, cvar99 = (statistic(PROFITS) for statistic in ALL)
    assert (mean, std) == (PROFITS.mean(), PROFITS.std(ddof=1))
    assert (worst, cvar95, cvar99) == (PROFITS.min(), cvar(PROFITS, 0.05), -PROFITS.min())


def test_draw_weeks__overlapping_windows__stay_together() -> None:
    """A statistic of the rows sees every week whole: five windows each, in their order."""
    seen = resampled(
        np.arange(100.0), draw_weeks(WEEKS, 50), lambda rows: float((np.diff(rows.reshape(-1, 5)) == 1.0).all())
    )
    assert seen.all()


def test_draw_weeks__blocks_of_four__follow_each_other_three_times_in_four() -> None:
    chosen = draw_weeks(np.arange(50), 2_000, 1, 4.0).chosen
    follows = float(np.mean((chosen[:, 1:] - chosen[:, :-1]) % 50 == 1))
    expected = 0.75 + 0.25 / 50
    assert follows == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / (2_000 * 49)))
    assert np.bincount(chosen.ravel()).std() < 0.1 * chosen.size / 50


def test_draw_weeks__same_seed__same_bits_and_another_seed_not() -> None:
    one, same, other = (draw_weeks(WEEKS, 100, seed, 2.0).chosen for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_interval__iid_weeks__covers_as_often_as_a_normal_interval_of_that_width() -> None:
    """That of a mean is mean +- 1.645 s sqrt((n - 1) / n) / sqrt(n): Student's t says how often it holds.

    300 samples: the share's error is sqrt(0.9 x 0.1 / 300) = 1.7 %.
    """
    weeks, count = np.arange(40), 300
    expected = 1.0 - 2.0 * stats.t.sf(stats.norm.ppf(0.95) * math.sqrt(39 / 40), 39)
    samples = np.random.default_rng(2026).normal(size=(count, 40))
    draws = draw_weeks(weeks, 500)
    found = [interval(sample, draws) for sample in samples]
    share = sum(each.low <= 0.0 <= each.high for each in found) / count
    assert 0.87 < expected < 0.9
    assert share == pytest.approx(expected, abs=3 * math.sqrt(expected * (1 - expected) / count))


def test_interval__tail_of_few_weeks__is_too_short_and_says_so() -> None:
    """The module's table says 52 % for 33 normal weeks: its 400 samples have an error of 2.5 %, 300 here of 2.9 %."""
    truth = stats.norm.pdf(stats.norm.ppf(0.05)) / 0.05
    samples, draws = np.random.default_rng(33).normal(size=(300, 33)), draw_weeks(np.arange(33), 400)
    found = [interval(sample, draws, Statistic.CVAR95) for sample in samples]
    assert np.mean([each.low <= truth <= each.high for each in found]) == pytest.approx(0.52, abs=3 * 0.038)
    assert found[0].caution == "the tail holds 1.7 independent blocks: its bad end is set too low"


def test_caution__mean_or_long_history__none() -> None:
    assert interval(PROFITS, WEEKS).caution == ""
    assert interval(np.zeros(200), np.arange(200), Statistic.CVAR95).caution == ""
    assert interval(np.zeros(200), np.arange(200), Statistic.CVAR99).caution
    assert interval(PROFITS, WEEKS, Statistic.WORST).caution
    assert difference(PROFITS, PROFITS, WEEKS, Statistic.CVAR95).caution
    assert interval(np.zeros(4), np.arange(4), Statistic.CVAR95).caution == ""


def test_interval__five_copies_of_each_week__is_no_narrower_than_one() -> None:
    """The trap that blocks avoid: windows that repeat a week are not more weeks."""
    weekly = np.random.default_rng(4).normal(size=40)
    one = interval(weekly, np.arange(40))
    five = interval(np.repeat(weekly, 5), np.repeat(np.arange(40), 5))
    naive = interval(np.repeat(weekly, 5), np.arange(200))
    assert (five.low, five.high) == pytest.approx((one.low, one.high), rel=1e-12)
    assert (five.windows, five.weeks) == (200, 40)
    # sqrt(5) times too narrow; a width from 2,000 draws has an error of about 3 %.
    assert (one.high - one.low) / (naive.high - naive.low) == pytest.approx(math.sqrt(5.0), rel=0.12)


def test_difference__paired__is_much_narrower_than_two_intervals_and_sees_a_small_gain() -> None:
    market = np.random.default_rng(8).normal(size=40) * 5e4
    gain = 400.0 + np.random.default_rng(9).normal(size=40) * 300.0
    paired = difference(market + gain, market, np.arange(40))
    assert paired.estimate == pytest.approx(gain.mean(), abs=1e-9)
    assert paired.excludes_zero
    assert not interval(market + gain, np.arange(40)).excludes_zero
    assert paired.high - paired.low < 0.01 * (
        interval(market, np.arange(40)).high - interval(market, np.arange(40)).low
    )


def test_difference__of_a_strategy_to_itself__is_nothing() -> None:
    for statistic in ALL:
        found = difference(PROFITS, PROFITS, WEEKS, statistic)
        assert (found.estimate, found.low, found.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("weeks", "mean_weeks"), [(7, 1.0), (1, 1.0), (15, 2.0)])
def test_interval__too_few_weeks__is_unknown_and_says_why(weeks: int, mean_weeks: float) -> None:
    labels = np.repeat(np.arange(weeks), 5)
    found = interval(np.arange(5.0 * weeks), labels, mean_weeks=mean_weeks)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.estimate == 5.0 * weeks / 2 - 0.5
    assert found.weeks == weeks
    assert f"{weeks} calendar weeks" in found.reason
    assert not found.excludes_zero
    assert json.loads(json.dumps(found.to_dict()))["low"] is None
    assert math.isnan(difference(np.ones(5 * weeks), np.zeros(5 * weeks), labels, mean_weeks=mean_weeks).high)


def test_interval__statistic_that_some_resamples_do_not_have__is_unknown_and_says_why() -> None:
    found = interval(PROFITS, WEEKS, lambda rows: math.nan if rows.min() > PROFITS.min() else 1.0)
    assert math.isnan(found.low)
    assert "not finite" in found.reason


def test_interval__two_columns__are_resampled_together() -> None:
    rows = np.column_stack([PROFITS, 2.0 * PROFITS])
    found = interval(rows, WEEKS, lambda drawn: float(np.mean(drawn[:, 1] - 2.0 * drawn[:, 0])))
    assert (found.low, found.high) == (0.0, 0.0)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1e4), st.floats(-1e6, 1e6), st.sampled_from(ALL))
@pytest.mark.prop
def test_interval__scaled_and_shifted__scales_and_shifts(
    seed: int, scale: float, shift: float, statistic: Statistic
) -> None:
    profits = np.random.default_rng(seed).normal(size=60)
    draws = draw_weeks(np.repeat(np.arange(12), 5), 200, seed)
    plain, moved = interval(profits, draws, statistic), interval(scale * profits + shift, draws, statistic)
    sign = {Statistic.STD: 0.0}.get(statistic, 1.0 if statistic in (Statistic.MEAN, Statistic.WORST) else -1.0)
    # Shifting by up to 1e6 and scaling rounds each number by 1e6 x 1.1e-16; sums of 60 keep it below 60 times that.
    near = 60 * (abs(shift) + 10.0 * scale) * 2.3e-16
    for name in ("estimate", "low", "high"):
        expected = scale * getattr(plain, name) + sign * shift
        assert getattr(moved, name) == pytest.approx(expected, rel=1e-12, abs=near)
    assert plain.low <= plain.high


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from(ALL))
@pytest.mark.prop
def test_interval__windows_in_another_order__same_interval(seed: int, statistic: Statistic) -> None:
    draw = np.random.default_rng(seed)
    profits, weeks = draw.normal(size=60), np.repeat(np.arange(12), 5)
    order = draw.permutation(60)
    plain, mixed = interval(profits, weeks, statistic), interval(profits[order], weeks[order], statistic)
    # Sums in another order differ by their rounding.
    assert (mixed.low, mixed.high) == pytest.approx((plain.low, plain.high), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    "wrong", [{"level": 1.0}, {"level": 0.0}, {"resamples": 0}, {"mean_weeks": 0.5}, {"mean_weeks": math.inf}]
)
def test_interval__number_outside_its_range__is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        interval(PROFITS, WEEKS, **wrong)


@pytest.mark.parametrize(
    ("profits", "weeks"),
    [([1.0, np.nan], [1, 2]), ([1.0], [1, 2]), ([], []), ([[1.0], [2.0]], [1, 2]), ([1.0, np.inf], [1, 2])],
)
def test_resampled__rows_that_cannot_be_trusted__are_refused(profits: list[float], weeks: list[int]) -> None:
    with pytest.raises(BadInput):
        resampled(profits, draw_weeks(weeks, 10), Statistic.MEAN)
