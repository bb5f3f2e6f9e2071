"""A simulated market for the examples of docs/signals.md. No history: every number follows from the seed.

Days 0 to 999 from 2022-01-01. Volatility rests at 55 %, sinks to 30 % (days 500 to 649), and jumps to 140 % in a crash
(days 700 to 729). A narrow rise (days 640 to 699, two of twelve coins) and a funding shock (day 690) precede it; the
dollar jumps on day 715.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from hedge.numerics.arrays import FloatArray
from hedge.signals.known import FloatSeries, known_series
from hedge.units import DAY

START: Final = 1_640_995_200  # 2022-01-01 00:00 UTC
DAYS: Final = 1_000
MEMBERS: Final = 12


@dataclass(frozen=True)
class MarketPath:
    """Hold one simulated history; every series is indexed by when its number was known (the end of its day)."""

    close: FloatSeries
    high: FloatSeries
    low: FloatSeries
    market: FloatSeries
    members: pd.DataFrame
    near: FloatSeries
    far: FloatSeries
    funding: FloatSeries
    dollar: FloatSeries
    depth: FloatSeries


def end_of_day(day: int) -> int:
    """Return the unix second at which a day's numbers are known."""
    return START + (day + 1) * DAY


def simulated(seed: int = 11) -> MarketPath:
    """Simulate the market; the same seed gives the same path."""
    rng = np.random.default_rng(seed)
    days = np.arange(DAYS)
    crash = (days >= 700) & (days < 730)
    vol = np.select([crash, (days >= 500) & (days < 650)], [1.40, 0.30], 0.55)
    drift = np.select([crash, (days >= 640) & (days < 700)], [-0.025, 0.006], 0.0005)
    market = drift + 0.7 * vol / np.sqrt(365.0) * rng.standard_normal(DAYS)
    own = 1.1 * market + 0.5 * vol / np.sqrt(365.0) * rng.standard_normal(DAYS)
    close = 2_000.0 * np.exp(np.cumsum(own))
    reach = 0.4 * vol / np.sqrt(365.0) * rng.uniform(0.2, 1.0, (2, DAYS))
    tide = 0.9 * smooth(rng.standard_normal(DAYS), 0.05)
    near = smooth(vol, 0.25) * np.exp(tide + 0.015 * rng.standard_normal(DAYS))
    far = smooth(vol, 0.03) * np.exp(0.6 * tide + 0.01 * rng.standard_normal(DAYS) + 0.04)
    return MarketPath(
        close=daily(close, "close"),
        high=daily(close * np.exp(reach[0]), "high"),
        low=daily(close * np.exp(-reach[1]), "low"),
        market=daily(100.0 * np.exp(np.cumsum(market)), "market"),
        members=panel(rng, market, days),
        near=daily(near, "near"),
        far=daily(far, "far"),
        funding=daily(1e-4 * (1.0 + rng.standard_normal(DAYS)) + 8e-4 * (days == 690), "funding"),
        dollar=daily(110.0 * np.exp(np.cumsum(0.003 * rng.standard_normal(DAYS) + 0.02 * (days == 715))), "dollar"),
        depth=daily(4e6 * (0.55 / near) ** 1.5, "depth"),
    )


def smooth(values: FloatArray, speed: float) -> FloatArray:
    """Follow the values with an exponential average that starts at the first."""
    return pd.Series(values).ewm(alpha=speed, adjust=False).mean().to_numpy()


def panel(rng: np.random.Generator, market: FloatArray, days: FloatArray) -> pd.DataFrame:
    """Return closes of twelve coins; from day 640 to 699 only the first two take part in the rise."""
    returns = market[:, None] + 0.02 * rng.standard_normal((DAYS, MEMBERS))
    narrow = (days >= 640) & (days < 700)
    returns[narrow, 2:] -= 0.012
    closes = 10.0 * np.exp(np.cumsum(returns, axis=0))
    names = [f"coin{number:02d}" for number in range(MEMBERS)]
    return pd.DataFrame(closes, index=[end_of_day(int(day)) for day in days], columns=names)


def daily(values: FloatArray, name: str) -> FloatSeries:
    """Index one number per day by the end of its day."""
    return known_series(values, [end_of_day(day) for day in range(DAYS)], name)
