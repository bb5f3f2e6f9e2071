"""Bars of one pool, and the fees that a position earned in them.

A bar ends at its time: its price is the pool's last one, its volume what was traded since the bar before, its growth
and liquidity the pool's at that moment. So nothing of a bar is known before its time, and `cut` is all that a decision
may see.

How fees are shared
-------------------
Of a bar's fees a position earns liquidity / (pool's + own liquidity), times the part of the bar's way from price to
price, in logarithms, that lies in its range: 1 or 0 where the bar begins and ends on the same side of the edges. Both
are what demeter does; a price that leaves the range and comes back within a bar is not seen. The pool's liquidity at a
bar's end stands for the whole bar; growth, too, is thinned out by own liquidity where the pool's is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedge.errors import BadInput
from hedge.numerics.arrays import BoolArray, FloatArray, finite, nonnegative

IntArray = NDArray[np.int64]
_OPTIONAL: Final = ("growth", "volume", "liquidity")


@dataclass(frozen=True, eq=False)
class PoolBars:
    """Hold one pool's bars, checked once, and tell what a position earned in them.

    Parameters
    ----------
    name, base, quote : of the pool and its tokens.
    fee : share of what is paid in, in [0, 1).
    times : (n,) unix seconds at which each bar ends, ascending, n >= 1.
    price : (n,) quote per base at the end, finite and > 0.
    growth : (n, 2) fees of base and quote since any moment, per unit of liquidity, never falling; NaN where unknown.
    volume : (n, 2) amounts of base and quote that were paid in during the bar, its fee included, >= 0; or (n,) the
        volume in quote, of which each token is taken to be half; NaN where unknown.
    liquidity : (n,) the pool's at the end of the bar, in human units (raw / 10**((dec_base + dec_quote) / 2)), >= 0;
        NaN where unknown.
    step : seconds of a full bar, of the longest where they differ, > 0; left out, the median distance of two bars.
        Where the bar before is missing, volume is of a part of the time only: fees are unknown. Growth bridges a gap.

    Raises
    ------
    BadInput : a number, an order or a shape that is none of these.

    Examples
    --------
    >>> bars = PoolBars("ETH/USDC", "ETH", "USDC", 0.003, [60, 120], [2_000.0, 2_000.0], volume=[0.0, 1e6],
    ...                 liquidity=[9e4, 9e4])
    >>> [round(x, 6) for x in bars.fees(1e4, 1_500.0, 2_500.0, since=60, until=120)]
    [0.075, 150.0]
    """

    name: str
    base: str
    quote: str
    fee: float
    times: IntArray
    price: FloatArray
    growth: FloatArray | None = None
    volume: FloatArray | None = None
    liquidity: FloatArray | None = None
    step: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.fee < 1.0:
            raise BadInput("fee", self.fee, "must be a share in [0, 1)")
        times = _ascending(self.times)
        price = finite("price", self.price)
        wrong = ~(price > 0.0)
        if wrong.any():
            raise BadInput("price", float(price[wrong][0]), "must be known and > 0: leave out a bar without one")
        step = self.step or (int(np.median(np.diff(times))) if times.size > 1 else 1)
        if step <= 0:
            raise BadInput("step", self.step, "must be > 0 seconds")
        columns = {
            "times": times,
            "price": _column("price", price, times.shape),
            "growth": _growth(self.growth, times.size),
            "volume": _volume(self.volume, price, times.size),
            "liquidity": _column("liquidity", self.liquidity, times.shape),
            "step": step,
        }
        for name, values in columns.items():
            if isinstance(values, np.ndarray):
                values.setflags(write=False)
            object.__setattr__(self, name, values)

    def cut(self, at: int) -> PoolBars:
        """Return what is known at a moment: the bars with time <= at.

        Raises
        ------
        BadInput : there is none.
        """
        return self._part(0, int(np.searchsorted(self.times, at, side="right")), f"no bar of {self.name} by then")

    def between(self, since: int, until: int) -> PoolBars:
        """Return the bars with time in (since, until].

        Raises
        ------
        BadInput : there is none.
        """
        first, last = np.searchsorted(self.times, (since, until), side="right")
        return self._part(int(first), int(last), f"no bar of {self.name} after {since} until then")

    def fees(
        self, liquidity: float, lower: float, upper: float, since: int, until: int, *, joins: bool = True
    ) -> tuple[float, float]:
        """Return the base and quote amounts that a position earned in (since, until].

        A bar counts where it ends, whole: windows that follow on one another add up to the window of both, and a
        position that enters within a bar is given all of it.

        Parameters
        ----------
        liquidity : the position's own, human units, >= 0. lower, upper : its range; 0 and inf for v2.
        since, until : unix seconds, since <= until.
        joins : whether the position comes on top of the pool's liquidity, and thins it out; False: it was in it.

        Returns
        -------
        (base, quote), human amounts; NaN where a bar in range or after a gap is unknown, or one is missing at the end.
        """
        if until < since:
            raise BadInput("until", until, f"must not be before since = {since}")
        first, last = (int(i) for i in np.searchsorted(self.times, (since, until), side="right"))
        if until - self.times[-1] >= self.step or since < self.times[0] - self.step:
            return math.nan, math.nan
        base, quote = self.earned(liquidity, lower, upper, first, last, joins=joins).sum(axis=1)
        return float(base), float(quote)

    def earned(
        self,
        liquidity: float,
        lower: float,
        upper: float,
        first: int = 0,
        last: int | None = None,
        *,
        joins: bool = True,
    ) -> FloatArray:
        """Return what a position earned in each of the bars [first, last): (2, bars), base and quote.

        From growth where it is known at both ends of the bar, else from volume and liquidity; NaN where neither is.
        Parameters: see `fees`.
        """
        own, (a, b) = float(nonnegative("liquidity", liquidity)), _range(lower, upper)
        last = self.times.size if last is None else last
        if own == 0.0:
            return np.zeros((2, last - first))
        share, gap = self._share_in_range(a, b, first, last), self._after_gap(first, last)
        paid = self._paid(own * share, own if joins else 0.0, gap, first, last)
        if np.isnan(paid.sum()):  # where nothing is unknown, out of range is 0 already
            paid[:, (share == 0.0) & ~gap] = 0.0
        return paid

    def _part(self, first: int, last: int, rule: str) -> PoolBars:
        """Return the bars [first, last), which need no second check."""
        if last <= first:
            raise BadInput("until", last, rule)
        part = object.__new__(PoolBars)
        for name in ("name", "base", "quote", "fee", "step"):
            object.__setattr__(part, name, getattr(self, name))
        for name in ("times", "price", *_OPTIONAL):
            values = getattr(self, name)
            object.__setattr__(part, name, None if values is None else values[first:last])
        return part

    def _share_in_range(self, lower: float, upper: float, first: int, last: int) -> FloatArray:
        """Return the part of each bar's way, in log price, that lies in [lower, upper)."""
        price = self.price[max(first - 1, 0) : last]
        side = np.subtract(price >= upper, price < lower, dtype=np.int8)
        now = side[1:] if first else side
        share: FloatArray = (now == 0).astype(np.float64)
        crossed = np.flatnonzero(side[1:] != side[:-1])
        if crossed.size:
            before, after = np.log(price[crossed]), np.log(price[crossed + 1])
            a, b = math.log(lower) if lower else -math.inf, math.log(upper)
            part = (np.clip(after, a, b) - np.clip(before, a, b)) / (after - before)
            share[crossed + (0 if first else 1)] = part
        return share

    def _after_gap(self, first: int, last: int) -> BoolArray:
        """Tell which bars the bar before is missing of."""
        gap = np.diff(self.times[max(first - 1, 0) : last]) > self.step
        return gap if first else np.concatenate((np.zeros(min(last, 1), dtype=np.bool_), gap))

    def _paid(self, active: FloatArray, joined: float, gap: BoolArray, first: int, last: int) -> FloatArray:
        """Return the fees that so much active liquidity earned in each bar, (2, bars), NaN where they are unknown."""
        pool = np.full(last - first, np.nan) if self.liquidity is None else self.liquidity[first:last]
        whole = pool + joined
        if not whole.min(initial=math.inf) > 0.0:
            whole[whole <= 0.0] = np.nan  # a pool without liquidity pays nobody: what it says it traded is unknown
        if self.volume is None or self.liquidity is None:
            found = np.full((2, last - first), np.nan)
        else:
            found = self.volume[first:last].T * (active * self.fee / whole)
            found[:, gap] = np.nan
        if self.growth is not None:
            grown = np.full((2, last - first), np.nan)
            grown[:, 0 if first else 1 :] = np.diff(self.growth[max(first - 1, 0) : last].T)
            grown *= active * np.nan_to_num(pool / whole, nan=1.0)
            found = np.where(np.isnan(grown), found, grown)
        return found


