"""Liquidity positions and the book that holds them.

A `Position` is whatever can say its USD value, deltas and gammas at given prices, and what its pool earns and loses.
`ConcentratedPosition` holds those of Uniswap v2, v3 and v4, `WeightedPosition` those of Balancer-like pools; another
kind of pool is one more class. Positions are revalued by the exact pool formulas in USD. No token needs to be the
numeraire: a WBTC/ETH position has two deltas and a cross gamma. Fees owed are reported beside the value, never in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from hedge import amm
from hedge.errors import InvalidPosition
from hedge.market import HORIZON_DAYS, USD, Market
from hedge.numerics.arrays import FloatArray
from hedge.units import YEAR_DAYS, json_number

BLOCK = 1 << 16
"""Positions times scenarios that are valued at once: what a processor keeps near."""
Spots = Mapping[str, Any]
"""USD prices by asset, a number or an array of scenarios each; USD need not be listed."""


class PoolTerms(NamedTuple):
    """What a position's pool says of it.

    price : in the pool's own pair. in_range : whether it earns fees there.
    il_usd : value minus holding the entry amounts (<= 0 if entry was at the pool's price); NaN if unknown.
    lvr_usd_per_year : loss versus rebalancing at the implied volatility, >= 0.
    fees_usd : fees owed. fee_usd_per_year : expected fees, 0 out of range, NaN if unknown.
    range_share : of the local rates, that LVR and fees a year are multiplied by: what a position that is left alone
        sees in 30 days (`amm.range_share`); 1 where its range is wide.
    break_even_vol : volatility at which fees pay LVR; NaN out of range or if fees are unknown.
    implied_vol : of the pair's price.
    """

    price: float
    in_range: bool
    il_usd: float
    lvr_usd_per_year: float
    fees_usd: float
    fee_usd_per_year: float
    break_even_vol: float
    implied_vol: float
    range_share: float = 1.0


class Position(Protocol):
    """One liquidity position in human units, of any kind of pool."""

    @property
    def id(self) -> str:
        """Return its name, unique in a book."""
        ...

    @property
    def pool(self) -> str:
        """Return the name of its pool for the reader."""
        ...

    @property
    def volatile(self) -> tuple[str, ...]:
        """Return its assets whose USD price moves."""
        ...

    def value_usd(self, spots: Spots) -> FloatArray:
        """Return the USD value for each scenario of prices, shape of the prices."""
        ...

    def deltas(self, spots: Spots) -> dict[str, float]:
        """Return units per asset, USD included; the sum of delta x price is the value."""
        ...

    def gammas(self, spots: Spots) -> dict[tuple[str, str], float]:
        """Return USD per squared unit of price by ordered pair of volatile assets, each cross gamma twice."""
        ...

    def pool_terms(self, market: Market) -> PoolTerms:
        """Return what the pool earns and loses. Raises `UnknownAsset`, `MissingCorrelation`."""
        ...

    def price_range(self, asset: str, spots: Spots) -> tuple[float, float] | None:
        """Return the USD prices of an asset where it earns fees, the others fixed; None if all or none."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types that identify it in a plan's inputs; NaN and infinity are None."""
        ...


def _spot(spots: Spots, asset: str) -> Any:
    return 1.0 if asset == USD else spots[asset]


def _check_amounts(position: str, **amounts: float) -> None:
    for name, value in amounts.items():
        if value < 0.0 or math.isinf(value):
            raise InvalidPosition(position, name, value)


@lru_cache(maxsize=8)
def _greeks_at(base: float, quote: float, liquidity: float, lower: float, upper: float) -> amm.TwoAssetGreeks:
    """Return `amm.two_asset_greeks`: value, deltas and gammas of a position are asked for one after another."""
    return amm.two_asset_greeks(base, quote, liquidity, lower, upper)


@dataclass(frozen=True)
class ConcentratedPosition:
    """Hold one position in a pool of two assets with a price range, in human units.

    Parameters
    ----------
    id, pool : names for the reader. base, quote : asset symbols; USD has price 1.
    liquidity : L in human units, >= 0.
    lower, upper : range in quote per base, 0 <= lower < upper; 0 and infinity for a v2 position.
    held_base, held_quote : amounts at entry, against which impermanent loss counts; NaN if unknown.
    fees_base, fees_quote : fees owed now, >= 0.
    fee_apr : fees per year of position value while in range (decimal); NaN if unknown.
    active : whether the pool itself counts it as in range now, which its tick decides; None where the price tells.

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
    active: bool | None = None

    def __post_init__(self) -> None:
        if self.base == self.quote:
            raise InvalidPosition(self.id, "base and quote are one asset", math.nan)
        if not 0.0 <= self.liquidity < math.inf:
            raise InvalidPosition(self.id, "liquidity", self.liquidity)
        if not 0.0 <= self.lower < self.upper:
            raise InvalidPosition(self.id, "lower", self.lower)
        names = ("held_base", "held_quote", "fees_base", "fees_quote", "fee_apr")
        _check_amounts(self.id, **{name: getattr(self, name) for name in names})

    @property
    def volatile(self) -> tuple[str, ...]:
        """Return the assets of this position whose USD price moves."""
        return tuple(asset for asset in (self.base, self.quote) if asset != USD)

    def value_usd(self, spots: Spots) -> FloatArray:
        """Return the USD value for each scenario; see `Position`."""
        base, quote = (_spot(spots, asset) for asset in (self.base, self.quote))
        if isinstance(base, float) and isinstance(quote, float):
            return np.asarray(self._greeks(spots).value)
        base, quote = np.asarray(base), np.asarray(quote)
        return np.asarray(quote * amm.value(base / quote, self.liquidity, self.lower, self.upper), dtype=np.float64)

    def deltas(self, spots: Spots) -> dict[str, float]:
        """Return units per asset; see `Position`."""
        greeks = self._greeks(spots)
        return {self.base: float(greeks.delta_base), self.quote: float(greeks.delta_quote)}

    def gammas(self, spots: Spots) -> dict[tuple[str, str], float]:
        """Return the gammas of the volatile assets; see `Position`."""
        greeks, base, quote = self._greeks(spots), self.base, self.quote
        every = {
            (base, base): float(greeks.gamma_base),
            (base, quote): float(greeks.gamma_cross),
            (quote, base): float(greeks.gamma_cross),
            (quote, quote): float(greeks.gamma_quote),
        }
        return {pair: gamma for pair, gamma in every.items() if USD not in pair}

    def _greeks(self, spots: Spots) -> amm.TwoAssetGreeks:
        prices = float(_spot(spots, self.base)), float(_spot(spots, self.quote))
        return _greeks_at(*prices, self.liquidity, self.lower, self.upper)

    def pool_terms(self, market: Market) -> PoolTerms:
        """Return what the pool earns and loses; see `Position`."""
        base, quote = market.spot(self.base), market.spot(self.quote)
        price, vol = base / quote, market.pair_vol(self.base, self.quote)
        span = (price, self.liquidity, self.lower, self.upper)
        by_price = bool(amm.in_range(price, self.lower, self.upper))
        in_range = by_price if self.active is None else self.active
        value = float(self.value_usd(market.spots))
        rate = quote * float(amm.lvr_rate(*span, vol)) if in_range else 0.0
        share = float(amm.range_share(value, rate, vol, HORIZON_DAYS / YEAR_DAYS))
        return PoolTerms(
            price=price,
            in_range=in_range,
            il_usd=quote * float(amm.impermanent_loss(*span, self.held_base, self.held_quote)),
            lvr_usd_per_year=rate * share if in_range else 0.0,
            fees_usd=self.fees_base * base + self.fees_quote * quote,
            fee_usd_per_year=self.fee_apr * value * share if in_range else 0.0,
            break_even_vol=float(amm.break_even_vol(price, self.lower, self.upper, self.fee_apr))
            if in_range
            else math.nan,
            implied_vol=vol,
            range_share=share,
        )

    def price_range(self, asset: str, spots: Spots) -> tuple[float, float] | None:
        """Return the USD prices of `asset` where the position earns fees; see `Position`."""
        if asset not in self.volatile or (self.lower == 0.0 and math.isinf(self.upper)):
            return None
        if asset == self.base:
            quote = _spot(spots, self.quote)
            return self.lower * quote, self.upper * quote
        base = _spot(spots, self.base)
        return base / self.upper, base / self.lower if self.lower > 0.0 else math.inf

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN and an infinite upper bound are None."""
        return {each.name: json_number(getattr(self, each.name)) for each in fields(self)}


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
                _check_amounts(self.id, **{name: value})

    @property
    def volatile(self) -> tuple[str, ...]:
        """Return the assets of this position whose USD price moves."""
        return tuple(asset for asset in self.assets if asset != USD)

    def value_usd(self, spots: Spots) -> FloatArray:
        """Return the USD value for each scenario; see `Position`."""
        prices = np.stack(np.broadcast_arrays(*(_spot(spots, asset) for asset in self.assets)), axis=-1)
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
        return np.array([_spot(spots, asset) for asset in self.assets], dtype=np.float64)

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

    def value_usd(self, spots: Spots) -> FloatArray:
        """Return the summed USD value for each scenario, shape of the prices; 0 without positions."""
        total = sum((position.value_usd(spots) for position in self._alone), np.zeros(()))
        for (base, quote), rows in self._shared.items():
            numeraire = np.asarray(_spot(spots, quote))
            price = (np.asarray(_spot(spots, base)) / numeraire)[..., np.newaxis]
            step = max(1, BLOCK // max(1, price.size))
            for first in range(0, rows.shape[1], step):
                values = amm.value(price, *rows[:, first : first + step])
                total = total + numeraire * values.sum(axis=-1)
        return np.asarray(total)

    @cached_property
    def _shared(self) -> dict[tuple[str, str], FloatArray]:
        """Return rows of liquidity, lower and upper of pairs that hold several positions, which are valued at once."""
        rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
        for each in self.positions:
            if isinstance(each, ConcentratedPosition):
                rows.setdefault((each.base, each.quote), []).append((each.liquidity, each.lower, each.upper))
        return {pair: np.array(found).T for pair, found in rows.items() if len(found) > 1}

    @cached_property
    def _alone(self) -> tuple[Position, ...]:
        """Return the positions that are valued one by one."""
        shared = self._shared
        return tuple(
            each
            for each in self.positions
            if not (isinstance(each, ConcentratedPosition) and (each.base, each.quote) in shared)
        )
