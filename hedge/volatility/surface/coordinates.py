"""Coordinates in which every point is a positive smile, and exact derivatives by them.

The coordinates are (ln least variance, ln b, atanh rho, m, ln sigma): a solver may step anywhere. Beyond `_LEAST` and
`_MOST` the smile stays as it is there: within them the least variance, a + b sigma sqrt(1 - rho^2), is not lost in
rounding, and grids resolve the narrowest bend.
"""

from __future__ import annotations

import numpy as np

from hedge.numerics.arrays import FloatArray
from hedge.volatility.surface.svi import Svi

_LEAST = np.array([-27.0, -25.0, -8.0, -10.0, -9.0])
_MOST = np.array([3.0, 3.0, 8.0, 10.0, 3.0])


def smile_at(point: FloatArray) -> Svi:
    """Return the smile at a point."""
    log_least, log_b, angle, m, log_sigma = np.clip(point, _LEAST, _MOST)
    least, b, sigma = np.exp([log_least, log_b, log_sigma]).tolist()
    return Svi(least - b * sigma / float(np.cosh(angle)), b, float(np.tanh(angle)), float(m), sigma)


def point_of(smile: Svi) -> FloatArray:
    """Return the coordinates of a smile with b > 0."""
    return np.array([np.log(smile.least), np.log(smile.b), np.arctanh(smile.rho), smile.m, np.log(smile.sigma)])


def variance_gradient(point: FloatArray, k: FloatArray) -> FloatArray:
    """Return the derivative of w(k) by each coordinate, shape (k, 5)."""
    smile = smile_at(point)
    return _by_parameters(smile, k)[0] @ _chain(point, smile)


def durrleman_gradient(point: FloatArray, k: FloatArray) -> FloatArray:
    """Return the derivative of g(k) by each coordinate, shape (k, 5)."""
    smile = smile_at(point)
    w, (slope, _) = smile.total_variance(k), smile.derivatives(k)
    bracket = 1.0 - 0.5 * k * slope / w
    by_w = bracket * k * slope / w**2 + 0.25 * (slope / w) ** 2
    by_slope = -bracket * k / w - 0.5 * slope * (1.0 / w + 0.25)
    of_w, of_slope, of_bend = _by_parameters(smile, k)
    rows = by_w[:, np.newaxis] * of_w + by_slope[:, np.newaxis] * of_slope + 0.5 * of_bend
    return np.asarray(rows @ _chain(point, smile))


def slopes_gradient(point: FloatArray) -> FloatArray:
    """Return the derivative of both wings' slopes by each coordinate, shape (2, 5)."""
    smile = smile_at(point)
    rows = np.array([[0.0, 1.0 - smile.rho, -smile.b, 0.0, 0.0], [0.0, 1.0 + smile.rho, smile.b, 0.0, 0.0]])
    return rows @ _chain(point, smile)


def _by_parameters(smile: Svi, k: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the derivatives of w, w' and w'' by (a, b, rho, m, sigma), each of shape (k, 5)."""
    _, b, rho, m, sigma = smile
    x, none = k - m, np.zeros(k.shape)
    arc = np.hypot(x, sigma)
    of_w = [none + 1.0, rho * x + arc, b * x, -b * (rho + x / arc), b * sigma / arc]
    of_slope = [none, rho + x / arc, none + b, -b * sigma**2 / arc**3, -b * sigma * x / arc**3]
    of_bend = [
        none,
        sigma**2 / arc**3,
        none,
        3.0 * b * sigma**2 * x / arc**5,
        b * sigma * (2.0 * x**2 - sigma**2) / arc**5,
    ]
    return np.stack(of_w, axis=-1), np.stack(of_slope, axis=-1), np.stack(of_bend, axis=-1)


def _chain(point: FloatArray, smile: Svi) -> FloatArray:
    """Return the derivative of (a, b, rho, m, sigma) by the coordinates, shape (5, 5)."""
    _, b, rho, _, sigma = smile
    inside = np.clip(point, _LEAST, _MOST)
    root = float(1.0 / np.cosh(inside[2]))
    lift = b * sigma * root
    chain = np.diag([float(np.exp(inside[0])), b, root * root, 1.0, sigma])
    chain[0, 1:] = [-lift, lift * rho, 0.0, -lift]
    return np.asarray(np.where(inside == point, chain, 0.0))
