"""A book on one public network, or on several together: each chain at its own block, one price of an asset, one book.

    each chain: prices of its feeds -> one spot of an asset, the first chain's; what is away from it is left out there
    each chain: positions at that chain's rates -> one book; what cannot be read is named, and stops a plan or not

A chain that fails is left out with its reason, and with what it was worth when it was last read here.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from bridge.adapters.pool_position import HeldPosition, PoolPosition, Unread, ranked
from bridge.config import BookConfig, Config
from bridge.errors import BadFile, BridgeError, ChainError, SourceUnavailable
from bridge.files import write_whole
from bridge.formats import age, number
from bridge.json_files import read_json, reading
from bridge.networks import Network
from bridge.plans.market import NO_QUOTES, SeenMarket, look_at_market
from bridge.plans.observe import Dust, Holdings, look_at_positions, valued
from bridge.snapshot import Elsewhere, Snapshot
from bridge.sources.option_chains import read_option_chains
from bridge.sources.prices import Prices, read_prices
from bridge.units import utc
from hedge.book.exposure import BookExposure, book_exposure
from hedge.book.positions import Book, Position
from hedge.instruments.option_chain import OptionChain

MADE_UP = "synthetic"
"""The source of quotes that no market said; off the local chain they are none."""


@dataclass(frozen=True)
class ChainSeen:
    """What one chain of a book gave: its block and worth in USD, or why it gave nothing, and what it was worth last."""

    name: str
    title: str
    chain_id: int
    block: int = 0
    timestamp: int = 0
    value_usd: float = math.nan
    trouble: str = ""
    last_usd: float = math.nan
    last_at: int = 0

    def words(self, at: int) -> str:
        """Return a line about it; `at` : unix seconds of the book's time."""
        place = f"{self.title} ({self.chain_id})"
        if not self.trouble:
            return f"{place}: block {self.block} of {utc(self.timestamp)}, {number(self.value_usd)} USD"
        last = "" if math.isnan(self.last_usd) else f"; last {number(self.last_usd)} USD, {age(at - self.last_at)} ago"
        return f"{place}: left out: {self.trouble}{last}"

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        plain = {"network": self.name, "chain_id": self.chain_id, "block": self.block, "timestamp": self.timestamp}
        worth = {"value_usd": self.value_usd, "last_usd": self.last_usd}
        known = {name: None if math.isnan(value) else value for name, value in worth.items()}
        return plain | known | {"last_at": self.last_at or None, "trouble": self.trouble or None}


def place_lines(network: Network | None, chains: Sequence[ChainSeen], at: int) -> list[str]:
    """Return where a book that is only observed was read, and each of several chains; nothing without a network.

    Parameters
    ----------
    at
        Unix seconds of the book's time.
    """
    if network is None:
        return []
    where = f"{len(chains)} networks" if chains else f"{network.title} ({network.chain_id})"
    return [f"observed on {where}: no contract of ours is read", *(f"  {chain.words(at)}" for chain in chains)]


class NetworkBook(NamedTuple):
    """A book that is only observed: its market, the quotes, what is held and worth, and each chain of several."""

    seen: SeenMarket
    quotes: dict[str, OptionChain]
    held: Holdings
    exposure: BookExposure
    chains: tuple[ChainSeen, ...]


class _Part(NamedTuple):
    """What one chain says: where it was read, and its prices."""

    snapshot: Snapshot
    prices: Prices


