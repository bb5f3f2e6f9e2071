"""Compile kernels at the first bulk call, and run them on two threads.

numba is imported here and nowhere else at call time, so that small calls and `import hedge` never wait for it. Machine
code is cached beside the source or, where that is read-only, in the user's cache folder; where neither can be written
it is compiled anew in each process. numba's cache watches the file of the kernel's entry function only, so a kernel is
made by a function of the version of all sources that it uses: the cache keeps the values that a closure holds.

Threads are Python's own, because kernels release the interpreter's lock: numba's thread pools do not survive fork, and
its default one aborts when two threads enter it.
"""

import inspect
from collections.abc import Callable
from threading import Thread
from types import ModuleType
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BULK = 2_048  # elements: below, numpy answers in the time that a kernel's threads and columns cost
CHUNK = 256  # elements that a kernel works on at once: its scratch rows fill a first-level cache
_WORTH_A_THREAD = 1 << 15  # elements: below, a thread costs more to start (50 us) than it saves

Kernel = Callable[..., int]


def compiled(
    make: Callable[[int], Callable[..., int]], argument_types: tuple[Any, ...], *sources: ModuleType
) -> Kernel:
    """Compile the kernel that make(version) returns for exactly these numba types, from the cache where there is one.

    Parameters
    ----------
    sources : every module whose code the kernel uses.
    """
    from numba import njit

    function = make(1 + crc32("".join(inspect.getsource(module) for module in sources).encode()))

    options: dict[str, Any] = {"error_model": "numpy", "nogil": True}
    try:
        kernel: Kernel = njit(argument_types, cache=True, **options)(function)
    except (RuntimeError, OSError):  # no folder that can hold the cache
        kernel = njit(argument_types, **options)(function)
    return kernel


def run(kernel: Kernel, size: int, *arguments: Any) -> int:
    """Run a kernel over range(size), in two halves if that pays, and return the sum of its counts.

    A kernel takes its arguments, then the first and the last-plus-one element. Halves meet between two chunks, so that
    an element's result does not depend on the number of threads.
    """
    if size < _WORTH_A_THREAD:
        return kernel(*arguments, 0, size)
    middle = size // 2 // CHUNK * CHUNK
    counts: list[int] = []
    second = Thread(target=lambda: counts.append(kernel(*arguments, middle, size)))
    second.start()
    first = kernel(*arguments, 0, middle)
    second.join()
    return first + counts[0]


def column(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an argument as a contiguous column: one element if it is constant, else one per element of the shape."""
    if values.size == 1:
        return values.reshape(1)
    return np.ascontiguousarray(np.broadcast_to(values, shape)).reshape(-1)
