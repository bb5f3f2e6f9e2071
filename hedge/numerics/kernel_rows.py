"""Copies between columns and the rows of a kernel's scratch array: parts of kernels, compiled by `jit`."""

from hedge.numerics.arrays import BoolArray, FloatArray
from hedge.numerics.jit import CHUNK
from hedge.numerics.past_caches import LINE, stream

_PAST_CACHES = 1 << 19  # elements of a table: from here on it would not stay in a cache anyway


def load(w: FloatArray, row: int, source: FloatArray, start: int, count: int) -> None:
    """Copy a part of a column, or its only element throughout, to a row of the scratch array."""
    target = w[row : row + count]
    if source.size == 1:
        target[:] = source[0]
    else:
        part = source[start : start + count]
        for i in range(count):
            target[i] = part[i]


def load_signs(w: FloatArray, row: int, is_call: BoolArray, start: int, count: int) -> None:
    """Write +1 for calls and -1 for puts to a row of the scratch array."""
    target = w[row : row + count]
    if is_call.size == 1:
        target[:] = 1.0 if is_call[0] else -1.0
    else:
        part = is_call[start : start + count]
        for i in range(count):
            target[i] = 1.0 if part[i] else -1.0


def store(out: FloatArray, w: FloatArray, start: int, count: int) -> int:
    """Copy the first rows to a table of results and count what is NaN in the first.

    Whole chunks of a large table go past the caches, where its rows begin with a line of memory.
    """
    past = (out.size >= _PAST_CACHES) & (count == CHUNK)
    for k in range(out.shape[0]):
        at = k * out.shape[1] + start
        if past and (out.ctypes.data // 8 + at) % LINE == 0:
            for i in range(0, CHUNK, LINE):
                stream(out, at + i, w, k * CHUNK + i)
        else:
            target, part = out[k, start : start + count], w[k * CHUNK : k * CHUNK + count]
            for i in range(count):
                target[i] = part[i]
    missing = 0
    for i in range(count):
        missing += w[i] != w[i]
    return missing
