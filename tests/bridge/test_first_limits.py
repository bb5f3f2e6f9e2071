"""The first limits: of every key by its steps, of the breaker against what ETH really did month by month."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from bridge.genesis import GovernanceTerms, genesis_limits
from hedge.policy.parameters import KEYS, Key, Parameters, broken_rules

WINDOW = 24
STEPS_A_WEEK = 3
WEEKS = 17
CHOICES = ("benchmark", "regimePolicy")
YEAR_HOURS = 365 * 24


class Hours(NamedTuple):
    """What the contracts would have measured at each hour: volatilities as decimals, and whether it was flagged."""

    implied: npt.NDArray[np.float64]
    realized: npt.NDArray[np.float64]
    flagged: npt.NDArray[np.bool_]


def read_hours(recorded: Path) -> Hours:
    """Take means of open, high, low and close for an hour's mean over time, and the day before's close as implied."""
    hours = pd.read_parquet(recorded / "spot" / "ethusdt_hourly_2023_2026.parquet").sort_values("timestamp")
    means = np.log(hours[["open", "high", "low", "close"]].to_numpy(float)).mean(axis=1)
    squares = sliding_window_view(np.diff(means), WINDOW - 1) ** 2
    # As the contract measures: the variance of a mean grows with a third of two intervals, not with one.
    realized = np.sqrt(3 * squares.sum(axis=1) / (2 * (WINDOW - 1)) * YEAR_HOURS)
    index = pd.read_csv(recorded / "iv" / "dvol_eth_daily.csv")
    ends = hours["timestamp"].iloc[WINDOW - 1 :].dt.floor("D") - pd.Timedelta(days=1)
    closes = pd.Series(index["close"].to_numpy(float) / 100, index=pd.to_datetime(index["date"], utc=True))
    return Hours(closes.reindex(ends).to_numpy(), realized, squares.max(axis=1) * 2 > squares.sum(axis=1))


def hours_and_occasions(recorded: Path, times: float, gap: float) -> tuple[int, int]:
    """Count unflagged hours in which the two were too far apart, and how often that began after a day's break."""
    implied, realized, flagged = read_hours(recorded)
    high, low = np.fmax(implied, realized), np.fmin(implied, realized)
    apart = np.flatnonzero((high - low > gap) & (high > times * low) & ~flagged & np.isfinite(implied))
    return len(apart), 1 + int((np.diff(apart) > WINDOW).sum())


def test_first_limits__three_years_of_eth__trip_on_two_occasions(recorded: Path) -> None:
    terms = GovernanceTerms()
    limits = terms.breaker_ratio_bps / 10_000, terms.breaker_gap_e8 / 1e8
    assert limits == (4.0, 0.6)
    assert hours_and_occasions(recorded, *limits) == (23, 2)


def test_narrower_limits__three_years_of_eth__would_trip_every_six_weeks(recorded: Path) -> None:
    assert hours_and_occasions(recorded, 4.0, 0.4) == (333, 29)


def test_flag_of_one_return__three_years_of_eth__stops_one_hour_in_sixteen_and_31_on_end(recorded: Path) -> None:
    flagged = read_hours(recorded).flagged
    turns = np.flatnonzero(np.diff(np.concatenate(([0], flagged.astype(int), [0]))))
    assert round(100 * flagged.mean(), 1) == 6.3
    assert (turns[1::2] - turns[::2]).max() == 31


def test_first_values__of_every_key__are_inside_their_bounds_and_break_no_rule() -> None:
    terms = GovernanceTerms()
    assert terms.values == tuple(Parameters().to_values())
    assert all(limit.min <= value <= limit.max for value, limit in zip(terms.values, terms.limits, strict=True))
    assert broken_rules(Parameters.from_values(terms.values)) == ()


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_genesis_limits__three_steps_a_week__lead_from_bound_to_bound_within_four_months(key: Key) -> None:
    limits = genesis_limits(key)
    assert (limits.min, limits.max) == (key.least, key.most)
    for step in (limits.step_up, limits.step_down):
        assert 1 <= step <= key.most - key.least
        assert (key.most - key.least) / step <= STEPS_A_WEEK * WEEKS


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_genesis_limits__of_a_key_with_a_safe_direction__are_twice_as_wide_that_way(key: Key) -> None:
    limits = genesis_limits(key)
    steps = {"down": (limits.step_down, limits.step_up), "up": (limits.step_up, limits.step_down)}
    if key.derisk == "none":
        assert limits.step_up == limits.step_down
    else:
        fast, slow = steps[key.derisk]
        assert fast >= 2 * slow


def test_genesis_limits__of_a_choice__let_it_go_anywhere_at_once() -> None:
    named = {key.name: genesis_limits(key) for key in KEYS}
    assert [(named[name].step_up, named[name].step_down) for name in CHOICES] == [(2, 2)] * len(CHOICES)


def test_genesis_limits__of_a_first_value_below_a_tenth_of_its_range__are_shares_of_that_tenth() -> None:
    named = {key.name: genesis_limits(key) for key in KEYS}
    assert (named["rehedgeBps"].step_up, named["rehedgeBps"].step_down) == (100, 250)
    assert (named["costBudgetBps"].step_up, named["costBudgetBps"].step_down) == (50, 20)
    assert (named["cashBudgetBps"].step_up, named["cashBudgetBps"].step_down) == (125, 50)
