"""Positions in pools that keep the weighted geometric mean of their balances, as Balancer's."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hedge import amm
from hedge.book.positions import PoolTerms, Spots, check_amounts, spot_of
from hedge.errors import InvalidPosition
from hedge.market import USD, Market
from hedge.numerics.arrays import FloatArray
from hedge.units import json_number


@dataclass(frozen=True)
class WeightedPosition:
    """Hold one share of a pool that keeps the weighted geometric mean of its balances, as Balancer's, in human units.

    Parameters
    ----------
    id, pool : names for the reader. assets : two or more symbols, all different; USD has price 1.
    weights : of each asset, > 0, adding up to 1. invariant : k of the share, >= 0 (see `hedge.amm.weighted`).
    held : amounts at entry, against which impermanent loss counts; NaN if unknown. fees : owed now, >= 0.
    fee_apr : fees per year of position value (decimal); NaN if unknown.

    Raises
    ------
    InvalidPosition : a number is out of its range, or the lengths differ.
    """

    id: str
    pool: str
    assets: tuple[str, ...]
    weights: tuple[float, ...]
    invariant: float
    held: tuple[float, ...]
    fees: tuple[float, ...]
    fee_apr: float

    def __post_init__(self) -> None:
        count = len(self.assets)
        if count < 2 or len(set(self.assets)) != count:
            raise InvalidPosition(self.id, "assets: two or more, all different", float(count))
        if not len(self.weights) == len(self.held) == len(self.fees) == count:
            raise InvalidPosition(self.id, "weights, held and fees need one number for each asset", float(count))
        if min(self.weights) <= 0.0 or abs(math.fsum(self.weights) - 1.0) > 1e-12:
            raise InvalidPosition(self.id, "weights: above 0 and adding up to 1", math.fsum(self.weights))
        if not 0.0 <= self.invariant < math.inf:
            raise InvalidPosition(self.id, "invariant", self.invariant)
        for name, values in (("held", self.held), ("fees", self.fees), ("fee_apr", (self.fee_apr,))):
            for value in values:
                check_amounts(self.id, **{name: value})

    @property
    def volatile(self) -> tuple[str, ...]:
        """Return the assets of this position whose USD price moves."""
        return tuple(asset for asset in self.assets if asset != USD)

    def value_usd(self, spots: Spots) -> FloatArray:
        """Return the USD value for each scenario; see `Position`."""
        prices = np.stack(np.broadcast_arrays(*(spot_of(spots, asset) for asset in self.assets)), axis=-1)
        return np.asarray(amm.weighted_greeks(prices, self.weights, self.invariant).value, dtype=np.float64)

    def deltas(self, spots: Spots) -> dict[str, float]:
        """Return the balances of the share; see `Position`."""
        held = amm.weighted_greeks(self._prices(spots), self.weights, self.invariant).delta
        return {asset: float(units) for asset, units in zip(self.assets, held, strict=True)}

    def gammas(self, spots: Spots) -> dict[tuple[str, str], float]:
        """Return the gammas of the volatile assets; see `Position`."""
        matrix = amm.weighted_greeks(self._prices(spots), self.weights, self.invariant).gamma
        return {
            (row, column): float(matrix[i, j])
            for i, row in enumerate(self.assets)
            for j, column in enumerate(self.assets)
            if USD not in (row, column)
        }

    def _prices(self, spots: Spots) -> FloatArray:
        return np.array([spot_of(spots, asset) for asset in self.assets], dtype=np.float64)

    def pool_terms(self, market: Market) -> PoolTerms:
        """Return what the pool earns and loses; see `Position`.

        The price is that of the first asset in the last. The volatility is that of the pair or, of more assets, the one
        whose LVR in a pool of two with the same sum of squared weights would be the same.
        """
        prices = np.array([market.spot(asset) for asset in self.assets])
        vols = np.array([market.vol(asset) for asset in self.assets])
        rho = np.array([[market.correlation(row, column) for column in self.assets] for row in self.assets])
        terms = (prices, self.weights, self.invariant)
        known = bool(np.all(np.isfinite(vols)))
        lvr = float(amm.weighted_lvr_rate(*terms, rho * np.outer(vols, vols))) if known else math.nan
        value, spread = float(amm.weighted_greeks(*terms).value), 1.0 - math.fsum(w * w for w in self.weights)
        return PoolTerms(
            price=float(prices[0] / prices[-1]),
            in_range=True,
            il_usd=float(amm.weighted_impermanent_loss(*terms, self.held)),
            lvr_usd_per_year=lvr,
            fees_usd=float(np.dot(self.fees, prices)),
            fee_usd_per_year=self.fee_apr * value,
            break_even_vol=math.sqrt(4.0 * self.fee_apr / spread),
            implied_vol=math.sqrt(4.0 * lvr / (value * spread)) if value > 0.0 else math.nan,
        )

    def price_range(self, asset: str, spots: Spots) -> tuple[float, float] | None:
        """Return None: it earns fees at every price."""
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        plain = {name: json_number(value) for name, value in asdict(self).items()}
        lists = {name: [json_number(value) for value in getattr(self, name)] for name in ("weights", "held", "fees")}
        return {**plain, **lists, "assets": list(self.assets)}
