"""European options under Heston's stochastic volatility.

    dS = carry S dt + sqrt(v) S dW,    dv = kappa (theta - v) dt + vol_of_vol sqrt(v) dZ,    dW dZ = rho dt.

Lewis: with k = ln(forward / strike) and the characteristic function f of ln(S / forward), an undiscounted call is

    forward - sqrt(forward strike) I,    I = 1/pi int_0^inf Re[exp(i z k) f(z - i/2) / (z^2 + 1/4)] dz.

Sources: S. Heston, 1993; A. Lewis, "Option Valuation under Stochastic Volatility", 2000; H. Albrecher et al., "The
little Heston trap", 2007, for the root whose logarithm never leaves its branch; L. Andersen and M. Lake, "Robust
high-precision option pricing by Fourier transforms", 2018, for the tilted path. Here the path tilts for every strike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expm1, exprel, log1p

from hedge.errors import BadInput, NoConvergence
from hedge.numerics.arrays import FloatArray, finite, nonnegative
from hedge.options.normalised import log_ratio

_TILT = np.tan(np.pi / 12.0)
_REACH = 4.5  # z runs over exp(pi/2 sinh(+-reach)): 5e-31 to 2e30
_COARSEST, _FINEST = 1.0 / 32.0, 1.0 / 2048.0
_LEAST_VOL_OF_VOL = 1e-16
_AGREE = 1e-12  # halving the step squares the error: what agrees to 1e-12 is right to rounding
_AT_ONCE = 256  # options per pass, 10 MB an array at 2,304 nodes

_ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True)
class Heston:
    """Hold the parameters of the variance: all known and finite, times in years of 365 days.

    v0 (variance now), kappa (speed of reversion per year), theta (long-run variance), all >= 0; vol_of_vol >=
    1e-16 per year; rho in (-1, 1) between spot and variance. Feller's condition is not needed.

    Raises
    ------
    BadInput : a parameter outside its domain.
    """

    v0: float
    kappa: float
    theta: float
    vol_of_vol: float
    rho: float

    def __post_init__(self) -> None:
        for name in ("v0", "kappa", "theta", "vol_of_vol"):
            if not 0.0 <= getattr(self, name) < np.inf:
                raise BadInput(name, getattr(self, name), "must be finite and >= 0")
        if self.vol_of_vol < _LEAST_VOL_OF_VOL:
            raise BadInput(
                "vol_of_vol", self.vol_of_vol, f"must be >= {_LEAST_VOL_OF_VOL}: below, the model is Black's"
            )
        if not -1.0 < self.rho < 1.0:
            raise BadInput("rho", self.rho, "must lie in (-1, 1)")

    def mean_variance(self, expiry: ArrayLike) -> FloatArray:
        """Return the expected integral of the variance up to expiry (years, >= 0)."""
        t = nonnegative("expiry", expiry)
        decay = t * exprel(-self.kappa * t)
        return np.asarray(self.v0 * decay + self.theta * (t - decay))[()]

    def log_characteristic(self, u: _ComplexArray, expiry: FloatArray) -> _ComplexArray:
        """Return ln E[exp(i u ln(S / forward))], for u in the strip where the moment exists."""
        square, beta = self.vol_of_vol**2, self.kappa - 1j * self.rho * self.vol_of_vol * u
        curve = 1j * u + u * u
        root = np.sqrt(beta * beta + square * curve)
        # beta - root is -square * curve / (beta + root): no cancellation, not even as vol_of_vol vanishes.
        level = -curve / (beta + root)
        # numpy's complex log1p is log(1 + z): scipy's keeps the digits.
        decay = -expm1(-root * expiry)
        mean = level * expiry - 2.0 / square * log1p(square * level * decay / (2.0 * root))
        now = level * decay / (1.0 - square * level / (beta + root) * (1.0 - decay))
        return np.asarray(self.kappa * self.theta * mean + self.v0 * now)


class _Paths(NamedTuple):
    """The integrals to take, one per option."""

    model: Heston
    log_moneyness: FloatArray
    expiry: FloatArray
    slope: FloatArray  # z = x (1 + i slope)


def heston_price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    model: Heston,
    rate: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
    is_call: ArrayLike = True,
) -> FloatArray:
    """Price European options under Heston's model.

    Parameters: as in `hedge.options.european`, with the model in place of the vol. Returns the price per unit of
    underlying, quote currency, broadcast shape, within 1e-14 * sqrt(forward strike) of the exact one: an absolute
    error, so of an option worth less only that is known. The out-of-the-money value is kept in
    [0, min(forward, strike)], which it could otherwise leave by that error, and a put is the call by parity.

    Raises
    ------
    BadInput : an argument outside its domain.
    NoConvergence : the integral does not settle; seen only where |rho| is above 0.999.

    >>> model = Heston(v0=0.04, kappa=4.0, theta=0.25, vol_of_vol=1.0, rho=-0.5)
    >>> round(float(heston_price(100.0, 120.0, 1.0, model, rate=0.01, carry=-0.01)), 12)
    9.024913483458
    """
    s, k, t = nonnegative("spot", spot), nonnegative("strike", strike), nonnegative("expiry", expiry)
    r, b = finite("rate", rate), finite("carry", carry)
    sign = np.where(np.asarray(is_call, dtype=np.bool_), 1.0, -1.0)
    s, k, t, r, b, sign = np.broadcast_arrays(s, k, t, r, b, sign)
    forward = s * np.exp(b * t)
    intrinsic = np.maximum(sign * (forward - k), 0.0)
    return np.asarray(np.exp(-r * t) * (intrinsic + _time_value(model, forward, k, t)))[()]


def _time_value(model: Heston, forward: FloatArray, strike: FloatArray, expiry: FloatArray) -> FloatArray:
    """Return the undiscounted value of the out-of-the-money option."""
    least = np.minimum(forward, strike)
    value = np.ravel(0.0 * least * expiry)
    random = np.flatnonzero((least > 0.0) & (model.mean_variance(expiry) > 0.0))
    for some in np.array_split(random, -(-random.size // _AT_ONCE) or 1):
        f, k, t = forward.flat[some], strike.flat[some], expiry.flat[some]
        integral = _integral(_paths(model, log_ratio(f, k), t))
        value[some] = np.clip(np.minimum(f, k) - np.sqrt(f) * np.sqrt(k) * integral, 0.0, np.minimum(f, k))
    return value.reshape(least.shape)


def _paths(model: Heston, log_moneyness: FloatArray, expiry: FloatArray) -> _Paths:
    """Tilt each path to the side where exp(i z k) decays, no further than the characteristic function bears.

    Far out, |f| falls like exp(-c x (sqrt(1 - rho^2) - slope r)), with c = (v0 + kappa theta expiry) / vol_of_vol and
    r = rho - k / c. Where r k > 0 the slope takes at most half of that away.
    """
    r = model.rho - model.vol_of_vol * log_moneyness / (model.v0 + model.kappa * model.theta * expiry)
    with np.errstate(divide="ignore"):
        bearable = 0.5 * np.sqrt(1.0 - model.rho**2) / np.abs(r)
    slope = np.where(r * log_moneyness < 0.0, _TILT, np.minimum(_TILT, bearable))
    return _Paths(model, log_moneyness, expiry, np.sign(log_moneyness) * slope)


def _integral(paths: _Paths) -> FloatArray:
    """Integrate by the trapezium rule in t, z = exp(pi/2 sinh t), halving the step until two results agree."""
    step = _COARSEST
    value = step * _sum(paths, np.arange(-_REACH, _REACH, step))
    while True:
        finer = 0.5 * (value + step * _sum(paths, np.arange(-_REACH + 0.5 * step, _REACH, step)))
        change, value, step = float(np.max(np.abs(finer - value), initial=0.0)), finer, 0.5 * step
        if change <= _AGREE:
            return value
        if step <= _FINEST:
            raise NoConvergence("Heston integral", change, _AGREE)


def _sum(paths: _Paths, t: FloatArray) -> FloatArray:
    """Return the sum of the integrand, per step, over the nodes."""
    x = np.exp(0.5 * np.pi * np.sinh(t))[:, np.newaxis]
    z = x * (1.0 + 1j * paths.slope)
    exponent = 1j * z * paths.log_moneyness + paths.model.log_characteristic(z - 0.5j, paths.expiry)
    area = z * np.cosh(t)[:, np.newaxis] / (z * z + 0.25)
    return np.asarray(0.5 * np.sum((np.exp(exponent) * area).real, axis=0))
