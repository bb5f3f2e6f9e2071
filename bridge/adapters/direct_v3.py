"""Liquidity that an owner has in v3 pools themselves, without the position manager: as vaults and own contracts do.

    pools that say so -> those of the factory, of known tokens -> ranges that were minted -> the pool's own books

Anyone can say anything, and add liquidity for anyone: a pool is asked only if the factory names it, and so many ranges
of it at most. Fees are what `collect` would pay after a `burn` of nothing, to the last unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from eth_utils import keccak

from bridge.adapters.pool_position import Impossible, Pair, PoolPosition, Standing, Unread, amounts_at, price_doubt
from bridge.adapters.tokens import NATIVE, Decimals
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.chain.rpc import checksummed
from bridge.errors import (
    ChainError,
    MissingBlock,
    NodesDisagree,
    NodeUnreachable,
    Reorganised,
    TooManyEvents,
    UntrustedNumber,
)

PROTOCOL: Final = "uniswap-v3"
POOL: Final = "UniswapV3Pool"
FACTORY: Final = "UniswapV3Factory"
FEES: Final = (100, 200, 300, 400, 500, 3_000, 10_000)
"""Of pools that are looked for, in hundredths of a basis point: those that some network's factory has enabled."""
EVENTS: Final = ("Mint", "Burn", "Collect")
MOST_NAMED: Final = 100
"""Contracts that are named which say that they hold liquidity of the owner, and are no pools of known tokens."""
MOST_READ: Final = 20
"""Pools, first those that the owner has been in for longest: each is three searches for events."""
MOST_RANGES: Final = 200
"""Of one pool."""
Q128: Final = 1 << 128
Q256: Final = 1 << 256
Range = tuple[int, int]


@dataclass(frozen=True)
class Direct:
    """Positions in pools themselves, each with its events in order, and what is not read."""

    read: list[tuple[PoolPosition, list[Any]]]
    unread: list[Unread]


def direct_positions(
    chain: Chain, factory: str, owner: str, tokens: Sequence[str], since: int, block: BlockRef
) -> Direct:
    """Read an owner's positions in the pools of a factory.

    Parameters
    ----------
    tokens
        The known ones: pools of two of them are read.
    since
        The block from which on mints are searched.
    """
    try:
        named = chain.emitters(POOL, "Mint", since, block, owner=owner)
    except (NodeUnreachable, NodesDisagree, MissingBlock, Reorganised):
        raise
    except ChainError as error:
        return Direct([], [Unread(f"{PROTOCOL}: positions in pools themselves", f"were not looked for: {error}")])
    if not named:
        return Direct([], [])
    pools = _pools(chain, factory, tokens, block)
    others = [each for each in named if each not in pools]
    why = (
        "says that the owner has liquidity in it, and is no pool of two known tokens of the factory that is named here"
    )
    names = [f"{PROTOCOL}:{each}" for each in others[:MOST_NAMED]]
    names += [f"{PROTOCOL}: {len(others) - MOST_NAMED:,} more contracts"] if len(others) > MOST_NAMED else []
    direct = Direct([], [Unread(name, why, standing=Standing.SAID) for name in names])
    own = [each for each in reversed(named) if each in pools]
    if len(own) > MOST_READ:
        why = f"hold liquidity of the owner's: {MOST_READ} are read, those first in which it has been for longest"
        direct.unread.append(Unread(f"{PROTOCOL}: {len(own) - MOST_READ:,} more pools", why, standing=Standing.GIVEN))
    for pool in own[:MOST_READ]:
        try:
            _read_pool(chain, pool, pools[pool], owner, since, block, direct)
        except TooManyEvents as error:
            why = f"the owner's ranges in it are not read ({error})"
            direct.unread.append(Unread(f"{PROTOCOL}:{pool}", why, standing=Standing.GIVEN))
    return direct


def _pools(chain: Chain, factory: str, tokens: Sequence[str], block: BlockRef) -> dict[str, tuple[str, str, int]]:
    """Return token0, token1 and fee of the factory's pools of two known tokens, by address."""
    known = sorted({checksummed(token) for token in tokens if token != NATIVE}, key=lambda token: int(token, 16))
    asked = [(*pair, fee) for pair in combinations(known, 2) for fee in FEES]
    with chain.reading([(FACTORY, factory, "getPool", each) for each in asked], block):
        named = [str(chain.read(FACTORY, factory, "getPool", *each, block=block)) for each in asked]
    return {pool: each for pool, each in zip(named, asked, strict=True) if pool != NATIVE}


