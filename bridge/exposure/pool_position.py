"""A position as the chain holds it, in exact integers, and its one conversion to the floats of `hedge`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bridge.chain import BlockRef
from bridge.errors import BadFile
from bridge.units import YEAR_SECONDS, amount_from_units, liquidity_from_units, price_from_sqrt_x96
from hedge.book import Position
from hedge.ticks import MAX_TICK, sqrt_price_at_tick

USD = "USD"


@dataclass(frozen=True)
class PoolPosition:
    """One concentrated-liquidity position at a block; every `_units` and `liquidity` is the chain's own integer.

    `held` are the deposits that are still in it (what holding would be), `earned` all fees since it was opened, taken
    out or not.
    """

    protocol: str
    token_id: int
    pool: str
    tokens: tuple[str, str]
    decimals: tuple[int, int]
    fee: int
    tick_lower: int
    tick_upper: int
    liquidity: int
    sqrt_price_x96: int
    amounts_units: tuple[int, int]
    fees_units: tuple[int, int]
    held_units: tuple[int, int]
    earned_units: tuple[int, int]
    opened_at: int


class PositionReader(Protocol):
    """An AMM protocol that can list an owner's positions at a block."""

    def read_positions(self, owner: str, block: BlockRef) -> list[PoolPosition]:
        """Read every position of an owner, all at one block."""


def asset_of(token: str, assets: dict[str, str]) -> str:
    """Return the asset symbol of a token.

    Raises
    ------
    BadFile
        The deployment does not say which asset the token is.
    """
    found = {address.lower(): asset for address, asset in assets.items()}.get(token.lower())
    if found is None:
        raise BadFile("deployment", f"token {token} has no asset: add it to `assets` (for example ETH, BTC or USD)")
    return found


def convert_position(raw: PoolPosition, assets: dict[str, str], spots: dict[str, float], block: BlockRef) -> Position:
    """Convert to base and quote assets in whole tokens: USD is the quote where it is one of the two, else token1.

    Parameters
    ----------
    raw
        The position as read.
    assets
        Asset symbol by token address.
    spots
        USD price by asset; values the fees for the fee APR.
    block
        The block it was read at.
    """
    symbols = tuple(asset_of(token, assets) for token in raw.tokens)
    base = 1 if symbols[0] == USD else 0
    quote = 1 - base
    whole = [
        [amount_from_units(units, decimals) for units, decimals in zip(pair, raw.decimals, strict=True)]
        for pair in (raw.held_units, raw.fees_units, raw.earned_units, raw.amounts_units)
    ]
    held, fees, earned, amounts = whole
    dollars = [1.0 if symbol == USD else spots[symbol] for symbol in symbols]
    value = sum(amount * price for amount, price in zip(amounts, dollars, strict=True))
    years = (block.timestamp - raw.opened_at) / YEAR_SECONDS
    earned_usd = sum(amount * price for amount, price in zip(earned, dollars, strict=True))
    lower, upper = _range(raw, flipped=base == 1)
    return Position(
        id=f"{raw.protocol}:{raw.token_id}",
        pool=f"{symbols[base]}/{symbols[quote]} {raw.fee / 10_000:g}%",
        base=symbols[base],
        quote=symbols[quote],
        liquidity=liquidity_from_units(raw.liquidity, *raw.decimals),
        lower=lower,
        upper=upper,
        held_base=held[base],
        held_quote=held[quote],
        fees_base=fees[base],
        fees_quote=fees[quote],
        fee_apr=earned_usd / value / years if value > 0 and years > 0 else 0.0,
    )


def _range(raw: PoolPosition, flipped: bool) -> tuple[float, float]:
    """Return the range in quote per base; a full range becomes 0 to infinity."""
    edge = MAX_TICK - 200  # spacings of 200 and less leave at most so many ticks beyond the last usable one
    if raw.tick_lower <= -edge and raw.tick_upper >= edge:
        return 0.0, float("inf")
    lower, upper = (
        price_from_sqrt_x96(sqrt_price_at_tick(tick), *raw.decimals) for tick in (raw.tick_lower, raw.tick_upper)
    )
    return (1 / upper, 1 / lower) if flipped else (lower, upper)
