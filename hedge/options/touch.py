"""American digital options: what pays once spot touches a barrier, at that moment or at expiry, and what pays if not.

Conventions and errors as in `hedge.options.european`, with a barrier > 0 in place of the strike, spot > 0, watched
continuously. is_up: the barrier is touched from below, so it is touched already where spot >= barrier; is_up=False from
above, spot <= barrier. Without volatility, spot moves along its forward. Sources: E. Reiner and M. Rubinstein,
"Unscrambling the binary code", 1991; E. G. Haug, "The Complete Guide to Option Pricing Formulas", 2nd ed., section
4.19.5.

All are one expectation, E[exp(-q time of touch); touched by expiry T]. With the distance x, the drift n towards the
barrier and l = sqrt(n^2 + 2 q T), each over the total volatility s, and Mills' ratio m,

    exp((n - l) x) N(l - x) + exp((n + l) x) N(-l - x) = exp(-q T) phi(x - n) [m(x - l) + m(x + l)];

the right side, where x > l, neither cancels nor overflows, and continues to q < 0, where l may be imaginary.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erfcx, ndtr

from hedge.numerics.arrays import FloatArray, finite, nonnegative, positive
from hedge.options.normalised import density, log_ratio


class _Path(NamedTuple):
    """The broadcast quantities that every payment shares."""

    spot: FloatArray
    distance: FloatArray  # ln(barrier / spot) for up, its negative for down; touched already where <= 0
    side: FloatArray  # +1 up, -1 down
    expiry: FloatArray
    vol: FloatArray
    rate: FloatArray
    carry: FloatArray


def one_touch(
    spot: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_up: ArrayLike = True,
    *,
    at_expiry: bool = False,
) -> FloatArray:
    """Price options that pay 1.00 if the barrier is touched: at the touch, or at expiry if `at_expiry`.

    Parameters: see the module. Returns quote currency per unit of cash, broadcast shape; 1.00, or the discount factor,
    where it is touched already.

    Raises
    ------
    BadInput : an argument outside its domain.

    >>> round(15.0 * float(one_touch(105.0, 100.0, 0.5, 0.20, rate=0.10, carry=0.10, is_up=False)), 4)
    9.7264
    """
    path = _path(spot, barrier, expiry, vol, rate, carry, is_up)
    if at_expiry:
        return (_discount(path) * _touch(path, 0.0, -0.5))[()]
    return _touch(path, path.rate, -0.5)[()]


def no_touch(
    spot: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_up: ArrayLike = True,
) -> FloatArray:
    """Price options that pay 1.00 at expiry if the barrier was never touched.

    Parameters and errors as in `one_touch`. It is the discount factor less a one-touch at expiry, so that its error is
    absolute.

    >>> round(15.0 * float(no_touch(95.0, 100.0, 0.5, 0.20, rate=0.10, carry=0.10)), 4)
    3.0461
    """
    path = _path(spot, barrier, expiry, vol, rate, carry, is_up)
    return (_discount(path) * (1.0 - _touch(path, 0.0, -0.5)))[()]


def asset_one_touch(
    spot: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_up: ArrayLike = True,
    *,
    at_expiry: bool = False,
) -> FloatArray:
    """Price options that deliver one unit of underlying if the barrier is touched: at the touch, or at expiry.

    Parameters and errors as in `one_touch`. Returns quote currency; at the touch the underlying is worth the barrier,
    or the spot where it is touched already.

    >>> round(float(asset_one_touch(95.0, 100.0, 0.5, 0.20, rate=0.10, carry=0.09)), 4)
    76.8858
    """
    path = _path(spot, barrier, expiry, vol, rate, carry, is_up)
    if at_expiry:
        return (_present_asset(path) * _touch(path, 0.0, 0.5))[()]
    at_touch = path.spot * np.exp(path.side * np.maximum(path.distance, 0.0))
    return (at_touch * _touch(path, path.rate, -0.5))[()]


def asset_no_touch(
    spot: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_up: ArrayLike = True,
) -> FloatArray:
    """Price options that deliver one unit of underlying at expiry if the barrier was never touched.

    Parameters and errors as in `one_touch`, error as in `no_touch`.

    >>> round(float(asset_no_touch(95.0, 100.0, 0.5, 0.20, rate=0.10, carry=0.10)), 4)
    17.2983
    """
    path = _path(spot, barrier, expiry, vol, rate, carry, is_up)
    return (_present_asset(path) * (1.0 - _touch(path, 0.0, 0.5)))[()]


def _path(
    spot: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike,
    carry: ArrayLike,
    is_up: ArrayLike,
) -> _Path:
    s, h = positive("spot", spot), positive("barrier", barrier)
    t, v = nonnegative("expiry", expiry), nonnegative("vol", vol)
    r, b = finite("rate", rate), finite("carry", carry)
    side = np.where(np.asarray(is_up, dtype=np.bool_), 1.0, -1.0)
    s, h, t, v, r, b, side = np.broadcast_arrays(s, h, t, v, r, b, side)
    return _Path(s, side * log_ratio(h, s), side, t, v, r, b)


def _discount(path: _Path) -> FloatArray:
    return np.asarray(np.exp(-path.rate * path.expiry))


def _present_asset(path: _Path) -> FloatArray:
    return np.asarray(path.spot * np.exp((path.carry - path.rate) * path.expiry))


def _touch(path: _Path, q: ArrayLike, convexity: float) -> FloatArray:
    """Return E[exp(-q time of touch); touched by expiry].

    convexity, in squared volatilities, is what the log's drift adds to the carry: -0.5 with cash as the unit of value,
    +0.5 with the underlying.
    """
    q = np.asarray(q)
    drift = path.side * path.carry * path.expiry
    total_vol = path.vol * np.sqrt(path.expiry)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        time = path.expiry * (path.distance / drift)
        certain = np.where((drift > 0.0) & (time <= path.expiry), np.exp(-q * time), 0.0)
        n = drift / total_vol + path.side * convexity * total_vol
        random = _first_passage(path.distance / total_vol, n, q * path.expiry)
    known = 0.0 * (path.spot + path.distance + drift + total_vol + q)
    return np.asarray(np.where(path.distance <= 0.0, 1.0, np.where(total_vol == 0.0, certain, random)) + known)


def _first_passage(x: FloatArray, n: FloatArray, decay: FloatArray) -> FloatArray:
    """Return the expectation in the module's terms; decay is q T."""
    root = np.sqrt(n * n + 2.0 * decay + 0j)
    level = root.real
    far = density(x - n) * np.exp(-decay) * _mills(x + root)
    near = density(x - n) * np.exp(-decay) * _mills(x - root)
    rise = np.where(n > 0.0, -2.0 * decay / (n + level), n - level)  # n - l without its cancellation
    return np.where(x > level, near, np.exp(rise * x) * ndtr(level - x)) + far


def _mills(z: FloatArray) -> FloatArray:
    """Return the real part of Mills' ratio of a complex number."""
    return np.asarray(np.sqrt(0.5 * np.pi) * erfcx(np.sqrt(0.5) * z).real)