def see_network_book(snapshot: Snapshot, config: Config, owner: str, *, quoted: bool = True) -> NetworkBook:
    """Read an owner's book on the network of a snapshot, and on those that it names elsewhere.

    Every chain that is in it is confirmed to be that of the block that was read.

    Parameters
    ----------
    quoted
        Whether a venue that does not answer is an error; else volatilities are unknown, with that reason.

    Raises
    ------
    BadConfig, BadFile, UntrustedNumber
        The source of quotes cannot be used, its quotes are not of this time, or no price can be believed.
    BridgeError
        No chain can be read: what the first one says.
    """
    every, parts, troubles = _every(snapshot), list[_Part](), dict[str, BridgeError]()
    for each in every:
        try:
            parts.append(_Part(each.pinned(), read_prices(each.pinned(), config.book)))
        except BridgeError as error:
            troubles[each.network.name] = error
    while True:
        if not parts:
            name, trouble = next(iter(troubles.items()))
            raise ChainError(_said(trouble, name, len(every) > 1)) if "start_block" in str(trouble) else trouble
        failed = len(troubles)
        spots = {asset: price for part in reversed(parts) for asset, price in part.prices.spots.items()}
        quotes, silent = _quotes(config, spots, parts[0].snapshot.block.timestamp, quoted)
        seen = look_at_market(parts[0].snapshot, config.book, quotes, replace(parts[0].prices, spots=spots))
        held, exposures, chains = _holdings(parts, seen, owner, config, len(every) > 1, troubles)
        if len(troubles) == failed:
            break
        parts = [part for part in parts if _network(part.snapshot).name not in troubles]  # nor do its prices count
    unknown = _unknown(seen, spots, held)
    seen = seen._replace(unknown=tuple(replace(u, reason=silent) if u.reason == NO_QUOTES else u for u in unknown))
    rows = [*chains, *(_failed(each, troubles, config.state, owner) for each in every)]
    shown = tuple(row for row in rows if row is not None) if snapshot.elsewhere else ()
    whole = Holdings(
        held.raw, held.positions, ranked((*held.unread, *_left(every, troubles)), held.stops.partition(": ")[0]),
        held.stops or _stops(every, troubles), held.dust,
    )  # fmt: skip
    exposure = exposures[0] if len(exposures) == 1 else book_exposure(Book(whole.positions), seen.market)
    return NetworkBook(seen, quotes, whole, exposure, shown)


def _quotes(config: Config, spots: Mapping[str, float], at: int, needed: bool) -> tuple[dict[str, OptionChain], str]:
    """Return the quotes of a market, and what is said of an asset without any."""
    if config.options.source_name == MADE_UP:
        return {}, NO_QUOTES
    try:
        return read_option_chains(config.options, spots, at), NO_QUOTES
    except SourceUnavailable as error:
        if needed:
            raise
        return {}, f"no quotes of it: {error}"


def _said(trouble: BridgeError, name: str, several: bool) -> str:
    """Return why a chain is left out; a deployment's `start_block` is a setting where nothing is deployed."""
    setting = f"start_block of {name}" if several else "chain.start_block"
    return f"{trouble}: here that is {setting} in alvh.toml" if "start_block" in str(trouble) else str(trouble)


def _every(snapshot: Snapshot) -> tuple[Elsewhere, ...]:
    """Return all chains of a book, the first one too."""
    return Elsewhere(_network(snapshot), snapshot.needed, snapshot), *snapshot.elsewhere


def _network(snapshot: Snapshot) -> Network:
    assert snapshot.network is not None  # a book is observed on networks alone
    return snapshot.network


def _unknown(seen: SeenMarket, spots: dict[str, float], held: Holdings) -> tuple[Unread, ...]:
    """Return what nobody knows of assets that are held, or that a position needs which is left out.

    Networks have feeds of many assets, and another chain may have a price that the first one lacks.
    """
    assets = set(Book(held.positions).assets)

    def matters(unknown: Unread) -> bool:
        what, _, asset = unknown.id.partition(" of ")
        needed = asset in assets or any(asset in left.reason for left in held.unread)
        return needed and not (what == "price" and asset in spots)

    return tuple(each for each in seen.unknown if matters(each))


def _holdings(
    parts: list[_Part], seen: SeenMarket, owner: str, config: Config, several: bool, troubles: dict[str, BridgeError]
) -> tuple[Holdings, list[BookExposure], list[ChainSeen]]:
    """Read the positions of every chain; one that fails while it is read is left out as a whole."""
    found, exposures, rows = list[Holdings](), list[BookExposure](), list[ChainSeen]()
    for part in parts:
        network = _network(part.snapshot)
        try:
            held = _held(part, seen, owner, config.book, network.name if several else "")
            held, exposure = valued(part.snapshot, held, seen.market, config.book)
            part.snapshot.confirm()
        except BridgeError as error:
            troubles[network.name] = error
            continue
        block = part.snapshot.block
        rows.append(
            ChainSeen(network.name, network.title, network.chain_id, block.number, block.timestamp, exposure.value_usd)
        )
        if several:
            _keep(config.state, owner, rows[-1])
        found.append(held)
        exposures.append(exposure)
    raw, positions, unread, dust = (
        tuple(each for held in found for each in getattr(held, name)) for name in ("raw", "positions", "unread", "dust")
    )
    stops = next((held.stops for held in found if held.stops), "")
    return Holdings(raw, positions, unread, stops, dust), exposures, rows


