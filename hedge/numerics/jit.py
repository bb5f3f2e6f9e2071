"""Compile kernels at the first bulk call, and run them on two threads.

A kernel is written in plain Python, in modules that any interpreter can import and call; numba enters here, when a bulk
call needs it, so that smaller calls and imports never wait for it. Machine code is cached beside the source or, where
that is read-only, in the user's cache folder; where neither can be written it is compiled anew in each process.
numba's cache watches the file of the entry function only, so a kernel closes over the version of all its sources: the
cache keeps the values that a closure holds.

Threads are Python's own, because kernels release the interpreter's lock: numba's thread pools do not survive fork, and
its default one aborts when two threads enter it. Of all "fast" mathematics only contraction (a b + c rounded once) is
allowed: it never loses digits.

Which path answers depends on a call's size alone, never on what ran before: a plan has the same bits in a new process
as in an old one. numba is an extra: where it is not installed numpy answers calls of every size, and what has no other
path says so.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from types import FunctionType, ModuleType
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hedge.errors import MissingPackage
from hedge.numerics import past_caches

# Elements from which on a call goes to a kernel. Loading numba and the first kernel costs 0.35 s, compiling one after
# an installation 1 to 4 s: a kernel is worth that where one call costs numpy some 5 ms, so that 70 calls repay the
# loading and some hundreds the compiling. Beyond, numpy's temporaries leave the caches and the kernel wins by far more
# than here. A plan's calls have 4,096 elements: none of them waits. Measured: benchmarks/README.md.
BULK_OPTIONS = 1 << 15  # 100 to 200 ns per option in numpy, 700 for an implied volatility, 15 to 30 in a kernel
BULK_POSITIONS = 1 << 18  # 15 to 20 ns per position in numpy, 3 to 5 in a kernel

CHUNK = 256  # elements that a kernel works on at once: its scratch rows fill a first-level cache

Kernel = Callable[..., int]


@cache
def has_kernels() -> bool:
    """Tell whether numba is installed, without loading it."""
    return find_spec("numba") is not None


def compiled(make: Callable[[int], Kernel], columns: str, *modules: ModuleType, contract: bool = True) -> Kernel:
    """Compile the kernel that make(version) returns, from the cache where there is one.

    Parameters
    ----------
    make : a function of the last module that returns the kernel, closing over the version (> 0) of the modules.
    columns : one letter per argument that is read, each a contiguous column: f of float64, i of int32, b of bool. After
        them come the float64 table of results, a row each, and the first and last-plus-one element.
    modules : those whose functions the kernel uses, each after those that it imports from.
    contract : let a b + c round once; exact tricks with rounding errors forbid it.

    Raises
    ------
    MissingPackage : numba is not installed.
    """
    try:
        from numba import njit, types
    except ImportError as error:
        raise MissingPackage("numba", "fast") from error

    options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "fastmath": {"contract"} if contract else False}
    kinds = {"f": types.float64, "i": types.int32, "b": types.boolean}
    readable = (types.Array(kinds[letter], 1, "C", readonly=True) for letter in columns)
    signature = (*readable, types.Array(types.float64, 2, "C"), types.int64, types.int64)
    sources = (inspect.getsource(module) for module in (sys.modules[__name__], past_caches, *modules))
    plain: Any = make(1 + crc32("".join(sources).encode()))
    entry = FunctionType(plain.__code__, _scope(njit, options, modules), plain.__name__, None, plain.__closure__)
    entry.__qualname__ = plain.__qualname__
    try:
        kernel: Kernel = njit(signature, cache=True, **options)(entry)
    except (RuntimeError, OSError):  # no folder that can hold the cache
        kernel = njit(signature, **options)(entry)
    return kernel


def run(kernel: Kernel, size: int, *arguments: Any) -> int:
    """Run a kernel over range(size), in two halves at once, and return the sum of its counts.

    Halves meet between two chunks, so that an element's result does not depend on the number of threads.
    """
    middle = size // 2 // CHUNK * CHUNK
    with ThreadPoolExecutor(1) as pool:  # made anew each time: a pool that is kept would be dead after a fork
        second = pool.submit(kernel, *arguments, middle, size)
        return kernel(*arguments, 0, middle) + second.result()


def column(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an argument as a contiguous column: one element if it is constant, else one per element of the shape."""
    if values.size == 1:
        return values.reshape(1)
    return np.ascontiguousarray(np.broadcast_to(values, shape)).reshape(-1)


def _scope(njit: Any, options: dict[str, Any], modules: tuple[ModuleType, ...]) -> dict[str, Any]:
    """Return the last module's names, with every function of the modules in its compiled form."""
    done: dict[Any, Any] = {past_caches.stream: past_caches.compiled_stream()}
    scope: dict[str, Any] = {}
    for module in modules:
        scope = dict(vars(module))
        for name, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == module.__name__:
                done[value] = njit(**options)(FunctionType(value.__code__, scope, name))
            if inspect.isfunction(value) and value in done:
                scope[name] = done[value]
    return scope
