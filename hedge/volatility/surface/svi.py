"""Raw SVI: one smile as a hyperbola of total variance against log moneyness.

    w(k) = a + b (rho x + sqrt(x^2 + sigma^2)),   x = k - m,   k = ln(strike / forward),   w = vol^2 * expiry.

Its wings are straight with slopes b (rho - 1) and b (rho + 1), its least value is a + b sigma sqrt(1 - rho^2).
Durrleman's function g is the density of the forward at expiry up to a positive factor: the smile is free of butterfly
arbitrage where g >= 0. Sources: J. Gatheral, "A parsimonious arbitrage-free implied volatility parameterization", 2004;
J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", 2014.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from hedge.numerics.arrays import FloatArray

REACH = 5.0
"""Log moneyness up to which grids run: a strike 148 times the forward, or its inverse. Beyond, slopes decide."""
_NARROW = 1e-6


class Svi(NamedTuple):
    """Hold the parameters of one smile: a, b >= 0 and sigma > 0 in total variance, |rho| < 1, m in log moneyness."""

    a: float
    b: float
    rho: float
    m: float
    sigma: float

    def total_variance(self, k: FloatArray) -> FloatArray:
        """Return w(k); any shape."""
        x = k - self.m
        return np.asarray(self.a + self.b * (self.rho * x + np.hypot(x, self.sigma)))

    def derivatives(self, k: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return w'(k) and w''(k); any shape."""
        x = k - self.m
        arc = np.hypot(x, self.sigma)
        return np.asarray(self.b * (self.rho + x / arc)), np.asarray(self.b * self.sigma**2 / arc**3)

    def durrleman(self, k: FloatArray) -> FloatArray:
        """Return g(k); any shape."""
        return durrleman(k, self.total_variance(k), *self.derivatives(k))

    @property
    def at_money(self) -> float:
        """Return total variance at the forward, w(0)."""
        return self.a + self.b * (math.hypot(self.m, self.sigma) - self.rho * self.m)

    @property
    def least(self) -> float:
        """Return the least total variance at any k."""
        return self.a + self.b * self.sigma * math.sqrt(1.0 - self.rho**2)

    @property
    def slopes(self) -> tuple[float, float]:
        """Return how fast total variance grows to the left and to the right, far out; both >= 0."""
        return self.b * (1.0 - self.rho), self.b * (1.0 + self.rho)

    def scaled(self, factor: float) -> Svi:
        """Return the smile with factor times the total variance at every k.

        For factor <= 1 butterfly freedom is kept: g is concave in the factor and not negative at 0.
        """
        return self._replace(a=factor * self.a, b=factor * self.b)

    def flattened(self) -> Svi:
        """Return the smile that has this one's value at the money everywhere: there g = 1."""
        return self._replace(a=self.at_money, b=0.0)

    def grid(self, points: int) -> FloatArray:
        """Return log moneyness from -REACH to REACH, ascending, densest where the smile bends and where it is least.

        points are centred on m; a quarter as many on the bottom, where little variance makes small differences large.
        """
        centred = _centred(self.m, self.sigma, points)
        if self.b == 0.0:
            return centred
        root = math.sqrt(1.0 - self.rho**2)
        arc = self.sigma / root
        width = math.sqrt(2.0 * max(self.least, 0.0) * arc**3 / self.b) / self.sigma
        bottom = _centred(self.m - self.rho * arc, min(max(width, _NARROW), REACH), points // 4)
        return np.sort(np.concatenate([centred, bottom]))


def durrleman(k: FloatArray, w: FloatArray, slope: FloatArray, bend: FloatArray) -> FloatArray:
    """Return g = (1 - k w'/(2w))^2 - w'^2 / 4 (1/w + 1/4) + w''/2 from w, w' and w'' at k; any shape."""
    return np.asarray((1.0 - 0.5 * k * slope / w) ** 2 - 0.25 * slope**2 * (1.0 / w + 0.25) + 0.5 * bend)


def flat(total_variance: float) -> Svi:
    """Return the smile without skew or curvature."""
    return Svi(total_variance, 0.0, 0.0, 0.0, 1.0)


def _centred(middle: float, width: float, points: int) -> FloatArray:
    """Return points between -REACH and REACH, evenly spaced in asinh of the distance to the middle over the width."""
    ends = np.arcsinh(np.array([-REACH - middle, REACH - middle]) / width)
    return np.asarray(middle + width * np.sinh(np.linspace(ends[0], ends[1], points)))
