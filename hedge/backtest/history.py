"""What a market said and when: series of numbers, snapshots of option quotes and pools, cut at a moment.

A decision sees a `MarketHistory` that is cut at its time and nothing else: `cut` is the one door, and only takes away.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hedge.backtest.pools import PoolBars
from hedge.backtest.quotes import Quotes
from hedge.errors import BadInput, NotKnown
from hedge.numerics.arrays import FloatArray
from hedge.signals.histories import Histories

IntArray = npt.NDArray[np.int64]
SAME_TIME = 900
"""Seconds within which snapshots of several assets are one: a collector goes through them in turn."""


class Known(NamedTuple):
    """A number and the unix time that it is of."""

    value: float
    at: int


@dataclass(frozen=True, eq=False)
class Series:
    """Hold the values of one number over time.

    Parameters
    ----------
    name : in words. times : unix seconds, strictly ascending, shape (n,). values : finite, shape (n,).

    Raises
    ------
    BadInput : the times are not ascending, the lengths differ, or a value is not finite.
    """

    name: str
    times: IntArray
    values: FloatArray

    def __post_init__(self) -> None:
        if self.times.shape != self.values.shape or self.times.ndim != 1:
            raise BadInput(f"{self.name} times", self.times.shape, "must be one for each value")
        if (wrong := np.diff(self.times) <= 0).any():
            raise BadInput(f"{self.name} times", int(self.times[1:][wrong][0]), "must ascend, each time once")
        if (wrong := ~np.isfinite(self.values)).any():
            raise BadInput(f"{self.name} at {self.times[wrong][0]}", float(self.values[wrong][0]), "must be finite")
        for array in (self.times, self.values):  # strategies share them, and one must not write for the others
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.times)

    def cut(self, at: int) -> Series:
        """Return what was known at a time, that time included; the arrays are views."""
        end = int(np.searchsorted(self.times, at, side="right"))
        return Series(self.name, self.times[:end], self.values[:end])

    def last(self, at: int) -> Known:
        """Return the newest value that is not later than a time. Raises `NotKnown`."""
        end = int(np.searchsorted(self.times, at, side="right"))
        if not end:
            raise NotKnown(self.name, at)
        return Known(float(self.values[end - 1]), int(self.times[end - 1]))

    def nearest(self, at: int) -> Known:
        """Return the value nearest in time, earlier or later. Raises `NotKnown` for an empty series."""
        if not len(self):
            raise NotKnown(self.name, at)
        end = int(np.searchsorted(self.times, at, side="right"))
        beside = [i for i in (end - 1, end) if 0 <= i < len(self)]
        best = min(beside, key=lambda i: abs(int(self.times[i]) - at))
        return Known(float(self.values[best]), int(self.times[best]))


@dataclass(frozen=True, eq=False)
class MarketHistory:
    """Hold everything that a backtest plays.

    Parameters
    ----------
    prices : USD per asset. quotes : option snapshots per asset, in order of time.
    settlement : the venue's index per asset, by which options settle; the prices where an asset has none.
    vol_index : 30-day implied volatility per asset, decimal. funding : paid by longs to shorts per year, by asset.
    pools : bars of each pool by name. signals : histories of the signals, each row under the time it became known.
    """

    prices: Mapping[str, Series]
    quotes: Mapping[str, Sequence[Quotes]] = field(default_factory=dict)
    settlement: Mapping[str, Series] = field(default_factory=dict)
    vol_index: Mapping[str, Series] = field(default_factory=dict)
    funding: Mapping[str, Series] = field(default_factory=dict)
    pools: Mapping[str, PoolBars] = field(default_factory=dict)
    signals: Histories | None = None

    def cut(self, at: int) -> MarketHistory:
        """Return what was known at a time: nothing later than it is in the result."""
        return MarketHistory(
            _cut(self.prices, at),
            {asset: shots[: self._count(asset, at)] for asset, shots in self.quotes.items()},
            _cut(self.settlement, at),
            _cut(self.vol_index, at),
            _cut(self.funding, at),
            {name: bars.cut(at) for name, bars in self.pools.items() if bars.times[0] <= at},
            self.signals.known(at) if self.signals else None,
        )

    def price(self, asset: str, at: int) -> float:
        """Return the newest USD price that is not later than a time; 1 for USD. Raises `NotKnown`."""
        if asset == "USD":
            return 1.0
        if asset not in self.prices:
            raise NotKnown(f"price of {asset}", at)
        return self.prices[asset].last(at).value

    def newest_quotes(self, asset: str, at: int, most_age: int = SAME_TIME) -> Quotes | None:
        """Return the newest option quotes that are not later than a time; None where they are older than `most_age`."""
        count = self._count(asset, at)
        found = self.quotes[asset][count - 1] if count else None
        return found if found is not None and at - found.observed_at <= most_age else None

    def settles_at(self, asset: str, expiry_at: int, at: int) -> Known:
        """Return the index by which options settle: of those known at a time the nearest to their expiry.

        Raises
        ------
        NotKnown : nothing is known by then. One that comes after `at` is never taken, however near it is.
        """
        series = self.settlement.get(asset) or self.prices.get(asset)
        if series is None:
            raise NotKnown(f"settlement index of {asset}", expiry_at)
        return series.cut(at).nearest(expiry_at)

    def _count(self, asset: str, at: int) -> int:
        return bisect_right(self._quote_times.get(asset, []), at)

    @cached_property
    def _quote_times(self) -> dict[str, list[int]]:
        return {asset: [shot.observed_at for shot in shots] for asset, shots in self.quotes.items()}


def _cut(series: Mapping[str, Series], at: int) -> dict[str, Series]:
    return {name: values.cut(at) for name, values in series.items()}
