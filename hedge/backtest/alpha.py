"""Alpha net of beta: what a strategy earned a week beyond what its assets' moves paid.

ETH fell in the sample that taught us most, so every hedge that is short ETH had the better mean: that is beta. Ordinary
least squares of weekly profits on the assets' weekly returns takes it out; standard errors are those of Newey and West
(Bartlett weights, times n / (n - k)), because neighbouring weeks share their market and overlapping windows their days.

Source: Newey and West, "A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent covariance
matrix", 1987; lags by their rule of thumb of 1994, floor(4 (n / 100)^(2/9)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite
from hedge.units import json_number


@dataclass(frozen=True)
class AlphaBeta:
    """Hold a regression of profits on asset returns.

    Parameters
    ----------
    alpha : USD a window beyond beta. alpha_error : its standard error. p : two-sided, Student with n - k degrees.
    beta : USD per 1.00 of each asset's return. beta_error : their standard errors.
    r_squared : share of the variance that beta explains. windows : observations. lags : of the covariance.
    reason : why all of it is NaN; empty where it is not.
    """

    alpha: float
    alpha_error: float
    p: float
    beta: Mapping[str, float]
    beta_error: Mapping[str, float]
    r_squared: float
    windows: int
    lags: int
    reason: str = field(default="")

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        numbers = {
            name: json_number(getattr(self, name))
            for name in ("alpha", "alpha_error", "p", "r_squared", "windows", "lags", "reason")
        }
        betas = {
            name: {asset: json_number(value) for asset, value in getattr(self, name).items()}
            for name in ("beta", "beta_error")
        }
        return numbers | betas


def alpha_beta(profits: ArrayLike, factors: Mapping[str, ArrayLike], lags: int | None = None) -> AlphaBeta:
    """Regress profits on asset returns of the same windows.

    Parameters
    ----------
    profits : USD a window, in order of time, shape (n,). factors : return of each asset, decimal, each of shape (n,).
    lags : of the covariance, >= 0; by default the rule of thumb. Overlapping windows need `overlap` - 1 at least.
        Windows that follow each other in the sample count as neighbours, a missing one between them or not.

    Returns
    -------
    All NaN with the reason where there are too few windows or the assets' returns are not independent.

    Raises
    ------
    BadInput : lengths differ, a number is NaN or infinite, lags below 0.

    >>> found = alpha_beta([1.0, 3.0, 2.0, 4.0, 3.0], {"ETH": [0.0, 0.2, 0.1, 0.3, 0.2]})
    >>> round(found.alpha, 9), round(found.beta["ETH"], 9)
    (1.0, 10.0)
    """
    paid = finite("profits", profits)
    columns = {name: finite(name, values) for name, values in factors.items()}
    for name, values in {"profits": paid, **columns}.items():
        if values.shape != (len(paid),) or np.isnan(values).any():
            raise BadInput(name, values.shape, f"must be {len(paid)} known numbers, one a window")
    count, unknowns = len(paid), len(columns) + 1
    lags = newey_west_lags(count) if lags is None else lags
    if lags < 0:
        raise BadInput("lags", lags, "must be >= 0")
    design = np.column_stack([np.ones(count), *columns.values()])
    if count <= unknowns:
        return _unknown(columns, count, lags, f"{count} windows for {unknowns} coefficients")
    if np.linalg.matrix_rank(design) < unknowns:
        return _unknown(columns, count, lags, "the assets' returns are constant or not independent")
    return _fitted(paid, design, list(columns), min(lags, count - 1))


def newey_west_lags(count: int) -> int:
    """Return the rule of thumb for the lags of n observations: floor(4 (n / 100)^(2/9)).

    >>> newey_west_lags(33), newey_west_lags(100), newey_west_lags(229)
    (3, 4, 4)
    """
    return int(4.0 * (count / 100.0) ** (2.0 / 9.0))


def _fitted(paid: FloatArray, design: FloatArray, names: list[str], lags: int) -> AlphaBeta:
    count, unknowns = design.shape
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ (design.T @ paid)
    residuals = paid - design @ coefficients
    errors = np.sqrt(np.maximum(np.diag(inverse @ _bartlett(design * residuals[:, None], lags) @ inverse), 0.0))
    errors = errors * math.sqrt(count / (count - unknowns))
    spread = float(np.sum((paid - paid.mean()) ** 2))
    alpha, error = float(coefficients[0]), float(errors[0])
    return AlphaBeta(
        alpha=alpha,
        alpha_error=error,
        p=2.0 * float(stdtr(count - unknowns, -abs(alpha) / error)) if error > 0.0 else math.nan,
        beta=dict(zip(names, coefficients[1:].tolist(), strict=True)),
        beta_error=dict(zip(names, errors[1:].tolist(), strict=True)),
        r_squared=1.0 - float(residuals @ residuals) / spread if spread > 0.0 else math.nan,
        windows=count,
        lags=lags,
    )


def _bartlett(scores: FloatArray, lags: int) -> FloatArray:
    """Return the long-run sum of products of the scores x u: its weights keep it positive semi-definite."""
    total = scores.T @ scores
    for lag in range(1, lags + 1):
        product = scores[lag:].T @ scores[:-lag]
        total = total + (1.0 - lag / (lags + 1.0)) * (product + product.T)
    return np.asarray(total)


def _unknown(names: Mapping[str, FloatArray], count: int, lags: int, reason: str) -> AlphaBeta:
    nothing = dict.fromkeys(names, math.nan)
    return AlphaBeta(math.nan, math.nan, math.nan, nothing, dict(nothing), math.nan, count, lags, reason)
