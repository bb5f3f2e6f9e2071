"""Liquidity positions and the book that holds them.

A `Position` is whatever can say its USD value, deltas and gammas at given prices, and what its pool earns and loses.
`ConcentratedPosition` holds those of Uniswap v2, v3 and v4, `weighted.WeightedPosition` those of Balancer-like pools;
another kind of pool is one more class. Positions are revalued by the exact pool formulas in USD. No token needs to be
the numeraire: a WBTC/ETH position has two deltas and a cross gamma. Fees owed are reported beside the value, never in
it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
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


def spot_of(spots: Spots, asset: str) -> Any:
    """Return an asset's USD prices; 1 of USD."""
    return 1.0 if asset == USD else spots[asset]


def check_amounts(position: str, **amounts: float) -> None:
    """Refuse amounts of a position, by name, that are negative or infinite. Raises `InvalidPosition`."""
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

    @classmethod
    def from_value(
        cls,
        value_usd: float,
        base: str,
        quote: str,
        market: Market,
        lower: float = 0.0,
        upper: float = math.inf,
        *,
        id: str = "stated",  # noqa: A002 - the field's name
        pool: str = "",
        fee_apr: float = math.nan,
    ) -> ConcentratedPosition:
        """Make the position that is worth so much at a market, entered there: v3 with a price range, v2 without.

        Parameters
        ----------
        value_usd : USD, >= 0. base, quote : asset symbols that the market prices; USD has price 1.
        lower, upper : range in quote per base, 0 <= lower < upper; left out it is a v2 position.
        id : its name, unique in a book. pool : name of its pool, base/quote by default.
        fee_apr : fees per year of its value while in range (decimal); NaN, the default, if unknown.

        Raises
        ------
        InvalidPosition, BadInput : a number is out of its range. UnknownAsset : the market has no price of an asset.

        >>> market = Market(1_770_000_000, {"ETH": 2_000.0}, {"ETH": 0.6}, {}, "stated")
        >>> position = ConcentratedPosition.from_value(100_000.0, "ETH", "USD", market, 1_600.0, 2_500.0)
        >>> round(float(position.value_usd(market.spots)), 6), round(position.deltas(market.spots)["ETH"], 3)
        (100000.0, 25.0)
        """
        numeraire = market.spot(quote)
        price = market.spot(base) / numeraire
        if not 0.0 <= value_usd < math.inf:
            raise InvalidPosition(id, "value_usd", value_usd)
        liquidity = value_usd / (float(amm.value(price, 1.0, lower, upper)) * numeraire)
        held_base, held_quote = (float(amount) for amount in amm.amounts(price, liquidity, lower, upper))
        entered = (liquidity, lower, upper, held_base, held_quote)
        return cls(id, pool or f"{base}/{quote}", base, quote, *entered, 0.0, 0.0, fee_apr)

    def __post_init__(self) -> None:
        if self.base == self.quote:
            raise InvalidPosition(self.id, "base and quote are one asset", math.nan)
        if not 0.0 <= self.liquidity < math.inf:
            raise InvalidPosition(self.id, "liquidity", self.liquidity)
        if not 0.0 <= self.lower < self.upper:
            raise InvalidPosition(self.id, "lower", self.lower)
        names = ("held_base", "held_quote", "fees_base", "fees_quote", "fee_apr")
        check_amounts(self.id, **{name: getattr(self, name) for name in names})

    @property
    def volatile(self) -> tuple[str, ...]:
        """Return the assets of this position whose USD price moves."""
        return tuple(asset for asset in (self.base, self.quote) if asset != USD)

    def value_usd(self, spots: Spots) -> FloatArray:
        """Return the USD value for each scenario; see `Position`."""
        base, quote = (spot_of(spots, asset) for asset in (self.base, self.quote))
        if isinstance(base, float) and isinstance(quote, float):
            return np.asarray(self._greeks(spots).value)
        base, quote = np.asarray(base), np.asarray(quote)
        return np.asarray(quote * amm.value(base / quote, self.liquidity, self.lower, self.upper), dtype=np.float64)

    def deltas(self, spots: Spots) -> dict[str, float]:
        """Return units per asset; see `Position`."""
        return self.deltas_of(self._greeks(spots))

    def gammas(self, spots: Spots) -> dict[tuple[str, str], float]:
        """Return the gammas of the volatile assets; see `Position`."""
        return self.gammas_of(self._greeks(spots))

    def deltas_of(self, greeks: amm.TwoAssetGreeks) -> dict[str, float]:
        """Return units per asset, of its greeks."""
        return {self.base: float(greeks.delta_base), self.quote: float(greeks.delta_quote)}

    def gammas_of(self, greeks: amm.TwoAssetGreeks) -> dict[tuple[str, str], float]:
        """Return the gammas of the volatile assets, of its greeks."""
        base, quote = self.base, self.quote
        every = {
            (base, base): float(greeks.gamma_base),
            (base, quote): float(greeks.gamma_cross),
            (quote, base): float(greeks.gamma_cross),
            (quote, quote): float(greeks.gamma_quote),
        }
        return {pair: gamma for pair, gamma in every.items() if USD not in pair}

    def _greeks(self, spots: Spots) -> amm.TwoAssetGreeks:
        prices = float(spot_of(spots, self.base)), float(spot_of(spots, self.quote))
        return _greeks_at(*prices, self.liquidity, self.lower, self.upper)

    def pool_terms(self, market: Market) -> PoolTerms:
        """Return what the pool earns and loses; see `Position`."""
        return concentrated_terms((self,), market)[0]

    def price_range(self, asset: str, spots: Spots) -> tuple[float, float] | None:
        """Return the USD prices of `asset` where the position earns fees; see `Position`."""
        if asset not in self.volatile or (self.lower == 0.0 and math.isinf(self.upper)):
            return None
        if asset == self.base:
            quote = spot_of(spots, self.quote)
            return self.lower * quote, self.upper * quote
        base = spot_of(spots, self.base)
        return base / self.upper, base / self.lower if self.lower > 0.0 else math.inf

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN and an infinite upper bound are None."""
        return {each.name: json_number(getattr(self, each.name)) for each in fields(self)}


def concentrated_greeks(positions: Sequence[ConcentratedPosition], spots: Spots) -> list[amm.TwoAssetGreeks]:
    """Return the greeks of each of one or more positions of one pair, in their order; see `amm.two_asset_greeks`."""
    prices = (float(spot_of(spots, asset)) for asset in (positions[0].base, positions[0].quote))
    found = amm.two_asset_greeks(*prices, *_columns(positions, "liquidity", "lower", "upper"))
    return [amm.TwoAssetGreeks(*each) for each in zip(*(column.tolist() for column in found), strict=True)]


def concentrated_terms(positions: Sequence[ConcentratedPosition], market: Market) -> list[PoolTerms]:
    """Return what the pools of one or more positions of one pair earn and lose, in their order; see `Position`."""
    base, quote = positions[0].base, positions[0].quote
    price, numeraire, vol = market.spot(base) / market.spot(quote), market.spot(quote), market.pair_vol(base, quote)
    liquidity, lower, upper, apr = _columns(positions, "liquidity", "lower", "upper", "fee_apr")
    held, owed = _columns(positions, "held_base", "held_quote"), _columns(positions, "fees_base", "fees_quote")
    span = (price, liquidity, lower, upper)
    by_price = amm.in_range(price, lower, upper).tolist()
    earns = np.array([n if each.active is None else each.active for each, n in zip(positions, by_price, strict=True)])
    value = amm.two_asset_greeks(market.spot(base), numeraire, *span[1:]).value
    rate = np.where(earns, numeraire * amm.lvr_rate(*span, vol), 0.0)
    share = amm.range_share(value, rate, vol, HORIZON_DAYS / YEAR_DAYS)
    columns = {
        "in_range": earns,
        "il_usd": numeraire * amm.impermanent_loss(*span, *held),
        "lvr_usd_per_year": np.where(earns, rate * share, 0.0),
        "fees_usd": owed[0] * market.spot(base) + owed[1] * numeraire,
        "fee_usd_per_year": np.where(earns, apr * value * share, 0.0),
        "break_even_vol": np.where(earns, amm.break_even_vol(price, lower, upper, apr), math.nan),
        "range_share": share,
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [PoolTerms(price=price, implied_vol=vol, **dict(zip(columns, row, strict=True))) for row in rows]


def _columns(positions: Sequence[ConcentratedPosition], *names: str) -> FloatArray:
    """Return numbers of positions, one row for each name."""
    return np.array([[getattr(each, name) for each in positions] for name in names], dtype=np.float64)


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
            numeraire = np.asarray(spot_of(spots, quote))
            price = (np.asarray(spot_of(spots, base)) / numeraire)[..., np.newaxis]
            step = max(1, BLOCK // max(1, price.size))
            for first in range(0, rows.shape[1], step):
                values = amm.value(price, *rows[:, first : first + step])
                total = total + numeraire * values.sum(axis=-1)
        return np.asarray(total)

    def deltas(self, spots: Mapping[str, float]) -> dict[str, float]:
        """Return units per asset of all positions together, USD included."""
        pairs, others = by_pair(self.positions)
        found: dict[str, list[float]] = {}
        for group in pairs.values():
            for position, greeks in zip(group, concentrated_greeks(group, spots), strict=True):
                _collect(found, position.deltas_of(greeks))
        for other in others:
            _collect(found, other.deltas(spots))
        return {asset: math.fsum(units) for asset, units in found.items()}

    @cached_property
    def _shared(self) -> dict[tuple[str, str], FloatArray]:
        """Return rows of liquidity, lower and upper by pair, which are valued at once."""
        pairs, _ = by_pair(self.positions)
        return {pair: _columns(group, "liquidity", "lower", "upper") for pair, group in pairs.items() if len(group) > 1}

    @cached_property
    def _alone(self) -> tuple[Position, ...]:
        """Return the positions that are valued one by one."""
        pairs, others = by_pair(self.positions)
        return *others, *(group[0] for group in pairs.values() if len(group) == 1)


def by_pair(
    positions: Sequence[Position],
) -> tuple[dict[tuple[str, str], list[ConcentratedPosition]], tuple[Position, ...]]:
    """Return the concentrated positions by base and quote, whose formulas broadcast, and the others."""
    pairs: dict[tuple[str, str], list[ConcentratedPosition]] = {}
    for position in positions:
        if type(position) is ConcentratedPosition:  # a kind of it may have formulas of its own
            pairs.setdefault((position.base, position.quote), []).append(position)
    return pairs, tuple(each for each in positions if type(each) is not ConcentratedPosition)


def _collect(found: dict[str, list[float]], units: Mapping[str, float]) -> None:
    for asset, amount in units.items():
        found.setdefault(asset, []).append(amount)
