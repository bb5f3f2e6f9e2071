"""Running sums over the edges of a book and their value at prices, in pairs of doubles.

A pair (high, low) is an unevaluated sum. None of this survives contraction or reordering: it is compiled
without either. Source: T. J. Dekker, Numerische Mathematik 18 (1971); D. E. Knuth, TAOCP 2, section 4.2.2.
"""

import numpy as np
from numpy.typing import NDArray

from hedge.numerics.arrays import FloatArray
from hedge.numerics.jit import Kernel

_SPLITTER = 134217729.0  # 2^27 + 1: halves of 26 bits
_Pair = tuple[float, float]


def _add(a: float, b: float) -> _Pair:
    """Return a + b and what its rounding lost."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _multiply(a: float, b: float) -> _Pair:
    """Return a b and what its rounding lost."""
    product = a * b
    scaled_a, scaled_b = _SPLITTER * a, _SPLITTER * b
    a_high, b_high = scaled_a - (scaled_a - a), scaled_b - (scaled_b - b)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _add_pairs(a: float, a_low: float, b: float, b_low: float) -> _Pair:
    total, lost = _add(a, b)
    return _add(total, lost + (a_low + b_low))


def _multiply_pairs(a: float, a_low: float, b: float, b_low: float) -> _Pair:
    product, lost = _multiply(a, b)
    return _add(product, lost + (a * b_low + a_low * b))


def _root(a: float) -> _Pair:
    """Return sqrt(a), one Newton step after the float's."""
    root = np.sqrt(a)
    square, lost = _multiply(root, root)
    return root, ((a - square) - lost) / (2.0 * root)


def _reciprocal(a: float, a_low: float) -> _Pair:
    """Return 1 / a, one Newton step after the float's."""
    inverse = 1.0 / a
    product, lost = _multiply(inverse, a)
    return inverse, (((1.0 - product) - lost) - inverse * a_low) * inverse


def _running_sums(edges: FloatArray, signed: FloatArray, always: FloatArray) -> FloatArray:
    """Return rows of pairs, liquidity and quote of the edges before each place and base of those from there on, and
    the number of positions in range, whose liquidity is exactly 0 where there is none.
    """
    size = edges.size
    sums = np.zeros((7, size + 1))
    sums[6, 0] = always.size
    for held in always:
        sums[0, 0], sums[1, 0] = _add_pairs(sums[0, 0], sums[1, 0], held, 0.0)
    for i in range(size):
        root, low = _root(edges[i])
        sums[6, i + 1] = sums[6, i] + np.sign(signed[i])
        sums[0, i + 1], sums[1, i + 1] = _add_pairs(sums[0, i], sums[1, i], signed[i], 0.0)
        if sums[6, i + 1] == 0.0:
            sums[0, i + 1], sums[1, i + 1] = 0.0, 0.0
        quote, quote_low = _multiply_pairs(root, low, signed[i], 0.0)
        sums[2, i + 1], sums[3, i + 1] = _add_pairs(sums[2, i], sums[3, i], quote, quote_low)
    for i in range(size - 1, -1, -1):
        root, low = _root(edges[i])
        inverse, inverse_low = _reciprocal(root, low)
        base, base_low = _multiply_pairs(inverse, inverse_low, signed[i], 0.0)
        sums[4, i], sums[5, i] = _add_pairs(sums[4, i + 1], sums[5, i + 1], base, base_low)
    return sums


def curve_loop(version: int) -> Kernel:
    """Return the loop over prices that writes rows of value, delta and gamma; below counts the edges up to a price."""

    def loop(
        prices: FloatArray,
        edges: FloatArray,
        signed: FloatArray,
        always: FloatArray,
        below: NDArray[np.int32],
        out: FloatArray,
        first: int,
        last: int,
    ) -> int:
        sums = _running_sums(edges, signed, always)
        for i in range(first, last if version else first):
            price, at = prices[i], below[i]
            root, root_low = _root(price)
            inverse, inverse_low = _reciprocal(root, root_low)
            held, held_low = sums[0, at], sums[1, at]
            curved, curved_low = _multiply_pairs(held, held_low, inverse, inverse_low)
            delta, delta_low = _add_pairs(curved, curved_low, sums[4, at], sums[5, at])
            # V = P delta + sqrt(P) L - quote: the curved term counts once in P delta and once here.
            value, value_low = _multiply_pairs(delta, delta_low, price, 0.0)
            rest, rest_low = _multiply_pairs(held, held_low, root, root_low)
            value, value_low = _add_pairs(value, value_low, rest, rest_low)
            value, value_low = _add_pairs(value, value_low, -sums[2, at], -sums[3, at])
            out[0, i], out[1, i], out[2, i] = value, delta, -0.5 * held / (price * root)
        return 0

    return loop
