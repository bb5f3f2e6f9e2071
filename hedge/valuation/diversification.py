"""How many independent bets a set of pools makes, and what is left of them in the tail.

The measure, and why this one
-----------------------------
Effective number of bets = exp of the entropy of the eigenvalue shares of diag(w) Cov diag(w): 1 where everything moves
as one, n where n equal risks are independent, continuous between. It is Meucci's "Managing diversification", 2009, with
the spectrum of the holdings in place of the holdings' loadings (Roy and Vetterli's effective rank, 2007). Two others
were left, by symmetry: for equal weights in equally correlated assets his principal-component loadings give 1 however
small the correlation is, and his minimum torsion (2015) gives n however large it is.

The squared diversification ratio (Choueifaty, Froidure and Reynier, 2013) answers the sharper question by how much the
variance falls: n / (1 + (n - 1) rho) at equal correlation, where it is never above the entropy's number (it is their
Renyi entropy of infinite order). Both are shown.

Shared by every function here: returns have shape (t, n), one row per period, one column per pool, any unit. Rows with a
NaN are left out. weights: shape (n,), >= 0, finite, not all 0; none means equal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.market import TAIL_SHARE
from hedge.numerics.arrays import FloatArray, finite, nonnegative
from hedge.risk.measures import cvar
from hedge.risk.scenarios import SEED


def effective_bets(covariance: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the effective number of independent bets of a weighted set of risks.

    Parameters
    ----------
    covariance : shape (n, n), symmetric, without an eigenvalue below -1e-9 of the largest.
    weights : shape (n,), >= 0, finite, not all 0; none means equal.

    Returns
    -------
    From 1 to n; NaN if there is no variance, nothing (n = 0), or a NaN.

    Raises
    ------
    BadInput : not square, not symmetric, not a covariance, or weights outside their range.

    >>> effective_bets(np.eye(4)), round(effective_bets(np.ones((4, 4))), 9)
    (4.0, 1.0)
    """
    risk = _weighted(covariance, weights)
    if risk.size == 0 or np.isnan(risk).any() or not risk.any():
        return math.nan
    values = np.linalg.eigvalsh(risk)
    if values[0] < -1e-9 * max(abs(float(values[-1])), abs(float(values[0]))):
        raise BadInput("covariance", float(values[0]), "must have no negative eigenvalue")
    shares = np.maximum(values, 0.0) / np.maximum(values, 0.0).sum()
    return float(np.exp(-np.sum(shares * np.log(np.where(shares > 0.0, shares, 1.0)))))


