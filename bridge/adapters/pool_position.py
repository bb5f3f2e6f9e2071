"""A position as the chain holds it, in exact integers, and its one conversion to the floats of `hedge`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from bridge.chain.blocks import BlockRef
from bridge.errors import BadFile, UntrustedNumber
from bridge.foreign import LINE, foreign
from bridge.units import YEAR_SECONDS, amount_from_units, liquidity_from_units, price_from_sqrt_x96, sqrt_x96_from_price
from hedge.amm.ticks import (
    MAX_SQRT_PRICE_X96,
    MAX_TICK,
    MIN_SQRT_PRICE_X96,
    MIN_TICK,
    position_amounts,
    sqrt_price_at_tick,
    tick_at_sqrt_price,
)
from hedge.book.positions import ConcentratedPosition, Position
from hedge.errors import HedgeError
from hedge.market import USD

if TYPE_CHECKING:
    from bridge.adapters.past import Wanted

DYNAMIC_FEE = 1 << 23  # in a v4 pool's key: a hook sets the fee
LEAST_AGE = 86_400
"""Seconds that fees must have been earned for before they are taken for those of a year."""
Pair = tuple[int, int]


@dataclass(frozen=True)
class PoolPosition:
    """One position at a block; every `_units` and `liquidity` is the chain's own integer.

    `token_id` is None without an NFT: of v2, and in a v3 pool itself (`in_pool`). `tick` is the pool's own, which alone
    decides what is in range: at the end of a range the price cannot tell. `rates` say how much of its asset a token is:
    of a staked one, more than one. `held` are the deposits that are still in it (what holding would be), `earned` the
    fees since `earning_since`, taken out or not; both None where the chain does not tell. `unknown` says why its past
    was not asked for. `doubt` says which of its numbers contradict each other: it is in no book then.
    `seconds_in_range` of the `seconds_held` since `earning_since`, None where the chain does not tell. `holder` is
    whose it is, in a book of several; `network` where it is. `surplus_units` would be paid with the amounts now, and
    are of whoever takes them first: they are in no worth.
    """

    protocol: str
    token_id: int | None
    pool: str
    tokens: tuple[str, str]
    decimals: Pair
    fee: int
    tick_lower: int
    tick_upper: int
    tick: int
    liquidity: int
    sqrt_price_x96: int
    amounts_units: Pair
    fees_units: Pair
    held_units: Pair | None
    earned_units: Pair | None
    earning_since: int
    unknown: str = ""
    rates: tuple[float, float] = (1.0, 1.0)
    doubt: str = ""
    seconds_in_range: int | None = field(default=None, compare=False)  # both grow by themselves
    seconds_held: int | None = field(default=None, compare=False)
    in_pool: bool = False
    holder: str = ""
    network: str = ""
    surplus_units: Pair = (0, 0)

    @property
    def id(self) -> str:
        """The protocol with the token id, or the pool where there is none, its range if it lies in the pool itself, and
        who of several holds its share.

        In a book of several chains the name of the network stands before it.
        """
        place = f"{self.network}/" if self.network else ""
        if self.token_id is not None:
            return f"{place}{self.protocol}:{self.token_id}"
        own = f"[{self.tick_lower},{self.tick_upper}]" if self.in_pool else ""
        return f"{place}{self.protocol}:{self.pool}{own}" + (f"@{self.holder}" if self.holder else "")

    def convert(self, assets: dict[str, str], spots: dict[str, float], block: BlockRef) -> ConcentratedPosition:
        """Return the position in whole tokens; see `convert_position`.

        Raises
        ------
        UntrustedNumber
            Its numbers contradict each other.
        """
        if self.doubt:
            raise UntrustedNumber(self.doubt)
        return convert_position(self, assets, spots, block)

    def pair_price(self, assets: dict[str, str]) -> tuple[str, str, float]:
        """Return base, quote and the pool's price now; USD is the quote where it is one of the two, else token1."""
        first, second = (asset_of(token, assets) for token in self.tokens)
        price = self.price(self.sqrt_price_x96)
        return (second, first, 1 / price) if first == USD else (first, second, price)

    def price(self, sqrt_price_x96: int) -> float:
        """Return a price of the pool, of the asset of token0 in that of token1."""
        return price_from_sqrt_x96(sqrt_price_x96, *self.decimals) * self.rates[1] / self.rates[0]

    def whole(self, units: Pair | None) -> list[float]:
        """Return amounts as whole units of their assets, at the rates of now; NaN where the chain does not tell."""
        if units is None:
            return [math.nan, math.nan]
        rows = zip(units, self.decimals, self.rates, strict=True)
        return [amount_from_units(amount, places) * rate for amount, places, rate in rows]

    def least_usd(self, assets: dict[str, str], spots: dict[str, float]) -> float:
        """Return what the position is worth at least, in USD, wherever anyone moves its pool's price.

        What it holds at the price of `spots` is worth less than what it holds at any other: the difference is what
        arbitrage takes, or takes back who put it there by a swap. What has no USD price counts nothing, as its own
        pool's price is no witness; of the other token it is then what is held now.
        """
        prices = spots | {USD: 1.0}
        first, second = (prices.get(asset_of(token, assets), 0.0) for token in self.tokens)
        amounts = self.amounts_units
        if first and second:
            price = sqrt_x96_from_price(first / second * self.rates[0] / self.rates[1], *self.decimals)
            held_at = min(max(price, MIN_SQRT_PRICE_X96), MAX_SQRT_PRICE_X96)
            amounts = position_amounts(held_at, self.tick_lower, self.tick_upper, self.liquidity)
        return self.usd(amounts, assets, spots) + self.usd(self.fees_units, assets, spots)

    def usd(self, units: Pair, assets: dict[str, str], spots: dict[str, float]) -> float:
        """Return what amounts are worth in USD; what has no USD price counts nothing."""
        prices = spots | {USD: 1.0}
        dollars = [prices.get(asset_of(token, assets), 0.0) for token in self.tokens]
        return sum(amount * price for amount, price in zip(self.whole(units), dollars, strict=True))

    def exact(self) -> dict[str, Any]:
        """Return the chain's own integers; see `HeldPosition`."""
        pairs = {name: getattr(self, name) for name in ("amounts_units", "fees_units", "held_units")}
        units = {name: [str(amount) for amount in pair] if pair else None for name, pair in pairs.items()}
        fixed = {"token_id": self.token_id, "tokens": list(self.tokens), "liquidity": str(self.liquidity)}
        whose = {name: said for name in ("in_pool", "holder", "network") if (said := getattr(self, name))}
        past = {name: getattr(self, name) for name in ("earning_since", "seconds_in_range", "seconds_held", "unknown")}
        beside = {"surplus_units": [str(units) for units in self.surplus_units]} if any(self.surplus_units) else {}
        return units | fixed | whose | past | beside


