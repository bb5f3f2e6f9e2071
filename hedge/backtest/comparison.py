"""Whether the best of several variants is good, or only the luckiest.

Deflated Sharpe ratio: the probability that the best variant's true Sharpe ratio is above what the best of N variants
without any skill would show, given the skew and the tails of its profits. Ratios are per window, not annualised.

Reality check: the p-value of "no variant beats the benchmark". The best gain over the benchmark, in standard errors, is
held against its distribution over resampled weeks, recentred to no gain. Variants far below the benchmark cannot win by
luck and make White's test blind, so Hansen leaves them out: his consistent p lies between a lower and an upper one
(White's, in standard errors). It works for any statistic that has a standard error, so also for "removes more CVaR";
with a few dozen weeks a CVaR hardly has one.

Sources: Bailey and Lopez de Prado, "The deflated Sharpe ratio", 2014; White, "A reality check for data snooping", 2000;
Hansen, "A test for superior predictive ability", 2005.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri
from scipy.stats import kurtosis, skew

from hedge.backtest.intervals import RESAMPLES, Statistic, WeekDraws, draw_weeks, resampled
from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite
from hedge.risk.scenarios import SEED
from hedge.units import json_number


def sharpe_ratio(profits: ArrayLike) -> float:
    """Return mean over sample deviation of profits, per window; NaN without two windows or any variation."""
    paid = _known("profits", profits)
    spread = Statistic.STD(paid)
    return float(np.mean(paid)) / spread if spread > 0.0 else math.nan


def expected_best_sharpe(trials: float, variance: float) -> float:
    """Return the expected best Sharpe ratio of trials without skill.

    Parameters
    ----------
    trials : independent ones, >= 1. variance : of their Sharpe ratios, >= 0.

    >>> round(expected_best_sharpe(100, 0.5 / 250), 4)
    0.1132
    """
    if not trials >= 1.0 or not variance >= 0.0:
        raise BadInput("trials", trials, f"must be >= 1, with a variance >= 0 and not {variance}")
    if trials == 1.0:
        return 0.0
    euler = float(np.euler_gamma)
    best = (1.0 - euler) * ndtri(1.0 - 1.0 / trials) + euler * ndtri(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * max(float(best), 0.0)


def probabilistic_sharpe(
    sharpe: float, benchmark: float, observations: float, skewness: float = 0.0, tails: float = 3.0
) -> float:
    """Return the probability that a true Sharpe ratio is above a benchmark's.

    Parameters
    ----------
    sharpe, benchmark : per window. observations : independent windows, > 1.
    skewness, tails : of the profits; tails is the kurtosis, 3 for a normal. NaN where they allow no variance.

    >>> round(probabilistic_sharpe(2.5 / 250**0.5, 0.11322, 1250, -3.0, 10.0), 3)
    0.9
    """
    if not observations > 1.0:
        raise BadInput("observations", observations, "must be above 1")
    variance = 1.0 - skewness * sharpe + 0.25 * (tails - 1.0) * sharpe**2
    if not variance > 0.0:
        return math.nan
    return float(ndtr((sharpe - benchmark) * math.sqrt(observations - 1.0) / math.sqrt(variance)))


@dataclass(frozen=True)
class DeflatedSharpe:
    """Hold the deflated Sharpe ratio of the best of several variants.

    Parameters
    ----------
    best : name of the variant with the highest ratio. sharpe : its ratio, per window.
    expected : the best ratio without skill. probability : that the true ratio is above it; 0.95 is the usual demand.
    trials : that were made.
    observations : independent weeks. skewness, tails : of its profits (kurtosis, 3 for a normal).
    reason : why the probability is NaN; empty where it is not.
    """

    best: str
    sharpe: float
    expected: float
    probability: float
    trials: int
    observations: int
    skewness: float
    tails: float
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(value) for name, value in asdict(self).items()}


def deflated_sharpe(variants: Mapping[str, ArrayLike], weeks: ArrayLike, trials: int | None = None) -> DeflatedSharpe:
    """Return the deflated Sharpe ratio of the best variant.

    Parameters
    ----------
    variants : profits of each in the same windows, shape (n,). At least one.
    weeks : calendar week of each window, shape (n,); overlapping windows of one week are one observation.
    trials : ever made, at least as many as given here: those that were thrown away count.

    Raises
    ------
    BadInput : lengths differ, a profit is unknown, or fewer trials than variants.
    """
    table = _table(variants, len(np.asarray(weeks)))
    trials = len(table) if trials is None else trials
    if trials < len(table):
        raise BadInput("trials", trials, f"must be at least the {len(table)} variants given")
    ratios = {name: sharpe_ratio(paid) for name, paid in table.items()}
    known = {name: ratio for name, ratio in ratios.items() if not math.isnan(ratio)}
    observations = len(np.unique(np.asarray(weeks)))
    reason = ""
    if not known or observations < 2:
        reason = "no variant varies over two weeks"
    elif len(known) < 2 and trials > 1:
        reason = "one variant says nothing of how Sharpe ratios vary from trial to trial"
    best = max(known, key=lambda name: known[name]) if known else ""
    paid = table.get(best, np.empty(0))
    moments = (float(skew(paid)), float(kurtosis(paid, fisher=False))) if best else (math.nan, math.nan)
    sharpe = known.get(best, math.nan)
    if reason:
        return DeflatedSharpe(best, sharpe, math.nan, math.nan, trials, observations, *moments, reason)
    expected = expected_best_sharpe(trials, float(np.var(list(known.values()), ddof=1)) if trials > 1 else 0.0)
    probability = probabilistic_sharpe(sharpe, expected, observations, *moments)
    reason = "its skew and tails allow no variance" if math.isnan(probability) else ""
    return DeflatedSharpe(best, sharpe, expected, probability, trials, observations, *moments, reason)


@dataclass(frozen=True)
class RealityCheck:
    """Hold the test of "no variant beats the benchmark".

    Parameters
    ----------
    statistic : that is compared. best : variant with the largest gain in standard errors.
    gain : its gain, USD, positive where it is better. score : that in standard errors, 0 where none is better.
    p_lower, p, p_upper : Hansen's; p is the consistent one. p_white : White's own, in USD and not in standard errors.
    windows, weeks, resamples : what they rest on. reason : why p is NaN; empty where it is not.
    """

    statistic: str
    best: str
    gain: float
    score: float
    p_lower: float
    p: float
    p_upper: float
    p_white: float
    windows: int
    weeks: int
    resamples: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {name: json_number(value) for name, value in asdict(self).items()}


def reality_check(
    variants: Mapping[str, ArrayLike],
    benchmark: ArrayLike,
    weeks: ArrayLike | WeekDraws,
    statistic: Statistic = Statistic.MEAN,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    mean_weeks: float = 1.0,
) -> RealityCheck:
    """Test whether the best of several variants beats a benchmark.

    Parameters
    ----------
    variants, benchmark : profits in the same windows, shape (n,). At least one variant.
    weeks, resamples, seed, mean_weeks : as `intervals.draw_weeks`, or draws already made.

    Raises
    ------
    BadInput : lengths differ, or a number outside its range.
    """
    draws = weeks if isinstance(weeks, WeekDraws) else draw_weeks(weeks, resamples, seed, mean_weeks)
    table = _table(variants, len(draws.week_of))
    alone = _table({"benchmark": benchmark}, len(draws.week_of))["benchmark"]
    sign, base = statistic.wanted, statistic(alone)
    gains = np.array([sign * (statistic(paid) - base) for paid in table.values()])
    names, first = list(table), int(np.argmax(gains))
    score, p, reason = math.nan, (math.nan,) * 4, draws.too_few
    if not reason and np.isnan(gains).any():
        reason = "the statistic of a variant is not known"
    if not reason:
        drawn_base = resampled(alone, draws, statistic)
        drawn = np.array([sign * (resampled(paid, draws, statistic) - drawn_base) for paid in table.values()])
        scores, p = _p_values(gains, drawn, draws.weeks)
        first = int(np.argmax(scores))
        score = max(float(scores[first]), 0.0)
    return RealityCheck(
        statistic=statistic.value,
        best=names[first],
        gain=float(gains[first]),
        score=score,
        p_lower=p[0],
        p=p[1],
        p_upper=p[2],
        p_white=p[3],
        windows=len(alone),
        weeks=draws.weeks,
        resamples=len(draws.chosen),
        reason=reason,
    )


def _p_values(gains: FloatArray, drawn: FloatArray, weeks: int) -> tuple[FloatArray, tuple[float, float, float, float]]:
    """Return gains in standard errors, and the lower, consistent, upper and White's p-value.

    gains : shape (k,). drawn : the same of every resample, shape (k, resamples). A draw as good as the sample itself
    counts against it, and so does the sample (p is never 0).
    """
    errors = np.std(drawn, axis=1)
    # A variant that is the benchmark, up to rounding, has no gain and no error: it neither wins nor counts.
    varies = errors > 1e-12 * np.maximum(np.max(np.abs(drawn), axis=1), np.finfo(float).tiny)
    unit = np.where(varies, errors, np.inf)
    scores = gains / unit
    lenient = math.sqrt(2.0 * math.log(math.log(weeks)))
    centres = (np.maximum(gains, 0.0), np.where(scores >= -lenient, gains, 0.0), gains)
    lower, consistent, upper = (
        _share_above(max(float(np.max(scores)), 0.0), (drawn - at[:, None]) / unit[:, None]) for at in centres
    )
    white = _share_above(max(float(np.max(gains)), 0.0), drawn - gains[:, None])
    return scores, (lower, consistent, upper, white)


def _share_above(score: float, drawn: FloatArray) -> float:
    best = np.maximum(np.max(drawn, axis=0), 0.0)
    return (1.0 + float(np.count_nonzero(best >= score))) / (len(best) + 1.0)


def _table(variants: Mapping[str, ArrayLike], windows: int) -> dict[str, FloatArray]:
    if not variants:
        raise BadInput("variants", 0, "must be one at least")
    table = {name: _known(name, values) for name, values in variants.items()}
    for name, values in table.items():
        if len(values) != windows or not windows:
            raise BadInput(name, len(values), f"must be as many as windows: {windows}, at least one")
    return table


def _known(name: str, values: ArrayLike) -> FloatArray:
    paid = finite(name, values)
    if paid.ndim != 1 or np.isnan(paid).any():
        raise BadInput(name, paid.shape, "must be a row of known profits")
    return paid
