"""Random numbers by counter: a number depends on the seed and its place, never on what was drawn before.

Philox 4x32-10 turns a key (the seed) and a counter (path, group of four steps, stream) into 128 random bits. So any
path can be drawn alone, by any worker, in any order, and is the same. Box and Muller's method makes two normals of 64
bits: 36 for the radius, 28 for the angle. Radii end at 7.16; tails are right to about 1e-11 of probability. A normal is
within 1e-9 of what its bits stand for: polynomials are no longer than that asks.

Everything here is +, -, x, square root and bits, each rounded as IEEE 754 says: no library's logarithm or sine, whose
last digit differs between machines, and no contraction. So the bits are the same wherever this is compiled.

Sources: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011; G. Box and M. Muller, 1958.
"""

from typing import Any

import numpy as np

from hedge.numerics.arrays import FloatArray

N = 256
"""Paths of a block; each row of the scratch array has so many numbers."""

ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)

# A whole number below 2^52, put into the digits of 2^52, is a float with one exact subtraction.
_INTEGER_DIGITS, _TWO_52 = np.uint64(0x4330000000000000), 4503599627370496.0
_RADIUS_BITS, _RADIUS_SHIFT, _RADIUS_UNIT = np.uint64(0xF), np.uint64(4), 2.0**-36
_ONE, _TWO, _SIGN_PLACE, _SECTOR_UNIT = np.uint64(1), np.uint64(2), np.uint64(63), 2.0**-26
_WORD_UNIT = 2.0**-32
_LN2, _ROOT_HALF_BITS = 0.6931471805599453, 0x3FE6A09E667F3BCD


# Polynomials are summed in pairs of pairs: a chain of fourteen steps would wait for each.
# Chebyshev fits made with 40 digits. ln(1 + f) / f for f + 1 in [sqrt(1/2), sqrt(2)]: 8e-10.
_LOG = (
    1.0000000006010195, -0.49999999414017127, 0.3333330266101698, -0.2500006237443588, 0.20002535640193383,
    -0.16666555575670008, 0.1421229125042129, -0.12420821262732773, 0.11945878227356821, -0.11620648400270368,
    0.06572327158522023,
)  # fmt: skip
# sin(pi x / 2) / x and cos(pi x / 2) in x^2 <= 1/4: 5e-12 and 7e-11.
_SINE = (1.5707963267881, -0.6459640961467954, 0.07969258272563062, -0.004681266256726245, 0.00015820630355647733)
_COSINE = (
    0.9999999999524894, -1.2337005406331623, 0.2536692036551135, -0.02086006950026408, 0.0009036280663802505,
)  # fmt: skip


def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> tuple[Any, Any, Any, Any]:
    """Return the four 32-bit words of Philox 4x32-10 for a counter and a key, all held in uint64."""
    for turn in range(ROUNDS):
        c0, c1, c2, c3 = round_of(c0, c1, c2, c3, k0, k1, np.uint64(turn))
    return c0, c1, c2, c3


def round_of(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any, turn: Any) -> tuple[Any, Any, Any, Any]:
    """Return the counter after one more round. Keys are those of the call: each round adds a constant to them."""
    first, second = _MULTIPLIER_0 * c0, _MULTIPLIER_1 * c2
    key, other = (k0 + turn * _WEYL_0) & _LOW, (k1 + turn * _WEYL_1) & _LOW
    return (second >> _HALF) ^ c1 ^ key, second & _LOW, (first >> _HALF) ^ c3 ^ other, first & _LOW


def whole(bits: Any) -> Any:
    """Return a whole number below 2^52 as a float."""
    return np.uint64(bits | _INTEGER_DIGITS).view(np.float64) - _TWO_52


def word(held: Any) -> Any:
    """Return the word whose bits a float holds."""
    return np.float64(held).view(np.uint64)


