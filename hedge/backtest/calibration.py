"""Forecasts against what came: VaR, expected shortfall, the value of the legs, their decay.

A record has `kind`, `made_at` and `known_at` (unix seconds), `predicted` and `realised`:

var95   predicted: the loss that 95 % of outcomes stay below, USD, positive. realised: the loss that came, a gain < 0.
cvar95  predicted: the mean loss beyond that VaR. realised: the same loss. Paired with the var95 of the same two times.
legs    predicted and realised value of the legs at known_at, USD.
decay   predicted and realised loss of value by time, USD, positive.

A record with a NaN is counted as unknown and left out. Forecasts whose horizons overlap share their days, so the tests
use only records that do not overlap, the earliest first, and say how many those are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, xlogy
from scipy.stats import binomtest

from hedge.backtest.periods import unix_times
from hedge.errors import BadInput
from hedge.market import TAIL_SHARE
from hedge.numerics.arrays import positive
from hedge.units import json_number

VAR, SHORTFALL, LEGS, DECAY = "var95", "cvar95", "legs", "decay"
KINDS: Final = (VAR, SHORTFALL, LEGS, DECAY)

FALL: Final = 0.1
"""Fall of the asset over a forecast's horizon from which its legs count as "after a fall"."""


class Forecast(Protocol):
    """What a calibration record must show."""

    @property
    def kind(self) -> str:
        """Return one of `KINDS`."""

    @property
    def made_at(self) -> int:
        """Return when it was made, unix seconds."""

    @property
    def known_at(self) -> int:
        """Return when the outcome was known, unix seconds."""

    @property
    def predicted(self) -> float:
        """Return the forecast; NaN if there was none."""

    @property
    def realised(self) -> float:
        """Return the outcome; NaN if it is not known."""


@dataclass(frozen=True)
class TailCheck:
    """Hold how often losses went beyond their VaR and how far.

    Parameters
    ----------
    count : forecasts. unknown : left out for a NaN. exceedances : losses above their VaR. share : of the count.
    expected : share that a right VaR has.
    tested, tested_exceedances : of the forecasts that do not overlap.
    kupiec : likelihood ratio of those. kupiec_p : by chi-squared, rough below 5 expected exceedances.
    exact_p : binomial, two-sided. shortfalls : exceedances that have an ES forecast.
    es_ratio : mean loss beyond VaR over its mean predicted ES, for those; above 1 the tail was predicted too thin. NaN
        without one.
    """

    count: int
    unknown: int
    exceedances: int
    share: float
    expected: float
    tested: int
    tested_exceedances: int
    kupiec: float
    kupiec_p: float
    exact_p: float
    shortfalls: int
    es_ratio: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class ValueCheck:
    """Hold predicted against realised values, USD; NaN where there are none.

    Parameters
    ----------
    count : forecasts. unknown : left out for a NaN. predicted, realised : means.
    bias : predicted minus realised, mean: above 0 the forecast flattered. error : mean of its absolute value.
    """

    count: int
    unknown: int
    predicted: float
    realised: float
    bias: float
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class CalibrationReport:
    """Hold every check of a run's forecasts.

    Parameters
    ----------
    tail : of VaR and ES. legs : all. legs_after_falls : those whose asset fell. decay : of time.
    """

    tail: TailCheck
    legs: ValueCheck
    legs_after_falls: ValueCheck
    decay: ValueCheck

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {name: getattr(self, name).to_dict() for name in self.__dataclass_fields__}


Fell = Callable[[int, int], bool]
"""Whether the asset fell from the first of two times (unix seconds) to the second."""


def calibration_report(records: Iterable[Forecast], fell: Fell | None = None) -> CalibrationReport:
    """Compare a run's forecasts with what came.

    Parameters
    ----------
    records : in any order. fell : of `fell_between`; without it no leg counts as after a fall.

    Raises
    ------
    BadInput : a kind that is not known, a number that is infinite, an outcome known before its forecast.
    """
    found = sorted(records, key=lambda record: (record.known_at, record.made_at))
    for record in found:
        _check(record)
    legs = [record for record in found if record.kind == LEGS]
    fallen = [record for record in legs if fell is not None and fell(record.made_at, record.known_at)]
    return CalibrationReport(
        tail=tail_check(found),
        legs=value_check(legs),
        legs_after_falls=value_check(fallen),
        decay=value_check([record for record in found if record.kind == DECAY]),
    )


