"""Mean, deviation and CVaR of simulated profits, each with its standard error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, numbers


class Estimate(NamedTuple):
    """A number and the standard error of its simulation."""

    value: float
    error: float


@dataclass(frozen=True)
class Outcome:
    """Hold what profits look like, in their unit. CVaR is positive for a loss, as in `hedge.risk.measures.cvar`."""

    count: int
    mean: Estimate
    std: Estimate
    cvar95: Estimate
    cvar99: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types in a fixed order."""
        parts = {name: getattr(self, name) for name in ("mean", "std", "cvar95", "cvar99")}
        return {"count": self.count} | {name: {"value": e.value, "error": e.error} for name, e in parts.items()}


def outcome(profits: ArrayLike) -> Outcome:
    """Describe independent simulated profits, shape (n,), n >= 2, known.

    >>> outcome([1.0, 2.0, 3.0, 4.0]).mean.value
    2.5
    """
    values = _profits(profits)
    return Outcome(values.size, mean(values), deviation(values), cvar(values, 0.05), cvar(values, 0.01))


def mean(profits: ArrayLike) -> Estimate:
    """Return the mean and its standard error."""
    values = _profits(profits)
    return Estimate(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(values.size))


def deviation(profits: ArrayLike) -> Estimate:
    """Return the standard deviation and its standard error, from the fourth moment: no normality is assumed."""
    values = _profits(profits)
    away = values - values.mean()
    variance = float(np.mean(away**2))
    if variance == 0.0:
        return Estimate(0.0, 0.0)
    spread = max(float(np.mean(away**4)) - variance * variance, 0.0)
    return Estimate(float(values.std(ddof=1)), math.sqrt(spread / (4.0 * variance * values.size)))


def cvar(profits: ArrayLike, share: float) -> Estimate:
    """Return the mean loss over the worst `share` of outcomes, positive for a loss, and its standard error.

    The value counts ceil(share n) outcomes. The error is that of Rockafellar and Uryasev's average of the excess over
    the quantile, deviation / (share sqrt n): the quantile's own error cancels to first order.

    Parameters
    ----------
    profits : (n,), n >= 2, known. share : in (0, 1].
    """
    values = _profits(profits)
    if not 0.0 < share <= 1.0:
        raise BadInput("share", share, "must be in (0, 1]")
    worst = math.ceil(share * values.size)
    ordered = np.partition(values, worst - 1)
    excess = np.maximum(ordered[worst - 1] - values, 0.0)
    return Estimate(-float(ordered[:worst].mean()), float(excess.std(ddof=1)) / (share * math.sqrt(values.size)))


def _profits(profits: ArrayLike) -> FloatArray:
    values = numbers("profits", profits)
    if values.ndim != 1 or values.size < 2:
        raise BadInput("profits", values.shape, "must have one dimension and at least two outcomes")
    if not np.all(np.isfinite(values)):
        raise BadInput("profits", float(values[~np.isfinite(values)][0]), "must be known and finite")
    return values
