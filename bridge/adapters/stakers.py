"""Contracts that hold v3 NFTs for others, and say who deposited each: Uniswap's staker.

    NFTs that the owner sent there, or was given there -> depositor at the block -> the owner's, read by their ids

What lies in a staker of another kind is named and not read: nobody says whose it is. To read another kind, register a
`Staker` under the name that the network's file gives it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from bridge.adapters.pool_position import Standing, Unread
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.errors import ContractReverted
from bridge.registry import Registry

MANAGER: Final = "NonfungiblePositionManager"
MOST_ASKED: Final = 1_000
"""NFTs in one staker that are asked for their depositor: others can give an owner any number of them there."""


@dataclass(frozen=True)
class Place:
    """A staker of a manager's NFTs, and from which block on it is read."""

    chain: Chain
    manager: str
    staker: str
    start_block: int


class Staker(Protocol):
    """A kind of staker."""

    def __call__(self, at: Place, owner: str, sent: Sequence[int], block: BlockRef) -> tuple[list[int], int]:
        """Return the ids of the NFTs that are the owner's there, and of how many more it was not asked.

        `sent` are those that the owner sent there itself, ever.
        """
        ...


STAKERS: Final[Registry[Staker]] = Registry("kind of staker")


class Staked(NamedTuple):
    """An owner's NFTs in stakers, by id, and what lies there that is not read."""

    token_ids: list[int]
    unread: list[Unread]


def staked(
    chain: Chain, manager: str, stakers: Mapping[str, str], owner: str, start_block: int, block: BlockRef
) -> Staked:
    """Return what an owner has in the stakers of a network, by the names of their kinds."""
    ids, unread = dict[int, None](), list[Unread]()
    for staker, kind in stakers.items():
        at = Place(chain, manager, staker, start_block)
        sent = chain.logs(MANAGER, manager, "Transfer", start_block, block, **{"from": owner, "to": staker})
        own = list(dict.fromkeys(int(entry["args"]["tokenId"]) for entry in sent))
        if kind in STAKERS:
            found, left = STAKERS[kind](at, owner, own, block)
            ids |= dict.fromkeys(found)
            why = f"were put into the staker {staker} for the owner: {MOST_ASKED:,} are asked whose they are"
            unread += [Unread(f"uniswap-v3: {left:,} more", why, standing=Standing.GIVEN)] if left else []
        else:
            why = f"lies in {staker}, a staker of the kind {kind}, which does not tell here whose it is"
            unread += [Unread(f"uniswap-v3:{each}", why) for each in own if _lies(at, each, block)]
    return Staked([*ids], unread)


def _lies(at: Place, token_id: int, block: BlockRef) -> bool:
    """Tell whether an NFT is still in the staker."""
    try:
        return str(at.chain.read(MANAGER, at.manager, "ownerOf", token_id, block=block)).lower() == at.staker.lower()
    except ContractReverted:  # burnt since
        return False


def uniswap_v3_staker(at: Place, owner: str, sent: Sequence[int], block: BlockRef) -> tuple[list[int], int]:
    """Return the NFTs whose deposit is the owner's: of those it sent, then of deposits that others handed on to it."""
    name = "UniswapV3Staker"
    if not at.chain.has_code(at.staker, block):
        return [], 0
    given = at.chain.logs(name, at.staker, "DepositTransferred", at.start_block, block, newOwner=owner)
    every = [*dict.fromkeys([*sent, *(int(entry["args"]["tokenId"]) for entry in reversed(given))])]
    ids = every[:MOST_ASKED]
    with at.chain.reading([(name, at.staker, "deposits", (each,)) for each in ids], block):
        holders = {each: at.chain.read(name, at.staker, "deposits", each, block=block)[0] for each in ids}
    own = [each for each, holder in holders.items() if str(holder).lower() == owner.lower()]
    return own, len(every) - len(ids)


STAKERS.register("uniswap_v3_staker", uniswap_v3_staker)
