"""How long a v3 position's price has been in its range: the pool counts the seconds itself.

    seconds inside now - seconds inside at the end of the block in which the position was opened

The second needs the state of then, which a node without an archive does not keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.adapters.pool_position import PoolPosition
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.errors import ChainError, ContractReverted, NodesDisagree, NodeUnreachable, Reorganised, UnknownAddress

POOL: Final = "UniswapV3Pool"
INSIDE: Final = "snapshotCumulativesInside"
TOGETHER: Final = 20
"""Positions that are asked about at once: where the first state is forgotten, the others are not asked for."""
COUNTER: Final = 1 << 32
"""The pool's seconds are of 32 bits and wrap."""


def seconds_in_range(chain: Chain, opened: Sequence[tuple[PoolPosition, BlockRef]], block: BlockRef) -> dict[str, int]:
    """Return the seconds in range since each position was opened, by its id; those that the chain tells.

    Parameters
    ----------
    opened
        Positions, each with the block in which it was opened.
    """
    found: dict[str, int] = {}
    youngest = sorted(opened, key=lambda row: -row[1].number)
    for first in range(0, len(youngest), TOGETHER):
        part = youngest[first : first + TOGETHER]
        asked = [(each, at) for each, born in part for at in (born, block)]
        with chain.reading_at((POOL, each.pool, INSIDE, (each.tick_lower, each.tick_upper), at) for each, at in asked):
            for position, born in part:
                try:
                    then, now = (_inside(chain, position, at) for at in (born, block))
                except (NodeUnreachable, NodesDisagree, Reorganised):
                    raise
                except ChainError:  # a node that has forgotten a state has forgotten all that are older
                    return found
                if then is not None and now is not None:
                    inside = (now - then) % COUNTER
                    if inside <= block.timestamp - born.timestamp:  # a node may say anything
                        found[position.id] = inside
    return found


def _inside(chain: Chain, position: PoolPosition, block: BlockRef) -> int | None:
    """Return the pool's count at a block; None where it does not tell, as of an emptied range."""
    try:
        return int(chain.read(POOL, position.pool, INSIDE, position.tick_lower, position.tick_upper, block=block)[2])
    except (ContractReverted, UnknownAddress):
        return None