def _read_pool(
    chain: Chain, pool: str, kind: tuple[str, str, int], owner: str, since: int, block: BlockRef, into: Direct
) -> None:
    """Read the owner's ranges of one pool."""
    events = [entry for name in EVENTS for entry in chain.logs(POOL, pool, name, since, block, owner=owner)]
    of_range: dict[Range, list[Any]] = {}
    for entry in sorted(events, key=_place):
        of_range.setdefault(_range(entry), []).append(entry)
    ranges = sorted(of_range, key=lambda ends: _worth(of_range[ends], owner), reverse=True)
    left = len(ranges) - MOST_RANGES
    if left > 0:
        why = f"of the owner's in the pool {pool}: {MOST_RANGES} are read, its own and the largest; anyone adds more"
        into.unread.append(Unread(f"{PROTOCOL}: {left:,} more ranges", why, standing=Standing.GIVEN))
    now, kept = _kept(chain, pool, owner, ranges[:MOST_RANGES], block)
    for ends, (liquidity, fees) in kept.items():
        if not (liquidity or any(fees)):
            continue
        try:
            position = _position(chain, pool, kind, ends, liquidity, fees, now, block)
        except UntrustedNumber as error:
            name = f"{PROTOCOL}:{pool}[{ends[0]},{ends[1]}]"
            into.unread.append(Unread(name, str(error), isinstance(error, Impossible), Standing.GIVEN))
        else:
            into.read.append((position, of_range[ends]))


def _worth(entries: Sequence[Any], owner: str) -> tuple[bool, int]:
    """Rank a range: first those that the owner itself has had a hand in, then by the liquidity that was added."""
    own = any(entry["event"] != "Mint" or entry["args"]["sender"] == owner for entry in entries)
    return own, sum(int(entry["args"]["amount"]) for entry in entries if entry["event"] == "Mint")


def _kept(
    chain: Chain, pool: str, owner: str, ranges: Sequence[Range], block: BlockRef
) -> tuple[tuple[int, int], dict[Range, tuple[int, Pair]]]:
    """Return square-root price and tick of a pool, and liquidity and fees of ranges by its own arithmetic."""
    keys = {ends: _key(owner, *ends) for ends in ranges}
    ticks = [*dict.fromkeys(tick for ends in ranges for tick in ends)]
    whole: list[tuple[str, tuple[Any, ...]]] = [("slot0", ()), *((f"feeGrowthGlobal{i}X128", ()) for i in (0, 1))]
    asked = [*whole, *(("positions", (key,)) for key in keys.values()), *(("ticks", (tick,)) for tick in ticks)]
    with chain.reading([(POOL, pool, *each) for each in asked], block):
        (price, now, *_), *growth = (chain.read(POOL, pool, name, block=block) for name, _ in whole)
        outside = {tick: chain.read(POOL, pool, "ticks", tick, block=block)[2:4] for tick in ticks}
        books = {ends: chain.read(POOL, pool, "positions", key, block=block) for ends, key in keys.items()}
    found = {}
    for ends, (liquidity, *rest) in books.items():
        lower, upper = ends
        owed = []
        for side in (0, 1):
            below, above = outside[lower][side], outside[upper][side]
            under = below if now >= lower else growth[side] - below
            over = above if now < upper else growth[side] - above
            earned = (growth[side] - under - over - rest[side]) % Q256 * liquidity // Q128
            owed.append((rest[2 + side] + earned) % Q128)  # the pool's own books wrap
        found[ends] = (int(liquidity), (owed[0], owed[1]))
    return (int(price), int(now)), found


def _position(
    chain: Chain,
    pool: str,
    kind: tuple[str, str, int],
    ends: Range,
    liquidity: int,
    fees: Pair,
    now: tuple[int, int],
    block: BlockRef,
) -> PoolPosition:
    price, tick = now
    tokens = (kind[0], kind[1])
    return PoolPosition(
        protocol=PROTOCOL,
        token_id=None,
        pool=pool,
        tokens=tokens,
        decimals=Decimals(chain).of(tokens, block),
        fee=kind[2],
        tick_lower=ends[0],
        tick_upper=ends[1],
        tick=tick,
        liquidity=liquidity,
        sqrt_price_x96=price,
        amounts_units=amounts_at(price, *ends, liquidity),
        fees_units=fees,
        held_units=None,
        earned_units=None,
        earning_since=block.timestamp,
        doubt=price_doubt(tick, price),
        in_pool=True,
    )


def _key(owner: str, lower: int, upper: int) -> bytes:
    """Return what the pool's books call a position."""
    return keccak(bytes.fromhex(owner[2:]) + b"".join(tick.to_bytes(3, "big", signed=True) for tick in (lower, upper)))


def _range(entry: Any) -> Range:
    return int(entry["args"]["tickLower"]), int(entry["args"]["tickUpper"])


def _place(entry: Any) -> tuple[int, int]:
    return int(entry["blockNumber"]), int(entry["logIndex"])
