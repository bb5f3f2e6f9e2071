"""Uniswap v4: positions of the PositionManager, in the pool manager's own integer arithmetic.

Amounts are what decreasing everything would pay, fees what it would pay besides, both to the last unit. A pool whose
hook may change what a position is paid is not read: its numbers would be what Uniswap computes, not what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import keccak, to_checksum_address

from bridge.adapters.lens import Lens, LensPosition, PoolSeen, Status
from bridge.adapters.pool_position import Pair, PoolPosition, Positions, Unread
from bridge.adapters.spec import Adapter, register_adapter
from bridge.adapters.tokens import Decimals, unknown_token
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.errors import ChainError, ContractReverted, NodeUnreachable, UnknownAddress, UntrustedNumber
from bridge.snapshot import Snapshot
from hedge.amm import ticks

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


@dataclass(frozen=True)
class History:
    """Deposits still in a position, None where the node lacks the prices of then, and the time of the last change."""

    held: Pair | None
    changed_at: int


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
        self.lens, self.decimals = Lens(chain), Decimals(chain)

    def read_positions(self, owner: str, block: BlockRef) -> Positions:
        """Read every position NFT of an owner.

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
        read, unread = [], [Unread(f"{PROTOCOL}:{token_id}", doubt) for token_id, doubt in doubts.items() if doubt]
        for position in (position for position in found if not doubts[position.token_id]):
            try:
                read.append(self._position(position, block))
            except UntrustedNumber as error:
                unread.append(Unread(f"{PROTOCOL}:{position.token_id}", str(error)))
        return Positions(read, unread)

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
        if count != len(found):
            raise ChainError(
                f"{owner} holds {count} v4 positions, transfers from block {self.start_block} on name {len(found)}: "
                "set start_block of the deployment to where the PositionManager was deployed"
            )
        return sorted(found)

    def _position(self, position: LensPosition, block: BlockRef) -> PoolPosition:
        pool = position.pool
        assert pool is not None  # a position that was read has a pool
        history, fees = self._history(position, pool, block), (position.owed0, position.owed1)
        tokens = (to_checksum_address(pool.token0), to_checksum_address(pool.token1))
        price = pool.sqrt_price_x96
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
            amounts_units=ticks.position_amounts(price, position.tick_lower, position.tick_upper, position.liquidity),
            fees_units=fees,
            held_units=history.held,
            # v4 pays fees out whenever liquidity changes and announces no amount: what is owed is since then.
            earned_units=fees,
            earning_since=history.changed_at,
        )

    def _history(self, position: LensPosition, pool: PoolSeen, block: BlockRef) -> History:
        """Replay a position's changes of liquidity; what was deposited follows from the price of then."""
        held, liquidity, changed_at = [0, 0], 0, block.number
        known = True
        for entry in self._changes(pool, block).get(position.token_id, ()):
            change = entry["args"]["liquidityDelta"]
            changed_at = entry["blockNumber"]
            if change > 0:
                price = self._price_before(pool, entry) if known else None
                known = price is not None
                held = [amount + more for amount, more in zip(held, _deposited(position, price, change), strict=True)]
            elif liquidity:
                held = [amount * (liquidity + change) // liquidity for amount in held]
            liquidity += change
        return History((held[0], held[1]) if known else None, self.chain.at(changed_at).timestamp)

    def _changes(self, pool: PoolSeen, block: BlockRef) -> Mapping[int, Sequence[Any]]:
        """Read a pool's changes of liquidity by token id: once, however many positions strangers made in it."""
        key = (pool.id, block.hash)
        if key not in self._changed:
            named = {"id": pool.id.to_bytes(32, "big"), "sender": self.manager}
            found: dict[int, list[Any]] = {}
            for entry in self.chain.logs(POOLS, self.pool_manager, "ModifyLiquidity", self.start_block, block, **named):
                found.setdefault(int.from_bytes(entry["args"]["salt"], "big"), []).append(entry)
            self._changed[key] = found
        return self._changed[key]

    def _price_before(self, pool: PoolSeen, entry: Any) -> int | None:
        """Return the pool's price when an event came, None if the node has no state of then."""
        number = int(entry["blockNumber"])
        there = self.chain.at(number)
        swaps = self.chain.logs(POOLS, self.pool_manager, "Swap", number, there, id=pool.id.to_bytes(32, "big"))
        before = [swap for swap in swaps if swap["logIndex"] < entry["logIndex"]]
        if before:
            return int(before[-1]["args"]["sqrtPriceX96"])
        # Without a swap before it in its block, the price is that of the block before; without any, of its own too.
        then = self.chain.at(number - 1) if swaps else there
        slot = pool_slot(pool.id.to_bytes(32, "big"))
        try:
            word = self.chain.read(POOLS, self.pool_manager, "extsload(bytes32)", slot, block=then)
        except (NodeUnreachable, ContractReverted):
            raise
        except ChainError:
            return None  # a node that keeps no old states: IL is then unknown, and shown so
        return sqrt_price_of(word)


def pool_slot(pool_id: bytes) -> bytes:
    """Return where the pool manager stores a pool's price, tick and fees."""
    return bytes(keccak(pool_id + POOLS_SLOT.to_bytes(32, "big")))


def sqrt_price_of(slot0: bytes) -> int:
    """Return the square-root price in that word: its low 160 bits."""
    return int.from_bytes(slot0, "big") & ((1 << 160) - 1)


def _deposited(position: LensPosition, price: int | None, change: int) -> Pair:
    if price is None:
        return 0, 0
    return ticks.position_amounts(price, position.tick_lower, position.tick_upper, change, round_up=True)


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
