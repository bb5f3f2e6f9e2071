"""One shape for every signal: a number, what it means for the hedge, when it was known and how long it counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.market import Provenance
from hedge.numerics.arrays import FloatArray, finite, numbers
from hedge.signals.known import FloatSeries, as_known, last_row

NEVER: Final = 0
"""The known_at of a signal of which nothing was known yet."""


class State(StrEnum):
    """Name the states of the market from calm to worst; each has a rank from 0 to 3."""

    COMPRESSED = "compressed"
    NORMAL = "normal"
    STRESSED = "stressed"
    CRISIS = "crisis"

    @property
    def rank(self) -> int:
        """Return 0 for compressed to 3 for crisis."""
        return STATES.index(self)


STATES: Final = tuple(State)


@dataclass(frozen=True)
class Signal:
    """Hold what one signal says.

    Parameters
    ----------
    name : one word per signal, unique in a set.
    value : the number in its own unit; NaN if it is not known.
    score : what it means: 0 (calm) to 1 (protect in full), or a named state; NaN if the value is.
    known_at : unix seconds at which the number was known; 0 if nothing was.
    max_age_seconds : how long it may be believed, >= 0.
    source : where the number comes from, in words. provenance : what kind of source that is.

    Raises
    ------
    BadInput : a score outside [0, 1] or missing for a known value, a negative time or age.

    Examples
    --------
    >>> Signal("funding", 2.5, 0.75, known_at=1_000, max_age_seconds=28_800, source="example").stale(29_801)
    True
    """

    name: str
    value: float
    score: float | State
    known_at: int
    max_age_seconds: int
    source: str
    provenance: Provenance = Provenance.STATED

    def __post_init__(self) -> None:
        if not isinstance(self.score, State) and not (self.missing or 0.0 <= self.score <= 1.0):
            raise BadInput(f"score of {self.name}", self.score, "must be in [0, 1]")
        if self.known_at < 0 or self.max_age_seconds < 0:
            least = min(self.known_at, self.max_age_seconds)
            raise BadInput(f"known_at or max_age_seconds of {self.name}", least, "must be >= 0")

    @property
    def missing(self) -> bool:
        """Tell whether no value is known."""
        return math.isnan(self.value)

    @property
    def severity(self) -> float:
        """Return the score as a number in [0, 1]: a state's rank over 3; NaN if there is no score."""
        return self.score.rank / (len(STATES) - 1) if isinstance(self.score, State) else self.score

    def age(self, at: int) -> int:
        """Return the seconds since the number was known; negative if it was not known yet."""
        return at - self.known_at

    def stale(self, at: int) -> bool:
        """Tell whether the number is older at the time than it may be."""
        return self.age(at) > self.max_age_seconds


@dataclass(frozen=True)
class Gauge:
    """Hold the history of one signal, to be read at any time.

    Parameters
    ----------
    name, max_age_seconds, source : as in `Signal`.
    values : indexed by known_at.
    scores : of the same index: floats in [0, 1] (NaN where the value is NaN), or `State` (dtype object).
    half_life_seconds : a shock's score halves in this time; 0 for a score that does not fade. States do not fade.

    Raises
    ------
    BadInput : scores of another index than the values, a negative half-life.

    Examples
    --------
    >>> from hedge.signals.known import known_series
    >>> gauge = Gauge("vol", known_series([2.0], [10]), known_series([0.5], [10]), 100, "example")
    >>> gauge.at(50).score, gauge.at(5).missing
    (0.5, True)
    """

    name: str
    values: FloatSeries
    scores: pd.Series
    max_age_seconds: int
    source: str
    half_life_seconds: int = 0

    def __post_init__(self) -> None:
        as_known(self.name, self.values)
        if not self.values.index.equals(self.scores.index):
            raise BadInput(f"scores of {self.name}", len(self.scores), f"must share the {len(self.values)} times")
        if self.half_life_seconds < 0:
            raise BadInput(f"half_life_seconds of {self.name}", self.half_life_seconds, "must be >= 0")

    def at(self, at: int) -> Signal:
        """Return what was last known at the unix second; a missing signal if nothing was, of state stressed.

        A stale signal is returned as it is: whoever combines it decides, by name.
        """
        row = last_row(self.values, at)
        if row < 0:
            unknown = State.STRESSED if self.scores.dtype == object else math.nan
            return Signal(self.name, math.nan, unknown, NEVER, self.max_age_seconds, self.source)
        known_at = int(self.values.index[row])
        score = self._faded(self.scores.iloc[row], at - known_at)
        return Signal(self.name, float(self.values.iloc[row]), score, known_at, self.max_age_seconds, self.source)

    def _faded(self, score: float | State, age: int) -> float | State:
        if isinstance(score, State):
            return score
        return float(score) * (0.5 ** (age / self.half_life_seconds) if self.half_life_seconds else 1.0)


def ramp(values: ArrayLike, start: float, full: float) -> FloatArray:
    """Score numbers linearly from 0 at `start` to 1 at `full`, which may lie below it; NaN stays NaN.

    Raises
    ------
    BadInput : start and full are equal or not finite.

    Examples
    --------
    >>> ramp([0.5, 2.0, 9.0], 1.0, 3.0).tolist()
    [0.0, 0.5, 1.0]
    """
    finite("start", start)
    finite("full", full)
    if start == full or math.isnan(start + full):
        raise BadInput("full", full, f"must differ from start = {start}, and both be known")
    return np.clip((numbers("values", values) - start) / (full - start), 0.0, 1.0)


def ramp_series(values: FloatSeries, start: float, full: float) -> FloatSeries:
    """Score a series as `ramp` does, on the same index."""
    return pd.Series(ramp(values.to_numpy(), start, full), index=values.index, name=values.name)
