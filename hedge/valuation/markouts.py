"""Markouts and loss-versus-rebalancing of a pool, measured on its own swaps.

Shared by every function here
-----------------------------
times: shape (n,), unix seconds, ascending, finite; several swaps at one second are one after the other.
prices: shape (n,), quote per base, > 0 or NaN (unknown). Time that passes is real time: a quiet hour is an hour, and a
price is only used until it is `max_age` seconds old.
Sources: Milionis, Moallemi, Roughgarden and Zhang, 2022 (LVR); Huang and Stoll, "Dealer versus
auction markets", 1996 (the realised half spread, which is a markout).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite, nonnegative, positive
from hedge.units import YEAR_SECONDS


def price_at(times: ArrayLike, prices: ArrayLike, when: ArrayLike, max_age: float = math.inf) -> FloatArray:
    """Return the last price at or before each moment.

    Parameters
    ----------
    times : shape (n,), unix seconds, ascending. prices : shape (n,), quote per base, > 0, or NaN if unknown.
    when : unix seconds, any shape; NaN gives NaN.
    max_age : seconds after which a price is unknown, >= 0.

    Returns
    -------
    Shape of `when`. NaN before the first price, where the last is NaN or older than `max_age`, and after the last time:
    beyond the tape nothing is known.
    """
    clock, price = _tape(times, prices)
    moment = finite("when", when)
    if not max_age >= 0.0:
        raise BadInput("max_age", max_age, "must be >= 0")
    if clock.size == 0:
        return np.full(moment.shape, np.nan)
    last = np.searchsorted(clock, moment, side="right") - 1
    found = np.asarray(price[np.maximum(last, 0)])
    known = (last >= 0) & (moment <= clock[-1]) & (moment - clock[np.maximum(last, 0)] <= max_age)
    return np.where(known, found, np.nan)


def markouts(
    times: ArrayLike,
    base_in: ArrayLike,
    quote_in: ArrayLike,
    prices: ArrayLike,
    horizons: ArrayLike,
    max_age: float = math.inf,
    reference: tuple[ArrayLike, ArrayLike] | None = None,
) -> FloatArray:
    """Return what each swap brought the pool, valued at the price some seconds later: base_in price + quote_in.

    Negative at short horizons is what informed flow (arbitrage, sandwiches) takes; fees are in the amounts that went
    in.

    Parameters
    ----------
    base_in, quote_in : shape (n,), what the pool received, negative for paid; NaN gives NaN.
    prices : shape (n,), the pool's own after each swap.
    horizons : shape (k,), seconds, >= 0. 0 is the price after the last swap of the same second.
    max_age : a price older than this at the horizon leaves the markout unknown: a gap is not a flat market.
    reference : (times, prices) of another market to value at; none is the pool's own price, where a push that is undone
        within the horizon counts as harmless.

    Returns
    -------
    Shape (n, k), quote units, NaN where the price at the horizon is unknown.

    >>> markouts([0, 60], [1.0, -1.0], [-100.0, 102.0], [99.0, 103.0], [0, 60])[0].tolist()
    [-1.0, 3.0]
    """
    clock, own = _tape(times, prices)
    base, quote = finite("base_in", base_in), finite("quote_in", quote_in)
    for name, amounts in (("base_in", base), ("quote_in", quote)):
        if amounts.shape != clock.shape:
            raise BadInput(name, amounts.shape, f"must be as many as times: {clock.shape}")
    later = clock[:, None] + np.atleast_1d(nonnegative("horizons", horizons))[None, :]
    market = reference or (clock, own)
    return np.asarray(base[:, None] * price_at(market[0], market[1], later, max_age) + quote[:, None])


@dataclass(frozen=True)
class LvrTape:
    """Hold loss-versus-rebalancing between consecutive prices of a tape, quote units.

    losses : shape (n - 1,), >= 0; NaN where a price is unknown or the gap is too long.
    elapsed : shape (n - 1,), seconds. covered_seconds : time of the known losses. gap_seconds : the rest of the tape.
    """

    losses: FloatArray
    elapsed: FloatArray
    covered_seconds: float
    gap_seconds: float

    @property
    def total(self) -> float:
        """Return the sum of the known losses."""
        return float(np.nansum(self.losses))

    @property
    def per_year(self) -> float:
        """Return the loss per year of covered time; NaN if no time is covered."""
        return self.total / self.covered_seconds * YEAR_SECONDS if self.covered_seconds > 0.0 else math.nan


def lvr_of_path(times: ArrayLike, prices: ArrayLike, liquidity: ArrayLike, max_gap: float = math.inf) -> LvrTape:
    """Return what a pool lost against rebalancing at its own prices: L (sqrt P' - sqrt P)^2 / sqrt P per step.

    That is exact where liquidity is constant from P to P'. Its sum is L sqrt P / 4 times the realised variance, to
    first order (`amm.lvr_rate`), so it depends on the step as that does: single swaps overstate it where pushes are
    undone, and understate it where the pool follows its market in small steps. Look at several steps (`sample_path`).

    Parameters
    ----------
    times : shape (n,), unix seconds, ascending. prices : shape (n,), quote per base, > 0, or NaN if unknown.
    liquidity : shape (n,) or a number, >= 0, in human units as in `amm`: that in range as a step begins.
    max_gap : seconds; a longer step is neither loss nor time, and is counted apart.

    >>> round(lvr_of_path([0, 60], [100.0, 121.0], 10.0).total, 9)
    1.0
    """
    clock, price = _tape(times, prices)
    if not max_gap >= 0.0:
        raise BadInput("max_gap", max_gap, "must be >= 0")
    depth = np.broadcast_to(nonnegative("liquidity", liquidity), clock.shape)[:-1]
    root, elapsed = np.sqrt(price), np.diff(clock)
    losses = np.where(elapsed <= max_gap, depth * np.diff(root) ** 2 / root[:-1], np.nan)
    known = ~np.isnan(losses)
    return LvrTape(losses, elapsed, float(elapsed[known].sum()), float(elapsed[~known].sum()))


def sample_path(
    times: ArrayLike, values: ArrayLike, step: float, max_age: float = math.inf
) -> tuple[FloatArray, FloatArray]:
    """Sample a tape every `step` seconds from its first time on, each value the last one known.

    Parameters
    ----------
    times : shape (n,), unix seconds, ascending. values : shape (n,), > 0 or NaN: prices or liquidity.
    step : seconds, > 0. max_age : as in `price_at`.

    Returns
    -------
    (times, values), shape (m,) each; empty for an empty tape.
    """
    clock, known = _tape(times, values)
    if not 0.0 < step < math.inf:
        raise BadInput("step", step, "must be finite and > 0")
    if clock.size == 0:
        return np.empty(0), np.empty(0)
    grid = clock[0] + step * np.arange(math.floor((clock[-1] - clock[0]) / step) + 1)
    return grid, price_at(clock, known, grid, max_age)


def _tape(times: ArrayLike, prices: ArrayLike) -> tuple[FloatArray, FloatArray]:
    clock, price = finite("times", times), positive("prices", prices)
    if clock.ndim != 1 or price.shape != clock.shape:
        raise BadInput("prices", price.shape, f"must be as many as times: {clock.shape}")
    if np.isnan(clock).any():
        raise BadInput("times", math.nan, "must be finite")
    backwards = np.flatnonzero(np.diff(clock) < 0.0)
    if backwards.size:
        raise BadInput("times", float(clock[backwards[0] + 1]), "must be ascending")
    return clock, price