def _held(part: _Part, seen: SeenMarket, owner: str, terms: BookConfig, place: str) -> Holdings:
    """Return the positions of one chain, which say where they are in a book of several."""
    prices = replace(part.prices, unusable=dict(part.prices.unusable) | dict(_away(part, seen, terms.max_price_gap)))
    held = look_at_positions(part.snapshot, owner, dict(seen.market.spots), terms, prices)
    if not place:
        return held
    return Holdings(
        tuple(_at(raw, place) for raw in held.raw),
        tuple(_named(position, place) for position in held.positions),
        tuple(replace(left, id=f"{place}/{left.id}") for left in held.unread),
        f"{place}/{held.stops}" if held.stops else "",
        tuple(Dust(f"{place}/{dust.id}", dust.worth_usd) for dust in held.dust),
    )


def _at(raw: HeldPosition, place: str) -> HeldPosition:
    return replace(raw, network=place) if isinstance(raw, PoolPosition) else raw


def _named(position: Position, place: str) -> Position:
    """Return a position whose name and pool say on which network it is."""
    named: Position = replace(position, id=f"{place}/{position.id}", pool=f"{position.pool} {place}")  # type: ignore[type-var]
    return named


def _away(part: _Part, seen: SeenMarket, most: float) -> Iterator[tuple[str, str]]:
    """Return the tokens of a chain whose asset has another price there than in the book, each with the reason."""
    for token, asset in part.snapshot.deployment.assets.items():
        here, book = part.prices.spots.get(asset), seen.market.spots.get(asset)
        if here is not None and book is not None and abs(here / book - 1.0) > most:
            why = f"the feeds of this chain say {here:,.6g} USD of {asset}, the book's price is {book:,.6g}"
            yield token.lower(), f"{why}: more than {most:.1%} away"


def _left(every: Sequence[Elsewhere], troubles: Mapping[str, BridgeError]) -> Iterator[Unread]:
    """Return a line for each chain that is left out."""
    for other in every:
        if trouble := troubles.get(other.network.name):
            why = _said(trouble, other.network.name, len(every) > 1)
            yield Unread(other.network.name, f"nothing of this chain is in the book: {why}", other.needed)


def _stops(every: Sequence[Elsewhere], troubles: Mapping[str, BridgeError]) -> str:
    """Return why no plan is made, where a chain that one needs is left out."""
    needed = [other.network.name for other in every if other.needed and other.network.name in troubles]
    why = _said(troubles[needed[0]], needed[0], len(every) > 1) if needed else ""
    return f"{needed[0]}: nothing of this chain is in the book: {why}" if needed else ""


def _failed(other: Elsewhere, troubles: Mapping[str, BridgeError], state: Path, owner: str) -> ChainSeen | None:
    """Return what is said of a chain that is left out; None where it was read."""
    network = other.network
    if network.name not in troubles:
        return None
    usd, at = _last(state, owner, network.name, network.chain_id)
    why = _said(troubles[network.name], network.name, several=True)
    return ChainSeen(network.name, network.title, network.chain_id, trouble=why, last_usd=usd, last_at=at)


def _file(state: Path, owner: str, name: str) -> Path:
    return state / "chains" / f"{sha256(owner.lower().encode()).hexdigest()[:16]}-{name}.json"


def _keep(state: Path, owner: str, seen: ChainSeen) -> None:
    """Note what a chain was worth, for a time when it cannot be read; a node that is behind takes nothing back."""
    if seen.timestamp < _last(state, owner, seen.name, seen.chain_id)[1] <= time.time():
        return
    content = {"chain_id": seen.chain_id, "timestamp": seen.timestamp, "value_usd": seen.value_usd}
    write_whole(_file(state, owner, seen.name), json.dumps(content) + "\n")


def _last(state: Path, owner: str, name: str, chain_id: int) -> tuple[float, int]:
    """Return what a chain was worth when it was last read here, and when; NaN where it never was."""
    path = _file(state, owner, name)
    try:
        with reading(path, absent="never read", otherwise="not a note of a chain's worth"):
            content = read_json(path)
            usd, at = float(content["value_usd"]), int(content["timestamp"])
            if content["chain_id"] != chain_id or not math.isfinite(usd):
                raise ValueError("it is of another chain")
    except BadFile:
        return math.nan, 0
    return usd, at
