"""Compile kernels at the first bulk call, and run them on two threads.

A kernel is written in plain Python, in modules that any interpreter can import and call; numba enters here, when a bulk
call needs it, so that small calls and imports never wait for it. Machine code is cached beside the source or, where
that is read-only, in the user's cache folder; where neither can be written it is compiled anew in each process.
numba's cache watches the file of the entry function only, so a kernel closes over the version of all its sources: the
cache keeps the values that a closure holds.

Threads are Python's own, because kernels release the interpreter's lock: numba's thread pools do not survive fork, and
its default one aborts when two threads enter it. Of all "fast" mathematics only contraction (a b + c rounded once) is
allowed: it never loses digits.
"""

import inspect
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from sys import getrefcount
from types import FunctionType, ModuleType
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hedge.numerics.arrays import FloatArray

BULK = 2_048  # elements: below, numpy answers in the time that a kernel's threads and columns cost
LINE = 8  # float64 of a cache line
CHUNK = 256  # elements that a kernel works on at once: its scratch rows fill a first-level cache
_WORTH_A_THREAD = 1 << 15  # elements: below, a thread costs more to start (0.1 ms) than it saves

_SPARE_BLOCKS = 2  # enough for a loop that holds the last results while it makes the next
_LEAST_SPARE, _MOST_SPARE = 1 << 20, 1 << 26  # bytes: below, a fresh block is cheap; above, it is not kept

Kernel = Callable[..., int]
_spare: list[FloatArray] = []


def compiled(make: Callable[[int], Kernel], columns: str, *modules: ModuleType, contract: bool = True) -> Kernel:
    """Compile the kernel that make(version) returns, from the cache where there is one.

    Parameters
    ----------
    make : a function of the last module that returns the kernel, closing over the version (> 0) of the modules.
    columns : one letter per argument that is read, each a contiguous column: f of float64, i of int32, b of bool. After
        them come the float64 table of results, a row each, and the first and last-plus-one element.
    modules : those whose functions the kernel uses, each after those that it imports from.
    contract : let a b + c round once; exact tricks with rounding errors forbid it.
    """
    from numba import njit, types

    options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "fastmath": {"contract"} if contract else False}
    kinds = {"f": types.float64, "i": types.int32, "b": types.boolean}
    readable = (types.Array(kinds[letter], 1, "C", readonly=True) for letter in columns)
    signature = (*readable, types.Array(types.float64, 2, "C"), types.int64, types.int64)
    sources = (inspect.getsource(module) for module in (sys.modules[__name__], *modules))
    plain: Any = make(1 + crc32("".join(sources).encode()))
    entry = FunctionType(plain.__code__, _scope(njit, options, modules), plain.__name__, None, plain.__closure__)
    entry.__qualname__ = plain.__qualname__
    try:
        kernel: Kernel = njit(signature, cache=True, **options)(entry)
    except (RuntimeError, OSError):  # no folder that can hold the cache
        kernel = njit(signature, **options)(entry)
    return kernel


def run(kernel: Kernel, size: int, *arguments: Any) -> int:
    """Run a kernel over range(size), in two halves if that pays, and return the sum of its counts.

    Halves meet between two chunks, so that an element's result does not depend on the number of threads.
    """
    if size < _WORTH_A_THREAD:
        return kernel(*arguments, 0, size)
    middle = size // 2 // CHUNK * CHUNK
    with ThreadPoolExecutor(1) as pool:  # made anew each time: a pool that is kept would be dead after a fork
        second = pool.submit(kernel, *arguments, middle, size)
        return kernel(*arguments, 0, middle) + second.result()


def results(rows: int, size: int) -> FloatArray:
    """Return a table for results, its content undefined: one whose last user is gone where there is one of the size.

    Each row begins with a cache line, so rows can be longer than size: what is beyond belongs to nobody.

    A fresh table of a million elements costs as much time as a kernel, because the system clears each of its pages. So
    up to `_SPARE_BLOCKS` blocks are kept; one is handed out again only when no array refers to it any more, which the
    interpreter's own count of references says. Taking a block off the list makes it this thread's alone.
    """
    length = -(-size // LINE) * LINE
    block = _block(rows * length + LINE)
    first = -block.ctypes.data // block.itemsize % LINE
    return block[first : first + rows * length].reshape(rows, length)


def _block(size: int) -> FloatArray:
    for _ in range(len(_spare)):
        try:
            block = _spare.pop(0)
        except IndexError:  # another thread took the last one
            break
        unused = getrefcount(block) == 2  # this name and the argument
        _spare.append(block)
        if unused and block.size == size:
            return block
    block = np.empty(size)  # one block: large enough for huge pages, it costs half of separate ones
    if _LEAST_SPARE <= block.nbytes <= _MOST_SPARE:
        _spare.append(block)
        del _spare[:-_SPARE_BLOCKS]
    return block


def column(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an argument as a contiguous column: one element if it is constant, else one per element of the shape."""
    if values.size == 1:
        return values.reshape(1)
    return np.ascontiguousarray(np.broadcast_to(values, shape)).reshape(-1)


def stream(out: FloatArray, at: int, w: FloatArray, row: int) -> None:
    """Write the line of w from row on to out, flat, from at on; where it is compiled, past the caches.

    There, at must begin a line of memory.
    """
    out.reshape(-1)[at : at + LINE] = w[row : row + LINE]


def _compiled_stream() -> Any:
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    def typed(_: Any, out: Any, at: Any, w: Any, row: Any) -> Any:
        return types.void(out, at, w, row), generate

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        line = ir.VectorType(ir.DoubleType(), LINE).as_pointer()
        target, source = (
            builder.bitcast(builder.gep(context.make_array(kind)(context, builder, array).data, [index]), line)
            for kind, array, index in zip(signature.args[::2], arguments[::2], arguments[1::2], strict=True)
        )
        store = builder.store(builder.load(source, align=8), target, align=8 * LINE)
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return intrinsic(typed)


def _scope(njit: Any, options: dict[str, Any], modules: tuple[ModuleType, ...]) -> dict[str, Any]:
    """Return the last module's names, with every function of the modules in its compiled form."""
    done: dict[Any, Any] = {stream: _compiled_stream()}
    scope: dict[str, Any] = {}
    for module in modules:
        scope = dict(vars(module))
        for name, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == module.__name__:
                done[value] = njit(**options)(FunctionType(value.__code__, scope, name))
            if inspect.isfunction(value) and value in done:
                scope[name] = done[value]
    return scope
