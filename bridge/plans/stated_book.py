"""A book stated in a file, planned on a chain of quotes alone: no node, nothing to propose.

    [[position]]                # one table a position
    base = "ETH"
    quote = "USD"               # USD where it is left out
    lower = 1600.0              # quote per base; 0 and inf where left out, a full range
    upper = 2500.0
    value_usd = 1_000_000.0     # at the prices of the plan, entered there
    fee_apr = 0.25              # share of the value a year; unknown where left out

Prices are the spots of the option chains, volatilities their 30-day indices, parameters and limits those of a fresh
deployment.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Final

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bridge.chain.blocks import BlockRef
from bridge.config import BookConfig
from bridge.errors import BadFile, UsageError
from bridge.plans.market import quoted_market
from bridge.plans.observe import Observation
from bridge.plans.observed import NO_HASH, stated_governed
from bridge.times import read_seconds, years_ahead
from bridge.toml_files import BOOK_BYTES, read_toml
from hedge.book.positions import Book, ConcentratedPosition
from hedge.errors import HedgeError
from hedge.instruments.option_chain import OptionChain
from hedge.market import USD, Market

MOST_FEES: Final = 5.0


ONE_TICK: Final = 1.0001 * (1.0 - 1e-9)
"""The narrowest range of any pool, as a ratio; a little less for rounding."""
MOST_AWAY: Final = 20.0
"""Times the price that the nearer end of a range may be away: beyond it, it is in another unit or of another pair."""
WRITTEN_OTHERWISE: Final = {"WETH": "ETH", "WBTC": "BTC", "CBBTC": "BTC", "USDC": USD, "USDT": USD, "DAI": USD}
"""Tokens that are held and what a chain of quotes calls them."""


def _share_a_year(value: float) -> float:
    """Refuse what is no share of the value a year, such as a rate in percent."""
    if not 0.0 <= value <= MOST_FEES:
        raise ValueError(f"{value:g} is no share of the value a year from 0 to {MOST_FEES:g}: 0.25 is 25 %")
    return value


def _usual(asset: str) -> str:
    """Return what quotes call an asset."""
    plain = asset.strip().upper()
    return WRITTEN_OTHERWISE.get(plain, plain)


class _Position(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    base: Annotated[str, Field(min_length=1)]
    quote: Annotated[str, Field(min_length=1)] = USD
    lower: Annotated[float, Field(ge=0)] = 0.0
    upper: Annotated[float, Field(gt=0)] = math.inf
    value_usd: Annotated[float, Field(ge=1, le=1e13)]
    fee_apr: Annotated[float, AfterValidator(_share_a_year)] = math.nan

    @model_validator(mode="after")
    def _is_a_position(self) -> _Position:
        if _usual(self.base) == _usual(self.quote):
            raise ValueError(f"{self.base} and {self.quote} are one asset: such a position has no price to hedge")
        if not self.lower < self.upper:
            raise ValueError(f"lower {self.lower:g} is not below upper {self.upper:g}")
        if self.lower * ONE_TICK > self.upper:
            raise ValueError(f"the range {self.lower:g} to {self.upper:g} is narrower than a tick, 0.01 % of the price")
        return self


class _Book(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    position: Annotated[tuple[_Position, ...], Field(min_length=1)]


def observe_stated(path: Path, option_chains: dict[str, OptionChain], terms: BookConfig) -> Observation:
    """Return the observation that a plan of the stated book is made from, at the time of its oldest chain.

    Parameters
    ----------
    path
        The file that states the book.
    option_chains
        By asset; one is needed for every asset of the book.
    terms
        The correlation of every pair of assets.

    Raises
    ------
    BadFile
        The file is absent, no TOML, has an unknown key or a number out of range, or an asset without a chain.
    UntrustedNumber
        A chain tells no volatility.
    """
    stated = read_toml(path, _Book, BOOK_BYTES).position
    assets = sorted({asset for position in stated for asset in (position.base, position.quote)} - {USD})
    missing = [asset for asset in assets if asset not in option_chains]
    if missing:
        known = {USD, *option_chains}
        meant = [f"{_usual(name)} for {name}" for name in missing if _usual(name) != name and _usual(name) in known]
        how = f"write {', '.join(meant)}" if meant else "a stated book takes its prices from --chain"
        raise BadFile(path, f"no option chain of {', '.join(missing)}: {how}")
    market = quoted_market({asset: option_chains[asset] for asset in assets}, terms.correlation)
    at = market.observed_at
    for number, position in enumerate(stated):
        _check_range(path, f"position.{number}", position, market.spot(position.base) / market.spot(position.quote))
    try:
        book = Book(tuple(_position(number, position, market) for number, position in enumerate(stated, 1)))
    except HedgeError as error:
        raise BadFile(path, str(error)) from error
    return Observation(BlockRef(0, NO_HASH, at), f"stated in {path.name}", (), (), book, market, stated_governed())


def _check_range(path: Path, name: str, stated: _Position, price: float) -> None:
    """Refuse a range that is far from the price, as one of the other direction is."""
    lower, upper = stated.lower, stated.upper
    if lower <= price * MOST_AWAY and upper >= price / MOST_AWAY:
        return
    turned = lower <= MOST_AWAY / price and upper >= 1.0 / (price * MOST_AWAY)
    why = f"it looks like {stated.base} per {stated.quote}" if turned else "it is in another unit, or of another pair"
    raise BadFile(
        path,
        f"{name}: the range {lower:g} to {upper:g} is far from the price, {price:g} {stated.quote} per {stated.base}: "
        f"{why}; write {stated.quote} per {stated.base}",
    )


def _position(number: int, stated: _Position, market: Market) -> ConcentratedPosition:
    """Return a position of the stated value, entered at the market's price."""
    pair, ends = (stated.base, stated.quote), (stated.lower, stated.upper)
    return ConcentratedPosition.from_value(
        stated.value_usd, *pair, market, *ends, id=f"stated:{number}", fee_apr=stated.fee_apr
    )


def read_time(text: str) -> int:
    """Return a time of the command line, in any way that files write one, as unix seconds.

    Raises
    ------
    UsageError
        It is no time.
    """
    try:
        return int(read_seconds(pd.Series([text], name="time"), years_ahead())[0])
    except (ValueError, OverflowError) as error:
        reason = str(error).removeprefix(f"time {text} in row 1 ")
        raise UsageError(f"--at {text!r} {reason}") from error
