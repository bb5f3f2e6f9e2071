"""Scrambled Sobol' points, bit for bit those of `scipy.stats.qmc.Sobol`, without importing `scipy.stats`.

That import alone takes 0.45 s, a fifth of a first plan (ADR 21), so the few dimensions that a book's
assets need are drawn here and SciPy is asked only beyond them; a test compares the bits.

Sources: direction numbers of Joe and Kuo (2008), "Constructing Sobol sequences with better two-dimensional
projections"; random linear scramble and digital shift of Matousek (1998), "On the L2-discrepancy for anchored boxes".
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from hedge.numerics.arrays import FloatArray

BITS: Final = 30
"""Binary digits of a point."""
JOE_KUO: Final = (
    (1, ()),
    (3, (1,)),
    (7, (1, 3)),
    (11, (1, 3, 1)),
    (13, (1, 1, 1)),
    (19, (1, 1, 3, 3)),
    (25, (1, 3, 5, 13)),
    (37, (1, 1, 5, 5, 17)),
    (41, (1, 1, 5, 5, 5)),
    (47, (1, 1, 7, 11, 19)),
    (55, (1, 1, 5, 1, 1)),
    (59, (1, 1, 1, 3, 11)),
)
"""Of each dimension the primitive polynomial over GF(2), its coefficients as bits, and the first direction numbers."""

Digits = npt.NDArray[np.uint32]


def scrambled_sobol(dimensions: int, count: int, seed: int) -> FloatArray:
    """Return the first `count` points of a scrambled Sobol' sequence in [0, 1), shape (count, dimensions).

    Parameters
    ----------
    dimensions : at least 1. count : a power of two, at least 2. seed : of the scramble.

    Examples
    --------
    >>> scrambled_sobol(2, 4, seed=1).shape
    (4, 2)
    """
    if dimensions > len(JOE_KUO):
        from scipy.stats import qmc  # rare, and slow to import

        engine = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
        return np.asarray(engine.random(count), dtype=np.float64)
    (rng,) = np.random.default_rng(seed).spawn(1)  # as SciPy does
    places = np.left_shift(np.uint32(1), np.arange(BITS, dtype=np.uint32))
    shift = rng.integers(0, 2, size=(dimensions, BITS), dtype=np.uint32) @ places
    lower = np.tril(rng.integers(0, 2, size=(dimensions, BITS, BITS), dtype=np.uint32))
    columns = _scrambled(np.array([_directions(*entry) for entry in JOE_KUO[:dimensions]]), lower)
    points = shift[None, :]
    for column in range(count.bit_length() - 1):  # in the order of the Gray code
        points = np.concatenate([points, points[::-1] ^ columns[:, column]])
    return np.asarray(points * (1.0 / 2**BITS), dtype=np.float64)


def _directions(polynomial: int, first: tuple[int, ...]) -> list[int]:
    """Return the direction numbers of one dimension as binary fractions of `BITS` digits."""
    degree, numbers = polynomial.bit_length() - 1, list(first) or [1] * BITS
    while len(numbers) < BITS:
        number = numbers[-degree]
        for back in range(1, degree + 1):
            number ^= (polynomial >> (degree - back) & 1) * numbers[-back] << back
        numbers.append(number)
    return [number << (BITS - 1 - place) for place, number in enumerate(numbers)]


def _scrambled(directions: npt.NDArray[np.int64], lower: Digits) -> Digits:
    """Multiply the binary digits of each direction number by a lower triangular matrix modulo 2, its diagonal 1."""
    highest_first = np.arange(BITS - 1, -1, -1)
    digits = directions[:, :, None] >> highest_first & 1
    matrix = lower | np.eye(BITS, dtype=np.uint32)
    mixed = np.einsum("dpk,djk->djp", matrix.astype(np.int64), digits) & 1
    return np.asarray((mixed << highest_first).sum(axis=2), dtype=np.uint32)
