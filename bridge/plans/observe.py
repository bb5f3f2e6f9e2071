"""One cycle's reads, all at one block: prices, volatilities, book, governed parameters; then it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from bridge.adapters.pool_position import HeldPosition, Unread
from bridge.adapters.spec import position_readers
from bridge.chain.blocks import BlockRef
from bridge.config import BookConfig
from bridge.errors import BadFile, ContractReverted, UnknownAddress, UntrustedNumber
from bridge.snapshot import Snapshot
from bridge.sources.prices import asset_pairs, check_pair_price, read_prices
from bridge.units import volatility_from_e8
from hedge.book.exposure import BookExposure, book_exposure
from hedge.book.positions import Book, Position
from hedge.market import Market, Provenance
from hedge.policy.parameters import KEYS, LastChange, Limits, Parameters


@dataclass(frozen=True)
class Governed:
    """The hedge parameters in force at a block, with what bounds their change."""

    parameters: Parameters
    limits: dict[int, Limits]
    last_changes: dict[int, LastChange]
    version: int
    paused: bool
    inputs_hash: str


@dataclass(frozen=True)
class Observation:
    """Everything that one plan is made from, at one block."""

    block: BlockRef
    owner: str
    raw_positions: tuple[HeldPosition, ...]
    unread: tuple[Unread, ...]
    book: Book
    market: Market
    governed: Governed

    @cached_property
    def exposure(self) -> BookExposure:
        """Value the book at the market, once: the plan, its signals and its record all take it from here."""
        return book_exposure(self.book, self.market)


class Holdings(NamedTuple):
    """An owner's positions, exact and converted, in one order, and those that could not be read."""

    raw: tuple[HeldPosition, ...]
    positions: tuple[Position, ...]
    unread: tuple[Unread, ...]


def read_positions(snapshot: Snapshot, owner: str, spots: dict[str, float], terms: BookConfig) -> Holdings:
    """Read an owner's positions of every protocol, each pool's price checked against the USD prices.

    Anyone can send a position in a pool made at a wrong price: such are only named while all of them
    are worth less than `terms.dust_usd`.

    Raises
    ------
    UntrustedNumber
        The price of a pool is off, and what is held in such pools is no dust.
    """
    found = [reader.read_positions(owner, snapshot.block) for reader in position_readers(snapshot)]
    assets = snapshot.deployment.assets
    unread = [left for part in found for left in part.unread]
    raw, converted, left_out = [], [], 0.0
    for held in (held for part in found for held in part.read):
        try:
            position, priced = held.convert(assets, spots, snapshot.block), held.pair_price(assets)
        except BadFile as error:
            unread.append(Unread(held.id, error.reason))
            continue
        try:
            if priced:
                check_pair_price(*priced, spots, terms.max_price_gap)
        except UntrustedNumber as error:
            left_out += held.most_usd(assets, spots)
            if left_out >= terms.dust_usd:
                raise UntrustedNumber(f"{held.id}: {error}") from error
            unread.append(Unread(held.id, f"{error}, dust"))
            continue
        raw.append(held)
        converted.append(position)
    return Holdings(tuple(raw), tuple(converted), tuple(unread))


def read_volatilities(snapshot: Snapshot) -> dict[str, float]:
    """Read every feed's fresh answer, as a decimal a year.

    Raises
    ------
    UntrustedNumber
        A feed has no answer, or its answer is stale.
    """
    found = {}
    for asset, feed in sorted(snapshot.deployment.feeds.items()):
        try:
            answer, _ = snapshot.read("VolatilityOracle", "latest", at=feed)
        except ContractReverted as error:
            raise UntrustedNumber(
                f"the {asset} volatility feed gives no usable answer, {error.words}: have the reporters submit a round"
            ) from error
        found[asset] = volatility_from_e8(answer)
    return found


def read_market(snapshot: Snapshot, terms: BookConfig) -> Market:
    """Read prices and volatilities; the correlation is the configured one."""
    prices = read_prices(snapshot, terms)
    return Market(
        observed_at=snapshot.block.timestamp,
        spots=prices.spots,
        vols=read_volatilities(snapshot),
        correlations=dict.fromkeys(asset_pairs(list(prices.spots)), terms.correlation),
        vol_source=f"on-chain feeds at block {snapshot.block.number}; correlation configured",
        vol_provenance=Provenance.ON_CHAIN,
        spot_source=prices.source,
        spot_provenance=prices.provenance,
    )


def read_governed(snapshot: Snapshot) -> Governed:
    """Read the hedge parameters, their limits and when each last changed.

    Raises
    ------
    UnknownAddress
        The contract governs another set of keys than this version knows.
    """

    def read(function: str) -> Any:
        return snapshot.read("HedgeParameters", function)

    values, limits = read("values"), read("allLimits")
    moved = zip(read("updatedAt"), read("windows"), strict=True)
    if len(values) != len(KEYS):
        raise UnknownAddress(
            snapshot.deployment.address("HedgeParameters"),
            f"HedgeParameters of {len(KEYS)} keys (it has {len(values)})",
        )
    version = int(read("version"))
    # Only an update carries a hash of inputs: after a rollback, or at genesis, no event has this version.
    applied = snapshot.logs("HedgeParameters", "UpdateApplied", version=version)
    inputs_hash = bytes(applied[-1]["args"]["inputsHash"]) if applied else bytes(32)
    return Governed(
        parameters=Parameters.from_values(values),
        limits={key: Limits(*limit) for key, limit in enumerate(limits)},
        last_changes={
            key: LastChange(at, least, most, ends_at) for key, (at, (_, least, most, ends_at)) in enumerate(moved)
        },
        version=version,
        paused=bool(read("paused")),
        inputs_hash="0x" + inputs_hash.hex(),
    )


def observe(snapshot: Snapshot, owner: str, terms: BookConfig) -> Observation:
    """Read everything at one block and confirm at the end that the block is still on the chain.

    Raises
    ------
    UntrustedNumber, UnknownAddress, Reorganised
        A number cannot be believed, an address is wrong, or the block was replaced while reading.
    """
    market = read_market(snapshot, terms)
    held = read_positions(snapshot, owner, dict(market.spots), terms)
    governed = read_governed(snapshot)
    snapshot.confirm()
    return Observation(snapshot.block, owner, held.raw, held.unread, Book(held.positions), market, governed)