class Standing(IntEnum):
    """What makes something that is not read the owner's: in this order it is named, as strangers make the rest."""

    HELD = 0
    """A known contract keeps it for him, in known tokens."""
    GIVEN = 1
    """Anyone makes it for next to nothing: of tokens that nobody knows, beside a pair's reserves, counted only."""
    SAID = 2
    """A contract that nobody knows says so, in an event."""


@dataclass(frozen=True)
class Unread:
    """A position of the owner that is not in the book, and why: in one line, whatever a stranger's contract says.

    `stops` says that no plan is made without it: its numbers cannot be, and nobody can tell what it is worth.
    `worth_usd` is what is known of its worth, infinite where nobody can tell: of one standing, more comes first.
    """

    id: str
    reason: str
    stops: bool = False
    standing: Standing = field(default=Standing.HELD, compare=False)
    worth_usd: float = field(default=math.inf, compare=False)

    def __post_init__(self) -> None:
        """Take the words as they may be shown."""
        object.__setattr__(self, "id", foreign(self.id))
        object.__setattr__(self, "reason", foreign(self.reason, 2 * LINE))


def ranked(unread: Iterable[Unread], first: str = "") -> tuple[Unread, ...]:
    """Return what is not read, what is the owner's own before what strangers make: only so much of it is shown.

    Parameters
    ----------
    first
        The id of what comes before all others: it stops a plan.
    """
    return tuple(sorted(unread, key=lambda left: (left.id != first, not left.stops, left.standing, -left.worth_usd)))


class HeldPosition(Protocol):
    """One position of any AMM as its adapter read it, exact, before it becomes a `hedge` position."""

    @property
    def id(self) -> str:
        """Return the protocol with what identifies the position in it."""
        ...

    def convert(self, assets: dict[str, str], spots: dict[str, float], block: BlockRef) -> Position:
        """Return the position in whole tokens. Raises `BadFile` where a token has no asset."""
        ...

    def pair_price(self, assets: dict[str, str]) -> tuple[str, str, float] | None:
        """Return base, quote and the price that the pool is held at; None where it has no price that could lie."""
        ...

    def least_usd(self, assets: dict[str, str], spots: dict[str, float]) -> float:
        """Return what the position is worth at least, in USD, wherever anyone moves its pool's price.

        What has no price in `spots` counts nothing; the numeraire counts as it is.
        """
        ...

    def exact(self) -> dict[str, Any]:
        """Return the chain's own integers in pure JSON types, for `alvh exposure --json`."""
        ...


