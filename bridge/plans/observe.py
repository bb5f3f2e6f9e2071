"""One cycle's reads, all at one block: prices, volatilities, book, governed parameters; then it is confirmed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from bridge.adapters.past import Wanted
from bridge.adapters.pool_position import HeldPosition, PoolPosition, Positions, Standing, Unread, ranked
from bridge.adapters.spec import position_readers
from bridge.chain.blocks import BlockRef
from bridge.config import BookConfig
from bridge.errors import BadFile, UnknownAddress, UntrustedNumber
from bridge.plans.market import look_at_market, trusted_market
from bridge.plans.owners import each_owner
from bridge.snapshot import Snapshot
from bridge.sources.prices import Prices, check_pair_price
from hedge.book.exposure import BookExposure, book_exposure
from hedge.book.positions import Book, Position
from hedge.errors import HedgeError
from hedge.market import USD, Market
from hedge.policy.parameters import KEYS, LastChange, Limits, OwnTerms, Parameters

NOT_COMPUTED: Final = (HedgeError, ArithmeticError, ValueError, TypeError, LookupError)
"""What the mathematics of one position raises where a stranger chose its numbers."""


@dataclass(frozen=True)
class Governed:
    """The hedge parameters in force at a block, with what bounds their change; `own` : the same of single assets."""

    parameters: Parameters
    limits: dict[int, Limits]
    last_changes: dict[int, LastChange]
    version: int
    paused: bool
    steward_suspended: bool
    inputs_hash: str
    own: Mapping[str, Governed] = field(default_factory=dict)

    def own_terms(self) -> dict[str, OwnTerms]:
        """Return what the ledgers of single assets say, by asset, as a plan takes it."""
        return {
            asset: OwnTerms(apart.parameters, apart.limits, apart.last_changes) for asset, apart in self.own.items()
        }

    def own_parameters(self) -> dict[str, Parameters]:
        """Return the parameters of assets with a ledger of their own."""
        return {asset: apart.parameters for asset, apart in self.own.items()}


class Dust(NamedTuple):
    """A position that could be valued and is not in the book, as it is worth next to nothing: its id and its USD."""

    id: str
    worth_usd: float


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
    dust: tuple[Dust, ...] = ()

    @cached_property
    def exposure(self) -> BookExposure:
        """Value the book at the market, once: the plan, its signals and its record all take it from here."""
        return book_exposure(self.book, self.market, moves=False)


class Holdings(NamedTuple):
    """An owner's positions, exact and converted, in one order, and those that are not in the book.

    `stops` says which of those that are left out are no dust, and why; empty where none is. A plan must not be made
    without them, while exposure and monitor name them and show the rest. `dust` is counted beside the book, the most
    valuable first.
    """

    raw: tuple[HeldPosition, ...]
    positions: tuple[Position, ...]
    unread: tuple[Unread, ...]
    stops: str = ""
    dust: tuple[Dust, ...] = ()


@dataclass
class _Sorting:
    """Positions that are in the book, and those that are left out, with what is known to be in them.

    `known` assets are those that have, or should have, a price: the deployment names a feed or a price pool of theirs.
    """

    assets: dict[str, str]
    spots: dict[str, float]
    dust_usd: float
    known: frozenset[str]
    raw: list[HeldPosition] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    dust: tuple[Dust, ...] = ()
    left_out_usd: float = 0.0
    stops: str = ""

    def leave(self, held: HeldPosition, reason: str, worth: float | None = None) -> None:
        """Name a position that is not in the book; without a worth that is known, anyone can make one like it."""
        standing = Standing.GIVEN if worth is None else Standing.HELD
        self.unread.append(Unread(held.id, reason, standing=standing, worth_usd=worth or 0.0))

    def leave_known(self, held: HeldPosition, reason: str) -> None:
        """Name a position of known assets; what of them has a price adds up, and stops a plan beyond dust.

        What a position is worth by a price that anyone moves counts nothing: whoever made it could take it back.
        """
        worth = _least_usd(held, self.assets, self.spots)
        self.left_out_usd += worth
        stops = self.left_out_usd >= self.dust_usd
        self.stops = self.stops or (f"{held.id}: {reason}" if stops else "")
        self.leave(held, f"{reason}, {worth:,.0f} USD of it are known" if stops else f"{reason}, dust", worth)

    def name_surplus(self, held: HeldPosition) -> None:
        """Name what lies beside a position in the book and is nobody's, where it is no dust."""
        if not isinstance(held, PoolPosition) or not any(held.surplus_units):
            return
        worth = held.usd(held.surplus_units, self.assets, self.spots)
        if worth >= self.dust_usd:
            why = f"{worth:,.0f} USD that a burn would pay are not of its reserves: whoever calls `skim` has them"
            self.unread.append(Unread(f"surplus of {held.id}", why, standing=Standing.GIVEN, worth_usd=worth))

    def holdings(self) -> Holdings:
        """Return all of it, what stops a plan named before the rest, and what strangers make last."""
        first, _, _ = self.stops.partition(": ")
        return Holdings(tuple(self.raw), tuple(self.positions), ranked(self.unread, first), self.stops, self.dust)

    def set_dust_apart(self) -> None:
        """Take what is worth less than dust out of the book, as long as all of it together is: the smallest first.

        So nobody can fill a book with positions of nothing, and no book of many small positions is left out.
        """
        found, total = [], 0.0
        for worth, held_id in sorted((_least_usd(held, self.assets, self.spots), held.id) for held in self.raw):
            total += worth
            if total >= self.dust_usd:
                break
            found.append(Dust(held_id, worth))
        left = {dust.id for dust in found}
        rows = [row for row in zip(self.raw, self.positions, strict=True) if row[0].id not in left]
        self.raw, self.positions = [raw for raw, _ in rows], [position for _, position in rows]
        self.dust = tuple(reversed(found))


