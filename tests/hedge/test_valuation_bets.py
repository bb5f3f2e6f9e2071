"""Effective bets and the joint tail: known cases, bounds, and the eight pools."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.valuation_numbers import read_pools
from hedge.errors import BadInput
from hedge.valuation.diversification import effective_bets, joint_tail, lower_tail_dependence, variance_bets

pytestmark = pytest.mark.unit

SEEDS = st.integers(0, 2**32 - 1)


def equal_correlation(count: int, rho: float) -> np.ndarray:
    return np.full((count, count), rho) + (1.0 - rho) * np.eye(count)


def sample(seed: int, rows: int = 200, columns: int = 4, common: float = 0.0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return np.sqrt(common) * draw.normal(size=(rows, 1)) + np.sqrt(1.0 - common) * draw.normal(size=(rows, columns))


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9, 1.0])
def test_bets__equal_correlation__closed_forms(rho: float) -> None:
    first, rest = (1.0 + 7.0 * rho) / 8.0, (1.0 - rho) / 8.0
    entropy = -first * math.log(first) - (7.0 * rest * math.log(rest) if rest > 0.0 else 0.0)
    assert effective_bets(equal_correlation(8, rho)) == pytest.approx(math.exp(entropy), rel=1e-9)
    assert variance_bets(equal_correlation(8, rho)) == pytest.approx(8.0 / (1.0 + 7.0 * rho), rel=1e-12)


@settings(max_examples=60)
@given(SEEDS, st.integers(1, 7), st.floats(1e-6, 1e6))
@pytest.mark.prop
def test_effective_bets__any_covariance__from_one_to_n_and_without_unit(seed: int, count: int, unit: float) -> None:
    draw = np.random.default_rng(seed)
    covariance = np.atleast_2d(np.cov(draw.normal(size=(40, count)) @ draw.normal(size=(count, count)), rowvar=False))
    weights = draw.uniform(0.1, 1.0, count)
    bets = effective_bets(covariance, weights)
    assert 1.0 - 1e-9 <= bets <= count + 1e-9
    assert variance_bets(covariance, weights) >= 1.0 - 1e-9
    assert effective_bets(unit * covariance, 3.0 * weights) == pytest.approx(bets, rel=1e-6)
    order = draw.permutation(count)
    assert effective_bets(covariance[np.ix_(order, order)], weights[order]) == pytest.approx(bets, rel=1e-6)


def test_bets__all_weight_on_one__one() -> None:
    assert effective_bets(np.eye(3), [1.0, 0.0, 0.0]) == pytest.approx(1.0)
    assert variance_bets(np.eye(3), [1.0, 0.0, 0.0]) == pytest.approx(1.0)


def test_bets__two_copies_of_one_pool__no_bet_more() -> None:
    covariance = equal_correlation(3, 0.0)
    doubled = covariance[np.ix_([0, 0, 1, 2], [0, 0, 1, 2])]
    split = [1 / 6, 1 / 6, 1 / 3, 1 / 3]
    assert effective_bets(doubled, split) < effective_bets(covariance)
    assert variance_bets(doubled, split) == pytest.approx(variance_bets(covariance))


def test_bets__nothing_no_variance_unknown_or_offset__defined() -> None:
    for matrix in (np.empty((0, 0)), np.zeros((2, 2)), np.full((2, 2), np.nan)):
        assert math.isnan(effective_bets(matrix))
        assert math.isnan(variance_bets(matrix))
    assert variance_bets([[1.0, -1.0], [-1.0, 1.0]]) == math.inf


@pytest.mark.parametrize(
    ("covariance", "weights"),
    [
        (np.ones((2, 3)), None),
        ([[1.0, 0.5], [0.4, 1.0]], None),
        ([[1.0, 2.0], [2.0, 1.0]], None),
        (np.eye(2), [1.0]),
        (np.eye(2), [-1.0, 2.0]),
        (np.eye(2), [0.0, 0.0]),
        (np.eye(2), [math.nan, 1.0]),
    ],
)
def test_effective_bets__no_covariance_or_weights__bad_input(covariance: object, weights: object) -> None:
    with pytest.raises(BadInput):
        effective_bets(covariance, weights)


def test_lower_tail_dependence__comonotone_opposed_independent__one_zero_share() -> None:
    returns = sample(1, 4_000, 1)[:, 0]
    matrix = lower_tail_dependence(
        np.column_stack([returns, np.exp(returns), -returns, sample(2, 4_000, 1)[:, 0]]), 0.1
    )
    assert matrix[0, 1] == 1.0
    assert matrix[0, 2] == 0.0
    # 400 worst of 4,000: the count that both share is hypergeometric, mean 40, deviation 5.7; four deviations.
    assert abs(matrix[0, 3] - 0.1) < 4 * 5.7 / 400
    assert np.array_equal(matrix, matrix.T)


def test_lower_tail_dependence__39_rows_at_5_percent__the_one_worst_day() -> None:
    rows = np.column_stack([np.arange(39.0), np.roll(np.arange(39.0), 1), np.maximum(np.arange(39.0), 3.0)])
    # The first is worst on day 0, the second on day 1; the third ties days 0 to 3, a quarter of the worst day each.
    assert lower_tail_dependence(rows) == pytest.approx(np.array([[1, 0, 0.25], [0, 1, 0.25], [0.25, 0.25, 0.25]]))


def test_lower_tail_dependence__constant_pools__share_as_if_independent() -> None:
    assert lower_tail_dependence(np.zeros((100, 2))) == pytest.approx(np.full((2, 2), 0.05))


def test_joint_tail__copies_of_one_pool__nothing_removed_though_independent_would() -> None:
    result = joint_tail(np.repeat(sample(3, 2_000, 1), 5, axis=1))
    assert result.kept == pytest.approx(1.0, rel=1e-12)
    # Five equal independent normals keep 1 / sqrt(5) = 0.447; the sample's own tail moves that by a few hundredths.
    assert result.kept_if_independent == pytest.approx(5**-0.5, abs=0.03)


def test_joint_tail__independent_pools__close_to_its_own_baseline() -> None:
    result = joint_tail(sample(4, 5_000))
    assert result.kept == pytest.approx(result.kept_if_independent, abs=0.03)


@settings(max_examples=40)
@given(SEEDS, st.floats(0.0, 0.99))
@pytest.mark.prop
def test_joint_tail__any_returns__subadditive(seed: int, common: float) -> None:
    result = joint_tail(sample(seed, 120, 3, common), shuffles=2)
    assert result.cvar_sum <= result.sum_cvars + 1e-12


def test_joint_tail__same_seed__same_bits_rows_with_nan_left_out() -> None:
    rows = sample(5)
    holes = np.insert(rows, 7, np.nan, axis=0)
    assert joint_tail(rows) == joint_tail(holes)
    assert joint_tail(rows).cvar_independent != joint_tail(rows, seed=1).cvar_independent


def test_joint_tail__no_loss_in_any_tail__share_undefined() -> None:
    assert math.isnan(joint_tail(np.ones((40, 2))).kept)


@pytest.mark.parametrize(
    ("returns", "share"), [(np.ones((19, 2)), 0.05), (np.ones(40), 0.05), (np.ones((40, 0)), 0.05), (np.eye(40), 0.0)]
)
def test_tail__too_few_rows_or_no_table__bad_input(returns: np.ndarray, share: float) -> None:
    for function in (joint_tail, lower_tail_dependence):
        with pytest.raises(BadInput):
            function(returns, share=share)


def test_joint_tail__no_shuffle__bad_input() -> None:
    with pytest.raises(BadInput):
        joint_tail(sample(6), shuffles=0)


def test_bets__eight_pools_of_the_shared_data__one_and_a_half_bets_and_nearly_the_whole_tail(recorded: Path) -> None:
    pools = read_pools()
    rows = pools.value[~np.isnan(pools.value).any(axis=1)]
    assert len(rows) > 1_400
    assert 1.0 < effective_bets(np.cov(rows.T)) < 2.0
    assert 1.0 < variance_bets(np.cov(rows.T)) < 1.2
    tail = joint_tail(rows)
    assert tail.kept > 0.95
    assert tail.kept_if_independent < 0.40
    excess = joint_tail(pools.excess)
    assert excess.kept < 0.30
