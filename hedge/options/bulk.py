"""Bulk calls of the option functions: columns in, a kernel over them, numpy for what the kernel leaves.

A kernel answers for the regular domain: finite positive numbers, 1e-60 <= spot, strike <= 1e60, total volatility from
1e-8 to 1e3, growth exponents up to 300. It reports the rest, limits as well as errors, as NaN; the numpy path then
decides those elements, so that both paths have the same limits and raise the same errors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedge.numerics.arrays import FloatArray, numbers
from hedge.numerics.jit import BULK_OPTIONS, Kernel, column, compiled, has_kernels, run
from hedge.numerics.memory import results

_COLUMNS = "ffffffb"

_Plain = Callable[..., tuple[FloatArray, ...]]


def is_bulk(*arguments: ArrayLike) -> bool:
    """Tell whether the broadcast shape of the arguments is worth a kernel; shapes that do not match are numpy's."""
    shapes = [np.shape(argument) for argument in arguments]
    if all(shape == () for shape in shapes):
        return False
    try:
        return int(np.prod(np.broadcast_shapes(*shapes))) >= BULK_OPTIONS and has_kernels()
    except ValueError:
        return False


def evaluate(
    kernel: str, rows: int, plain: _Plain, names: tuple[str, ...], arguments: tuple[ArrayLike, ...], is_call: ArrayLike
) -> list[FloatArray]:
    """Run a kernel on broadcast arguments.

    Parameters
    ----------
    kernel : price, greeks or implied_vol.
    rows : the number of results per element.
    plain : the numpy path, from the same arguments to as many results; it sees only what the kernel leaves.
    names : of the arguments, for errors.

    Returns
    -------
    The results, each of the broadcast shape.
    """
    arrays = [numbers(name, values) for name, values in zip(names, arguments, strict=True)]
    calls = np.asarray(is_call, dtype=np.bool_)
    shape = np.broadcast_shapes(calls.shape, *(array.shape for array in arrays))
    columns: list[Any] = [column(array, shape) for array in (*arrays, calls)]
    size = int(np.prod(shape))
    table = results(rows, size)
    missing, out = run(_kernel(kernel), size, *columns, table), table[:, :size]
    if missing > 0:
        left = np.flatnonzero(np.isnan(out[0]))
        for row, values in zip(out, plain(*(c if c.size == 1 else c[left] for c in columns)), strict=True):
            row[left] = values
    return [row.reshape(shape) for row in out]


@cache
def _kernel(name: str) -> Kernel:
    from hedge.numerics import kernel_math, kernel_rows
    from hedge.options import implied_kernel, inversion, kernels

    if name == "implied_vol":
        return compiled(implied_kernel.implied_loop, _COLUMNS, kernel_rows, kernel_math, inversion, implied_kernel)
    make = kernels.price_loop if name == "price" else kernels.greeks_loop
    return compiled(make, _COLUMNS, kernel_rows, kernel_math, kernels)