def minus_log(u: Any) -> Any:
    """Return -ln(u) for u in (0, 1), within 8e-10 of it, relative."""
    bits = np.float64(u).view(np.int64)
    exponent = (bits - _ROOT_HALF_BITS) >> 52
    f = np.int64(bits - (exponent << 52)).view(np.float64) - 1.0
    f2 = f * f
    f4 = f2 * f2
    lowest = (_LOG[0] + _LOG[1] * f) + (_LOG[2] + _LOG[3] * f) * f2
    lower = (_LOG[4] + _LOG[5] * f) + (_LOG[6] + _LOG[7] * f) * f2
    higher = (_LOG[8] + _LOG[9] * f) + _LOG[10] * f2
    total = (lowest + lower * f4) + higher * (f4 * f4)
    return -(np.float64(exponent) * _LN2 + f * total)


def radius(first: Any, second: Any) -> Any:
    """Return the radius of two normals: the root of twice an exponential variable, from 36 bits of two words."""
    u = (whole(first | ((second & _RADIUS_BITS) << _HALF)) + 0.5) * _RADIUS_UNIT
    return np.sqrt(2.0 * minus_log(u))


def turned(length: Any, second: Any) -> tuple[Any, Any]:
    """Return both coordinates of a point at this distance in a direction from the other 28 bits.

    The angle is a quarter turn about 0 or pi, exchanged or not: two bits choose, 26 place it.
    """
    turn = second >> _RADIUS_SHIFT
    x = (whole(turn >> _TWO) + 0.5) * _SECTOR_UNIT - 0.5
    square = x * x
    fourth = square * square
    sine = (_SINE[0] + _SINE[1] * square) + ((_SINE[2] + _SINE[3] * square) + _SINE[4] * fourth) * fourth
    cosine = (_COSINE[0] + _COSINE[1] * square) + ((_COSINE[2] + _COSINE[3] * square) + _COSINE[4] * fourth) * fourth
    along = np.float64(length * (x * sine)).view(np.int64)
    across = np.float64(length * cosine).view(np.int64) ^ np.int64((turn & _ONE) << _SIGN_PLACE)
    exchanged = (along ^ across) & -np.int64((turn >> _ONE) & _ONE)
    return np.int64(along ^ exchanged).view(np.float64), np.int64(across ^ exchanged).view(np.float64)


def fill_words(w: FloatArray, path: Any, group: Any, stream: Any, k0: Any, k1: Any) -> None:
    """Write four rows of words for the paths from `path` on: bits in the place of a float, no number to reckon with."""
    for i in range(N):
        place = path + np.uint64(i)
        a, b, c, d = place & _LOW, place >> _HALF, group & _LOW, stream & _LOW
        for turn in range(ROUNDS):  # not `philox`: the compiler takes eight paths at once only where all is one loop
            a, b, c, d = round_of(a, b, c, d, k0, k1, np.uint64(turn))
        w[i], w[N + i] = np.uint64(a).view(np.float64), np.uint64(b).view(np.float64)
        w[2 * N + i], w[3 * N + i] = np.uint64(c).view(np.float64), np.uint64(d).view(np.float64)


def fill_uniforms(w: FloatArray, path: Any, group: Any, stream: Any, k0: Any, k1: Any) -> None:
    """Write four rows of numbers in (0, 1), one row per step: each of 2^32, at the middle of its cell."""
    fill_words(w, path, group, stream, k0, k1)
    for i in range(4 * N):
        w[i] = (whole(word(w[i])) + 0.5) * _WORD_UNIT


def fill_normals(w: FloatArray, path: Any, group: Any, stream: Any, k0: Any, k1: Any) -> None:
    """Write four rows of standard normals, one row per step, for the paths from `path` on."""
    fill_words(w, path, group, stream, k0, k1)
    _turn_to_normals(w[: 2 * N])
    _turn_to_normals(w[2 * N : 4 * N])


def _turn_to_normals(w: FloatArray) -> None:
    for i in range(N):
        w[i] = radius(word(w[i]), word(w[N + i]))
    for i in range(N):
        w[i], w[N + i] = turned(w[i], word(w[N + i]))