def _sorting(snapshot: Snapshot, spots: dict[str, float], terms: BookConfig) -> _Sorting:
    at = snapshot.deployment
    fed = [pair.partition("/")[0] for pair in snapshot.network.feeds] if snapshot.network else []
    return _Sorting(dict(at.assets), spots, terms.dust_usd, frozenset({*at.feeds, *at.price_pools, *spots, *fed}))


def _least_usd(held: HeldPosition, assets: dict[str, str], spots: dict[str, float]) -> float:
    """Return what a position is known to be worth at least; infinite where its own numbers do not make sense."""
    try:
        worth = held.least_usd(assets, spots)
    except NOT_COMPUTED:
        return math.inf
    return math.inf if math.isnan(worth) else worth


def wanted_pasts(assets: dict[str, str], spots: dict[str, float], terms: BookConfig) -> Wanted:
    """Return whose past is read: of what is no dust; nothing is asked of a position that cannot be valued."""

    def worth(held: HeldPosition) -> float:
        try:
            most = _least_usd(held, assets, spots)
        except BadFile:  # a token that the deployment does not know
            return 0.0
        return most if math.isfinite(most) else 0.0

    return Wanted(worth, terms.dust_usd)


def look_at_positions(
    snapshot: Snapshot, owner: str, spots: dict[str, float], terms: BookConfig, prices: Prices | None = None
) -> Holdings:
    """Read an owner's positions of every protocol, each pool's price checked against the USD prices.

    Anyone can send a position of anything: of tokens that nobody knows, of two tokens of one asset, of an asset without
    a price, in a pool made at a wrong price, of next to nothing. Each is named and left out, and stops nothing here.
    What a position is worth by its own pool is never asked. `prices` tell the rates of staked tokens, and which are no
    longer what they promise.
    """
    wanted = wanted_pasts(dict(snapshot.deployment.assets), spots, terms)
    found = list(_parts(snapshot, owner, wanted))
    sorting = _sorting(snapshot, spots, terms)
    sorting.unread += [left for part in found for left in part.unread]
    partly = _partly(snapshot)
    sorting.unread += [Unread(protocol, reason, stops=True) for protocol, reason in partly.items()]
    sorting.stops = next((f"{left.id}: {left.reason}" for left in sorting.unread if left.stops), "")
    for held in (_at_rates(held, prices) for part in found for held in part.read):
        try:
            if off := _unusable(held, prices):
                sorting.leave_known(held, off)
                continue
            _sort(held, sorting, snapshot.block, terms.max_price_gap)
        except NOT_COMPUTED as error:
            sorting.leave_known(held, f"its numbers make no sense ({error or type(error).__name__})")
    sorting.set_dust_apart()
    return sorting.holdings()


def _partly(snapshot: Snapshot) -> dict[str, str]:
    """Return which protocols a network names only a part of, and why their positions are not read."""
    if snapshot.network is None:
        return {}
    from bridge.networks.book import partly_named  # the models of networks: a plan of a stated book needs none

    return partly_named(snapshot.network)


def _parts(snapshot: Snapshot, owner: str, wanted: Wanted) -> Iterator[Positions]:
    """Read the positions of each of an owner's addresses, by protocol; those of several say whose they are."""
    owners = each_owner(owner)
    for reader in position_readers(snapshot):
        for each in owners:
            part = reader.read_positions(each, snapshot.block, wanted)
            yield part if len(owners) == 1 else Positions([_of(held, each) for held in part.read], part.unread)


def _of(held: HeldPosition, holder: str) -> HeldPosition:
    return replace(held, holder=holder) if isinstance(held, PoolPosition) else held


def _at_rates(held: HeldPosition, prices: Prices | None) -> HeldPosition:
    """Return a position with its tokens' rates."""
    if prices is None or not prices.rates or not isinstance(held, PoolPosition):
        return held
    first, second = (prices.rates.get(token.lower(), 1.0) for token in held.tokens)
    return replace(held, rates=(first, second))


