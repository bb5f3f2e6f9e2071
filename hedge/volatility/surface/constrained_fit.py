"""Fit one smile between walls: g >= 0, total variance below a later smile's, wings no steeper than allowed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from hedge.numerics.arrays import FloatArray
from hedge.volatility.surface import fitting
from hedge.volatility.surface.arbitrage import STEEPEST
from hedge.volatility.surface.coordinates import durrleman_gradient, slopes_gradient, smile_at, variance_gradient
from hedge.volatility.surface.fitting import Fitted, Target
from hedge.volatility.surface.svi import Svi

MARGIN = 5e-3
"""Walls are this far (of g; of total variance and slope as a share) before arbitrage."""
_POINTS = 31
_MOST_STEPS = 100
_LEAST_SLOPE = 1e-9  # a flat later smile still has a share to exceed
_FARTHEST = 1e6  # behind a wall; farther counts the same, so that residuals stay finite


class Constraints(NamedTuple):
    """Hold where smiles are checked (k), the total variance not to exceed there, and the slopes not to exceed."""

    k: FloatArray
    ceiling: FloatArray
    steepest: FloatArray


def constraints_of(goal: Target, start: Svi, later: Svi | None) -> Constraints:
    """Return the walls of one expiry on a grid that is dense where start, later and a plain smile bend."""
    plain = Svi(0.0, 0.0, 0.0, 0.0, float(np.exp(fitting.start_point(goal)[4])))
    grids = [smile.grid(_POINTS) for smile in (plain, start, later) if smile is not None]
    k = np.sort(np.concatenate(grids))
    if later is None:
        return Constraints(k, np.full(k.shape, np.inf), np.full(2, STEEPEST))
    return Constraints(k, later.total_variance(k), np.maximum(later.slopes, _LEAST_SLOPE))


def fit_between(point: FloatArray, goal: Target, constraints: Constraints, penalty: float) -> tuple[FloatArray, Fitted]:
    """Minimise distances to mid and penalties, from a point; return the point found and its smile.

    penalty is in half spreads per unit of g, and of total variance and slope as a share.
    """
    arguments = (goal, fitting.start_point(goal), constraints, penalty)
    found = least_squares(_residual, point, _jacobian, method="lm", max_nfev=_MOST_STEPS, args=arguments)
    return found.x, Fitted(smile_at(found.x), int(found.nfev))


def _rooms(smile: Svi, constraints: Constraints) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return how far a smile is from its walls; negative behind them."""
    below = 1.0 - MARGIN - smile.total_variance(constraints.k) / constraints.ceiling
    flatter = 1.0 - MARGIN - np.array(smile.slopes) / constraints.steepest
    return smile.durrleman(constraints.k) - MARGIN, below, flatter


def _residual(
    point: FloatArray, goal: Target, start: FloatArray, constraints: Constraints, penalty: float
) -> FloatArray:
    behind = np.clip(np.concatenate(_rooms(smile_at(point), constraints)), -_FARTHEST, 0.0)
    return np.concatenate([fitting.residual(point, goal, start), penalty * behind])


def _jacobian(
    point: FloatArray, goal: Target, start: FloatArray, constraints: Constraints, penalty: float
) -> FloatArray:
    rooms = np.concatenate(_rooms(smile_at(point), constraints))
    behind = (rooms < 0.0) & (rooms > -_FARTHEST)
    rows = [
        durrleman_gradient(point, constraints.k),
        -variance_gradient(point, constraints.k) / constraints.ceiling[:, np.newaxis],
        -slopes_gradient(point) / constraints.steepest[:, np.newaxis],
    ]
    penalties = penalty * np.where(behind[:, np.newaxis], np.concatenate(rows), 0.0)
    return np.concatenate([fitting.jacobian(point, goal, start), penalties])
