"""Dividend discount for assets that pay a yield: staked tokens, fee-sharing tokens, tokenised property and bonds.

All arguments of `gordon_value` and `implied_discount` broadcast; rates are annual and effective, decimal. NaN in any
gives NaN in that element. Scalars in, numpy.float64 out; arrays in, arrays out.
Sources: Gordon and Shapiro, "Capital equipment analysis: the required rate of profit", 1956; Damodaran, "Investment
valuation", chapter 13 (stages).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput, GrowthAboveDiscount
from hedge.numerics.arrays import FloatArray, finite, nonnegative, positive


def gordon_value(dividend: ArrayLike, discount: ArrayLike, growth: ArrayLike = 0.0) -> FloatArray:
    """Return what a dividend that grows for ever is worth: dividend (1 + growth) / (discount - growth).

    Parameters
    ----------
    dividend : of the past year, per token, >= 0; what new issue pays for is no dividend: deduct dilution.
    discount, growth : -1 < growth < discount.

    Raises
    ------
    GrowthAboveDiscount : growth >= discount anywhere: the sum has no limit, so there is no number to return.
    BadInput : a number outside its range.

    >>> float(gordon_value(2.0, 0.10, 0.05).round(9))
    42.0
    """
    paid, r, g = nonnegative("dividend", dividend), finite("discount", discount), _above_minus_one("growth", growth)
    rates = np.broadcast_arrays(r, g)
    if np.any(rates[1] >= rates[0]):
        first = np.flatnonzero((rates[1] >= rates[0]).ravel())[0]
        raise GrowthAboveDiscount(float(rates[1].ravel()[first]), float(rates[0].ravel()[first]))
    return np.asarray(paid * (1.0 + g) / (r - g))[()]


def implied_discount(price: ArrayLike, dividend: ArrayLike, growth: ArrayLike = 0.0) -> FloatArray:
    """Return the rate at which `gordon_value` is the price: dividend (1 + growth) / price + growth.

    Parameters
    ----------
    price : > 0. dividend : of the past year, >= 0. growth : > -1.

    >>> float(implied_discount(42.0, 2.0, 0.05).round(9))
    0.1
    """
    paid, g = nonnegative("dividend", dividend), _above_minus_one("growth", growth)
    return np.asarray(paid * (1.0 + g) / positive("price", price) + g)[()]


@dataclass(frozen=True)
class Stage:
    """Hold some years of one growth. years : whole, >= 1. growth : per year, decimal, > -1; it may exceed the discount.

    Raises
    ------
    BadInput : a number outside its range, NaN included.
    """

    years: int
    growth: float

    def __post_init__(self) -> None:
        if self.years < 1 or self.years != int(self.years):
            raise BadInput("years", self.years, "must be a whole number >= 1")
        if not (math.isfinite(self.growth) and self.growth > -1.0):
            raise BadInput("growth", self.growth, "must be finite and > -1")


def multi_stage_value(
    dividend: float, discount: float, stages: Sequence[Stage], terminal_growth: float
) -> tuple[float, float]:
    """Return the value of dividends that grow in stages and then for ever, and the share of it that comes afterwards.

    A share near 1 says that the value is the terminal growth's, which nobody knows.

    Parameters
    ----------
    dividend : of the past year, >= 0. discount : > -1. stages : in order; none is Gordon's model.
    terminal_growth : > -1, < discount.

    Returns
    -------
    (value, terminal share). A dividend of 0 is worth (0, NaN); NaN in any number gives (NaN, NaN).

    Raises
    ------
    GrowthAboveDiscount : terminal_growth >= discount.
    BadInput : a number outside its range.

    >>> value, share = multi_stage_value(1.0, 0.10, [Stage(2, 0.20)], 0.0)
    >>> round(value, 6), round(share, 6)
    (14.181818, 0.839161)
    """
    _above_minus_one("discount", discount)
    present, factor, paid = 0.0, 1.0, dividend
    for stage in stages:
        for _ in range(stage.years):
            paid, factor = paid * (1.0 + stage.growth), factor / (1.0 + discount)
            present += paid * factor
    afterwards = float(gordon_value(paid, discount, terminal_growth)) * factor
    value = present + afterwards
    return value, afterwards / value if value != 0.0 else math.nan


def _above_minus_one(name: str, values: ArrayLike) -> FloatArray:
    array = finite(name, values)
    if np.any(array <= -1.0):
        raise BadInput(name, float(array[array <= -1.0][0]), "must be > -1")
    return array
