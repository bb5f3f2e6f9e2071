"""The first limits of the breaker against what ETH really did: an honest market must not trip it month by month."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from bridge.genesis import GovernanceTerms

WINDOW = 24
YEAR_HOURS = 365 * 24


def hours_and_occasions(data: Path, times: float, gap: float) -> tuple[int, int]:
    """Count hours in which implied and realised volatility were too far apart, unflagged, and the days' breaks between.

    Means of an hour's open, high, low and close stand for its time-weighted mean; implied is the day before's close.
    """
    hours = pd.read_parquet(data / "spot" / "ethusdt_hourly_2023_2026.parquet").sort_values("timestamp")
    means = np.log(hours[["open", "high", "low", "close"]].to_numpy(float)).mean(axis=1)
    squares = sliding_window_view(np.diff(means), WINDOW - 1) ** 2
    # As the contract measures: the variance of a mean grows with a third of two intervals, not with one.
    realized = np.sqrt(3 * squares.sum(axis=1) / (2 * (WINDOW - 1)) * YEAR_HOURS)
    flagged = squares.max(axis=1) * 2 > squares.sum(axis=1)
    index = pd.read_csv(data / "iv" / "dvol_eth_daily.csv")
    index_days = pd.to_datetime(index["date"], utc=True)
    ends = hours["timestamp"].iloc[WINDOW - 1 :].dt.floor("D") - pd.Timedelta(days=1)
    implied = pd.Series(index["close"].to_numpy(float) / 100, index=index_days).reindex(ends).to_numpy()
    high, low = np.fmax(implied, realized), np.fmin(implied, realized)
    apart = np.flatnonzero((high - low > gap) & (high > times * low) & ~flagged & np.isfinite(implied))
    return len(apart), 1 + int((np.diff(apart) > WINDOW).sum())


def test_first_limits__three_years_of_eth__trip_on_two_occasions(data: Path) -> None:
    terms = GovernanceTerms()
    limits = terms.breaker_ratio_bps / 10_000, terms.breaker_gap_e8 / 1e8
    assert limits == (4.0, 0.6)
    assert hours_and_occasions(data, *limits) == (23, 2)


def test_narrower_limits__three_years_of_eth__would_trip_every_six_weeks(data: Path) -> None:
    assert hours_and_occasions(data, 4.0, 0.4) == (333, 29)