def _range(lower: float, upper: float) -> tuple[float, float]:
    if not 0.0 <= lower < upper:
        raise BadInput("lower", lower, f"must be >= 0 and below upper = {upper}")
    return float(lower), float(upper)


def _ascending(times: ArrayLike) -> IntArray:
    found = np.array(times)
    if found.ndim != 1 or found.size == 0 or found.dtype.kind not in "iu":
        raise BadInput("times", found.shape, "must be at least one whole number of seconds, in a row")
    found = found.astype(np.int64)
    late = np.diff(found) <= 0
    if late.any():
        raise BadInput("times", int(found[1:][late][0]), "must come after the bar before: sort, and count duplicates")
    return found


def _column(name: str, values: ArrayLike | None, *shapes: tuple[int, ...]) -> FloatArray | None:
    """Return values >= 0 or NaN of one of the shapes, columns contiguous, as an own copy."""
    if values is None:
        return None
    found = np.array(nonnegative(name, values), order="F")
    if found.shape not in shapes:
        raise BadInput(name, found.shape, f"must have the shape {' or '.join(map(str, shapes))}")
    return found


def _growth(values: ArrayLike | None, bars: int) -> FloatArray | None:
    found = _column("growth", values, (bars, 2))
    if found is not None:
        for token in found.T:
            known = token[~np.isnan(token)]
            falls = np.diff(known) < 0.0
            if falls.any():
                raise BadInput("growth", float(known[1:][falls][0]), "must not fall: rebase it where it wraps around")
    return found


def _volume(values: ArrayLike | None, price: FloatArray, bars: int) -> FloatArray | None:
    found = _column("volume", values, (bars, 2), (bars,))
    if found is None or found.ndim == 2:
        return found
    return np.array((found / (2.0 * price), found / 2.0)).T
