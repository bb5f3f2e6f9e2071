"""Simulate a model: whole paths, five numbers of each, or an LP's hedges along it.

Path i of a seed is always the same: `first` = 1,000 and `count` = 10 gives paths 1,000 to 1,009 of any larger call, bit
for bit, in any process. So work is split by `first`, and memory is what one call holds: 8 bytes x count x prices kept
for `simulate`, 40 x count for the others. Two threads share a call unless `parallel` is off, with the same bits.

The first call of a process loads numba and the kernel, some half a second; once per installation it is compiled, ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray
from hedge.numerics.jit import Kernel, compiled, run
from hedge.simulate import counter_kernel, path_kernel, record_kernel
from hedge.simulate.columns import PathModel
from hedge.simulate.record_kernel import JOB_SIZE, PATHS, SUMMARY, SUMMARY_ROWS, TRACK, TRACK_ROWS
from hedge.units import YEAR_DAYS

_MOST_PATHS: Final = 2**62
_NO_TERMS: Final = np.zeros(7)


@dataclass(frozen=True)
class PathSummary:
    """Hold five numbers per path, shape (count,), or (assets, count) for several assets.

    last : price after the last step. mean : of the prices after each step, the first one not counted.
    low, high : over all steps and the start. squares : sum of squared log returns, not annual.
    """

    last: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    squares: FloatArray


@dataclass(frozen=True)
class HedgeTerms:
    """Hold what is traded along a path of one asset.

    Parameters
    ----------
    lower, upper : the LP's range, prices, 0 <= lower < upper; upper may be inf.
    hedge_every : steps between trades of the delta hedge, >= 1.
    condor : strikes as ratios to the price of the day it is entered: put, its wing, call, its wing.
    roll_every : steps of a condor's life, >= 1. rolls : how many follow one another; 0 for none.
    """

    lower: float
    upper: float
    hedge_every: int
    condor: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    roll_every: int = 1
    rolls: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.lower < self.upper:
            raise BadInput("lower", self.lower, f"must be >= 0 and below upper = {self.upper}")
        for name, least in (("hedge_every", 1), ("roll_every", 1), ("rolls", 0)):
            _whole(name, getattr(self, name), least)
        put, put_wing, call, call_wing = self.condor
        if not 0.0 <= put_wing <= put <= call <= call_wing < np.inf:
            raise BadInput("condor", self.condor, "must have put wing <= put <= call <= call wing, each >= 0")


@dataclass(frozen=True)
class HedgeTrack:
    """Hold an LP's hedges per path, shape (count,), in units of the price.

    last : price after the last step. gain : of holding the delta of liquidity 1 between trades. turnover : traded to
    hold it, entry and exit included. paid : by one sold condor at all its expiries. entered : sum of the prices at
    which condors were entered, so that the credit is a share of it.
    """

    last: FloatArray
    gain: FloatArray
    turnover: FloatArray
    paid: FloatArray
    entered: FloatArray


def simulate(
    model: PathModel,
    days: float,
    steps: int,
    count: int,
    seed: int,
    first: int = 0,
    keep: int = 1,
    parallel: bool = True,
) -> FloatArray:
    """Simulate prices.

    Parameters
    ----------
    days : length of a path, > 0. steps : in a path, >= 1, all of one length.
    count : paths, >= 0. seed : 0 to 2^64 - 1. first : number of the first path, >= 0.
    keep : every how many steps a price is kept; must divide `steps`. It thins the same path, but for Heston's model of
        one asset: given the variances, the moves between kept prices are one normal, so other prices of the same law.
    parallel : use two threads.

    Returns
    -------
    Prices, shape (count, steps / keep + 1), the first column the spot; with several assets (assets, count, ...). A view
    whose columns are contiguous: all paths at one time lie together.

    Raises
    ------
    BadInput : a number outside its domain, or a path that ends at 0 or infinity.

    >>> from hedge.simulate.models import GBM
    >>> simulate(GBM(2_000.0, 0.6), days=30, steps=30, count=4, seed=1).shape
    (4, 31)
    """
    _whole("keep", keep, 1)
    _whole("steps", steps, 1)
    if steps % keep:
        raise BadInput("keep", keep, f"must divide the {steps} steps")
    kept = steps // keep + 1
    out, assets = _run(model, days, steps, count, seed, first, PATHS, kept, _NO_TERMS, (keep, 1, 1, 0), parallel)
    prices = out.reshape(assets, kept, count).transpose(0, 2, 1)
    return prices[0] if assets == 1 else prices


def summarise(
    model: PathModel, days: float, steps: int, count: int, seed: int, first: int = 0, parallel: bool = True
) -> PathSummary:
    """Simulate paths and keep five numbers of each.

    Parameters and errors: as in `simulate`.

    >>> from hedge.simulate.models import GBM
    >>> found = summarise(GBM(2_000.0, 0.6), days=30, steps=30, count=1_000, seed=1)
    >>> bool(np.all((found.low <= found.mean) & (found.mean <= found.high)))
    True
    """
    out, assets = _run(model, days, steps, count, seed, first, SUMMARY, SUMMARY_ROWS, _NO_TERMS, (1, 1, 1, 0), parallel)
    table = out.reshape(assets, SUMMARY_ROWS, count)
    return PathSummary(*(table[0, row] if assets == 1 else table[:, row] for row in range(SUMMARY_ROWS)))


def track(
    model: PathModel,
    days: float,
    steps: int,
    count: int,
    seed: int,
    terms: HedgeTerms,
    first: int = 0,
    parallel: bool = True,
) -> HedgeTrack:
    """Simulate paths of one asset and hedge an LP of liquidity 1 along each; short condors are rolled beside it.

    Parameters and errors: as in `simulate`; the last roll's expiry must lie within the steps.
    """
    if terms.rolls * terms.roll_every > steps:
        raise BadInput("rolls", terms.rolls, f"must end within the {steps} steps: {terms.roll_every} steps each")
    inverse = 0.0 if np.isinf(terms.upper) else 1.0 / np.sqrt(terms.upper)
    numbers = np.array([np.sqrt(terms.lower), np.sqrt(terms.upper), inverse, *terms.condor])
    plan = (1, terms.hedge_every, terms.roll_every, terms.rolls)
    out, assets = _run(model, days, steps, count, seed, first, TRACK, TRACK_ROWS, numbers, plan, parallel)
    if assets != 1:
        raise BadInput("model", assets, "must have one asset")
    return HedgeTrack(*out)


def _run(
    model: PathModel,
    days: float,
    steps: int,
    count: int,
    seed: int,
    first: int,
    mode: int,
    rows: int,
    terms: FloatArray,
    plan: tuple[int, int, int, int],
    parallel: bool,
) -> tuple[FloatArray, int]:
    """Run the kernel; return its table (rows of all assets, count) and the number of assets."""
    if not 0.0 < days < np.inf:
        raise BadInput("days", days, "must be > 0 and finite")
    _whole("steps", steps, 1, 2**31 - 8)
    _whole("count", count, 0, _MOST_PATHS)
    _whole("seed", seed, 0, 2**64 - 1)
    _whole("first", first, 0, _MOST_PATHS)
    columns = model.columns(days / YEAR_DAYS / steps)
    assets = len(columns.numbers)
    numbers = np.concatenate([columns.numbers.ravel(), columns.triangle.ravel(), columns.table, [0.0]])
    low, keep, job = 0xFFFFFFFF, plan[0], np.zeros(JOB_SIZE, dtype=np.uint32)
    job[:] = (
        *(seed & low, seed >> 32, first & low, first >> 32, columns.kind, assets, steps, mode, keep),
        *(*plan[1:], columns.rows, columns.numbers.size + columns.triangle.size),
    )
    out = np.empty((assets * rows, count))
    arguments: tuple[Any, ...] = (job.view(np.int32), numbers, terms, out)
    lost = run(_kernel(), count, *arguments) if parallel else _kernel()(*arguments, 0, count)
    if lost:
        raise BadInput("model", lost, "paths end at a price of 0 or infinity: volatility, drift or days are too large")
    return out, assets


def _whole(name: str, value: int, least: int, most: int = 2**31 - 1) -> None:
    if isinstance(value, bool) or int(value) != value or not least <= value <= most:
        raise BadInput(name, value, f"must be a whole number, {least} to {most}")


@cache
def _kernel() -> Kernel:
    from hedge.numerics import kernel_math

    modules = (kernel_math, counter_kernel, record_kernel, path_kernel)
    return compiled(path_kernel.path_loop, "iff", *modules, contract=False)
