"""What a kernel reads of a model, and the checks that its numbers pass before."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, numbers
from hedge.simulate.path_kernel import PER_ASSET


class Columns(NamedTuple):
    """What the kernel reads of a model: numbers (assets, PER_ASSET), triangle (assets, assets), its table and rows."""

    kind: int
    numbers: FloatArray
    triangle: FloatArray
    table: FloatArray
    rows: int


class PathModel(Protocol):
    """A model that `simulate` takes."""

    def columns(self, step: float) -> Columns:
        """Return the kernel's numbers for steps of so many years."""
        ...


def asset_count(spot: ArrayLike) -> int:
    """Return how many assets there are; refuse spots that are no prices."""
    spots = numbers("spot", spot)
    if spots.ndim > 1 or spots.size == 0:
        raise BadInput("spot", spots.shape, "must be one price or one per asset")
    if not np.all((spots > 0.0) & (spots < np.inf)):
        raise BadInput("spot", spots.tolist(), "must be > 0 and finite")
    return spots.size


def per_asset(name: str, values: ArrayLike, count: int, least: float = -np.inf) -> FloatArray:
    """Return one known, finite number per asset."""
    array = numbers(name, values)
    if array.ndim > 1 or array.size not in (1, count):
        raise BadInput(name, array.shape, f"must be one number, or one for each of {count}")
    if not np.all(np.isfinite(array) & (array >= least)):
        raise BadInput(name, array.tolist(), "must be finite" + (f" and >= {least:g}" if least > -np.inf else ""))
    return np.broadcast_to(array, (count,))


def start_columns(spot: ArrayLike) -> tuple[FloatArray, int]:
    """Return a table of numbers per asset with the spots in it, and how many assets there are."""
    spots = np.atleast_1d(numbers("spot", spot))
    out = np.zeros((spots.size, PER_ASSET))
    out[:, 0] = spots
    return out, spots.size


def triangle(correlation: ArrayLike | None, count: int) -> FloatArray:
    """Return the lower triangle whose product with its transpose is the correlation; it may be singular."""
    if correlation is None:
        return np.eye(count)
    matrix = numbers("correlation", correlation)
    if matrix.shape != (count, count) or not np.all(np.isfinite(matrix)):
        raise BadInput("correlation", matrix.shape, f"must be known, shape ({count}, {count})")
    if not (np.allclose(matrix, matrix.T, atol=1e-12, rtol=0.0) and np.allclose(np.diag(matrix), 1.0, atol=1e-12)):
        raise BadInput("correlation", matrix.tolist(), "must be symmetric with a diagonal of 1")
    values, vectors = np.linalg.eigh(matrix)
    if values[0] < -1e-9:
        raise BadInput("correlation", float(values[0]), "must have no negative eigenvalue: no returns correlate so")
    root: FloatArray = vectors * np.sqrt(np.maximum(values, 0.0))
    upper = np.linalg.qr(root.T)[1]
    return np.asarray(upper.T * np.where(np.diag(upper) < 0.0, -1.0, 1.0))
