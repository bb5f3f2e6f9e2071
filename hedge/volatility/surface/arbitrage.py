"""Find static arbitrage in a set of smiles.

Butterfly: Durrleman's g < 0 somewhere, or a wing steeper than 2 (Lee's bound). Calendar: at some k less total variance
at the later expiry, or a steeper wing at the earlier one. Between: g < 0 of the interpolated total variance, a quarter,
half and three quarters of the way from one expiry to the next. Grids are dense where a smile bends and reach 148 times
the forward and its inverse; beyond them the slopes decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from hedge.numerics.arrays import FloatArray
from hedge.volatility.surface.svi import REACH, Svi, durrleman

POINTS = 241
STEEPEST = 2.0
_SHARES = np.array([0.25, 0.5, 0.75])


class Butterfly(NamedTuple):
    """One time (years) with butterfly arbitrage: where g is least, its value, and the steeper wing's slope.

    Where total variance is not positive, there is no g: k and g are where it is least, and its value.
    """

    expiry: float
    k: float
    g: float
    slope: float


class Calendar(NamedTuple):
    """Two neighbouring expiries (years) with calendar arbitrage: where it is worst and by how much total variance.

    gap is the later total variance less the earlier, negative; k is infinite where only the wings' slopes cross.
    """

    near: float
    far: float
    k: float
    gap: float


@dataclass(frozen=True)
class ArbitrageCheck:
    """Hold what was found at expiries, across neighbours and at times between them, in order of time."""

    butterfly: tuple[Butterfly, ...]
    calendar: tuple[Calendar, ...]
    between: tuple[Butterfly, ...]

    @property
    def free(self) -> bool:
        """Tell whether nothing was found."""
        return not (self.butterfly or self.calendar or self.between)


@dataclass(frozen=True)
class ArbitrageReport:
    """Hold what was found in the smiles as fitted (before) and in those of the surface (after)."""

    before: ArbitrageCheck
    after: ArbitrageCheck


def check_smiles(expiries: tuple[float, ...], smiles: tuple[Svi, ...], points: int = POINTS) -> ArbitrageCheck:
    """Check every smile and every pair of neighbours; expiries ascend."""
    butterfly = (find_butterfly(expiry, smile, points) for expiry, smile in zip(expiries, smiles, strict=True))
    terms = list(zip(pairwise(expiries), pairwise(smiles), strict=True))
    calendar = (find_calendar(*times, *pair, points) for times, pair in terms)
    between = (find_between(*times, *pair, points) for times, pair in terms)
    return ArbitrageCheck(
        butterfly=tuple(found for found in butterfly if found),
        calendar=tuple(found for found in calendar if found),
        between=tuple(found for found in between if found),
    )


def find_butterfly(expiry: float, smile: Svi, points: int = POINTS, least: float = 0.0) -> Butterfly | None:
    """Return where g is least if it is below `least` there, a wing is too steep, or total variance not positive."""
    k = smile.grid(points)
    positive = min(smile.least, float(np.min(smile.total_variance(k)))) > 0.0
    g = smile.durrleman(k) if positive else smile.total_variance(k)
    worst = int(np.argmin(g))
    slope = max(smile.slopes)
    if positive and g[worst] >= least and slope <= STEEPEST:
        return None
    return Butterfly(expiry, float(k[worst]), float(g[worst]), slope)


def find_calendar(near: float, far: float, earlier: Svi, later: Svi, points: int = POINTS) -> Calendar | None:
    """Return the worst calendar arbitrage between two smiles, if there is any."""
    k = common_grid(earlier, later, points)
    gap = later.total_variance(k) - earlier.total_variance(k)
    worst = int(np.argmin(gap))
    if gap[worst] < 0.0:
        return Calendar(near, far, float(k[worst]), float(gap[worst]))
    steeper = np.array(later.slopes) - np.array(earlier.slopes)
    if np.all(steeper >= 0.0):
        return None
    side = int(np.argmin(steeper))
    return Calendar(near, far, (-np.inf, np.inf)[side], float(steeper[side]) * REACH)


def find_between(
    near: float, far: float, earlier: Svi, later: Svi, points: int = POINTS, least: float = 0.0
) -> Butterfly | None:
    """Return where, and when, g of the interpolated total variance is least, if it is below `least`."""
    k, shares = common_grid(earlier, later, points), _SHARES[:, np.newaxis]
    early, late = ((smile.total_variance(k), *smile.derivatives(k)) for smile in (earlier, later))
    g = durrleman(k, *((1.0 - shares) * a + shares * b for a, b in zip(early, late, strict=True)))
    share, worst = np.unravel_index(np.argmin(g), g.shape)
    if g[share, worst] >= least:
        return None
    slope = max(
        (1.0 - _SHARES[share]) * a + _SHARES[share] * b for a, b in zip(earlier.slopes, later.slopes, strict=True)
    )
    return Butterfly(float(near + _SHARES[share] * (far - near)), float(k[worst]), float(g[share, worst]), float(slope))


def common_grid(earlier: Svi, later: Svi, points: int) -> FloatArray:
    """Return log moneyness that is dense where either smile bends."""
    return np.sort(np.concatenate([earlier.grid(points), later.grid(points)]))
