"""Fit one smile to the quotes of one expiry."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from hedge.numerics.arrays import FloatArray
from hedge.volatility.surface.coordinates import smile_at, variance_gradient
from hedge.volatility.surface.quotes import ExpiryQuotes
from hedge.volatility.surface.svi import Svi, flat

LEAST_BAND = 1e-3
"""Half widths of quotes are taken as at least a tenth of a vol point, so that no single quote rules a smile."""
_RIDGE = 5e-2
"""Pull of each coordinate to its start, in half spreads per unit: decides only where the quotes do not."""
_MOST_STEPS = 200


class Target(NamedTuple):
    """Hold what a smile is fitted to: log moneyness, mid volatilities, half widths (>= LEAST_BAND), years."""

    k: FloatArray
    mid: FloatArray
    half: FloatArray
    expiry: float


class Fitted(NamedTuple):
    """Hold a smile and the residual evaluations that it took."""

    smile: Svi
    iterations: int


def target(quotes: ExpiryQuotes) -> Target:
    """Return the middle and half width of each quote's band of volatilities."""
    half = np.maximum(0.5 * (quotes.ask_vol - quotes.bid_vol), LEAST_BAND)
    return Target(quotes.k, 0.5 * (quotes.bid_vol + quotes.ask_vol), half, quotes.expiry)


def fit_smile(goal: Target) -> Fitted:
    """Minimise the squared distance to mid in half spreads, by Levenberg-Marquardt with exact derivatives.

    One quote makes a flat smile. Two to four leave the rest to the start: a gently curved smile at the money.
    """
    if goal.k.size == 1:
        return Fitted(flat(float(goal.mid[0] ** 2 * goal.expiry)), 0)
    start = start_point(goal)
    found = least_squares(residual, start, jacobian, method="lm", max_nfev=_MOST_STEPS, args=(goal, start))
    return Fitted(smile_at(found.x), int(found.nfev))


def start_point(goal: Target) -> FloatArray:
    """Return coordinates of a gently curved smile through the quote next to the money."""
    level = float(goal.mid[np.argmin(np.abs(goal.k))] ** 2 * goal.expiry)
    width = np.sqrt(level)
    return np.array([np.log(0.9 * level), np.log(0.3 * width), -0.1, 0.0, np.log(width)])


def residual(point: FloatArray, goal: Target, start: FloatArray) -> FloatArray:
    """Return the distances to mid in half spreads, then the pulls to the start."""
    vol = np.sqrt(smile_at(point).total_variance(goal.k) / goal.expiry)
    return np.concatenate([(vol - goal.mid) / goal.half, _RIDGE * (point - start)])


def jacobian(point: FloatArray, goal: Target, start: FloatArray) -> FloatArray:
    """Return the derivative of `residual` by each coordinate."""
    vol = np.sqrt(smile_at(point).total_variance(goal.k) / goal.expiry)
    rows = variance_gradient(point, goal.k) / (2.0 * goal.expiry * vol * goal.half)[:, np.newaxis]
    return np.concatenate([rows, _RIDGE * np.eye(start.size)])
