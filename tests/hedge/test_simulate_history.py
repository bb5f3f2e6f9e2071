"""Paths of history: what the bootstrap keeps, what filtering does, and the refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hedge.errors import BadInput
from hedge.simulate.history import FilteredHistory, Garch, StationaryBootstrap
from hedge.simulate.paths import simulate

pytestmark = pytest.mark.unit

ROWS = 50
# Each row tells its number: returns are multiples of 1e-3 that no other row has.
LADDER = 1e-3 * (np.arange(ROWS) - 24.5)


def rows_drawn(mean_block: float, steps: int, count: int) -> np.ndarray:
    """Return which row of the ladder each step took, shape (count, steps)."""
    paths = simulate(StationaryBootstrap(100.0, LADDER, mean_block), steps, steps, count, seed=3)
    return np.rint(np.diff(np.log(paths), axis=1) / 1e-3 + 24.5).astype(int)


def test_bootstrap__rows__only_those_of_history_each_as_often() -> None:
    rows = rows_drawn(5.0, 100, 2_000)
    assert (rows.min(), rows.max()) == (0, ROWS - 1)
    share = np.bincount(rows.ravel(), minlength=ROWS) / rows.size
    # Blocks make neighbours alike: a share's variance is at most (2 x 5 - 1) times that of single draws.
    assert np.all(np.abs(share - 1.0 / ROWS) < 4.0 * np.sqrt(9.0 / ROWS / rows.size))


@pytest.mark.parametrize("mean_block", [1.0, 5.0, 20.0])
def test_bootstrap__blocks__geometric_with_the_mean_asked_and_round_the_end(mean_block: float) -> None:
    rows = rows_drawn(mean_block, 100, 2_000)
    follows = (np.diff(rows, axis=1) % ROWS) == 1
    # A new block starts by chance on the next row too.
    expected = 1.0 - 1.0 / mean_block * (1.0 - 1.0 / ROWS)
    assert abs(follows.mean() - expected) < 4.0 * np.sqrt(0.25 / follows.size) + 1e-12
    if mean_block > 1.0:
        assert np.any((rows[:, :-1] == ROWS - 1) & (rows[:, 1:] == 0))


def test_bootstrap__several_assets__rows_stay_whole() -> None:
    joint = np.column_stack([LADDER, 2.0 * LADDER, -LADDER])
    paths = simulate(StationaryBootstrap([1.0, 10.0, 5.0], joint, 4.0), 40, 40, 200, seed=5)
    returns = np.diff(np.log(paths), axis=2)
    np.testing.assert_allclose(returns[1], 2.0 * returns[0], atol=1e-13)
    np.testing.assert_allclose(returns[2], -returns[0], atol=1e-13)


def test_bootstrap__centred__mean_of_history_is_gone() -> None:
    history = np.random.default_rng(2).normal(0.01, 0.02, 200)
    plain, centred = (
        simulate(StationaryBootstrap(1.0, history, 3.0, centred=off), 10, 10, 500, seed=5) for off in (False, True)
    )
    steps = np.arange(11)
    np.testing.assert_allclose(np.log(centred), np.log(plain) - history.mean() * steps, atol=1e-13)


def test_garch_forecast__by_hand__known_before_it_is_used() -> None:
    garch = Garch(0.1, 0.2, 0.5)
    np.testing.assert_allclose(garch.forecast([1.0, 2.0], variance=1.0), [1.0, 0.8, 1.3], rtol=1e-15)
    np.testing.assert_allclose(Garch.ewma(0.9).forecast([2.0], variance=1.0), [1.0, 1.3], rtol=1e-15)


def test_filtered_history__paths__follow_the_recursion_row_by_row() -> None:
    history = np.random.default_rng(8).standard_t(5, 400) * 0.03
    garch = Garch(2e-5, 0.1, 0.85)
    model = FilteredHistory.fit(100.0, history, garch)
    forecast = np.sqrt(garch.forecast(history))
    residuals = history / forecast[:-1]
    residuals = np.sort((residuals - residuals.mean()) / residuals.std())
    variance = np.full(300, forecast[-1] ** 2)
    for change in np.diff(np.log(simulate(model, 25, 25, 300, seed=5)), axis=1).T:
        shock = change + 0.5 * variance
        drawn = shock / np.sqrt(variance)
        nearest = np.clip(np.searchsorted(residuals, drawn), 1, 399)
        gap = np.minimum(np.abs(residuals[nearest] - drawn), np.abs(residuals[nearest - 1] - drawn))
        assert np.max(gap) < 1e-11
        variance = garch.constant + garch.reaction * shock**2 + garch.memory * variance


def test_filtered_history__volatile_start__starts_volatile_and_reverts() -> None:
    history = np.random.default_rng(8).normal(0.0, 0.03, 500)
    garch = Garch(1.8e-5, 0.05, 0.93)  # long run 0.03 a step
    forecast = np.sqrt(garch.forecast(history)[:-1])
    model = FilteredHistory(100.0, history, forecast, 0.09, garch)
    returns = np.diff(np.log(simulate(model, 240, 240, 4_000, seed=5)), axis=1)
    # Expected variance k steps on: long run + (reaction + memory)^k (first - long run); fourth moments leave 5 %.
    expected = 9e-4 + 0.98 ** np.arange(240) * (81e-4 - 9e-4)
    found = np.mean((returns - returns.mean(axis=0)) ** 2, axis=0)
    np.testing.assert_allclose(found[:5], expected[:5], rtol=0.1)
    np.testing.assert_allclose(found[-20:].mean(), expected[-20:].mean(), rtol=0.1)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("memory", lambda: Garch(0.0, 0.2, 0.9)),
        ("reaction", lambda: Garch(0.0, -0.1, 0.9)),
        ("log_returns", lambda: StationaryBootstrap(1.0, [0.1, np.nan, 0.2], 2.0)),
        ("log_returns", lambda: StationaryBootstrap([1.0, 2.0], LADDER, 2.0)),
        ("log_returns", lambda: StationaryBootstrap(1.0, [0.1], 2.0)),
        ("mean_block", lambda: StationaryBootstrap(1.0, LADDER, 0.5)),
        ("step_days", lambda: StationaryBootstrap(1.0, LADDER, 2.0, step_days=0.0)),
        ("steps", lambda: simulate(StationaryBootstrap(1.0, LADDER, 2.0, step_days=1.0 / 24.0), 30.0, 30, 1, 1)),
        ("forecast", lambda: FilteredHistory(1.0, LADDER, np.zeros(ROWS), 0.1, Garch(0.0, 0.1, 0.9))),
        ("forecast", lambda: FilteredHistory(1.0, LADDER, np.ones(ROWS - 1), 0.1, Garch(0.0, 0.1, 0.9))),
        ("vol_now", lambda: FilteredHistory(1.0, LADDER, np.ones(ROWS), 0.0, Garch(0.0, 0.1, 0.9))),
    ],
)
def test_history__outside_its_domain__bad_input_names_it(name: str, refused: Callable[[], Any]) -> None:
    with pytest.raises(BadInput) as caught:
        refused()
    assert caught.value.name == name