def variance_bets(covariance: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the squared diversification ratio: (weighted sum of volatilities)^2 over the variance of the sum.

    Parameters and errors as `effective_bets`, from which it differs where small independent moves are many.

    Returns
    -------
    At least 1; infinite for a perfect offset, NaN if there is no variance at all, nothing, or a NaN.

    >>> round(variance_bets([[1.0, 0.5], [0.5, 1.0]]), 6)
    1.333333
    """
    risk = _weighted(covariance, weights)
    if risk.size == 0 or np.isnan(risk).any() or not risk.any():
        return math.nan
    alone, together = float(np.sqrt(np.maximum(np.diag(risk), 0.0)).sum()), float(risk.sum())
    return alone**2 / together if together > 1e-15 * alone**2 else math.inf


def lower_tail_dependence(returns: ArrayLike, share: float = TAIL_SHARE) -> FloatArray:
    """Return how often one pool is in its worst `share` of periods when the other is: empirical, by ranks.

    Parameters
    ----------
    returns : shape (t, n), a row per period, a column per pool, any unit; rows with a NaN are left out,
        at least 1 / share complete rows must be left. share : in (0, 0.5].

    Returns
    -------
    Shape (n, n), in [0, 1], symmetric; `share` if independent, 1 on the diagonal and if comonotone. Periods tied at the
    edge of the worst count in part, so that a constant pool depends on nothing, itself included. At a finite share
    it is not the limit, which no sample shows: compare with the same figure of independent series.

    Source: Joe, "Multivariate models and dependence concepts", 1997.
    """
    rows = _complete(returns, share)
    count = math.floor(share * len(rows))
    table = pd.DataFrame(rows)
    first, last = (table.rank(method=method).to_numpy() for method in ("min", "max"))
    worst = np.clip((count - first + 1.0) / (last - first + 1.0), 0.0, 1.0)
    return np.asarray(worst.T @ worst / count)


@dataclass(frozen=True)
class JointTail:
    """Hold the tail of a weighted sum of pools against that of its parts, losses positive, in the unit of the returns.

    cvar_sum : of the sum. sum_cvars : of the parts' own, what the sum would lose if all were worst at once.
    cvar_independent : of the sum of the same returns with each pool's order shuffled by itself: what diversification
        would leave if the pools had nothing in common.
    """

    cvar_sum: float
    sum_cvars: float
    cvar_independent: float
    rows: int

    @property
    def kept(self) -> float:
        """Return the share of the parts' tail risk that the sum keeps: 1 means that spreading removed nothing."""
        return self.cvar_sum / self.sum_cvars if self.sum_cvars > 0.0 else math.nan

    @property
    def kept_if_independent(self) -> float:
        """Return the share that it would keep if the pools were independent."""
        return self.cvar_independent / self.sum_cvars if self.sum_cvars > 0.0 else math.nan


def joint_tail(
    returns: ArrayLike,
    weights: ArrayLike | None = None,
    share: float = TAIL_SHARE,
    shuffles: int = 64,
    seed: int = SEED,
) -> JointTail:
    """Compare the CVaR of a sum of pools with the sum of their CVaRs, and with independent pools.

    Parameters
    ----------
    returns : shape (t, n), a row per period, a column per pool, any unit; rows with a NaN are left out,
        at least 1 / share complete rows must be left. weights : shape (n,), >= 0, finite, not all 0; none means equal.
    share : of the worst periods, in (0, 0.5].
    shuffles : independent orders that `cvar_independent` averages, >= 1. seed : of the shuffling; same seed, same bits.

    Raises
    ------
    BadInput : too few rows, or a number outside its range.

    Source: Acerbi and Tasche, "On the coherence of expected shortfall", 2002: CVaR is subadditive, so `kept` <= 1 where
    the sum of the parts' CVaRs is positive.
    """
    rows = _complete(returns, share)
    if shuffles < 1:
        raise BadInput("shuffles", shuffles, "must be >= 1")
    parts = rows * _weights(weights, rows.shape[1])
    generator = np.random.default_rng(seed)
    alone = [cvar(generator.permuted(parts, axis=0).sum(axis=1), share) for _ in range(shuffles)]
    sum_cvars = math.fsum(cvar(column, share) for column in parts.T)
    return JointTail(cvar(parts.sum(axis=1), share), sum_cvars, math.fsum(alone) / shuffles, len(rows))


def _weighted(covariance: ArrayLike, weights: ArrayLike | None) -> FloatArray:
    matrix = finite("covariance", covariance)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise BadInput("covariance", matrix.shape, "must be square")
    if not np.allclose(matrix, matrix.T, rtol=1e-9, atol=0.0, equal_nan=True):
        raise BadInput("covariance", float(np.nanmax(np.abs(matrix - matrix.T))), "must be symmetric")
    w = _weights(weights, len(matrix))
    return np.asarray(matrix * np.outer(w, w))


def _weights(weights: ArrayLike | None, count: int) -> FloatArray:
    if weights is None:
        return np.full(count, 1.0 / max(count, 1))
    given = nonnegative("weights", weights)
    if given.shape != (count,) or not given.sum() > 0.0:
        raise BadInput("weights", weights, f"must be {count} numbers >= 0, not all 0")
    return np.asarray(given / given.sum())


def _complete(returns: ArrayLike, share: float) -> FloatArray:
    if not 0.0 < share <= 0.5:
        raise BadInput("share", share, "must be in (0, 0.5]")
    rows = finite("returns", returns)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise BadInput("returns", rows.shape, "must have a row per period and a column per pool")
    rows = rows[~np.isnan(rows).any(axis=1)]
    if len(rows) * share < 1.0:
        raise BadInput("returns", len(rows), f"must have at least {math.ceil(1.0 / share)} complete rows")
    return rows
