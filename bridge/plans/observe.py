"""One cycle's reads, all at one block: prices, volatilities, book, governed parameters; then it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from bridge.adapters.pool_position import PoolPosition, PositionReader, Unread, asset_of, convert_position, most_usd
from bridge.adapters.uniswap_v2 import UniswapV2Reader
from bridge.adapters.uniswap_v3 import UniswapV3Reader
from bridge.adapters.uniswap_v4 import UniswapV4Reader
from bridge.chain.node import BlockRef
from bridge.config import BookConfig
from bridge.errors import BadFile, ContractReverted, UnknownAddress, UntrustedNumber
from bridge.snapshot import Snapshot
from bridge.sources.prices import asset_pairs, check_pair_price, read_spots
from bridge.units import price_from_sqrt_x96, volatility_from_e8
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
    raw_positions: tuple[PoolPosition, ...]
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

    raw: tuple[PoolPosition, ...]
    positions: tuple[Position, ...]
    unread: tuple[Unread, ...]


def read_positions(snapshot: Snapshot, owner: str, spots: dict[str, float], terms: BookConfig) -> Holdings:
    """Read an owner's positions of every protocol, each pool's price checked against the USD prices.

    Anybody can send a position in a pool that he made at a wrong price: such are only named while all
    of them are worth less than `terms.dust_usd`.

    Raises
    ------
    UntrustedNumber
        The price of a pool is off, and what is held in such pools is no dust.
    """
    found = [reader.read_positions(owner, snapshot.block) for reader in position_readers(snapshot)]
    unread = [missing for part in found for missing in part.unread]
    raw, converted, left_out = [], [], 0.0
    for position in (position for part in found for position in part.read):
        try:
            valued = convert_position(position, snapshot.deployment.assets, spots, snapshot.block)
        except BadFile as error:
            unread.append(Unread(position.id, error.reason))
            continue
        price = price_from_sqrt_x96(position.sqrt_price_x96, *position.decimals)
        first_is_base = asset_of(position.tokens[0], snapshot.deployment.assets) == valued.base
        try:
            check_pair_price(
                valued.base, valued.quote, price if first_is_base else 1 / price, spots, terms.max_price_gap
            )
        except UntrustedNumber as error:
            left_out += most_usd(position, snapshot.deployment.assets, spots)
            if left_out >= terms.dust_usd:
                raise UntrustedNumber(f"{position.id}: {error}") from error
            unread.append(Unread(position.id, f"{error}, dust"))
            continue
        raw.append(position)
        converted.append(valued)
    return Holdings(tuple(raw), tuple(converted), tuple(unread))


def position_readers(snapshot: Snapshot) -> list[PositionReader]:
    """Return a reader for each protocol whose contracts the deployment names."""
    at, start = snapshot.deployment.contracts, snapshot.deployment.start_block
    readers: list[PositionReader] = []
    if "UniswapV2Factory" in at:
        readers.append(UniswapV2Reader(snapshot.chain, at["UniswapV2Factory"], list(snapshot.deployment.assets), start))
    if "NonfungiblePositionManager" in at:
        readers.append(UniswapV3Reader(snapshot.chain, at["NonfungiblePositionManager"], start))
    if "PositionManager" in at:
        readers.append(
            UniswapV4Reader(snapshot.chain, at["PositionManager"], snapshot.deployment.address("PoolManager"), start)
        )
    return readers


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
    spots = read_spots(snapshot, terms)
    return Market(
        observed_at=snapshot.block.timestamp,
        spots=spots,
        vols=read_volatilities(snapshot),
        correlations=dict.fromkeys(asset_pairs(list(spots)), terms.correlation),
        vol_source=f"on-chain feeds at block {snapshot.block.number}; correlation configured",
        vol_provenance=Provenance.ON_CHAIN,
        spot_source=f"pools at block {snapshot.block.number}",
        spot_provenance=Provenance.ON_CHAIN,
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
    """Read everything at one block and confirm at the end that the block still stands.

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
