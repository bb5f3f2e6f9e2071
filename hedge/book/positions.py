"""The book: liquidity positions, what each is exposed to, and the totals per asset.

Positions are revalued by the exact pool formulas in USD. Neither token needs to be the numeraire: a WBTC/ETH position
has two deltas and a cross gamma. Fees owed are reported beside the value, never inside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hedge import amm
from hedge.errors import InvalidPosition
from hedge.market import USD
from hedge.numerics.arrays import FloatArray
from hedge.units import json_number


@dataclass(frozen=True)
class Position:
    """Hold one liquidity position in human units.

    Parameters
    ----------
    id, pool : names for the reader. base, quote : asset symbols; USD has price 1.
    liquidity : L in human units, >= 0.
    lower, upper : range in quote per base, 0 <= lower < upper; 0 and infinity for a v2 position.
    held_base, held_quote : amounts at entry, against which impermanent loss counts; NaN if unknown.
    fees_base, fees_quote : fees owed now, >= 0.
    fee_apr : fees per year of position value while in range (decimal); NaN if unknown.

    Raises
    ------
    InvalidPosition : a number is out of its range.
    """

    id: str
    pool: str
    base: str
    quote: str
    liquidity: float
    lower: float
    upper: float
    held_base: float
    held_quote: float
    fees_base: float
    fees_quote: float
    fee_apr: float

    def __post_init__(self) -> None:
        if self.base == self.quote:
            raise InvalidPosition(self.id, "base and quote are one asset", math.nan)
        if not 0.0 <= self.liquidity < math.inf:
            raise InvalidPosition(self.id, "liquidity", self.liquidity)
        if not 0.0 <= self.lower < self.upper:
            raise InvalidPosition(self.id, "lower", self.lower)
        for name in ("held_base", "held_quote", "fees_base", "fees_quote", "fee_apr"):
            value = getattr(self, name)
            if value < 0.0 or math.isinf(value):
                raise InvalidPosition(self.id, name, value)

    @property
    def volatile(self) -> tuple[str, ...]:
        """Return the assets of this position whose USD price moves."""
        return tuple(asset for asset in (self.base, self.quote) if asset != USD)

    def value_usd(self, spots: Mapping[str, FloatArray]) -> FloatArray:
        """Return the USD value for each scenario of USD prices, shape of the prices; USD need not be listed."""
        one = np.float64(1.0)
        base, quote = (np.asarray(spots.get(asset, one)) for asset in (self.base, self.quote))
        return np.asarray(quote * amm.value(base / quote, self.liquidity, self.lower, self.upper), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN and an infinite upper bound are None."""
        return {name: json_number(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Book:
    """Hold the positions of one owner, or of several chains together.

    Raises
    ------
    InvalidPosition : two positions share an id.
    """

    positions: tuple[Position, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for position in self.positions:
            if position.id in seen:
                raise InvalidPosition(position.id, "id occurs twice", math.nan)
            seen.add(position.id)

    @property
    def assets(self) -> tuple[str, ...]:
        """Return the assets whose USD price moves the book, sorted."""
        return tuple(sorted({asset for position in self.positions for asset in position.volatile}))

    def value_usd(self, spots: Mapping[str, FloatArray]) -> FloatArray:
        """Return the summed USD value for each scenario, shape of the prices; 0 without positions."""
        return sum((position.value_usd(spots) for position in self.positions), np.zeros(()))
