"""What is asked of the past of positions, and no more than that: strangers choose how many there are and how long.

Anyone can send a position, and give it thousands of changes before. So the past of dust is not read, that of the rest
is read of the most valuable first and of so many at most, and a block is asked for once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bridge.adapters.pool_position import HeldPosition, PoolPosition
from bridge.chain.blocks import BlockRef
from bridge.errors import TooManyEvents

if TYPE_CHECKING:  # a plan of a stated book asks no node
    from bridge.chain.node import Chain

MOST_PASTS: Final = 500
"""Positions of one protocol whose past is read."""
NOT_ADDED_UP: Final = (
    "its events do not add up to what it holds, so what was deposited is unknown: it is older than start_block, set an "
    "earlier one"
)
CONTRADICTED: Final = (
    "its events from its beginning on make {added:,} of liquidity, and the node says that it has {held:,}: ask another "
    "node"
)


@dataclass(frozen=True)
class Wanted:
    """Say whose past is read: positions that are worth `least_usd` or more, at most `MOST_PASTS` of a protocol.

    Parameters
    ----------
    worth
        What a position is worth at least, in USD; 0 where that is unknown.
    least_usd
        Of a position that is no dust.
    """

    worth: Callable[[HeldPosition], float]
    least_usd: float

    def of(self, found: Sequence[PoolPosition]) -> tuple[list[PoolPosition], list[PoolPosition]]:
        """Return the positions whose past is read, the most valuable first, and the others, which say why not."""
        ranked = sorted(found, key=self.worth, reverse=True)
        large = [position for position in ranked if self.worth(position) >= self.least_usd]
        dust = f"it is worth less than {self.least_usd:,.10g} USD, and the past of dust is not read"
        many = f"the past of {MOST_PASTS} positions that are worth more is read"
        rest = [without_past(position, dust) for position in ranked[len(large) :]]
        return large[:MOST_PASTS], [without_past(position, many) for position in large[MOST_PASTS:]] + rest


EVERY: Final = Wanted(lambda _: 0.0, 0.0)
"""Dust too, in no order of worth."""


def flooded(position: PoolPosition, error: TooManyEvents | str) -> PoolPosition:
    """Return a position whose events are more than anyone reads: strangers can make them, so nothing else stops."""
    return without_past(position, f"its past is not read ({error})")


def not_added_up(position: PoolPosition, added: int, born: bool) -> PoolPosition:
    """Return a position whose events do not make its liquidity.

    That is known of one that is older than the search: what was before is missing, never too much, and its deposit is
    unknown. Of one that was made since, all was seen: the node contradicts itself, and its numbers are in no book.

    Parameters
    ----------
    added
        What the events make.
    born
        Whether its creation is among the events.
    """
    position = without_past(position, NOT_ADDED_UP)
    if not born and added <= position.liquidity:
        return position
    return replace(position, doubt=CONTRADICTED.format(added=added, held=position.liquidity))


def without_past(position: PoolPosition, reason: str) -> PoolPosition:
    """Return a position whose deposit and age are unknown, and why."""
    return replace(position, held_units=None, earned_units=None, unknown=reason)


def in_order(found: Iterable[PoolPosition], as_in: Sequence[PoolPosition]) -> list[PoolPosition]:
    """Return positions in the order that others with the same ids have."""
    by_id = {position.id: position for position in found}
    return [by_id[position.id] for position in as_in]


class Blocks:
    """Blocks by number, each asked for once."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._known: dict[int, BlockRef] = {}

    def at(self, number: int) -> BlockRef:
        """Return a block's reference."""
        if number not in self._known:
            self._known[number] = self.chain.at(number)
        return self._known[number]
