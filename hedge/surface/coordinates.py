"""Coordinates in which every point is a positive smile, and exact derivatives by them.

The coordinates are (ln least variance, ln b, atanh rho, m, ln sigma): a solver may step anywhere.
"""

import numpy as np

from hedge.inputs import FloatArray
from hedge.surface.svi import Svi

_FAR = 30.0  # exp of the coordinates stays finite


def smile_at(point: FloatArray) -> Svi:
    """Return the smile at a point."""
    least, b, sigma = np.exp(np.clip(point[[0, 1, 4]], -_FAR, _FAR)).tolist()
    rho, root = float(np.tanh(point[2])), _root(point)
    return Svi(least - b * sigma * root, b, rho, float(point[3]), sigma)


def point_of(smile: Svi) -> FloatArray:
    """Return the coordinates of a smile with b > 0."""
    least = smile.a + smile.b * smile.sigma * np.sqrt(1.0 - smile.rho**2)
    return np.array([np.log(least), np.log(smile.b), np.arctanh(smile.rho), smile.m, np.log(smile.sigma)])


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


def _root(point: FloatArray) -> float:
    """Return sqrt(1 - rho^2)."""
    return float(1.0 / np.cosh(np.clip(point[2], -_FAR, _FAR)))


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
    root = _root(point)
    lift = b * sigma * root
    chain = np.diag([float(np.exp(np.clip(point[0], -_FAR, _FAR))), b, root * root, 1.0, sigma])
    chain[0, 1:] = [-lift, lift * rho, 0.0, -lift]
    return chain
