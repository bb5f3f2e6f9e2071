"""Valuation screens from a file: what each asset of a book may be at most, and why it is less than it is.

    [rules]                     # shares of the book and levels, each may be left out
    asset_cap = 0.25
    sector_cap = 0.40
    group_cap = 0.50            # of assets whose correlation is at least `correlation`, chains of them together
    correlation = 0.70
    dear = 1.20                 # price over fair value above which the cap shrinks
    most_earnings = 40.0        # P/E above which it shrinks
    least_market_cap_usd = 1e8  # market cap below which it shrinks

    [[asset]]                   # one table an asset; what is left out is not screened
    symbol = "ETH"
    sector = "REIT"             # any name
    price = 2000.0              # USD; the plan's own where left out
    fair_value = 1900.0         # USD; or, of a yield, by dividend discount:
    dividend = 60.0             # of the past year, USD a token, new issue deducted
    discount = 0.10             # a year, a share: 10 %
    growth = 0.03               # a year, for ever; 0 where left out
    stages = [{ years = 3, growth = 0.10 }]   # before that
    earnings = 55.0             # of a year, USD a token
    market_cap_usd = 2.4e11
    yield_bearing = true        # then dividend and discount are needed

Exposure is delta: what the book moves like. A screen never raises one, and what it takes away becomes cash.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Self

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bridge.errors import BadFile
from bridge.files import refuse_circle
from bridge.foreign import foreign
from bridge.mistakes import plain_mistake
from bridge.toml_files import read_toml
from hedge.book.exposure import BookExposure
from hedge.errors import HedgeError
from hedge.market import Market
from hedge.units import json_number
from hedge.valuation.ddm import Stage, gordon_value, implied_discount, multi_stage_value
from hedge.valuation.screens import CapRules, Listing, cap_exposure, price_to_earnings

MOST_NAME: Final = 20
MOST_NAMED: Final = 5
"""Letters of a symbol, and symbols, that a line shows of a file."""
MOST_BYTES: Final = 1_000_000


MOST_TIMES: Final = 2.5
"""Factor between a stated price and the plan's own: beyond it one of them is of another asset or unit."""
MOST_VALUE: Final = 1e4
"""Times its price that fair value, dividend or earnings of a year are away from it, where they are not 0."""


def _in_letters(text: str) -> str:
    """Refuse control and direction marks, which could disguise what a name says."""
    if not text.isprintable():
        raise ValueError("holds a sign that cannot be printed")
    return text


Name = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_in_letters)]
Amount = Annotated[float, Field(ge=0.0, le=1e18)]
Share = Annotated[float, Field(ge=0.0001, le=1.0)]


def _as_share(rate: float) -> float:
    """Refuse a rate of a year in percent."""
    if rate > 1.0:
        raise ValueError(f"{rate:g} is {rate:.0%} a year: 0.1 is 10 %")
    return rate