def tail_check(records: Iterable[Forecast], expected: float = TAIL_SHARE) -> TailCheck:
    """Return how often losses went beyond their VaR and how far; records of other kinds are passed over.

    Parameters
    ----------
    records : forecasts; those of kind var95 and cvar95 count, losses in USD, a gain negative.
    expected : share of exceedances of a right VaR, in (0, 1).
    """
    records = list(records)
    stated = [record for record in records if record.kind == VAR]
    known = [record for record in stated if _known(record)]
    beyond = [record for record in known if record.realised > record.predicted]
    apart = _apart(known)
    failures = sum(record.realised > record.predicted for record in apart)
    ratio, p = kupiec(failures, len(apart), expected)
    predicted = {
        (record.made_at, record.known_at): record.predicted
        for record in records
        if record.kind == SHORTFALL and not math.isnan(record.predicted)
    }
    pairs = [
        (record.realised, predicted[record.made_at, record.known_at])
        for record in beyond
        if (record.made_at, record.known_at) in predicted
    ]
    total = math.fsum(shortfall for _, shortfall in pairs)
    return TailCheck(
        count=len(known),
        unknown=len(stated) - len(known),
        exceedances=len(beyond),
        share=len(beyond) / len(known) if known else math.nan,
        expected=expected,
        tested=len(apart),
        tested_exceedances=failures,
        kupiec=ratio,
        kupiec_p=p,
        exact_p=float(binomtest(failures, len(apart), expected).pvalue) if apart else math.nan,
        shortfalls=len(pairs),
        es_ratio=math.fsum(loss for loss, _ in pairs) / total if total > 0.0 else math.nan,
    )


def kupiec(exceedances: int, count: int, expected: float = TAIL_SHARE) -> tuple[float, float]:
    """Return the likelihood ratio of a share of exceedances against the expected one, and its p-value.

    Parameters
    ----------
    exceedances : 0 to count. count : independent forecasts, >= 0; 0 gives NaN. expected : in (0, 1).

    Raises
    ------
    BadInput : a number outside its range.

    Source: Kupiec, "Techniques for verifying the accuracy of risk measurement models", 1995; chi-squared with 1 degree.

    >>> ratio, p = kupiec(57, 1043)
    >>> round(ratio, 5), round(p, 5)
    (0.46147, 0.49694)
    """
    if not 0.0 < expected < 1.0:
        raise BadInput("expected", expected, "must be in (0, 1)")
    if not 0 <= exceedances <= count:
        raise BadInput("exceedances", exceedances, f"must be from 0 to {count}")
    if count == 0:
        return math.nan, math.nan
    share = exceedances / count
    seen = xlogy(exceedances, share) + xlogy(count - exceedances, 1.0 - share)
    right = xlogy(exceedances, expected) + xlogy(count - exceedances, 1.0 - expected)
    ratio = max(2.0 * float(seen - right), 0.0)
    return ratio, float(chdtrc(1.0, ratio))


def value_check(records: Sequence[Forecast]) -> ValueCheck:
    """Return predicted against realised values of records of one kind."""
    known = [record for record in records if _known(record)]
    unknown = len(records) - len(known)
    if not known:
        return ValueCheck(0, unknown, math.nan, math.nan, math.nan, math.nan)
    predicted = np.array([record.predicted for record in known])
    realised = np.array([record.realised for record in known])
    off = predicted - realised
    means = (float(np.mean(values)) for values in (predicted, realised, off, np.abs(off)))
    return ValueCheck(len(known), unknown, *means)


def fell_between(times: ArrayLike, prices: ArrayLike, share: float = FALL) -> Fell:
    """Return the test whether an asset fell by at least `share` between two times.

    Parameters
    ----------
    times : unix seconds, shape (n,), ascending. prices : > 0, shape (n,); the last at or before a time counts, and
        before the first, or where the price is NaN, nothing fell. share : in (0, 1).
    """
    seconds, levels = unix_times("times", times), positive("prices", prices)
    if levels.shape != seconds.shape or (np.diff(seconds) <= 0).any():
        raise BadInput("times", len(seconds), "must ascend, one for each price")
    if not 0.0 < share < 1.0:
        raise BadInput("share", share, "must be in (0, 1)")

    def fell(since: int, until: int) -> bool:
        first, last = np.searchsorted(seconds, [since, until], side="right") - 1
        return bool(first >= 0 and levels[last] <= (1.0 - share) * levels[first])

    return fell


def _apart(records: Sequence[Forecast]) -> list[Forecast]:
    """Return forecasts whose horizons do not overlap: as many as possible, each the next that ends first."""
    chosen: list[Forecast] = []
    for record in sorted(records, key=lambda record: (record.known_at, -record.made_at)):
        if not chosen or record.made_at >= chosen[-1].known_at:
            chosen.append(record)
    return chosen


def _known(record: Forecast) -> bool:
    return not (math.isnan(record.predicted) or math.isnan(record.realised))


def _check(record: Forecast) -> None:
    if record.kind not in KINDS:
        raise BadInput("kind", record.kind, f"must be one of {', '.join(KINDS)}")
    if record.known_at < record.made_at:
        raise BadInput("known_at", record.known_at, f"must not be before made_at {record.made_at}")
    for name in ("predicted", "realised"):
        if math.isinf(getattr(record, name)):
            raise BadInput(name, getattr(record, name), "must be finite")
