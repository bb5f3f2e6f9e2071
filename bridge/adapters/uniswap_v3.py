"""Uniswap v3: positions of the NonfungiblePositionManager, in the pool's own integer arithmetic.

Amounts are what `decreaseLiquidity` of everything would pay, fees what `collect` would pay, both to the last unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bridge.adapters.direct_v3 import direct_positions
from bridge.adapters.lens import CHUNK, Lens, LensPosition, Status
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
from bridge.adapters.range_time import seconds_in_range
from bridge.adapters.spec import Adapter, register_adapter
from bridge.adapters.stakers import staked
from bridge.adapters.tokens import NATIVE, Decimals, unknown_token
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.chain.rpc import checksummed
from bridge.errors import TooManyEvents, UnknownAddress, UntrustedNumber
from bridge.snapshot import Snapshot

PROTOCOL = "uniswap-v3"
MANAGER = "NonfungiblePositionManager"
EVENTS = ("IncreaseLiquidity", "DecreaseLiquidity", "Collect")


@dataclass(frozen=True)
class History:
    """What a position's events say, token0 and token1 in units, and the liquidity that they add up to."""

    liquidity: int
    held: Pair
    withdrawn: Pair
    collected: Pair
    opened: BlockRef
    emptied: bool


class UniswapV3Reader:
    """Reads one position manager and the pools of its factory.

    Parameters
    ----------
    chain, manager
        The node and the manager's address.
    start_block
        Where the search for a position's events begins.
    assets
        Asset by token, of the tokens that are known: positions of others are named and nothing is asked of them. None
        to read all.
    stakers
        Kind by address of contracts that hold NFTs for others; see `bridge.adapters.stakers`.
    """

    def __init__(
        self,
        chain: Chain,
        manager: str,
        start_block: int,
        assets: Mapping[str, str] | None = None,
        stakers: Mapping[str, str] | None = None,
    ) -> None:
        self.stakers = stakers or {}
        self.chain, self.manager, self.start_block, self.assets = chain, manager, start_block, assets
        self.lens, self.decimals, self.blocks = Lens(chain), Decimals(chain), Blocks(chain)

    def read_positions(self, owner: str, block: BlockRef, wanted: Wanted = EVERY) -> Positions:
        """Read every position NFT of an owner, emptied ones with fees left and those in stakers included.

        Raises
        ------
        UnknownAddress
            There is no position manager at the address.
        """
        if not self.chain.has_code(self.manager, block):
            raise UnknownAddress(self.manager, f"a {MANAGER}")
        kept = staked(self.chain, self.manager, self.stakers, owner, self.start_block, block)
        found = self.lens.positions_of_v3(self.manager, owner, block)
        found += self.lens.positions_v3(self.manager, kept.token_ids, block)
        doubts = {position.token_id: self._doubt(position) for position in found}
        odd = [(position, doubt) for position in found if (doubt := doubts[position.token_id])]
        unread = [_unread(position, doubt) for position, doubt in odd] + kept.unread
        read = []
        for position in (position for position in found if not doubts[position.token_id]):
            try:
                read.append(self._position(position, block))
            except UntrustedNumber as error:
                stops = isinstance(error, Impossible)
                unread.append(Unread(f"{PROTOCOL}:{position.token_id}", str(error), stops))
        factory = str(self.chain.read(MANAGER, self.manager, "factory", block=block))
        direct = direct_positions(self.chain, factory, owner, [*(self.assets or ())], self.start_block, block)
        inside = {position.id: entries for position, entries in direct.read}
        read += [position for position, _ in direct.read]
        return Positions(self._with_past(read, block, wanted, inside), unread + direct.unread)

    def _with_past(
        self, found: list[PoolPosition], block: BlockRef, wanted: Wanted, inside: Mapping[str, list[Any]]
    ) -> list[PoolPosition]:
        """Add what events say of the positions whose past is wanted; `inside` : those of positions in pools, by id."""
        chosen, others = wanted.of(found)
        events, flood = self._events([position.token_id for position in chosen if position.token_id is not None], block)
        others += [flooded(each, flood[each.token_id]) for each in chosen if each.token_id in flood]
        histories = [
            (each, self._history(inside[each.id] if each.token_id is None else events[each.token_id], block))
            for each in chosen
            if each.token_id not in flood
        ]
        odd = [position.token_id for position, history in histories if history.liquidity != position.liquidity]
        born = self._born([token_id for token_id in odd if token_id is not None], block)
        # Whose liquidity was out for a while may have taken its ticks out of the pool, whose count of them began anew.
        whole = [(position, history.opened) for position, history in histories if not history.emptied]
        lasted = seconds_in_range(self.chain, whole, block)
        for position, history in histories:
            if history.liquidity != position.liquidity:
                others.append(not_added_up(position, history.liquidity, position.token_id in born))
                continue
            earned = _earned(position.fees_units, history)
            known = replace(position, held_units=history.held, earned_units=earned)
            since, seconds = history.opened.timestamp, lasted.get(position.id)
            held = block.timestamp - since
            others.append(replace(known, earning_since=since, seconds_in_range=seconds, seconds_held=held))
        return in_order(others, found)

    def _doubt(self, position: LensPosition) -> str:
        """Say why a position is not read; nothing if it is."""
        if position.status is not Status.READ or position.pool is None:
            return position.status.reason
        return unknown_token((position.pool.token0, position.pool.token1), self.assets)

    def _position(self, position: LensPosition, block: BlockRef) -> PoolPosition:
        pool = position.pool
        assert pool is not None  # a position that was read has a pool
        price, fees = pool.sqrt_price_x96, (position.owed0, position.owed1)
        doubt = price_doubt(pool.tick, price)
        if pool.id >> 160:
            raise Impossible("the node says that its pool is no address")
        tokens = (checksummed(pool.token0), checksummed(pool.token1))
        return PoolPosition(
            protocol=PROTOCOL,
            token_id=position.token_id,
            pool=checksummed(f"0x{pool.id:040x}"),
            tokens=tokens,
            decimals=self.decimals.of(tokens, block),
            fee=pool.fee,
            tick_lower=position.tick_lower,
            tick_upper=position.tick_upper,
            tick=pool.tick,
            liquidity=position.liquidity,
            sqrt_price_x96=price,
            amounts_units=amounts_at(price, position.tick_lower, position.tick_upper, position.liquidity),
            fees_units=fees,
            held_units=None,
            earned_units=None,
            earning_since=block.timestamp,
            doubt=doubt,
        )

    def _born(self, token_ids: list[int], block: BlockRef) -> set[int]:
        """Return which of some positions were made since the search for events begins."""
        made = [
            entry
            for part in _parts(token_ids)
            for entry in self.chain.logs(
                MANAGER, self.manager, "Transfer", self.start_block, block, tokenId=part, **{"from": NATIVE}
            )
        ]
        return {int(entry["args"]["tokenId"]) for entry in made}

    def _events(self, token_ids: list[int], block: BlockRef) -> tuple[defaultdict[int, list[Any]], dict[int, str]]:
        """Read what happened to positions, in order, by token id, and of which ones that is more than anyone reads."""
        try:
            return self._read_events(token_ids, block), {}
        except TooManyEvents as error:
            if len(token_ids) == 1:
                return defaultdict(list), {token_ids[0]: str(error)}
        half = len(token_ids) // 2
        (found, flood), (more, others) = (self._events(part, block) for part in (token_ids[:half], token_ids[half:]))
        found.update(more)
        return found, flood | others

    def _read_events(self, token_ids: list[int], block: BlockRef) -> defaultdict[int, list[Any]]:
        entries = [
            entry
            for part in _parts(token_ids)
            for event in EVENTS
            for entry in self.chain.logs(MANAGER, self.manager, event, self.start_block, block, tokenId=part)
        ]
        entries.sort(key=lambda entry: (entry["blockNumber"], entry["logIndex"]))
        found = defaultdict(list)
        for entry in entries:
            found[int(entry["args"]["tokenId"])].append(entry)
        return found

    def _history(self, entries: list[Any], block: BlockRef) -> History:
        """Replay a position's events: partial withdrawals take their share of the deposits with them."""
        held, withdrawn, collected, liquidity, emptied = [0, 0], [0, 0], [0, 0], 0, False
        for entry in entries:
            values = entry["args"]
            moved, changed = (values["amount0"], values["amount1"]), values.get("liquidity", values.get("amount", 0))
            if entry["event"] in ("IncreaseLiquidity", "Mint"):
                liquidity += changed
                held = [amount + more for amount, more in zip(held, moved, strict=True)]
            elif entry["event"] in ("DecreaseLiquidity", "Burn"):
                left = liquidity - changed
                held = [amount * left // liquidity if liquidity else 0 for amount in held]
                liquidity, emptied = left, emptied or not left
                withdrawn = [amount + more for amount, more in zip(withdrawn, moved, strict=True)]
            else:
                collected = [amount + more for amount, more in zip(collected, moved, strict=True)]
        opened = self.blocks.at(entries[0]["blockNumber"]) if entries else block
        return History(
            liquidity, (held[0], held[1]), (withdrawn[0], withdrawn[1]), (collected[0], collected[1]), opened, emptied
        )


def _unread(position: LensPosition, doubt: str) -> Unread:
    """Name a position that is not read: one that was seen well is of tokens that nobody knows, as anyone makes it."""
    standing = Standing.GIVEN if position.status is Status.READ else Standing.HELD
    return Unread(f"{PROTOCOL}:{position.token_id}", doubt, standing=standing)


def _parts(token_ids: list[int]) -> Iterator[list[int]]:
    """Yield the ids in parts that one filter of logs can name."""
    for start in range(0, len(token_ids), CHUNK):
        yield token_ids[start : start + CHUNK]


def _earned(fees: Pair, history: History) -> Pair:
    """Return all fees ever earned: owed now, plus what was collected beyond withdrawn principal."""
    earned = [
        owed + collected - withdrawn
        for owed, collected, withdrawn in zip(fees, history.collected, history.withdrawn, strict=True)
    ]
    return max(earned[0], 0), max(earned[1], 0)


def _open(snapshot: Snapshot) -> UniswapV3Reader:
    at, stakers = snapshot.deployment, dict(snapshot.network.stakers) if snapshot.network else {}
    manager = at.contracts["NonfungiblePositionManager"]
    return UniswapV3Reader(snapshot.chain, manager, at.start_block, at.assets, stakers)


register_adapter(Adapter(PROTOCOL, ("NonfungiblePositionManager",), _open))
