"""Write results past the caches: the one instruction of a kernel that numba has no name for.

An ordinary store first reads the line that it overwrites, which costs a bulk kernel as much as its inputs do, and
pushes those out. Measured: a quarter of the time of a million positions, a tenth of that of a million greeks. Source:
Intel 64 and IA-32 Architectures Optimization Reference Manual, section 9.4 (non-temporal stores).
"""

from __future__ import annotations

from typing import Any

from hedge.numerics.arrays import FloatArray

LINE = 8  # float64 of a cache line


def stream(out: FloatArray, at: int, w: FloatArray, row: int) -> None:
    """Write the line of w from row on to out, flat, from at on; where it is compiled, past the caches.

    There, at must begin a line of memory.
    """
    out.reshape(-1)[at : at + LINE] = w[row : row + LINE]


def compiled_stream() -> Any:
    """Return `stream` as numba compiles it: one vector store that is marked non-temporal."""
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