Rate = Annotated[float, Field(gt=-1.0), AfterValidator(_as_share)]
Growth = Annotated[float, Field(gt=-1.0, le=10.0)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Stage(_Model):
    years: Annotated[int, Field(ge=1, le=200)]
    growth: Growth


class _Asset(_Model):
    symbol: Name
    sector: Name
    price: Annotated[float, Field(gt=0.0, le=1e18)] | None = None
    fair_value: Amount | None = None
    dividend: Amount | None = None
    discount: Rate | None = None
    growth: Rate = 0.0
    stages: Annotated[tuple[_Stage, ...], Field(max_length=20)] = ()
    earnings: Annotated[float, Field(ge=-1e18, le=1e18)] | None = None
    market_cap_usd: Amount | None = None
    yield_bearing: bool = False

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        if (self.dividend is None) != (self.discount is None):
            raise ValueError("dividend and discount go together: give both or none")
        if self.yield_bearing and self.dividend is None:
            raise ValueError("yield_bearing needs dividend and discount: the yield is what is valued")
        if self.dividend is not None and self.fair_value is not None:
            raise ValueError("fair_value and dividend are two values of one asset: give one of them")
        return self


class _Rules(_Model):
    asset_cap: Share = CapRules.asset_cap
    sector_cap: Share = CapRules.sector_cap
    group_cap: Share = CapRules.group_cap
    correlation: float = CapRules.correlation
    dear: Annotated[float, Field(ge=0.01, le=100.0)] = CapRules.dear
    most_earnings: Annotated[float, Field(ge=0.1, le=1e6)] = CapRules.most_earnings
    least_market_cap_usd: Annotated[float, Field(ge=1.0, le=1e15)] = CapRules.least_market_cap_usd


class _File(_Model):
    rules: _Rules = _Rules()
    asset: Annotated[tuple[_Asset, ...], Field(min_length=1, max_length=1_000)]


@dataclass(frozen=True)
class ScreenedAsset:
    """What the screens leave of one asset; NaN where unknown or not screened.

    Parameters
    ----------
    wanted, allowed
        Shares of the book's value, by delta. `allowed` is NaN for an asset that the file does not list.
    cut_usd
        What is above the cap.
    fair_value
        USD, stated or by dividend discount.
    earnings_multiple
        Price over earnings; infinite where nothing is earned.
    promised
        Rate of return a year that the price promises by its dividend.
    reasons
        Of every cut, in words.
    """

    symbol: str
    sector: str
    wanted: float
    allowed: float
    cut_usd: float
    price: float
    fair_value: float
    earnings_multiple: float
    promised: float
    yield_bearing: bool
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN and infinity are None."""
        plain = {name: json_number(value) for name, value in asdict(self).items()}
        return plain | {"reasons": list(self.reasons)}


@dataclass(frozen=True)
class Screened:
    """What the screens of a file leave of a book; `cash` : the share that is in no screened asset."""

    rows: tuple[ScreenedAsset, ...]
    cash: float
    source: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {"assets": [row.to_dict() for row in self.rows], "cash": self.cash, "source": self.source}


def read_screens(path: Path, exposure: BookExposure, market: Market) -> Screened:
    """Screen a book by a file.

    Raises
    ------
    BadFile
        The file is absent, no TOML, has an unknown key or a number out of range, names an asset twice, or values a
        dividend that grows as fast as it is discounted: the asset, counted from 1, and the key are named.
    """
    found = _read(path)
    rules = _rules(path, found.rules)
    wanted = _wanted(exposure)
    stated = {asset.symbol: asset for asset in found.asset if asset.symbol in wanted}
    numbers = {asset.symbol: number for number, asset in enumerate(found.asset, 1)}
    of = {symbol: _listing(path, numbers[symbol], asset, market) for symbol, asset in stated.items()}
    asked = {symbol: wanted[symbol] for symbol in of}
    capped = cap_exposure(asked, list(of.values()), _correlations(of, market), rules)
    rows = []
    for symbol, share in wanted.items():
        why = capped.reasons.get(symbol, () if symbol in of else (_unlisted(path, numbers),))
        allowed = capped.allowed.get(symbol, math.nan)
        rows.append(_row(symbol, share, of.get(symbol), stated.get(symbol), allowed, exposure.value_usd, why))
    return Screened(tuple(rows), capped.cash, f"file {path.name}")


def _unlisted(path: Path, listed: Mapping[str, int]) -> str:
    """Say that a file does not list an asset, and what it lists: a symbol that is written otherwise caps nothing."""
    names = [foreign(name, MOST_NAME) for name in listed]
    only = f", only {', '.join(names[:MOST_NAMED])}{', ...' * (len(names) > MOST_NAMED)}" if names else ""
    return f"not screened: {path.name} does not list it{only}"


def _read(path: Path) -> _File:
    refuse_circle(path)
    if path.exists() and not path.is_file():
        raise BadFile(path, "is no file: give a TOML file of screens")
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise BadFile(path, f"is larger than {MOST_BYTES // 1_000_000} MB: it is no list of screens")
    try:
        found = read_toml(path, _File)
    except BadFile as error:
        if isinstance(error.__cause__, ValidationError):
            raise BadFile(path, _place(error.__cause__)) from error.__cause__
        raise
    symbols = [asset.symbol for asset in found.asset]
    for number, symbol in enumerate(symbols, 1):
        if symbol in symbols[: number - 1]:
            raise BadFile(path, f"asset {number}, symbol: {symbol} stands there twice")
    return found


def _place(error: ValidationError) -> str:
    """Say which table and which key is wrong, tables counted from 1."""
    first = error.errors()[0]
    parts = [f" {part + 1}" if isinstance(part, int) else f", {part}" for part in first["loc"]]
    return f"{''.join(parts).removeprefix(', ')}: {plain_mistake(first)}"


def _rules(path: Path, stated: _Rules) -> CapRules:
    try:
        return CapRules(**stated.model_dump())
    except HedgeError as error:
        raise BadFile(path, f"rules, {error}") from error


def _wanted(exposure: BookExposure) -> dict[str, float]:
    """Return the share of the book that moves like each asset; what is short counts as nothing."""
    value = exposure.value_usd
    return {
        asset: max(total.delta_usd, 0.0) / value if value > 0.0 else 0.0
        for asset, total in sorted(exposure.assets.items())
    }


def _listing(path: Path, number: int, asset: _Asset, market: Market) -> Listing:
    price = asset.price if asset.price is not None else market.spot(asset.symbol)
    earnings, size = _or_nan(asset.earnings), _or_nan(asset.market_cap_usd)
    _check_scale(f"asset {number} ({asset.symbol})", path, asset, price, market.spot(asset.symbol))
    try:
        fair = _fair_value(asset)
        if asset.dividend and not price / MOST_VALUE <= fair <= price * MOST_VALUE:
            far = f"more than {MOST_VALUE:,.0f} times away from the price, {price:g} USD"
            raise BadFile(
                path, f"asset {number} ({asset.symbol}): its dividend is worth {fair:g} at that discount, {far}"
            )
        return Listing(asset.symbol, asset.sector, price, fair, earnings, size)
    except HedgeError as error:
        raise BadFile(path, f"asset {number} ({asset.symbol}): {error}") from error


def _check_scale(place: str, path: Path, asset: _Asset, price: float, spot: float) -> None:
    """Refuse numbers that belong to another asset, or stand in another unit, by the price that the plan has."""
    if not spot / MOST_TIMES <= price <= spot * MOST_TIMES:
        far = f"more than {MOST_TIMES:g} times away from the plan's price, {spot:g} USD"
        raise BadFile(path, f"{place}, price: {price:g} is {far}: another asset or unit?")
    for name in ("fair_value", "dividend", "earnings"):
        value = abs(_or_nan(getattr(asset, name)))
        if value and not math.isnan(value) and not price / MOST_VALUE <= value <= price * MOST_VALUE:
            far = f"more than {MOST_VALUE:,.0f} times away from the price, {price:g} USD"
            raise BadFile(path, f"{place}, {name}: {value:g} is {far}: another unit?")


def _fair_value(asset: _Asset) -> float:
    if asset.dividend is None or asset.discount is None:
        return _or_nan(asset.fair_value)
    if not asset.stages:
        return float(gordon_value(asset.dividend, asset.discount, asset.growth))
    stages = [Stage(stage.years, stage.growth) for stage in asset.stages]
    return multi_stage_value(asset.dividend, asset.discount, stages, asset.growth)[0]


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _correlations(of: dict[str, Listing], market: Market) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([[market.correlation(one, other) for other in of] for one in of]).reshape(len(of), len(of))


def _row(
    symbol: str,
    wanted: float,
    listing: Listing | None,
    stated: _Asset | None,
    allowed: float,
    value_usd: float,
    reasons: tuple[str, ...],
) -> ScreenedAsset:
    if listing is None or stated is None:
        unknown = (math.nan,) * 5
        return ScreenedAsset(symbol, "", wanted, allowed, *unknown, yield_bearing=False, reasons=reasons)
    simple = stated.dividend is not None and not stated.stages
    promised = float(implied_discount(listing.price, stated.dividend or 0.0, stated.growth)) if simple else math.nan
    return ScreenedAsset(
        symbol, listing.sector, wanted, allowed, max(wanted - allowed, 0.0) * value_usd, listing.price,
        listing.fair_value, float(price_to_earnings(listing.price, listing.earnings)), promised,
        stated.yield_bearing, reasons,
    )  # fmt: skip
