"""What a pool's own swaps say of it: markouts at several horizons, fees, and LVR of the path at the same steps."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray
from hedge.units import json_number
from hedge.valuation.markouts import LvrTape, lvr_of_path, markouts, sample_path

HORIZONS: Final = (60.0, 300.0, 900.0, 3_600.0, 14_400.0)
"""Seconds after a swap, and steps of the path: a minute to four hours."""
MOST_AGE: Final = 3_600.0
"""Seconds after which the last price of a quiet pool is no longer believed."""


@dataclass(frozen=True, eq=False)
class SwapTape:
    """Hold the swaps of one pool, shape (n,) each; times ascending, unix seconds.

    Parameters
    ----------
    base_in, quote_in : what the pool received, fees included, negative for paid.
    prices : quote per base after the swap.
    liquidity : in range after the swap, in human units; None where unknown.
    fee : share of what is paid in, in [0, 1); NaN where unknown.

    Raises
    ------
    BadInput : the fee is outside its range.
    """

    times: FloatArray
    base_in: FloatArray
    quote_in: FloatArray
    prices: FloatArray
    liquidity: FloatArray | None = None
    fee: float = math.nan

    def __post_init__(self) -> None:
        if self.fee < 0.0 or self.fee >= 1.0:
            raise BadInput("fee", self.fee, "must be in [0, 1)")

    @property
    def fees(self) -> FloatArray:
        """Return the fee that each swap paid, in quote units at the price after it; NaN where the fee is unknown."""
        return np.asarray(self.fee * (np.maximum(self.base_in, 0.0) * self.prices + np.maximum(self.quote_in, 0.0)))


@dataclass(frozen=True)
class HorizonRow:
    """Hold what the swaps were worth to the pool some seconds later, and LVR of the path in steps of so many seconds.

    Parameters
    ----------
    markout : sum over the swaps whose later price is known, quote units, fees included. before_fees : less the fees of
        these swaps, NaN where the fee is unknown.
    known : share of the swaps. lvr : sum of the known steps, NaN where liquidity is unknown.
    covered : share of the time that these steps cover.
    """

    seconds: float
    markout: float
    before_fees: float
    known: float
    lvr: float
    covered: float


@dataclass(frozen=True)
class TapeReport:
    """Hold what a tape says: swaps, seconds from the first to the last, fees, and a row a horizon."""

    swaps: int
    seconds: float
    fees: float
    rows: tuple[HorizonRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        rows = [{name: json_number(value) for name, value in asdict(row).items()} for row in self.rows]
        return {"swaps": self.swaps, "seconds": self.seconds, "fees": json_number(self.fees), "horizons": rows}


def read_tape(tape: SwapTape, horizons: tuple[float, ...] = HORIZONS, most_age: float = MOST_AGE) -> TapeReport:
    """Measure a tape at several horizons.

    Parameters
    ----------
    horizons : seconds, > 0. most_age : seconds; an older price leaves a markout and a step unknown.

    Raises
    ------
    BadInput : columns differ in length, times go back, or a number is outside its range.
    """
    later = markouts(tape.times, tape.base_in, tape.quote_in, tape.prices, horizons, most_age)
    rows = tuple(_row(tape, seconds, later[:, k], most_age) for k, seconds in enumerate(horizons))
    length = float(tape.times[-1] - tape.times[0]) if len(tape.times) else 0.0
    return TapeReport(len(tape.times), length, float(tape.fees.sum()), rows)


def _row(tape: SwapTape, seconds: float, worth: FloatArray, most_age: float) -> HorizonRow:
    known = ~np.isnan(worth)
    if not known.any():
        return HorizonRow(seconds, math.nan, math.nan, 0.0, *_lvr(tape, seconds, most_age))
    total, shown = float(worth[known].sum()), float(known.mean())
    before = total - float(tape.fees[known].sum())
    return HorizonRow(seconds, total, before, shown, *_lvr(tape, seconds, most_age))


def _lvr(tape: SwapTape, step: float, most_age: float) -> tuple[float, float]:
    """Return LVR of the path in steps, and the share of the time that they cover."""
    if tape.liquidity is None:
        return math.nan, math.nan
    times, prices = sample_path(tape.times, tape.prices, step, most_age)
    depth = sample_path(tape.times, np.where(tape.liquidity > 0.0, tape.liquidity, np.nan), step, most_age)[1]
    found: LvrTape = lvr_of_path(times, prices, depth)
    whole = found.covered_seconds + found.gap_seconds
    if found.covered_seconds <= 0.0:
        return math.nan, 0.0
    return found.total, found.covered_seconds / whole
