"""What a replication is to pay: minus an impermanent loss, or any pay-off on a grid of prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from hedge import amm
from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, finite, positive


class Target(Protocol):
    """A pay-off by price, and how far it may stray below its chords."""

    def value(self, price: FloatArray) -> FloatArray:
        """Return the pay-off, same shape as price, in quote currency."""
        ...

    def knots(self) -> FloatArray:
        """Return the prices where the pay-off bends sharply; they become nodes."""
        ...

    def gaps(self, nodes: FloatArray) -> FloatArray:
        """Return, per interval between nodes, the most by which the chord there exceeds the pay-off.

        The pay-off must not exceed its chord anywhere: it is convex, or linear, between nodes.
        """
        ...


@dataclass(frozen=True)
class LossTarget:
    """Ask for minus the impermanent loss of a position since entry: convex, never negative, 0 at price0.

    Parameters: price0 > 0 quote per base; liquidity > 0 in human units; 0 <= lower < upper <= inf.
    """

    price0: float
    liquidity: float
    lower: float = 0.0
    upper: float = np.inf

    def __post_init__(self) -> None:
        for name, number in (("price0", self.price0), ("liquidity", self.liquidity)):
            if np.isnan(positive(name, number)):
                raise BadInput(name, number, "must be known")
        self.held()

    def held(self) -> tuple[float, float]:
        """Return base and quote at entry, whose holding is the alternative."""
        base, quote = amm.amounts(self.price0, self.liquidity, self.lower, self.upper)
        return float(base), float(quote)

    def value(self, price: FloatArray) -> FloatArray:
        """Return minus the impermanent loss."""
        return -amm.impermanent_loss(price, self.liquidity, self.lower, self.upper, *self.held())

    def knots(self) -> FloatArray:
        """Return the edges of the range, where the slope stops changing."""
        return np.array([edge for edge in (self.lower, self.upper) if 0.0 < edge < np.inf])

    def gaps(self, nodes: FloatArray) -> FloatArray:
        """Return the bound of `chord_gaps` from the base held at the nodes."""
        slopes = self.held()[0] - amm.delta(nodes, self.liquidity, self.lower, self.upper)
        return chord_gaps(nodes, self.value(nodes), slopes[:-1], slopes[1:])


@dataclass(frozen=True, eq=False)
class GridTarget:
    """Ask for a pay-off that is given on a grid of prices and linear between them; build it with `of`."""

    prices: FloatArray
    values: FloatArray

    @classmethod
    def of(cls, prices: ArrayLike, values: ArrayLike) -> GridTarget:
        """Validate a grid: one-dimensional, two prices or more, > 0, increasing; values finite. No NaN."""
        grid, pay = positive("prices", prices), finite("values", values)
        if grid.ndim != 1 or grid.size < 2 or grid.shape != pay.shape:
            raise BadInput("values", pay.shape, f"must be one per price, two or more: {grid.shape}")
        if not np.all(np.diff(grid) > 0.0) or np.any(np.isnan(pay)):
            raise BadInput("prices", grid.tolist(), "must be known and increasing, with known values")
        return cls(grid, pay)

    def value(self, price: FloatArray) -> FloatArray:
        """Return the pay-off, linear between grid prices; the outermost values beyond them."""
        return np.asarray(np.interp(price, self.prices, self.values))

    def knots(self) -> FloatArray:
        """Return the grid."""
        return self.prices

    def gaps(self, nodes: FloatArray) -> FloatArray:
        """Return 0: between nodes, which hold the grid, the pay-off is its chord."""
        return np.zeros(nodes.size - 1)


def chord_gaps(nodes: FloatArray, values: FloatArray, after: FloatArray, before: FloatArray) -> FloatArray:
    """Bound by how much chords between nodes exceed convex functions.

    A convex function lies between its chord and the tangents at the chord's ends; chord and tangents are farthest apart
    where the tangents meet, by (chord - left)(right - chord) / (right - left) of the slopes, times the width.

    Parameters
    ----------
    nodes : (n,) increasing. values : (n, ...). after, before : (n - 1, ...), the slopes just after the left and just
        before the right node of each interval.

    Returns
    -------
    (n - 1, ...) >= 0; 0 where the function is linear.
    """
    width = np.diff(nodes).reshape(-1, *(1,) * (values.ndim - 1))
    chord = np.diff(values, axis=0) / width
    turn = np.maximum(before - after, 0.0)
    area = np.maximum(chord - after, 0.0) * np.maximum(before - chord, 0.0)
    return np.asarray(width * np.where(turn > 0.0, area / np.where(turn > 0.0, turn, 1.0), 0.0))