def _unusable(held: HeldPosition, prices: Prices | None) -> str:
    """Say why a token of a position is not what its asset is, where one is not."""
    if prices is None or not isinstance(held, PoolPosition):
        return ""
    return next((prices.unusable[token.lower()] for token in held.tokens if token.lower() in prices.unusable), "")


def _sort(held: HeldPosition, sorting: _Sorting, block: BlockRef, most: float) -> None:
    """Take a position into the book, or leave it out by name."""
    assets, spots = sorting.assets, sorting.spots
    try:
        priced = held.pair_price(assets)
    except BadFile as error:  # a token that the deployment does not know
        sorting.leave(held, error.reason)
        return
    if priced and priced[0] == priced[1]:
        worth = _least_usd(held, assets, spots)
        sorting.leave(
            held, f"both of its tokens are {priced[0]}, {worth:,.0f} USD: no price of one in the other", worth
        )
        return
    missing = [asset for asset in (priced or ())[:2] if asset != USD and asset not in spots]
    if missing:
        reason = f"{' and '.join(missing)} has no USD price"
        # An asset that nothing is known of but its name can be worth anything, by a pool that anyone made.
        if set(missing) <= sorting.known:
            sorting.leave_known(held, reason)
        else:
            sorting.leave(held, reason)
        return
    try:
        position = held.convert(assets, spots, block)
        if priced:
            check_pair_price(*priced, spots, most)
    except BadFile as error:
        sorting.leave(held, error.reason)
    except UntrustedNumber as error:
        sorting.leave_known(held, str(error))
    else:
        sorting.raw.append(held)
        sorting.positions.append(position)
        sorting.name_surplus(held)


def read_positions(
    snapshot: Snapshot, owner: str, spots: dict[str, float], terms: BookConfig, prices: Prices | None = None
) -> Holdings:
    """Read an owner's positions for a plan; see `look_at_positions`.

    Raises
    ------
    UntrustedNumber
        Known assets of `terms.dust_usd` or more cannot be priced: their price is missing, or their pool's is off.
    """
    return trusted(look_at_positions(snapshot, owner, spots, terms, prices))


def trusted(held: Holdings) -> Holdings:
    """Return what a plan may be made of.

    Raises
    ------
    UntrustedNumber
        Something is left out of it that is no dust.
    """
    if held.stops:
        raise UntrustedNumber(held.stops)
    return held


def valued(snapshot: Snapshot, held: Holdings, market: Market, terms: BookConfig) -> tuple[Holdings, BookExposure]:
    """Return the exposure of the positions that can be valued, and the holdings with the others left out by name."""
    try:
        return held, book_exposure(Book(held.positions), market)
    except NOT_COMPUTED:
        pass  # one of them: which, below
    sorting = _sorting(snapshot, dict(market.spots), terms)
    sorting.unread, sorting.stops, sorting.dust = [*held.unread], held.stops, held.dust
    for raw, position in zip(held.raw, held.positions, strict=True):
        try:
            book_exposure(Book((position,)), market)
        except NOT_COMPUTED as error:
            sorting.leave_known(raw, f"it cannot be valued: {error or type(error).__name__}")
        else:
            sorting.raw.append(raw)
            sorting.positions.append(position)
    return sorting.holdings(), book_exposure(Book(tuple(sorting.positions)), market)


def read_governed(snapshot: Snapshot) -> Governed:
    """Read the hedge parameters, their limits and when each last changed, of every ledger.

    Raises
    ------
    UnknownAddress
        The contract governs another set of keys than this version knows.
    """

    def read(function: str) -> Any:
        return snapshot.read("HedgeParameters", function)

    values, limits = read("values"), read("allLimits")
    moved = zip(read("restsUntil"), limits, read("windows"), strict=True)
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
            key: LastChange(until - limit[4], least, most, ends_at)
            for key, (until, limit, (_, least, most, ends_at)) in enumerate(moved)
        },
        version=version,
        paused=bool(read("paused")),
        steward_suspended=bool(read("stewardSuspended")),
        inputs_hash="0x" + inputs_hash.hex(),
        own={asset: read_governed(snapshot.of(asset)) for asset in sorted(snapshot.deployment.own)},
    )


def observe(snapshot: Snapshot, owner: str, terms: BookConfig) -> Observation:
    """Read everything at one block and confirm at the end that the block is still on the chain.

    Raises
    ------
    UntrustedNumber, UnknownAddress, Reorganised
        A number cannot be believed, an address is wrong, or the block was replaced while reading.
    """
    seen = look_at_market(snapshot, terms)
    market = trusted_market(seen, snapshot)
    held = read_positions(snapshot, owner, dict(market.spots), terms, seen.prices)
    held, exposure = valued(snapshot, held, market, terms)
    held, governed = trusted(held), read_governed(snapshot)
    snapshot.confirm()
    book = Book(held.positions)
    found = Observation(snapshot.block, owner, held.raw, held.unread, book, market, governed, held.dust)
    found.__dict__["exposure"] = exposure  # what its cached property would compute once more
    return found
