"""Bring numbers to float64 arrays and refuse those outside their domain.

NaN always passes: it means "unknown" and comes out as NaN. Every refusal is a `BadInput` with the first offender.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedge.errors import BadInput

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def finite(name: str, values: ArrayLike) -> FloatArray:
    """Return float64 values that are finite or NaN."""
    array = numbers(name, values)
    _refuse(name, array, np.isinf(array), "must be finite")
    return array


def nonnegative(name: str, values: ArrayLike) -> FloatArray:
    """Return float64 values that are finite and not negative, or NaN."""
    array = numbers(name, values)
    if not array.ndim and 0.0 <= array < math.inf:  # a scalar in its domain, which most are, needs no masks
        return array
    array = finite(name, array)
    _refuse(name, array, array < 0.0, "must be >= 0")
    return array


def positive(name: str, values: ArrayLike) -> FloatArray:
    """Return float64 values that are finite and above zero, or NaN."""
    array = numbers(name, values)
    if not array.ndim and 0.0 < array < math.inf:
        return array
    array = finite(name, array)
    _refuse(name, array, array <= 0.0, "must be > 0")
    return array


def numbers(name: str, values: ArrayLike) -> FloatArray:
    """Return real float64 values; text, None and complex numbers are refused."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput(name, values, "must be real numbers") from error


def _refuse(name: str, array: FloatArray, wrong: BoolArray, rule: str) -> None:
    if wrong.any():
        raise BadInput(name, float(array[wrong][0]), rule)
