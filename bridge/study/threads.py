"""One thread of linear algebra a process.

Workers that each use all cores take them from each other. It is also a matter of digits: OpenBLAS cuts a dot product
into as many sums as it has threads, so that its last bits depend on the machine; with one thread they do not.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

LIMITS: Final = (
    "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)  # fmt: skip
"""What libraries read when they are loaded. numba's own is not here: it may not change once numba is loaded."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit what is loaded, and what is loaded meanwhile or by a child, to one thread."""
    before = {name: os.environ.get(name) for name in LIMITS}
    os.environ.update(dict.fromkeys(LIMITS, "1"))
    counts = [(put, get()) for get, put in _loaded_openblas()]
    try:
        for put, _ in counts:
            put(1)
        yield
    finally:
        for put, count in counts:
            put(count)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def limit_this_process() -> None:
    """Limit this process for the rest of its life; numba's own threads too, where it is not loaded yet."""
    os.environ.update(dict.fromkeys(LIMITS, "1"))
    if "numba" not in sys.modules:
        os.environ["NUMBA_NUM_THREADS"] = "1"
    for _, put in _loaded_openblas():
        put(1)


def _loaded_openblas() -> list[tuple[Callable[[], int], Callable[[int], Any]]]:
    """Return how to get and set the threads of each OpenBLAS that numpy's and SciPy's wheels have loaded."""
    found = []
    for package in ("numpy", "scipy"):
        path = getattr(sys.modules.get(package), "__file__", None)
        folder = Path(path).parent if path else None
        for library in sorted(folder.parent.glob(f"{package}.libs/*openblas*")) if folder else []:
            try:
                handle = ctypes.CDLL(str(library), mode=getattr(os, "RTLD_NOLOAD", 0))
            except OSError:  # there, but not loaded: it will read the environment
                continue
            found += _thread_functions(handle)
    return found


def _thread_functions(handle: ctypes.CDLL) -> list[tuple[Callable[[], int], Callable[[int], Any]]]:
    for before in ("scipy_", ""):
        for after in ("64_", ""):
            names = [f"{before}openblas_{verb}_num_threads{after}" for verb in ("get", "set")]
            if all(hasattr(handle, name) for name in names):
                get, put = (getattr(handle, name) for name in names)
                return [(get, put)]
    return []
