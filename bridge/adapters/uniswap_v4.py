"""Uniswap v4: positions of the PositionManager, in the pool manager's own integer arithmetic.

Amounts are what decreasing everything would pay, fees what it would pay besides, both to the last unit. A pool whose
hook may change what a position is paid is not read: its numbers would be what Uniswap computes, not what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from eth_utils import keccak

from bridge.adapters.lens import Lens, LensPosition, PoolSeen, Status
from bridge.adapters.past import EVERY, Blocks, Wanted, flooded, in_order, not_added_up
from bridge.adapters.pool_position import (
    Impossible,
    Pair,
    PoolPosition,
    Positions,
    Standing,
    Unread,
    amounts_at,
    price_doubt,
)
from bridge.adapters.spec import Adapter, register_adapter
from bridge.adapters.tokens import NATIVE, Decimals, unknown_token
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.chain.rpc import checksummed
from bridge.errors import ChainError, ContractReverted, NodeUnreachable, TooManyEvents, UnknownAddress, UntrustedNumber
from bridge.snapshot import Snapshot

PROTOCOL = "uniswap-v4"
MANAGER, POOLS = "PositionManager", "PoolManager"
POOLS_SLOT = 6
# Permissions are the last bits of a hook's address; these let it change what a withdrawal pays, or refuse it.
HOOK_DOUBTS = {
    1 << 0: "may keep part of what is withdrawn",
    1 << 3: "may swap at prices of its own",
    1 << 8: "acts after every withdrawal and may refuse it",
    1 << 9: "acts before every withdrawal and may move the price or refuse it",
}


MOST_CHANGES: Final = 100
"""Blocks in which liquidity was added to one position, beyond which no price of then is looked up."""
MOST_LOOKUPS: Final = 300
"""Blocks whose prices are looked up for all positions, those that are worth more first; four requests each at most,
where the node keeps old states."""
FIRST_BLOCKS: Final = 500
"""In which the last swap before a block is looked for first, where the node does not; then in four times as many."""


@dataclass(frozen=True)
class History:
    """Deposits still in a position, None where they are unknown, when it last changed, and what was not looked up.

    `added` is the liquidity that its changes make.
    """

    held: Pair | None
    changed_at: int
    unknown: str
    added: int


class _Then(NamedTuple):
    """A pool's prices in a block: after each swap by the place of its event, and before the first, None if unknown."""

    swaps: tuple[tuple[int, int], ...]
    first: int | None


