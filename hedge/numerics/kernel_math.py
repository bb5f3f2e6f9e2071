"""Arithmetic of the option kernels, one number at a time, in a form that vector instructions can do eight of.

Exponential and logarithm are written out and a choice is between values that are both computed, because a call or a
branch would stop the compiler from taking eight options at once.
"""

import numpy as np

INVERSE_ROOT_TWO_PI = 0.3989422804014327
MILLS_SHIFT = 5.0

_ROUNDER, _LOG2E, _LN2 = 6755399441055744.0, 1.4426950408889634, 0.6931471805599453
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10

# Chebyshev fits made with 40 digits. (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2: 1e-17.
_EXP = (
    0.5000000000000001, 0.1666666666666667, 0.04166666666662412, 0.008333333333326134, 0.0013888888917215586,
    0.00019841269874822307, 2.4801521293463862e-05, 2.755725539833871e-06, 2.762008948195459e-07,
    2.5105217695684516e-08,
)  # fmt: skip
# (atanh(u) / u - 1) / u^2 in u^2 <= 0.0405: 6e-19.
_ATANH = (
    0.3333333333333333, 0.20000000000004292, 0.14285714283495085, 0.11111111547633916, 0.0909086699512545,
    0.07694505705108412, 0.06603456607175821, 0.06815144356507305,
)  # fmt: skip
# (z + 5) m(z) in y = 1 - 8.5 / (z + 5), for Mills' ratio m and z >= -0.75: 7e-18, evaluated to 6e-16.
_MILLS_SCALE, _MILLS_DEGREE = 8.5, 26
_MILLS = (
    2.265826036229902, -2.575849385930516, 2.415518846078064, -1.8527361142651515, 1.1343602189480015,
    -0.5241463402199525, 0.15643778631857588, -0.00965549965774248, -0.015587494595373893, 0.005929658731930537,
    0.0008000137127737819, -0.001057836289294217, 2.1637100625143698e-05, 0.0001777321393369956,
    -1.4268153385884566e-05, -3.264290396534431e-05, 2.291655413535449e-06, 6.597478027062739e-06,
    2.4823372326949215e-08, -1.3785095024270437e-06, -1.6742756991212024e-07, 2.672439414610427e-07,
    6.852572652140227e-08, -4.0529369578339446e-08, -1.558228239327444e-08, 3.4082867920892705e-09,
    1.6701282943626938e-09,
)  # fmt: skip


def horner(coefficients: tuple[float, ...], y: float) -> float:
    """Return the polynomial with these coefficients, the constant one first."""
    total = coefficients[len(coefficients) - 1]
    for i in range(len(coefficients) - 2, -1, -1):
        total = total * y + coefficients[i]
    return total


def exp(x: float) -> float:
    """Return exp(x), below 1 ulp, for any x up to 709; 0 where it would be denormal."""
    value = exp_bounded(max(x, -708.0))
    return value if x >= -708.0 else 0.0


def exp_bounded(x: float) -> float:
    """Return exp(x) for |x| <= 708 and nonsense beyond. 2^n enters through the exponent's bits."""
    shifted = x * _LOG2E + _ROUNDER
    n = shifted - _ROUNDER
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    mantissa = 1.0 + (r + r * r * horner(_EXP, r))
    bits = np.float64(mantissa).view(np.int64) + (np.float64(shifted).view(np.int64) << 52)
    return np.int64(bits).view(np.float64)


def log_ratio(a: float, b: float) -> float:
    """Return ln(a / b) of normal numbers, exact to rounding near 1: b takes a's exponent, then a - b is exact."""
    b_bits = np.float64(b).view(np.int64)
    n = (np.float64(a).view(np.int64) - b_bits + (1 << 51)) >> 52
    near = np.int64(b_bits + (n << 52)).view(np.float64)
    u = (a - near) / (a + near)
    square = u * u
    return np.float64(n) * _LN2 + 2.0 * (u + u * square * horner(_ATANH, square))


def mills(reciprocal: float) -> float:
    """Return Mills' ratio m(z) from 1 / (z + 5)."""
    y = 1.0 - _MILLS_SCALE * reciprocal
    total = _MILLS[_MILLS_DEGREE]
    for i in range(_MILLS_DEGREE - 1, -1, -1):  # not `horner`: a tuple this long is unrolled only as a constant
        total = total * y + _MILLS[i]
    return total * reciprocal


def narrow(x: float, s: float) -> bool:
    """Tell where a series about x beats the difference of two Mills ratios."""
    return (s < 0.14) & (x * s < 2.0)


def series(x: float, s: float, m: float) -> float:
    """Return m(x - s/2) - m(x + s/2) from m(x) and its Taylor coefficients; the first dropped is 2e-15 at s = 0.14."""
    c1 = x * m - 1.0
    c2 = (x * c1 + m) * (1.0 / 2.0)
    c3 = (x * c2 + c1) * (1.0 / 3.0)
    c4 = (x * c3 + c2) * (1.0 / 4.0)
    c5 = (x * c4 + c3) * (1.0 / 5.0)
    c6 = (x * c5 + c4) * (1.0 / 6.0)
    c7 = (x * c6 + c5) * (1.0 / 7.0)
    c8 = (x * c7 + c6) * (1.0 / 8.0)
    c9 = (x * c8 + c7) * (1.0 / 9.0)
    h = 0.25 * s * s
    return -s * (c1 + h * (c3 + h * (c5 + h * (c7 + h * c9))))
