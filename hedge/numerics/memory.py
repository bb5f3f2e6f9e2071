"""Memory for results: used again when nobody looks at it any more.

A fresh table of a million elements costs as much time as the kernel that fills it, because the system clears each of
its pages. So a few blocks are kept, 128 MB at most. That a block is free is told by the end of an object (`_Loan`),
never by a count of references, which an interpreter may keep as it likes.
"""

from __future__ import annotations

from collections import deque
from weakref import finalize

import numpy as np

from hedge.numerics.arrays import FloatArray
from hedge.numerics.past_caches import LINE

_LEAST_SPARE, _MOST_SPARE = 1 << 20, 1 << 26  # bytes: below, a fresh block is cheap; above, it is not kept
_spare: deque[FloatArray] = deque(maxlen=2)  # enough for a loop that holds the last results while it makes the next


def results(rows: int, size: int) -> FloatArray:
    """Return a table for results, its content undefined, on memory whose last user is gone where there is such.

    Each row begins with a cache line, so rows can be longer than size: what is beyond belongs to nobody.
    """
    length = -(-size // LINE) * LINE
    block = _lent(rows * length + LINE)
    first = -block.ctypes.data // block.itemsize % LINE
    return block[first : first + rows * length].reshape(rows, length)


class _Loan:
    """Stand between a block of memory and the arrays on it.

    numpy lets a view keep alive what its memory came from, up to the first object that is not an array: this one. So
    it lives as long as any array, row or view on the block does, in whatever thread, and its end makes the block spare.
    """

    def __init__(self, block: FloatArray) -> None:
        self.__array_interface__ = block.__array_interface__
        finalize(self, _spare.append, block).atexit = False  # holds the block meanwhile


def _lent(size: int) -> FloatArray:
    """Return an array of the size: on a spare block if one fits, and back among them when nobody looks at it."""
    if not _LEAST_SPARE <= size * 8 <= _MOST_SPARE:
        return np.empty(size)
    block = _taken(size)
    return np.asarray(_Loan(np.empty(size) if block is None else block))


def _taken(size: int) -> FloatArray | None:
    """Take a block of the size off the spare ones; what is taken is this thread's alone."""
    for _ in range(len(_spare)):
        try:
            block = _spare.popleft()
        except IndexError:  # another thread took the last one
            return None
        if block.size == size:
            return block
        _spare.append(block)
    return None