class UniswapV4Reader:
    """Reads one position manager and the pools of its pool manager.

    Parameters
    ----------
    chain, manager, pool_manager
        The node and the two addresses.
    start_block
        Where the search for positions and their changes begins.
    assets
        Asset by token, as for v3.
    """

    def __init__(
        self, chain: Chain, manager: str, pool_manager: str, start_block: int, assets: Mapping[str, str] | None = None
    ) -> None:
        self.chain, self.manager, self.pool_manager, self.start_block = chain, manager, pool_manager, start_block
        self.assets = assets
        self._changed: dict[tuple[int, str], Mapping[int, Sequence[Any]]] = {}
        self._flooded: dict[tuple[int, str], str] = {}
        self.lens, self.decimals, self.blocks = Lens(chain), Decimals(chain), Blocks(chain)
        self._prices: dict[tuple[int, int], _Then] = {}

    def read_positions(self, owner: str, block: BlockRef, wanted: Wanted = EVERY) -> Positions:
        """Read every position NFT of an owner, and the past of those that are wanted.

        Raises
        ------
        UnknownAddress
            There is no position manager at the address.
        ChainError
            The events from `start_block` on do not make up the number of positions that the manager counts.
        """
        if not self.chain.has_code(self.manager, block):
            raise UnknownAddress(self.manager, f"a v4 {MANAGER}")
        found = self.lens.positions_v4(self.manager, self._token_ids(owner, block), block)
        doubts = {position.token_id: _doubt(position, self.assets) for position in found}
        odd = [(position, doubt) for position in found if (doubt := doubts[position.token_id])]
        read, unread = [], [self._unread(position, doubt, block, wanted) for position, doubt in odd]
        for position in (position for position in found if not doubts[position.token_id]):
            try:
                read.append(self._position(position, block))
            except UntrustedNumber as error:
                stops = isinstance(error, Impossible)
                unread.append(Unread(f"{PROTOCOL}:{position.token_id}", str(error), stops))
        return Positions(self._with_past(read, found, block, wanted), unread)

    def _unread(self, position: LensPosition, doubt: str, block: BlockRef, wanted: Wanted) -> Unread:
        """Name a position that is not read, with what it would be worth in a pool without a hook."""
        name, pool = f"{PROTOCOL}:{position.token_id}", position.pool
        if position.status is not Status.READ or pool is None:
            return Unread(name, doubt)
        if unknown_token((pool.token0, pool.token1), self.assets):
            return Unread(name, doubt, standing=Standing.GIVEN)
        try:
            return Unread(name, doubt, worth_usd=wanted.worth(self._position(position, block)))
        except UntrustedNumber:
            return Unread(name, doubt, worth_usd=0.0)

    def _with_past(
        self, read: list[PoolPosition], found: list[LensPosition], block: BlockRef, wanted: Wanted
    ) -> list[PoolPosition]:
        """Add what a pool's events say of the positions whose past is wanted."""
        by_id, (chosen, others) = {each.token_id: each for each in found}, wanted.of(read)
        for position in chosen:
            try:
                history = self._history(by_id[position.token_id or 0], block)
            except TooManyEvents as error:
                others.append(flooded(position, error))
                continue
            if history.added != position.liquidity:
                others.append(not_added_up(position, history.added, self._is_born(position, block)))
                continue
            # v4 pays fees out whenever liquidity changes and announces no amount: what is owed is since then.
            earned, since = position.fees_units, history.changed_at
            past = replace(position, held_units=history.held, earned_units=earned, earning_since=since)
            others.append(replace(past, unknown=history.unknown))
        return in_order(others, read)

    def _is_born(self, position: PoolPosition, block: BlockRef) -> bool:
        """Tell whether a position was made since the search for its changes begins."""
        named = {"from": NATIVE, "id": position.token_id}
        return bool(self.chain.logs(MANAGER, self.manager, "Transfer", self.start_block, block, **named))

    def _token_ids(self, owner: str, block: BlockRef) -> list[int]:
        """Find an owner's positions from transfers: the manager keeps no list."""
        moves = [
            entry
            for topic in ("to", "from")
            for entry in self.chain.logs(MANAGER, self.manager, "Transfer", self.start_block, block, **{topic: owner})
        ]
        moves.sort(key=lambda entry: (entry["blockNumber"], entry["logIndex"]))
        held = {entry["args"]["id"]: entry["args"]["to"] == owner for entry in moves}
        found = [int(token_id) for token_id, here in held.items() if here]
        count = self.chain.read(MANAGER, self.manager, "balanceOf", owner, block=block)
        if count != len(found) and self.chain.forget_logs():  # they may be what a node said wrongly once
            return self._token_ids(owner, block)
        if count != len(found):
            raise ChainError(
                f"{owner} holds {count} v4 positions, transfers from block {self.start_block} on name {len(found)}: "
                "set start_block of the deployment to where the PositionManager was deployed"
            )
        return sorted(found)

    def _position(self, position: LensPosition, block: BlockRef) -> PoolPosition:
        pool = position.pool
        assert pool is not None  # a position that was read has a pool
        tokens = (checksummed(pool.token0), checksummed(pool.token1))
        price, doubt = pool.sqrt_price_x96, price_doubt(pool.tick, pool.sqrt_price_x96)
        return PoolPosition(
            protocol=PROTOCOL,
            token_id=position.token_id,
            pool=f"0x{pool.id:064x}",
            tokens=tokens,
            decimals=self.decimals.of(tokens, block),
            fee=pool.fee,
            tick_lower=position.tick_lower,
            tick_upper=position.tick_upper,
            tick=pool.tick,
            liquidity=position.liquidity,
            sqrt_price_x96=price,
            amounts_units=amounts_at(price, position.tick_lower, position.tick_upper, position.liquidity),
            fees_units=(position.owed0, position.owed1),
            held_units=None,
            earned_units=None,
            earning_since=block.timestamp,
            doubt=doubt,
        )

    def _history(self, position: LensPosition, block: BlockRef) -> History:
        """Replay a position's changes of liquidity; what was deposited follows from the price of then."""
        pool = position.pool
        assert pool is not None  # a position that was read has a pool
        changes = self._changes(pool, block).get(position.token_id, ())
        changed_at = self.blocks.at(changes[-1]["blockNumber"]).timestamp if changes else block.timestamp
        changes = _since_empty(changes)
        added = sum(entry["args"]["liquidityDelta"] for entry in changes)
        unknown = "" if added != position.liquidity else self._too_many(pool, changes)
        known = added == position.liquidity and not unknown
        return History(self._held(position, pool, changes) if known else None, changed_at, unknown, added)

    def _too_many(self, pool: PoolSeen, changes: Sequence[Any]) -> str:
        """Say why the prices at which liquidity was added are not looked up; nothing if they are."""
        blocks = {int(entry["blockNumber"]) for entry in changes if entry["args"]["liquidityDelta"] > 0}
        if len(blocks) > MOST_CHANGES:
            return f"liquidity was added in {len(blocks):,} blocks, and the prices of {MOST_CHANGES} are looked up"
        more = sum((pool.id, number) not in self._prices for number in blocks)
        if len(self._prices) + more > MOST_LOOKUPS:
            return f"prices of {MOST_LOOKUPS} blocks are looked up, first for positions that are worth more"
        return ""

    def _held(self, position: LensPosition, pool: PoolSeen, changes: Sequence[Any]) -> Pair | None:
        """Return the deposits that are still in a position; None if a price of then is unknown."""
        held, liquidity = (0, 0), 0
        for entry in changes:
            change = entry["args"]["liquidityDelta"]
            if change > 0:
                price = self._price_before(pool, entry)
                if price is None:
                    return None
                ends = (position.tick_lower, position.tick_upper)
                more = amounts_at(price, *ends, change, round_up=True)
                held = (held[0] + more[0], held[1] + more[1])
            elif liquidity:
                held = (held[0] * (liquidity + change) // liquidity, held[1] * (liquidity + change) // liquidity)
            liquidity += change
        return held

    def _changes(self, pool: PoolSeen, block: BlockRef) -> Mapping[int, Sequence[Any]]:
        """Read a pool's changes of liquidity by token id: once, however many positions strangers made in it."""
        key = (pool.id, block.hash)
        if key in self._flooded:
            raise TooManyEvents(self._flooded[key])
        if key not in self._changed:
            named = {"id": pool.id.to_bytes(32, "big"), "sender": self.manager}
            found: dict[int, list[Any]] = {}
            try:
                every = self.chain.logs(POOLS, self.pool_manager, "ModifyLiquidity", self.start_block, block, **named)
            except TooManyEvents as error:
                self._flooded[key] = str(error)  # the error itself would hold what was read
                raise
            for entry in every:
                found.setdefault(int.from_bytes(entry["args"]["salt"], "big"), []).append(entry)
            self._changed[key] = found
        return self._changed[key]

    def _price_before(self, pool: PoolSeen, entry: Any) -> int | None:
        """Return the pool's price when an event came, None if it is unknown."""
        key = (pool.id, int(entry["blockNumber"]))
        if key not in self._prices:
            self._prices[key] = self._then(*key)
        then = self._prices[key]
        before = [price for index, price in then.swaps if index < entry["logIndex"]]
        return before[-1] if before else then.first

    def _then(self, pool_id: int, number: int) -> _Then:
        """Read a pool's prices in a block."""
        pool, there = pool_id.to_bytes(32, "big"), self.blocks.at(number)
        swaps = self.chain.logs(POOLS, self.pool_manager, "Swap", number, there, id=pool)
        prices = tuple((int(swap["logIndex"]), int(swap["args"]["sqrtPriceX96"])) for swap in swaps)
        # Before its first swap, a block has the price of the block before; without any, of its own too.
        at = self.blocks.at(number - 1) if swaps else there
        try:
            word = self.chain.read(POOLS, self.pool_manager, "extsload(bytes32)", pool_slot(pool), block=at)
        except (NodeUnreachable, ContractReverted):
            raise
        except ChainError:  # a node that keeps no old states keeps events
            return _Then(prices, self._price_from_events(pool, number))
        return _Then(prices, sqrt_price_of(word))

    def _price_from_events(self, pool: bytes, number: int) -> int | None:
        """Return a pool's price before the swaps of a block: that of the last swap in front of it, else its first.

        None where the search begins after both: IL is then unknown, and shown so.
        """
        last, size = number - 1, FIRST_BLOCKS
        while last >= self.start_block:
            first = max(self.start_block, last - size + 1)
            swaps = self.chain.logs(POOLS, self.pool_manager, "Swap", first, self.blocks.at(last), id=pool)
            if swaps:
                return int(swaps[-1]["args"]["sqrtPriceX96"])
            last, size = first - 1, size * 4
        began = self.chain.logs(
            POOLS, self.pool_manager, "Initialize", self.start_block, self.blocks.at(number), id=pool
        )
        return int(began[0]["args"]["sqrtPriceX96"]) if began else None


def pool_slot(pool_id: bytes) -> bytes:
    """Return where the pool manager stores a pool's price, tick and fees."""
    return bytes(keccak(pool_id + POOLS_SLOT.to_bytes(32, "big")))


def sqrt_price_of(slot0: bytes) -> int:
    """Return the square-root price in that word: its low 160 bits."""
    return int.from_bytes(slot0, "big") & ((1 << 160) - 1)


def _since_empty(changes: Sequence[Any]) -> Sequence[Any]:
    """Return a position's changes since it was last empty: none before left a deposit in it."""
    liquidity, start = 0, 0
    for index, entry in enumerate(changes):
        liquidity += entry["args"]["liquidityDelta"]
        start = start if liquidity else index + 1
    return changes[start:]


def _doubt(position: LensPosition, assets: Mapping[str, str] | None) -> str:
    """Say why a position's numbers cannot be used; nothing if they can."""
    if position.status is not Status.READ or position.pool is None:
        return position.status.reason
    may = [text for flag, text in HOOK_DOUBTS.items() if int(position.pool.hooks, 16) & flag]
    if may:
        return f"the hook {position.pool.hooks} of its pool {', '.join(may)}"
    return unknown_token((position.pool.token0, position.pool.token1), assets)


def _open(snapshot: Snapshot) -> UniswapV4Reader:
    at = snapshot.deployment
    manager, pools = at.contracts["PositionManager"], at.contracts["PoolManager"]
    return UniswapV4Reader(snapshot.chain, manager, pools, at.start_block, at.assets)


register_adapter(Adapter(PROTOCOL, ("PositionManager", "PoolManager"), _open))
