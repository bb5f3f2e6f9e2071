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
from bridge.errors import ChainError, NodeUnreachable, UnknownAddress

POOL: Final = "UniswapV3Pool"
INSIDE: Final = "snapshotCumulativesInside"
COUNTER: Final = 1 << 32
"""The pool's seconds are of 32 bits and wrap."""


def seconds_in_range(chain: Chain, opened: Sequence[tuple[PoolPosition, BlockRef]], block: BlockRef) -> dict[str, int]:
    """Return the seconds in range since each position was opened, by its id; those that the chain tells.

    Parameters
    ----------
    opened
        Positions, each with the block in which it was opened.
    """
    asked = [(each, at) for each, born in opened for at in (born, block)]
    found = {}
    with chain.reading_at((POOL, each.pool, INSIDE, (each.tick_lower, each.tick_upper), at) for each, at in asked):
        for position, born in opened:
            then, now = (_inside(chain, position, at) for at in (born, block))
            if then is not None and now is not None:
                inside = (now - then) % COUNTER
                if inside <= block.timestamp - born.timestamp:  # a node may say anything
                    found[position.id] = inside
    return found


def _inside(chain: Chain, position: PoolPosition, block: BlockRef) -> int | None:
    """Return the pool's count at a block; None where it does not tell, as of an emptied range or a forgotten block."""
    try:
        return int(chain.read(POOL, position.pool, INSIDE, position.tick_lower, position.tick_upper, block=block)[2])
    except NodeUnreachable:
        raise
    except (ChainError, UnknownAddress):
        return None