class Positions(NamedTuple):
    """What a reader found: positions, and those that it could not read."""

    read: Sequence[HeldPosition]
    unread: Sequence[Unread]


class PositionReader(Protocol):
    """An AMM protocol that can list an owner's positions at a block."""

    def read_positions(self, owner: str, block: BlockRef, wanted: Wanted) -> Positions:
        """Read every position of an owner, all at one block, and the past of those that are wanted; see `Wanted`.

        None is left out without a word.
        """


class Impossible(UntrustedNumber):
    """Numbers of a pool that no pool has: a stranger cannot make it, only a node can say it."""


def price_doubt(tick: int, sqrt_price_x96: int) -> str:
    """Say that a pool's tick is not that of its price; nothing where it is.

    At a tick's own price both that tick and the one below are right: a fall to it may have crossed it already.

    Raises
    ------
    Impossible
        No pool has such a price or tick.
    """
    if not (MIN_SQRT_PRICE_X96 <= sqrt_price_x96 < MAX_SQRT_PRICE_X96 and MIN_TICK <= tick < MAX_TICK):
        raise Impossible(f"the node says that its pool is at tick {tick} and price {sqrt_price_x96}, as no pool is")
    if sqrt_price_at_tick(tick) <= sqrt_price_x96 <= sqrt_price_at_tick(tick + 1):
        return ""
    right = tick_at_sqrt_price(sqrt_price_x96)
    return f"the node says that its pool is at tick {tick}, and its price is of tick {right}: ask another node"


def amounts_at(sqrt_price_x96: int, lower: int, upper: int, liquidity: int, round_up: bool = False) -> Pair:
    """Return the amounts of a position at a price, in units.

    Raises
    ------
    Impossible
        No position has such a range, price or liquidity.
    """
    try:
        return position_amounts(sqrt_price_x96, lower, upper, liquidity, round_up=round_up)
    except HedgeError as error:
        raise Impossible(f"the node says that it reaches from tick {lower} to {upper}, as no position does") from error


def asset_of(token: str, assets: dict[str, str]) -> str:
    """Return the asset symbol of a token.

    Raises
    ------
    BadFile
        The deployment does not say which asset the token is.
    """
    found = assets.get(token)  # as it is written nearly always
    if found is None:
        found = {address.lower(): asset for address, asset in assets.items()}.get(token.lower())
    if found is None:
        raise BadFile("deployment", f"token {token} has no asset: add it to `assets` (for example ETH, BTC or USD)")
    return found


def convert_position(
    raw: PoolPosition, assets: dict[str, str], spots: dict[str, float], block: BlockRef
) -> ConcentratedPosition:
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
    held, fees, earned, amounts = map(raw.whole, (raw.held_units, raw.fees_units, raw.earned_units, raw.amounts_units))
    dollars = [1.0 if symbol == USD else spots[symbol] for symbol in symbols]
    value = sum(amount * price for amount, price in zip(amounts, dollars, strict=True))
    years = (block.timestamp - raw.earning_since) / YEAR_SECONDS
    earned_usd = sum(amount * price for amount, price in zip(earned, dollars, strict=True))
    lower, upper = _range(raw, flipped=base == 1)
    fee = "dynamic" if raw.fee == DYNAMIC_FEE else f"{raw.fee / 10_000:g}%"
    return ConcentratedPosition(
        id=raw.id,
        pool=f"{symbols[base]}/{symbols[quote]} {fee} {raw.protocol.removeprefix('uniswap-')}",
        base=symbols[base],
        quote=symbols[quote],
        liquidity=liquidity_from_units(raw.liquidity, *raw.decimals) * math.sqrt(raw.rates[0] * raw.rates[1]),
        lower=lower,
        upper=upper,
        held_base=held[base],
        held_quote=held[quote],
        fees_base=fees[base],
        fees_quote=fees[quote],
        fee_apr=earned_usd / value / years if value > 0 and years >= LEAST_AGE / YEAR_SECONDS else math.nan,
        active=raw.tick_lower <= raw.tick < raw.tick_upper,
    )


def _range(raw: PoolPosition, flipped: bool) -> tuple[float, float]:
    """Return the range in quote per base; a full range becomes 0 to infinity."""
    edge = MAX_TICK - 200  # spacings of 200 and less leave at most so many ticks beyond the last usable one
    if raw.tick_lower <= -edge and raw.tick_upper >= edge:
        return 0.0, float("inf")
    lower, upper = (raw.price(sqrt_price_at_tick(tick)) for tick in (raw.tick_lower, raw.tick_upper))
    return (1 / upper, 1 / lower) if flipped else (lower, upper)
